"""What the host puts on the wire to the worker, and what it makes of the answer.

Microsoft's host changes a request on its way: empty query parameters are dropped, repeated
parameters and headers are joined with a comma, header names are lower-cased, and a body without a
Content-Length does not arrive. So does this one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookies import Morsel
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from azure.functions.meta import Datum

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True)
class HttpAnswer:
    """What the HTTP client gets, apart from the headers that belong to the connection."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first one of this name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class QueueItem:
    """A message that triggers a function; `text` is decoded."""

    text: str
    id: str = "00000000-0000-0000-0000-000000000000"
    pop_receipt: str = ""
    dequeue_count: int = 1
    inserted_on: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    expires_on: datetime = datetime(1970, 1, 8, tzinfo=UTC)
    next_visible_on: datetime = datetime(1970, 1, 1, tzinfo=UTC)


def _string(value: str) -> Datum:
    return Datum(value, "string")


def _json(value: object) -> Datum:
    return Datum(json.dumps(value), "json")


def http_datum(
    method: str, url: str, headers: Headers, body: bytes, route_params: Mapping[str, str]
) -> Datum:
    joined = join(headers, lower=True)
    has_length = joined.get("content-length", "0").strip("0") != ""
    query = parse_qsl(urlsplit(url).query, keep_blank_values=False)
    value = {
        "method": _string(method),
        "url": _string(url),
        "headers": {name: _string(text) for name, text in joined.items()},
        "params": {name: _string(text) for name, text in route_params.items()},
        "query": {name: _string(text) for name, text in join(query).items()},
        "body": Datum(body if has_length else b"", "bytes"),
    }
    return Datum(value, "http")


def join(pairs: Headers, *, lower: bool = False) -> dict[str, str]:
    """Repeated names become one, their values joined with a comma."""
    joined: dict[str, str] = {}
    for name, value in pairs.items() if isinstance(pairs, Mapping) else pairs:
        key = name.lower() if lower else name
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined


def queue_datum(item: QueueItem) -> tuple[Datum, dict[str, Datum]]:
    """The message and its trigger metadata."""
    return _string(item.text), {
        "Id": _string(item.id),
        "PopReceipt": _string(item.pop_receipt),
        "DequeueCount": _json(item.dequeue_count),
        "InsertionTime": _json(item.inserted_on.isoformat()),
        "ExpirationTime": _json(item.expires_on.isoformat()),
        "NextVisibleTime": _json(item.next_visible_on.isoformat()),
    }


def timer_datum(*, past_due: bool, last: str = "", following: str = "") -> Datum:
    status = {"Last": last, "Next": following, "LastUpdated": last}
    return _json({"Schedule": {}, "ScheduleStatus": status, "IsPastDue": past_due})


def http_answer(datum: Datum) -> HttpAnswer:
    """Of what the converter made of the function's return value: a text, or a full answer."""
    if datum.type == "string":
        headers = (("Content-Type", "text/plain; charset=utf-8"),)
        return HttpAnswer(200, headers, str(datum.value).encode())
    value: dict[str, Any] = datum.value
    plain = tuple((name, part.value) for name, part in value["headers"].items())
    cookies = tuple(
        ("Set-Cookie", _set_cookie(morsel))
        for cookie in value["cookies"] or ()
        for morsel in cookie.values()
    )
    return HttpAnswer(int(value["status_code"].value), plain + cookies, value["body"].value)


def _set_cookie(morsel: Morsel[str]) -> str:
    """As ASP.NET Core writes it: the value percent-encoded, unknown attributes lost."""
    parts = [f"{quote(morsel.key, safe='-_.~')}={quote(morsel.value, safe='-_.~')}"]
    attributes = ("expires", "max-age", "domain", "path")
    parts += [f"{name}={morsel[name]}" for name in attributes if morsel[name]]
    if morsel["secure"]:
        parts.append("secure")
    if morsel["samesite"]:
        parts.append(f"samesite={morsel['samesite'].lower()}")
    if morsel["httponly"]:
        parts.append("httponly")
    return "; ".join(parts)


def queue_messages(datum: Datum) -> tuple[str | bytes, ...]:
    """The messages in what the queue converter made of an output; a list is one message each."""
    if datum.type in ("string", "bytes"):
        return (datum.value,)
    items = json.loads(datum.value)
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise TypeError("This host writes text to queues, or a list of texts.")
    return tuple(items)

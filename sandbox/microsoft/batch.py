"""`POST /$batch` (page "Combine multiple HTTP requests using JSON batching")."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from sandbox.kit import Request, Response, parse_request
from sandbox.microsoft.errors import GraphError, malformed

MAX_PARTS = 20
CONFLICTING = "x-sandbox-conflicting"
"""Marks a part that loses against another one of the same batch."""

_GROUP = re.compile(r"/groups[/(]([^/)?]+)")
_WITH_BODY = ("POST", "PUT", "PATCH")


@dataclass(frozen=True)
class Part:
    """One request of a batch, as sent."""

    id: str
    method: str
    url: str
    headers: dict[str, str]
    body: Any
    after: str | None

    def request(self, outer: Request, *, conflicting: bool) -> Request:
        """As Graph sees it: the outer call's authorization, the part's own headers."""
        headers = {"authorization": outer.header("authorization"), **self.headers}
        if conflicting:
            headers[CONFLICTING] = "1"
        body = b"" if self.body is None else json.dumps(self.body).encode()
        url = f"{outer.base_url}/v1.0/{self.url.lstrip('/')}"
        return parse_request(self.method, url, headers, body, inner=True)


def run(
    outer: Request, handle: Callable[[Request], Response], rng: Random, *, conflicts: bool
) -> Response:
    """Runs every part on its own; the outer answer is 200 however they fare."""
    parts = _parts(outer)
    order = _chain(parts)
    if order is None:
        order = rng.sample(parts, len(parts))
        losers = _losers(order) if conflicts else set()
    else:
        losers = set()
    answers: list[dict[str, Any]] = []
    failed: set[str] = set()
    for part in order:
        if part.after in failed:
            response = _failed_dependency(part.after)
        else:
            response = handle(part.request(outer, conflicting=part.id in losers))
        if response.status >= 400:
            failed.add(part.id)
        answers.append(_answer(part.id, response))
    rng.shuffle(answers)
    return Response(200, {"responses": answers})


def _parts(outer: Request) -> list[Part]:
    try:
        sent = json.loads(outer.body)["requests"]
    except (ValueError, KeyError, TypeError):
        raise malformed("Invalid batch payload format.") from None
    if not isinstance(sent, list) or not sent or not all(isinstance(s, dict) for s in sent):
        raise malformed("Invalid batch payload format.")
    if len(sent) > MAX_PARTS:
        message = f"Number of batch request steps exceeds the maximum value of {MAX_PARTS}."
        raise GraphError(400, "MaximumValueExceeded", message)
    parts = [_part(s) for s in sent]
    if len({part.id for part in parts}) < len(parts):
        raise malformed("Request Id must be unique within a batch.")
    return parts


def _part(sent: dict[str, Any]) -> Part:
    key, method, url = sent.get("id"), sent.get("method"), sent.get("url")
    if not (isinstance(key, str) and key and isinstance(method, str) and isinstance(url, str)):
        raise malformed("Every batch request needs an id, a method and a url, all of them strings.")
    if "://" in url or not url.strip("/") or url.strip("/").lower().startswith("$batch"):
        raise malformed(f"Request id : {key} must have a relative URL that is not a batch itself.")
    headers = {str(k).lower(): str(v) for k, v in (sent.get("headers") or {}).items()}
    body = sent.get("body")
    writes = method.upper() in _WITH_BODY
    if (body is not None or writes) and (body is None or "content-type" not in headers):
        message = f"Write request id : {key} does not contain Content-Type header or body."
        raise malformed(message)
    return Part(key, method.upper(), url, headers, body, _prerequisite(sent))


def _prerequisite(sent: dict[str, Any]) -> str | None:
    depends = sent.get("dependsOn") or []
    if not isinstance(depends, list) or len(depends) > 1:
        raise _neither()
    return str(depends[0]) if depends else None


def _chain(parts: list[Part]) -> list[Part] | None:
    """The parts in sequence, or None where none depends on another."""
    if all(part.after is None for part in parts):
        return None
    following = {part.after: part for part in parts}
    order: list[Part] = []
    step = following.get(None)
    while step is not None:
        order.append(step)
        step = following.get(step.id)
    if len(order) != len(parts):
        raise _neither()
    return order


def _neither() -> GraphError:
    return malformed(
        "Batch should be either fully sequential or fully parallel: 'dependsOn' must name "
        "the one preceding request."
    )


def _losers(parts: list[Part]) -> set[str]:
    """Parts that write to a group which an earlier part writes to as well."""
    seen: set[str] = set()
    losers: set[str] = set()
    for part in parts:
        match = _GROUP.search(part.url)
        if part.method == "GET" or not match:
            continue
        if match[1] in seen:
            losers.add(part.id)
        seen.add(match[1])
    return losers


def _failed_dependency(prerequisite: str | None) -> Response:
    message = f"The request depends on request {prerequisite}, which failed."
    return Response(424, {"error": {"code": "FailedDependency", "message": message}})


def _answer(key: str, response: Response) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": key, "status": response.status, "headers": response.headers}
    if response.body is not None:
        response.headers.setdefault("Content-Type", "application/json")
        answer["body"] = response.body
    return answer

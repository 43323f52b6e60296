"""Pages: a Link header with rel="next", to be followed until it is absent.

Source: https://developer.webex.com/docs/basics (pagination).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from sandbox.kit import Request, Response
from sandbox.webex.errors import BadRequest

T = TypeVar("T")


@dataclass(frozen=True)
class Cursor:
    """Where a page starts; opaque to callers. `gap` asks for an empty page first."""

    position: int
    gap: bool = False

    @classmethod
    def of(cls, request: Request) -> Cursor | None:
        text = request.arg("cursor")
        if text is None:
            return None
        try:
            mark, _, number = base64.urlsafe_b64decode(text).decode().partition(":")
            return cls(int(number), mark == "gap")
        except (binascii.Error, ValueError) as wrong:
            raise BadRequest("cursor is not valid.") from wrong

    def text(self) -> str:
        plain = f"{'gap' if self.gap else 'at'}:{self.position:012d}"
        return base64.urlsafe_b64encode(plain.encode()).decode()


def max_of(request: Request, default: int, cap: int, *, refuse_above: int | None = None) -> int:
    """The `max` of a request, at most `cap`."""
    text = request.arg("max")
    if text is None:
        return min(default, cap)
    if not text.isdecimal() or int(text) < 1 or (refuse_above and int(text) > refuse_above):
        raise BadRequest("max is out of range.")
    return min(int(text), cap)


def paged(
    request: Request,
    items: Sequence[Any],
    after: int | None,
    cursor: Cursor | None,
    *,
    empty_pages: bool,
) -> Response:
    """A page; `after` is where the next one starts, None after the last."""
    if cursor and cursor.gap:
        return _page(request, [], Cursor(cursor.position))
    following = None if after is None else Cursor(after, gap=empty_pages)
    return _page(request, items, following)


def sliced(
    request: Request, things: Sequence[T], limit: int
) -> tuple[Sequence[T], int | None, Cursor | None]:
    """One page of a list that is short enough to count through."""
    cursor = Cursor.of(request)
    start = cursor.position if cursor else 0
    end = start + limit
    return things[start:end], (end if end < len(things) else None), cursor


def _page(request: Request, items: Sequence[Any], following: Cursor | None) -> Response:
    headers = {}
    if following:
        query = {k: v for k, values in request.query.items() for v in values[:1]}
        query["cursor"] = following.text()
        url = f"{request.base_url}{quote(request.path)}?{urlencode(query)}"
        headers["Link"] = f'<{url}>; rel="next"'
    return Response(200, {"items": items}, headers)

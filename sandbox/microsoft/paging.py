"""`$select`, `$top`, `$skiptoken` and `@odata.nextLink` (page "Paging")."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from sandbox.kit import Request, Response
from sandbox.microsoft.api import Context
from sandbox.microsoft.errors import malformed

T = TypeVar("T")
MAX_PAGE = 999


def selected(request: Request, known: Mapping[str, Any], default: Sequence[str], kind: str) -> Any:
    """The property names to answer with: `$select` in known names, or the default set."""
    asked = request.arg("$select")
    if not asked:
        return default
    names = [name.strip() for name in asked.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise malformed(
                f"Parsing OData Select and Expand failed: Could not find a property named "
                f"'{name}' on type 'microsoft.graph.{kind}'."
            )
    return names


def page_size(request: Request) -> int:
    asked = request.arg("$top")
    if asked is None:
        return 100
    if not asked.isdigit() or not 1 <= int(asked) <= MAX_PAGE:
        raise malformed(
            f"Invalid page size specified: '{asked}'. Must be between 1 and {MAX_PAGE} inclusive."
        )
    return int(asked)


def page_moment(ctx: Context) -> float:
    """Which moment this page shows: the first page's, unless pages drift."""
    position = _position(ctx.request)
    if position is None or ctx.world.switches.page_drift:
        return ctx.moment
    return position[0]


def page(
    ctx: Context,
    items: Iterable[T],
    show: Callable[[T], dict[str, Any]],
    context: str,
    count: int | None = None,
) -> Response:
    """One page of `items`, with a link to the next where there is one.

    `count`: how many there are, told on the first page of an advanced query that asks for it.
    """
    request = ctx.request
    size = min(page_size(request), ctx.world.switches.page_cap)
    position = _position(request)
    start = position[1] if position else 0
    batch = list(islice(items, start, start + size + 1))
    body: dict[str, Any] = {
        "@odata.context": f"{request.base_url}/v1.0/$metadata#{context}",
        "value": [show(item) for item in batch[:size]],
    }
    if count is not None and not position and _counts(request):
        body["@odata.count"] = count
    if len(batch) > size:
        moment = position[0] if position else ctx.moment
        body["@odata.nextLink"] = _next_link(request, moment, start + size)
    return Response(200, body)


def _counts(request: Request) -> bool:
    """Without the header `$count` is passed over (page "Advanced query capabilities")."""
    eventual = request.header("consistencylevel").lower() == "eventual"
    return eventual and (request.arg("$count") or "").lower() == "true"


def _next_link(request: Request, moment: float, offset: int) -> str:
    token = base64.urlsafe_b64encode(f"{moment!r} {offset}".encode()).decode()
    kept = {k: v[0] for k, v in request.query.items() if k != "$skiptoken"}
    query = urlencode({**kept, "$skiptoken": token}, safe="$,")
    return f"{request.base_url}{quote(request.path)}?{query}"


def _position(request: Request) -> tuple[float, int] | None:
    token = request.arg("$skiptoken")
    if token is None:
        return None
    try:
        moment, offset = base64.urlsafe_b64decode(token).decode().split()
        return float(moment), int(offset)
    except ValueError:
        raise malformed("Skip token is malformed.") from None

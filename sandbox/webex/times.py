"""Times as Webex writes them: ISO 8601 in UTC, with milliseconds and a Z."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from sandbox.webex.errors import BadRequest


@lru_cache(maxsize=10_000)
def iso(ms: int) -> str:
    """`ms` since the epoch."""
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def parse(text: str, name: str) -> int:
    """Milliseconds since the epoch; a time without a zone is in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise BadRequest(f"{name} is not an ISO 8601 time.") from wrong
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)

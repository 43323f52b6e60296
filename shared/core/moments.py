"""Moments as both providers write them: ISO 8601."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_time(text: object) -> int:
    """ISO 8601 to milliseconds, UTC where it does not say; 0 where there is none."""
    if not isinstance(text, str) or not text:
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def iso(moment: int) -> str | None:
    """Milliseconds as ISO 8601 in UTC, to the second; None for 0, which is never."""
    return datetime.fromtimestamp(moment // 1000, UTC).isoformat() if moment else None

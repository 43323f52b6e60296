"""How long a provider asks us to wait."""

from __future__ import annotations

import math
from datetime import UTC
from email.utils import parsedate_to_datetime

LONGEST = 86_400.0


def retry_after(header: str | None, now: float) -> float | None:
    """Seconds to wait: a number (fractions occur) or an HTTP date; None if it says nothing."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
            # A date without a zone is meant in UTC, wherever this runs.
            seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now
        except (TypeError, ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), LONGEST) if math.isfinite(seconds) else None

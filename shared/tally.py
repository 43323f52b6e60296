"""What one piece of work asked of the providers: for the log line at its end."""

from __future__ import annotations

import threading
from collections import Counter

from shared.core.errors import Where

# So many trace ids of writes fit into a line; a look that wrote more says so by its count.
_TRACES = 20


class Tally:
    """Calls by provider, throttled ones, and the providers' own trace ids of what was written or
    went wrong: by them Webex and Microsoft find a request of ours. May be told by several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._traces: list[str] = []

    def heard(self, where: Where, *, reads: bool) -> None:
        """One answer, or (status 0) none."""
        odd = where.status == 0 or where.status >= 400
        with self._lock:
            self._counts[where.provider] += 1
            self._counts["throttled"] += where.status in (423, 429)
            self._counts["unanswered"] += where.status == 0 or where.status >= 500
            if where.trace and (odd or not reads) and len(self._traces) < _TRACES:
                self._traces.append(f"{where.provider} {where.status} {where.trace}")

    def facts(self) -> dict[str, object]:
        """For a log line; what there was none of is left out."""
        with self._lock:
            found: dict[str, object] = {k: n for k, n in sorted(self._counts.items()) if n}
            return {**found, "traces": list(self._traces)} if self._traces else found

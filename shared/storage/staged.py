"""What this process itself staged of the audit that is under way, so that it is not read back.

Rows are written all the same: whoever else goes on with the run reads them. What is here is good
for as long as nobody else has moved the run's cursor, which its ETag tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# Bytes. A directory of 100,000 people on either side takes about twenty millions at the most.
ROOM = 32 * 1024 * 1024
# A kind and its scope, see `audit.ports.Staging`.
_Name = tuple[str, str]


class Staged:
    """Of one run at a time. room: bytes that it may take; what does not fit is read from its rows.

    twice: kinds that are read so often. Each hash is let go when it was read the last time.
    """

    def __init__(self, room: int = ROOM, twice: Sequence[str] = ("e",)) -> None:
        self._room = room
        self._twice = twice
        self._of = ""
        self._etag = ""
        self._run = ""
        self._left = room
        self._once: set[tuple[_Name, int]] = set()
        # By hash and number; None for a kind that had no room, and for a hash that was let go.
        self._kept: dict[_Name, dict[int, dict[int, bytes] | None] | None] = {}

    def begin(self, of: str, run: str, etag: str) -> None:
        """Nothing is staged of this run yet. of: whose it is."""
        self._of, self._run, self._etag = of, run, etag
        self._left, self._kept = self._room, {}
        self._once.clear()

    def moved(self, of: str, before: str, after: str) -> None:
        """The cursor, by us, from one ETag to another. Where somebody else had moved it, nothing
        of this is good any more."""
        if of != self._of:
            return
        if before == self._etag:
            self._etag = after
        else:
            self.begin("", "", "")

    def put(self, of: str, name: _Name, number: int, shards: Mapping[int, bytes]) -> None:
        if not self._is_ours(of, name[1]):
            return
        kept = self._kept.setdefault(name, {})
        if kept is None:
            return
        # As the row: of a number that was put before nothing stays.
        for shard, rows in kept.items():
            if rows and number in rows and shard not in shards:
                self._left += len(rows.pop(number))
        for shard, blob in shards.items():
            rows = kept.setdefault(shard, {})
            if rows is not None:
                self._left += len(rows.get(number, b"")) - len(blob)
                rows[number] = blob
        if self._left < 0:
            for shard in kept:
                self._let_go(kept, shard)
            self._kept[name] = None

    def take(
        self, of: str, name: _Name, wanted: Sequence[int], below: int
    ) -> list[list[bytes]] | None:
        """As `audit.ports.Staging.shards`; None where the rows must be asked."""
        kept = self._kept.get(name) if self._is_ours(of, name[1]) else None
        if kept is None:
            return None
        found: list[list[bytes]] = []
        for shard in wanted:
            rows = kept.get(shard, {})
            if rows is None:
                return None
            found.append([blob for number, blob in sorted(rows.items()) if number < below])
        for shard in wanted:
            if name[0] not in self._twice or (name, shard) in self._once:
                self._let_go(kept, shard)
            else:
                self._once.add((name, shard))
        return found

    def _let_go(self, kept: dict[int, dict[int, bytes] | None], shard: int) -> None:
        self._left += sum(map(len, (kept.get(shard) or {}).values()))
        kept[shard] = None

    def _is_ours(self, of: str, scope: str) -> bool:
        return of == self._of and (scope == self._run or scope.startswith(f"{self._run}-"))

"""One complete read of both sides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from shared.core.ids import ObjectId, PersonId


@dataclass(frozen=True)
class Sight:
    """One complete read of both sides, begun at `at` and ended at `until` (0: at once). Two reads
    are as far apart as the end of the one and the beginning of the other.

    mapped: who is in the team and known. unresolved: who is in the team and maps nowhere now.
    claimed: object ids that the unresolved carry, rightly or not. moderators: objects of who
    moderates. owners: None where they were not read.
    """

    at: int
    mapped: Mapping[PersonId, ObjectId]
    members: Collection[ObjectId]
    unresolved: Collection[PersonId] = ()
    claimed: Collection[ObjectId] = ()
    moderators: Collection[ObjectId] = ()
    owners: Collection[ObjectId] | None = None
    until: int = 0

    @property
    def ended(self) -> int:
        return self.until or self.at

    def in_team(self, person: PersonId) -> bool:
        return person in self.mapped or person in self.unresolved

"""What the brake holds: whether that was called for, and whether what was refused stays undone.

Judged when the product says that it holds something, by what is true and what its reads could have
seen. A product that asks without need would wear out whoever is asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.core.ids import PersonId, TeamId
from shared.core.ledger import ADD, MEMBERS, REMOVE, WEBEX, Change
from shared.core.model import IdentityState, Limits
from simulation.watcher import REMEMBERED, UNSEEN

if TYPE_CHECKING:
    from sandbox.webex.state import Person
    from simulation.universe import Firm, Universe

# As it is written in the settings, unless somebody changes them.
LIMITS = Limits()


class Holds:
    """refused: when a change was refused, by team. returned: teams whose group was restored.
    first: of teams that were connected to a group, when what differed was first held."""

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self.watcher = universe.watcher
        self.refused: dict[str, dict[Change, float]] = defaultdict(dict)
        self.returned: set[str] = set()
        self.first: dict[str, float] = {}
        self.watcher.on_held = self.judge

    def refuse(self, team: str, changes: Iterable[Change]) -> None:
        """An administrator has said no, and the product knows."""
        for change in changes:
            self.refused[team].setdefault(change, self.universe.scheduler.at)
            if change.side in (MEMBERS, WEBEX):
                key = (team, change.side, change.op, change.person)
                self.watcher.refused[key] = self.universe.scheduler.at

    def was_refused(self, team: str, person: Person) -> bool:
        """Whether any change of this person ever was."""
        return any(c.person == person.uuid for c in self.refused.get(team, ()))

    def allowed_at(self, team: str, person: Person) -> float:
        """When an administrator last allowed something about somebody; 0 for never."""
        found = self.watcher.allowed.items()
        return max(
            (at for (t, _, _, who), at in found if (t, who) == (team, person.uuid)), default=0
        )

    def judge(self, team: str) -> None:
        """The product has just begun to hold something, or something else than before."""
        firm = self._firm_of(team)
        kept = self.universe.truth(firm).teams.held(TeamId(team))
        if kept is None:
            return
        held = kept.value
        self.universe.chaos.counts["held"] += 1
        if "first_merge" in held.why:
            if firm.outdated or team in self.returned:
                # Whatever is not as the version before left it, or differs where a group is back.
                return
            if self.watcher.connected(team) is None:
                self._broken("nothing is remembered of a team that we have made")
            self.first.setdefault(team, self.watcher.began())
            for named in held.changes:
                if self._was_allowed(team, named.change):
                    self._broken(f"{named.change} was allowed, and is asked again")
            return
        for named in held.changes:
            self._check_change(firm, team, named.change, named.name)
        for side in (MEMBERS, WEBEX):
            for op in (ADD, REMOVE):
                count = sum((n.change.side, n.change.op) == (side, op) for n in held.changes)
                if count:
                    self._check_count(firm, team, side, op, count)

    def _was_allowed(self, team: str, change: Change) -> bool:
        """Whether an administrator has allowed it, a look long after that is over, and nothing has
        happened to this person since."""
        watcher, person = self.watcher, self.universe.webex.world.people.get(change.person)
        at = watcher.allowed.get((team, change.side, change.op, change.person))
        group = watcher.group_of(team)
        if at is None or group is None or person is None or watcher.looked_at(team) < at + UNSEEN:
            return False
        account = str(person.external_id)
        moved = watcher.presence.moved(team, change.person, at)
        return not moved and not watcher.presence.moved(group.id, account, at - watcher.lag)

    def _check_change(self, firm: Firm, team: str, change: Change, name: str) -> None:
        """Asked for what could be seen, and for nothing that was refused."""
        what = f"{change.op} {change.side} of {name}"
        if not self._could_be_seen(firm, team, change):
            self._broken(f"{what} has no reason")
        elif self.watcher.is_refused(team, change.side, change.op, change.person):
            self._broken(f"{what} was refused, and is asked again")

    def _could_be_seen(self, firm: Firm, team: str, change: Change) -> bool:
        """There on the one side and not on the other, as far as reads could tell."""
        watcher, began = self.watcher, self.watcher.began()
        group = watcher.group_of(team)
        account = next((str(p.external_id) for p in firm.people if p.uuid == change.person), "")
        if group is None or not account:
            return False
        away, lag = REMEMBERED, watcher.lag
        if change.side == MEMBERS:
            there = watcher.presence.was(group.id, account, change.op == REMOVE, began - lag - away)
            if change.op == ADD:
                return there and watcher.presence.was(team, change.person, True, began)
            return there and watcher.missed_twice(team, change.person, 0.0)
        there = watcher.presence.was(team, change.person, change.op == REMOVE, began - away)
        if change.op == ADD:
            return there and watcher.presence.was(group.id, account, True, began - lag)
        return there and watcher.missed_twice(group.id, account, lag)

    def _check_count(self, firm: Firm, team: str, side: str, op: str, count: int) -> None:
        """More than the brake lets through, of as few as there could be seen on that side."""
        size = self._least(firm, team, side)
        most, share = (LIMITS.add, LIMITS.add_share)
        if op == REMOVE:
            most, share = (LIMITS.remove, LIMITS.remove_share)
        else:
            # Whom nobody has looked up yet counts as well.
            count = self._most_to_add(firm, team, side)
        many = count > most or (count > 5 and count * 100 > share * size)
        # Whoever has to stay does not count among those who would be left.
        empties = op == REMOVE and count >= size - 1
        if not (many or empties):
            self._broken(f"{op} {side}: {count} of {size} people is not too many")

    def _least(self, firm: Firm, team: str, side: str) -> int:
        """How few people this look can have seen there, and known."""
        watcher, began = self.watcher, self.watcher.began()
        if side == MEMBERS:
            group = watcher.group_of(team)
            assert group is not None
            since, where = began - watcher.lag, group.id
            return sum(
                not watcher.presence.was(where, str(p.external_id), False, since)
                for p in firm.people
            )
        known = self.universe.truth(firm).identities.known(PersonId(p.uuid) for p in firm.people)
        return sum(
            not watcher.presence.was(team, p.uuid, False, began)
            for p in firm.people
            if (i := known.get(PersonId(p.uuid))) and i.state is IdentityState.MAPPED
        )

    def _most_to_add(self, firm: Firm, team: str, side: str) -> int:
        return sum(
            self._could_be_seen(
                firm,
                team,
                Change(PersonId(p.uuid), p.external_id, side, ADD),  # type: ignore[arg-type]
            )
            for p in firm.people
        )

    def _firm_of(self, team: str) -> Firm:
        """Also where the team itself is gone."""
        group = self.watcher.group_of(team)
        assert group is not None
        return next(f for f in self.universe.firms if group.id in f.tenant.groups)

    def _broken(self, what: str) -> None:
        self.watcher.broken("held without need", what)

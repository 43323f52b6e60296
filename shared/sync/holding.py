"""What the brake holds, in a row of its own: kept for an administrator, and what was decided.

The row is the worker's but for the decision. Allowed changes go with the next looks, until none of
them is wanted any more; refused ones are remembered in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.core.brake import is_allowed
from shared.core.held import Held, Named
from shared.core.ledger import Change
from shared.core.model import Versioned
from shared.core.plan import Plan
from shared.sync.additions import Outcome
from shared.sync.observe import Seen
from shared.sync.record import Book


@dataclass(frozen=True)
class Waiting:
    """The row as this look found it. allowed: what an administrator has allowed."""

    row: Versioned[Held] | None = None
    allowed: frozenset[Change] = frozenset()

    def keep(self, state: Book, seen: Seen, todo: Plan, outcome: Outcome) -> None:
        """After the look's steps: what waits now. May be called again."""
        if state.trial or self._is_under_way(todo, outcome):
            return
        teams, uuid = state.services.teams, state.team.uuid
        held = _held(state, seen, todo, self.row)
        if held and held != (self.row.value if self.row else None):
            # The row is there before the team says so; one may have been left there by a death.
            teams.hold(uuid, self.row or teams.held(uuid), held)
            state.services.log("held back", team=uuid, changes=len(held.changes), why=held.why)
        # Who is missed for the first time by a first look may be missed by the second; what a read
        # has denied of our own writes may turn out to be so; and whom it could not look up yet, it
        # has not judged.
        denied = any(entry.contradicted for entry in state.ledger.pending.values())
        unsaid = bool(todo.doubted) or denied or seen.later is not None
        waits = held is not None or (state.first and unsaid)
        state.save_team(replace(state.team, held=waits))
        if self.row and not held:
            teams.hold(uuid, self.row, None)

    def _is_under_way(self, todo: Plan, outcome: Outcome) -> bool:
        """Something allowed was done just now, or will be: that is seen by the next look."""
        allowed = (c for c in todo.changes if is_allowed(c, self.allowed))
        refused = {*outcome.named, *outcome.others}
        return any(refused.isdisjoint((c.person, c.object)) for c in allowed)


def decided(state: Book) -> Waiting:
    """What waits, and what an administrator said to it. What was refused is remembered here."""
    if not state.team.held:
        return Waiting()
    row = state.services.teams.held(state.team.uuid)
    # A first merge says that something waits before it knows what (`observe`). It goes on when
    # somebody has decided: whom a second read misses has been seen by nobody.
    state.first = row is None or "first_merge" in row.value.why
    if row is None:
        return Waiting()
    changes = frozenset(named.change for named in row.value.changes)
    if row.value.decided == "allow":
        return Waiting(row, changes)
    if row.value.decided == "refuse":
        state.save_ledger(replace(state.ledger, refused=state.ledger.refused | changes))
    return Waiting(row)


def forget(state: Book) -> None:
    """Nothing can come of what waits, and nobody's name is kept for it."""
    row = state.services.teams.held(state.team.uuid)
    state.save_team(replace(state.team, held=False))
    state.services.teams.hold(state.team.uuid, row, None)


def _held(state: Book, seen: Seen, todo: Plan, row: Versioned[Held] | None) -> Held | None:
    """What waits now; the row as it is while it says the same and nobody has decided."""
    if not todo.held:
        return None
    before = row.value if row and not row.value.decided else None
    named = tuple(Named(c, seen.name(c.person, c.object)) for c in sorted(todo.held))
    same = before and {n.change for n in before.changes} == {n.change for n in named}
    if before and same and before.why == todo.why:
        return before
    at = before.at if before else state.services.now()
    return Held(named, at, len(seen.roster), todo.why)

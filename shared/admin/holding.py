"""What waits for an administrator: allowed or refused with the names seen; and who leads one team.

The worker reads the decision at its next look.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from shared.admin.activity import team_uuid
from shared.admin.choices import LEADERS
from shared.admin.ports import Actor, Office
from shared.core import times
from shared.core.changes import about
from shared.core.held import Held
from shared.core.ids import TeamId
from shared.core.ledger import Change
from shared.core.model import Team, Versioned
from shared.core.reasons import Refusal
from shared.ports import Conflict, Services
from shared.sync.lease import want

ALLOW = "allow"
REFUSE = "refuse"
_CODES = {ALLOW: "held_allowed", REFUSE: "held_refused"}
# How the audit calls what the organization has chosen.
NO_LEADER = "organization"
ORGANIZATION_LEADS = "As the organization"
_RACES = 5


def waiting(services: Services, team: TeamId) -> Versioned[Held] | None:
    """What waits; None as well for a row that this version cannot read."""
    try:
        return services.teams.held(team)
    except (ValueError, LookupError):
        return None


def mark(held: Held) -> str:
    """A fingerprint of what a decision is about: the changes, and what was decided before. Not of
    anything that says nothing new, since the worker may write the row at any time."""
    return _fingerprint((named.change for named in held.changes), held.decided)


def refusals(services: Services, team: TeamId) -> frozenset[Change]:
    """What was refused of this team and would be made otherwise; nothing as well where this version
    cannot read its memory, or it is being written just now."""
    try:
        return services.teams.ledger(team).value.refused
    except (ValueError, LookupError, Conflict):
        return frozenset()


def refusals_mark(refused: Iterable[Change]) -> str:
    """A fingerprint of what dropping the refusals is about."""
    return _fingerprint(refused)


def counted(changes: Iterable[Change]) -> dict[str, int]:
    """How many of each kind, as `changes.COUNTED` knows them, the largest first."""
    return dict(Counter(change.kind for change in changes).most_common())


def decide(office: Office, actor: Actor, team: str, decision: str, seen: str) -> None:
    """Allow or refuse what waits. seen: the mark of what the administrator has before them.

    Until the worker has acted on it, it may be decided otherwise. Raises Refusal: bad_form,
    team_unknown, held_gone, held_changed; Conflict.
    """
    if decision not in _CODES:
        raise Refusal("bad_form", "decision")
    known = _known(office.services, team)
    before = waiting(office.services, known.uuid)
    if before is None:
        raise Refusal("held_gone")
    if mark(before.value) != seen or before.value.decided == decision:
        raise Refusal("held_changed")
    after = replace(
        before.value, decided=decision, by=actor.called, decided_at=office.services.now()
    )
    with _followed_by_a_look(office.services, known):
        office.services.teams.hold(known.uuid, before, after)
    kinds = counted(named.change for named in after.changes)
    parts = (f"{kind} {count}" for kind, count in kinds.items())
    office.record(actor, _CODES[decision], after=about(_name(known), *parts))


def lead(office: Office, actor: Actor, team: str, direction: str, shown: str) -> bool:
    """Who leads this team's membership: a direction, or "" for the organization's choice. shown:
    what the administrator has before them.

    False where that was so already. Raises Refusal: bad_form, team_unknown, team_from_before,
    leader_changed; Conflict.
    """
    if direction and direction not in LEADERS:
        raise Refusal("bad_form", "direction")
    services = office.services
    known = _known(services, team)
    if not known.new:
        raise Refusal("team_from_before")

    def change(row: Team) -> Team:
        if row.direction not in (direction, shown):
            raise Refusal("leader_changed")
        return replace(row, direction=direction)

    if known.direction == direction:
        return False
    with _followed_by_a_look(services, known):
        before = _change(services, known, change)
    if before.direction == direction:
        return False
    name = _name(known)
    old, new = (about(name, each or NO_LEADER) for each in (before.direction, direction))
    office.record(actor, "team_direction", old, new)
    return True


def drop_refusals(office: Office, actor: Actor, team: str, seen: str) -> None:
    """Forget which changes of this team were refused: the next look makes them, or holds them where
    they are too many. seen: the mark of those that the administrator has before them.

    Raises Refusal: team_unknown, nothing_refused, refusals_changed; Conflict.
    """
    services = office.services
    known = _known(services, team)
    ledger = services.teams.ledger(known.uuid)
    if not ledger.value.refused:
        raise Refusal("nothing_refused")
    if refusals_mark(ledger.value.refused) != seen:
        raise Refusal("refusals_changed")
    emptied = replace(ledger.value, refused=frozenset())
    with _followed_by_a_look(services, known):
        services.teams.write_ledger(known.uuid, ledger, emptied)
    kinds = counted(ledger.value.refused)
    parts = (f"{kind} {count}" for kind, count in kinds.items())
    office.record(actor, "unrefused", after=about(_name(known), *parts))


def _fingerprint(changes: Iterable[Change], *first: str) -> str:
    lines = sorted("|".join(change) for change in changes)
    return hashlib.sha256("\n".join([*first, *lines]).encode()).hexdigest()[:32]


def _known(services: Services, team: str) -> Team:
    """The team's row, read so that one of another version is as one that is not there."""
    uuid = team_uuid(team)
    known = services.teams.among([uuid]).get(uuid)
    if known is None:
        raise Refusal("team_unknown")
    return known


def _change(services: Services, known: Team, change: Callable[[Team], Team]) -> Team:
    """What the row was before; the worker may write it at the same time."""
    for _ in range(_RACES):
        before = services.teams.read(known.uuid)
        if before is None:
            raise Refusal("team_unknown")
        after = change(before.value)
        try:
            if after != before.value:
                services.teams.write(before, after)
        except Conflict:
            continue
        return before.value
    raise Conflict("the team's row is contended")


@contextmanager
def _followed_by_a_look(services: Services, known: Team) -> Iterator[None]:
    """Wanted before the change as well, somewhat later: who dies right after it would leave what
    was decided to the weekly look."""
    later = services.now() + times.GAP
    want(services, known.uuid, known.space_id, when=later, whole=True)
    yield
    want(services, known.uuid, known.space_id, whole=True)


def _name(known: Team) -> str:
    return known.space_title or known.name or known.uuid

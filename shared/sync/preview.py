"""Dry run: what a look would do to a team, and why each person is or is not in its group.

The worker's own observation and plan; nothing is written to either cloud, nor to the team's rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NoReturn, TypeVar

from shared.core.held import Evidence, Named, Preview
from shared.core.ids import ObjectId, PersonId, TeamId
from shared.core.ledger import ADD, MEMBERS, NO_ACCOUNT, OWNERS, Change, Ledger, Pair, Pending
from shared.core.look import Look
from shared.core.model import Identity, Member, Names, OrgSettings, Versioned
from shared.core.names import Verdict
from shared.core.plan import Plan, plan
from shared.core.space_folders import work_left
from shared.ports import Services
from shared.sync import marking
from shared.sync.holding import decided
from shared.sync.lease import Held, Wanted
from shared.sync.observe import Seen, direction_of, observe
from shared.sync.record import Book
from shared.sync.renaming import judged

Answer = TypeVar("Answer")


class _Trial(Held):
    """No lease, and nothing to write with."""

    def keep(self) -> None:
        pass

    def write(self, send: Callable[[], Answer], wanted: Wanted = lambda _: True) -> NoReturn:
        raise AssertionError("a dry run writes nothing")


def preview(
    services: Services,
    settings: OrgSettings,
    team: TeamId,
    *,
    low: bool = False,
    evidence: bool = True,
) -> Preview:
    """What a look would do now, On or Off. Reads both sides; may be called any number of times.

    low: background work. evidence: of everybody, one by one. Raises KeyError for a team without a
    row, Later, core.errors.
    """
    row = services.teams.read(team)
    if row is None:
        raise KeyError(team)
    look = Look(row.value.space_id, low=low)
    held = _Trial(services, team, Versioned(look, ""))
    state = Book(held, row, services.teams.ledger(team), tries_again=False, trial=True)
    waiting = decided(state)
    seen = observe(state, settings, waiting.allowed)
    todo = plan(seen.observed)
    changes = (*_creating(todo), *todo.changes, *todo.held)
    names = judged(state, settings, state.group_seen) if state.group_seen else Verdict(Names())
    return Preview(
        team=team,
        name=state.team.space_title or state.team.name,
        at=services.now(),
        direction=direction_of(row.value, settings).value,
        team_read=seen.team_read,
        group_read=seen.group_read,
        creates=todo.create is not None,
        changes=tuple(Named(c, seen.name(c.person, c.object)) for c in changes),
        counts={
            **Counter(c.kind for c in changes),
            **_of_spaces(state, settings),
            **_of_mark(state, settings),
        },
        doubted=dict(Counter(c.kind for c in todo.doubted)),
        unknown=_not_looked_up(seen),
        waiting=todo.waiting,
        listed=dict(Counter([*todo.listed.values(), *todo.others.values(), *_told(names)])),
        held=bool(todo.held),
        renames=names.to,
        renamed_to=names.name,
        failure=todo.blocked,
        people=tuple(_people(state, seen, todo, changes)) if evidence else (),
    )


def _of_spaces(state: Book, settings: OrgSettings) -> dict[str, int]:
    """Folders of further spaces, as our own rows know of them: no space is asked."""
    if not settings.gives_spaces_folders:
        return {}
    rows = state.services.space_folders.of_team(state.team.uuid)
    return {**work_left(row.value for row in rows)}


def _of_mark(state: Book, settings: OrgSettings) -> dict[str, int]:
    group = state.group_seen
    writes = group is not None and marking.judged(state, settings, group).description is not None
    return {"change descriptions": 1} if writes else {}


def _told(names: Verdict) -> list[str]:
    return [names.code] if names.code else []


def _not_looked_up(seen: Seen) -> int:
    known = seen.people.mapped.keys() | seen.people.listed.keys()
    asked = {m.person for m in seen.roster} - known - {m.person for m in seen.to_invite}
    return len(asked)


def _creating(todo: Plan) -> list[Change]:
    """The first people of a group that would be made."""
    create = todo.create
    members: list[Pair] = [*(create.members if create else ()), *todo.members]
    owners: list[Pair] = [*(create.owners if create else ()), *todo.owners]
    return [Change(*pair, side, ADD) for side, pairs in _sided(owners, members) for pair in pairs]


def _sided(owners: list[Pair], members: list[Pair]) -> list[tuple[str, list[Pair]]]:
    return [(OWNERS, owners), (MEMBERS, members)]


def _people(state: Book, seen: Seen, todo: Plan, changes: tuple[Change, ...]) -> Iterator[Evidence]:
    """Everybody of either side or of the memory, those of the team first."""
    ledger, mapped = state.ledger, seen.people.mapped
    known = state.services.identities.known({*(m.person for m in seen.roster), *ledger.baseline})
    facts = _Facts(seen, todo, changes, ledger, known)
    shown: set[ObjectId] = set()
    for member in seen.roster:
        object_id = mapped.get(member.person) or _claimed(known.get(member.person))
        shown |= {object_id} if object_id else set()
        yield facts.of(member.person, object_id, member)
    rostered = {m.person for m in seen.roster}
    for person, object_id in ledger.baseline.items():
        if person not in rostered and object_id not in shown:
            shown.add(object_id)
            yield facts.of(person, object_id, None)
    strangers = seen.observed.sides.strangers if seen.observed.sides else {}
    # A read may still show whom we took out.
    written = {p.object: p.person for p in ledger.pending.values()}
    for object_id in seen.accounts or ():
        if object_id not in shown:
            yield facts.of(strangers.get(object_id) or written.get(object_id), object_id, None)


def _claimed(identity: Identity | None) -> ObjectId | None:
    return identity.object if identity else None


class _Facts:
    """What is known of everybody, by person and object id."""

    def __init__(
        self,
        seen: Seen,
        todo: Plan,
        changes: tuple[Change, ...],
        ledger: Ledger,
        known: Mapping[PersonId, Identity],
    ) -> None:
        self._seen = seen
        self._todo = todo
        self._ledger = ledger
        self._known = known
        self._changes: dict[str, list[Change]] = {}
        for change in changes:
            self._changes.setdefault(change.object or change.person, []).append(change)
        self._pending: dict[ObjectId, list[Pending]] = {}
        for entry in ledger.pending.values():
            if not entry.seen:
                self._pending.setdefault(entry.object, []).append(entry)
        self._missing: dict[ObjectId, dict[str, int]] = {}
        for missing, since in ledger.missing.items():
            self._missing.setdefault(missing.object, {})[missing.side] = since
        sides = seen.observed.sides
        self._owners = frozenset(sides.sight.owners or ()) if sides else frozenset()

    def of(
        self, person: PersonId | None, object_id: ObjectId | None, member: Member | None
    ) -> Evidence:
        ledger, accounts = self._ledger, self._seen.accounts or {}
        identity = self._known.get(person) if person else None
        account = accounts.get(object_id) if object_id else None
        code = self._todo.listed.get(person, "") if person else ""
        if not code and object_id and member is None:
            code = self._todo.others.get(object_id, "")
        return Evidence(
            name=(member.name if member else "") or (account.name if account else ""),
            person=person,
            object=object_id,
            in_team=member is not None,
            in_group=object_id in accounts,
            moderator=bool(member and member.moderator),
            owner=object_id in self._owners,
            joined=member.joined if member else 0,
            known=bool(person) and ledger.baseline.get(person or PersonId("")) == object_id,
            state=identity.state.value if identity else "",
            checked=identity.checked if identity else 0,
            pending=tuple(self._pending.get(object_id or NO_ACCOUNT, ())),
            missing=self._missing.get(object_id or NO_ACCOUNT, {}),
            changes=tuple(self._changes.get(object_id or person or "", ())),
            code=code,
        )

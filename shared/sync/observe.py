"""Observe: the team in Webex, the people, the group. Reads only; complete or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from shared.core import ledger as book
from shared.core import times
from shared.core.errors import Forbidden, NotThere, Refused, Unavailable
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import MEMBERS, OWNERS, WEBEX, Change, Sight
from shared.core.marks import Mark
from shared.core.merge import STAYS, Sides
from shared.core.model import Account, Direction, Member, OrgSettings, Team
from shared.core.names import NAME_MAX, born
from shared.core.people import People, is_undecided, roster_digest, sort_people
from shared.core.plan import Observed
from shared.core.settling import next_look
from shared.sync import ending, pacing
from shared.sync.creation import find_ours
from shared.sync.missing import half_there, read_group
from shared.sync.people import resolve_people
from shared.sync.policy import may_create
from shared.sync.record import Book
from shared.sync.strangers import Strangers, resolve_strangers
from shared.webex.protocol import MEMBERS_A_PAGE, team_id_of


@dataclass(frozen=True)
class Seen:
    """An observation.

    later: when the people that could not be asked for now are due. roster: who is in the team.
    accounts: who is in the group, None while there is none. to_invite: members of other
    organizations who could be guests. moderated: a fingerprint of who should own the group, ""
    where the owners were not read. team_read, group_read: when each side was read, 0 for not.
    """

    observed: Observed
    later: int | None
    roster: list[Member]
    people: People
    accounts: Mapping[ObjectId, Account] | None = None
    to_invite: tuple[Member, ...] = ()
    moderated: str = ""
    team_read: int = 0
    group_read: int = 0

    def name(self, person: PersonId, object_id: ObjectId) -> str:
        """What either side calls somebody, "" where none does."""
        account = (self.accounts or {}).get(object_id)
        return self._names.get(person) or (account.name if account else "")

    @cached_property
    def _names(self) -> dict[PersonId, str]:
        return {m.person: m.name for m in self.roster}


@dataclass
class _Reading:
    """What was read so far."""

    team_read: int
    roster: list[Member]
    people: People
    group_read: int = 0
    strangers: Strangers = field(default_factory=Strangers)


def observe(
    state: Book, settings: OrgSettings, allowed: Collection[Change] = (), *, full: bool = True
) -> Seen:
    """The world as it is now. Raises core.errors, Later; changes nothing in either cloud.

    full: also what an ordinary look takes for granted: both names, and owners.
    """
    pacing.check(state.services, "graph")
    team_read = state.services.now()
    roster = _read_roster(state, full=full)
    resolved = resolve_people(state.held, roster, state.ledger, settings)
    guests = resolved.guests_allowed
    people = sort_people(roster, resolved.identities, settings.org, guests=guests)
    if settings.guests and not guests:
        people = _without_guests(people)
    if state.team.group_id is None:
        _take_what_is_ours(state)
    if state.team.group_id is None:
        undecided = is_undecided(roster, resolved.identities, settings.org, state.team.creator)
        observed = _before_group(state, settings, people, undecided)
        return Seen(observed, resolved.later, roster, people, team_read=team_read)
    reading = _Reading(team_read, roster, people)
    accounts = _read_members(state, full=full)
    group_read = reading.group_read = state.services.now()
    _begin_memory(state)
    sides = _sides(state, settings, reading, accounts, full=full)
    sides = replace(sides, inviting=[m.person for m in resolved.to_invite])
    observed = Observed(
        people=people,
        creator=state.team.creator,
        settled=state.team.settled,
        sides=sides,
        limits=settings.limits,
        allowed=allowed,
        first=state.first,
        unknown=resolved.unknown,
        unknown_strangers=reading.strangers.unknown,
    )
    moments = [m for m in (resolved.later, reading.strangers.later) if m is not None]
    return Seen(
        observed,
        min(moments, default=None),
        roster,
        people,
        accounts,
        resolved.to_invite,
        _moderated(people, state.team, accounts) if sides.sight.owners is not None else "",
        team_read,
        group_read,
    )


def _without_guests(people: People) -> People:
    """The setting would have them invited; it is the tenant that allows no guests in groups."""
    codes = {"other_organization": "guests_not_allowed"}
    return replace(people, listed={p: codes.get(c, c) for p, c in people.listed.items()})


def _read_roster(state: Book, *, full: bool) -> list[Member]:
    team, services = state.team, state.services
    pages = -(-max(team.roster_size, 1) // MEMBERS_A_PAGE)
    connected = full and team.group_id is not None
    pacing.book(services, "spaces", full + connected + pages, low=state.held.row.value.low)
    title = read_team_name(state) if full else ""
    roster = _members(state)
    if connected:
        ending.see_whether_archived(state)
    team = state.team
    if not roster and team.group_id:
        # Webex lets no team be without a moderator: this is a read that went wrong.
        raise Unavailable("Webex shows nobody in the team")
    now = services.now()
    digest = roster_digest(roster)
    changed = now if digest != team.roster_digest else team.roster_changed
    settled = team.settled or next_look(team.first_seen, changed, now) is None
    state.save_team(
        replace(
            team,
            space_title=title or team.space_title,
            roster_digest=digest,
            roster_changed=changed,
            roster_size=len(roster),
            settled=settled,
            settled_at=team.settled_at or (_settled_at(team, now) if settled else 0),
        )
    )
    return roster


def _members(state: Book) -> list[Member]:
    """Raises TeamGone, Later where the team cannot be found."""
    webex = state.services.webex
    try:
        found = webex.members(state.team.space_id)
    except NotThere as failure:
        ending.find_again(state, failure)
        found = webex.members(state.team.space_id)
    ending.seen_again(state)
    return found


def _settled_at(team: Team, now: int) -> int:
    """Rows that settled before this was kept are judged by when that was at the earliest."""
    return team.first_seen + times.SETTLING_LOOKS[-1] if team.settled else now


def _take_what_is_ours(state: Book) -> None:
    group = find_ours(state)
    if group is None:
        return
    now = state.services.now()
    sent = state.team.group_name
    called = group.name or sent
    state.remember_group(group.id)
    state.save_team(
        replace(
            state.team,
            group_id=group.id,
            group_name=called,
            group_created=group.created or now,
            folder_at=now + 5 * times.SECOND,
            full_at=now,
            names=born(state.team.name, sent),
            named_at=now,
            mark=state.team.mark or Mark(since=state.team.intent_at),
            # Somebody has renamed it before we heard of it.
            names_at=now if called != sent else None,
        )
    )
    state.services.log("group found after an unheard create", team=state.team.uuid, group=group.id)


def _before_group(state: Book, settings: OrgSettings, people: People, undecided: bool) -> Observed:
    team = state.team
    return Observed(
        people=people,
        creator=team.creator,
        settled=team.settled,
        may_create=may_create(state.services, settings, team.creator, people),
        undecided=undecided,
        limits=settings.limits,
    )


def _begin_memory(state: Book) -> None:
    """Where nothing is remembered of a group that is there, something waits: said before anything
    is remembered, so that dying in between makes nobody's absence or presence a change.

    So it is with a group that was deleted and is there again. The version before followed no
    removals, and never read everything (`full_at`): what it left as
    it was for a long time, nobody expects to happen now.
    """
    restored = bool(state.team.group_missed_at)
    if restored or not state.ledger_row.etag or (state.team.settled and not state.team.full_at):
        state.first = True
        state.save_team(replace(state.team, held=True))
    if restored:
        state.save_ledger(book.come_back(state.ledger, state.services.now()))


def _sides(
    state: Book,
    settings: OrgSettings,
    reading: _Reading,
    accounts: Mapping[ObjectId, Account],
    *,
    full: bool,
) -> Sides:
    """Both sides, with the owners where they matter; the ledger has learned from it."""
    team, people = state.team, reading.people
    sight = Sight(
        at=reading.team_read,
        until=reading.group_read,
        mapped=people.mapped,
        members=accounts.keys(),
        unresolved={m.person for m in reading.roster} - people.mapped.keys(),
        claimed=people.claimed,
        moderators={people.mapped[p] for p in people.moderators},
    )
    changed = _moderated(people, team, accounts) != team.moderated
    if full or changed or _need_owners(state, sight):
        sight = replace(sight, owners=_read_owners(state))
    state.save_ledger(book.learn(state.ledger, sight))
    direction = direction_of(team, settings)
    retried = state.tries_again
    reading.strangers = resolve_strangers(state, sight, accounts, direction, retried=retried)
    return Sides(
        ledger=state.ledger,
        sight=sight,
        direction=direction,
        settled_at=state.team.settled_at if state.team.settled else 0,
        joined={m.person: m.joined for m in reading.roster},
        moderating=frozenset(m.person for m in reading.roster if m.moderator),
        creator=team.creator,
        stand_in=team.stand_in,
        strangers=reading.strangers.people,
        why_not=reading.strangers.why_not,
        declined=_declined(team, reading.strangers.people),
        retried=retried,
    )


def direction_of(team: Team, settings: OrgSettings) -> Direction:
    """The team's own, else the organization's; what a newer version wrote counts as both."""
    wanted = team.direction or settings.direction
    return next((d for d in Direction if d.value == wanted), Direction.BOTH)


def _declined(team: Team, strangers: Mapping[ObjectId, PersonId]) -> dict[PersonId, str]:
    others = {p: team.others[o] for o, p in strangers.items() if o in team.others}
    return {**others, **team.listed}


def _moderated(people: People, team: Team, members: Collection[ObjectId]) -> str:
    """A fingerprint of who should own the group; one who joins is a member first."""
    moderating = {*people.moderators, *([team.creator] if team.creator in people.mapped else [])}
    wanted = sorted(p for p in moderating if people.mapped[p] in members)
    return hashlib.sha256("\n".join(wanted).encode()).hexdigest()[:32]


_ABOUT_OWNERS = frozenset({"owner_refused", "owner_removed", "owner_limit", "last_owner"})


def owners_codes(team: Team, people: Collection[PersonId]) -> dict[PersonId, str]:
    """What was said of owners when they were last read."""
    return {p: c for p, c in team.listed.items() if c in _ABOUT_OWNERS and p in people}


def _need_owners(state: Book, sight: Sight) -> bool:
    """Whether anything about owners is under way, or somebody is about to leave the group."""
    team, after = state.team, book.learn(state.ledger, sight)
    if team.stand_in or OWNERS in book.in_doubt(after):
        return True
    if any(m.side == OWNERS for m in after.missing):
        return True
    if state.tries_again and owners_codes(team, sight.mapped):
        return True
    left = (m for m in after.missing if m.side == WEBEX and not _is_left_alone(state, m.person))
    return any(book.is_confirmed(after, m, sight.at) for m in left)


def _is_left_alone(state: Book, person: PersonId) -> bool:
    """Who has left the team, and stays in the group for a reason that this look does not touch."""
    code = state.team.listed.get(person, "")
    return not state.tries_again and (code == "left_webex" or code in STAYS)


def _read_members(state: Book, *, full: bool) -> dict[ObjectId, Account]:
    """Read whole. Raises GroupGone, Later while the group is young, Unavailable."""
    team, groups = state.team, state.services.groups
    assert team.group_id is not None
    if full:
        read_group(state)
    try:
        found = groups.members(team.group_id)
    except NotThere as failure:
        if not full:
            read_group(state)
        raise half_there(state, failure) from failure
    if not found and not _may_be_empty(state):
        raise Unavailable("Microsoft 365 shows nobody in the group")
    return found


def _may_be_empty(state: Book) -> bool:
    """A read that shows nobody most likely went wrong. One that says so again and again is shown to
    an administrator by the brake: it would empty the team. Whom a read has shown before is not on
    the way to the replicas any more."""
    ledger = state.ledger
    baseline = frozenset(ledger.baseline.values())
    missed = {m.object for m in ledger.missing if m.side == MEMBERS}
    shown = {p.object for p in ledger.pending.values() if p.side == MEMBERS and p.seen}
    often = state.team.failures >= times.EMPTY_AFTER
    return often or baseline <= missed | (ledger.awaited(MEMBERS) - shown)


def _read_owners(state: Book) -> frozenset[ObjectId]:
    assert state.team.group_id is not None
    try:
        return state.services.groups.owners(state.team.group_id)
    except NotThere as failure:
        raise half_there(state, failure) from failure


def read_team_name(state: Book) -> str:
    """What the team is called in Webex, "" where we may not know. The title of its General space
    need not be its name, nor follow it."""
    team_id = team_id_of(state.team.space_id)
    try:
        name = state.services.webex.team_name(team_id) if team_id else ""
    except (NotThere, Forbidden, Refused) as failure:
        state.services.log.failed("the team's name cannot be read", failure, team=state.team.uuid)
        name = ""
    state.team_called = name[:NAME_MAX]
    return state.team_called

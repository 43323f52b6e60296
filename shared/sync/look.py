"""One look at one team: load, observe, plan, apply, record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from shared.core import ledger as book
from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import ADD, MEMBERS, OWNERS, REMOVE, WEBEX
from shared.core.look import weekly
from shared.core.model import Account, Folder, IdentityState, OrgSettings, Status, Team
from shared.core.people import outsiders
from shared.core.plan import Creation, Plan, plan
from shared.core.settling import next_look
from shared.core.telling import Telling, look_for, without_met
from shared.sync import ending, folder, pacing, renaming, space_folders
from shared.sync.additions import Outcome, add
from shared.sync.creation import create
from shared.sync.crossing import cross
from shared.sync.holding import decided
from shared.sync.inviting import invite
from shared.sync.observe import Seen, observe, owners_codes
from shared.sync.people import forget_guests, mark_unknown
from shared.sync.record import Book
from shared.sync.removals import remove
from shared.sync.space_folders import Following

# Reasons that go away when the directory, the tenant or a sign-in is put right.
_MENDABLE = frozenset(
    state.value for state in IdentityState if state not in (IdentityState.MAPPED, IdentityState.BOT)
) | {
    "owner_refused",
    "member_refused",
    "removal_refused",
    "last_owner",
    "guest_refused",
    "guests_not_allowed",
    "invitations_refused",
    "webex_not_writable",
    "webex_refused",
    "inactive_in_webex",
    "identity_changed",
    "disabled_in_entra",
    "not_in_webex",
}


def look_at(state: Book, settings: OrgSettings) -> int | None:
    """Do what is due for the team; answers when it is due next, None for not by itself."""
    now = state.services.now()
    if people_due(state, now):
        try:
            tend_people(state, settings)
        except ending.TeamGone:
            ending.tell(state, settings)
            raise
    if renaming.is_due(state, state.services.now()):
        renaming.tend(state, settings)
    if settings.link_folders and _folder_due(state, state.services.now()):
        folder.tend(state, settings)
    spaces = Following()
    if settings.gives_spaces_folders and state.team.group_id:
        spaces = space_folders.tend(state, settings)
    _forget_silence(state)
    return _record(state, settings, spaces)


def _forget_silence(state: Book) -> None:
    """Everything that was due has been answered, also where the people were not due."""
    team = state.team
    if team.failures:
        told = team.reason == "provider_silent"
        reason, detail = ("", "") if told else (team.reason, team.detail)
        state.save_team(replace(team, failures=0, reason=reason, detail=detail))


def people_due(state: Book, now: int) -> bool:
    """Whether the people are due; else only the folder is, and Webex need not be read again."""
    team = state.team
    asked = state.held.row.value.wanted != team.wanted_done
    return asked or _is_past(team.people_at, now) or _is_past(full_at(team), now)


def _is_past(moment: int | None, now: int) -> bool:
    return moment is not None and moment <= now


def full_at(team: Team) -> int | None:
    """When everything of a connected team is read again, whether or not anything seems to have
    changed: at least weekly, each at a moment of its own. None: it is not connected."""
    if team.group_id is None:
        return None
    return weekly(team.uuid, team.full_at) if team.full_at else 0


def tend_people(state: Book, settings: OrgSettings) -> None:
    """Observe, plan, apply: the group, the team, and who is in them."""
    wanted = state.held.row.value.wanted
    began = state.services.now()
    whole = state.held.row.value.whole
    full = whole or _is_past(full_at(state.team), began) or state.team.group_id is None
    state.tries_again = whole or _is_past(_mended_at(state.team.tried_at), began)
    waiting = decided(state)
    seen = observe(state, settings, waiting.allowed, full=full)
    todo = plan(seen.observed)
    state.held.unmet = _unmet(state, seen, believed=True)
    unmet = _unmet(state, seen, believed=False)
    outcome = _apply(state, settings, seen, todo)
    waiting.keep(state, seen, todo, outcome)
    listed, others = _said(state, seen, todo, outcome)
    # A read may show what was before, and not yet what was told: it is read once more then.
    later = look_for(unmet(state.held.row.value.told), began)
    others_stay = began + times.GAP if _needs_no_keeping(todo, outcome) else None
    people_at = _people_at(state, outcome, [seen.later, todo.again, later, others_stay])
    tried_at = _tried_at(state, began, {*listed.values(), *others.values()})
    moments = [people_at, _blocked_at(state, todo), _mended_at(tried_at)]
    state.save_team(
        replace(
            state.team,
            status=_status(state.team, todo, people_at),
            reason=todo.blocked or _held_reason(state, todo),
            detail="",
            # Of an unheard create, too: nobody else would let them go.
            stand_in=todo.stand_in or (None if seen.observed.sides else state.team.stand_in),
            listed=listed,
            others=others,
            tried_at=tried_at,
            in_group=len(state.ledger.baseline),
            people_at=_earliest(moments),
            moderated=_moderated(state, seen, todo),
            full_at=began if full and state.team.group_id else state.team.full_at,
            # What was read of the group is judged below; by the next look, if this one dies.
            names_at=began if full and state.group_seen else state.team.names_at,
            wanted_done=wanted,
            failures=0,
            # Whatever has changed while it was not there is held by now (`observe`).
            group_missed_at=0,
        )
    )
    state.held.people_seen = began


def _moderated(state: Book, seen: Seen, todo: Plan) -> str:
    """As long as there is something to be done about owners, they are read at every look: what was
    refused for now is no longer under way, and what is held must not look as if it were met."""
    if not seen.moderated:
        return state.team.moderated
    left = (*todo.changes, *todo.held)
    return "" if any(c.side == OWNERS for c in left) else seen.moderated


_KEPT = frozenset({"last_moderator", "last_owner"})


def _needs_no_keeping(todo: Plan, outcome: Outcome) -> bool:
    """Whether somebody was kept for being the last one, while who was to go has been refused."""
    stay = {p for p, code in outcome.named.items() if code not in _KEPT}
    leaving = {c.person for c in todo.changes if c.op == REMOVE}
    return not _KEPT.isdisjoint(todo.listed.values()) and not stay.isdisjoint(leaving)


def _unmet(state: Book, seen: Seen, *, believed: bool) -> Callable[[Telling], Telling]:
    """What this look's read of the group leaves of what was told. believed: whoever must be read
    once more counts as not met yet; the look for that is due by itself."""
    sides = seen.observed.sides
    if sides is None:
        return lambda told: told
    inside = book.in_group(state.ledger, sides.sight)
    missing = [m for m in state.ledger.missing if m.side == MEMBERS] if believed else []
    unsure = {m.object for m in missing if not book.is_confirmed(state.ledger, m, sides.sight.at)}
    return lambda told: without_met(told, inside, unsure)


def _said(
    state: Book, seen: Seen, todo: Plan, outcome: Outcome
) -> tuple[dict[PersonId, str], dict[ObjectId, str]]:
    """Who is not as expected, and why: what the plan says, and what came of it."""
    listed = dict(todo.listed)
    if seen.observed.sides and seen.observed.sides.sight.owners is None:
        listed = owners_codes(state.team, seen.people.mapped) | listed
    guests = {m.person for m in outsiders(seen.roster, state.services.org)}
    _name_unknown(state, outcome, listed, guests)
    return listed | outcome.named, todo.others | outcome.others


def _apply(state: Book, settings: OrgSettings, seen: Seen, todo: Plan) -> Outcome:
    if todo.blocked or todo.waiting:
        return Outcome()
    if todo.writes:
        pacing.book(state.services, "graph", todo.writes, low=state.held.row.value.low)
    if todo.create is not None:
        return _apply_create(state, settings, todo, todo.create)
    outcome = add(state, todo.of(MEMBERS, ADD), todo.of(OWNERS, ADD))
    accounts = seen.accounts or {}
    remove(
        state,
        todo.of(MEMBERS, REMOVE),
        todo.of(OWNERS, REMOVE),
        lambda o: accounts.get(o, Account(o)),
        outcome,
    )
    cross(state, todo.of(WEBEX, ADD), todo.of(WEBEX, REMOVE), accounts.get, outcome)
    invite(state, [m for m in seen.to_invite if m.person in todo.inviting], outcome)
    return outcome


def _apply_create(state: Book, settings: OrgSettings, todo: Plan, creation: Creation) -> Outcome:
    inside = set(create(state, settings, creation, todo.stand_in))
    left = [p for p in (*creation.members, *todo.members) if p not in inside]
    owning = {p.object for p in creation.owners} & state.ledger.owners
    owners = [p for p in (*creation.owners, *todo.owners) if p.object not in owning]
    return add(state, left, owners)


def _held_reason(state: Book, todo: Plan) -> str:
    if not todo.held or not state.team.held:
        return ""
    return "first_merge" if "first_merge" in todo.why else "brake"


def _name_unknown(
    state: Book, outcome: Outcome, listed: dict[PersonId, str], guests: Collection[PersonId]
) -> None:
    """People whom Entra refused one by one: tried again while the group is young, then listed.

    A guest may be as young as the invitation; an older one is forgotten, and can be invited again.
    """
    members = {p.person for p in outcome.unknown}
    if not members:
        return
    if not members.isdisjoint(guests):
        forget_guests(state.services, sorted(members & {*guests}))
        outcome.postpone(state.services.now() + times.UNKNOWN_LISTED_AFTER)
    old = state.services.now() - state.team.group_created >= times.UNKNOWN_LISTED_AFTER
    if old:
        mark_unknown(state.services, sorted(members - {*guests}))
    listed |= dict.fromkeys(members, "unknown_to_tenant")


def _people_at(state: Book, outcome: Outcome, left: Iterable[int | None]) -> int | None:
    """The earliest of what is left to do: settling, the rest of the people, our own writes."""
    now = state.services.now()
    moments = [*left, outcome.later, book.read_again(state.ledger, now)]
    if not state.team.settled:
        # None: settling ended while we looked; the next look finds that out.
        soon = now + times.SECOND
        moments.append(next_look(state.team.first_seen, state.team.roster_changed, now) or soon)
    if outcome.unknown:
        listed_at = state.team.group_created + times.UNKNOWN_LISTED_AFTER
        if listed_at > now:
            moments.append(listed_at)
    return _earliest(moments)


def _blocked_at(state: Book, todo: Plan) -> int | None:
    return state.services.now() + times.PERMANENT_PAUSE if todo.blocked else None


def _tried_at(state: Book, began: int, codes: Collection[str]) -> int:
    if _MENDABLE.isdisjoint(codes):
        return 0
    return began if state.tries_again else state.team.tried_at or began


def _mended_at(tried_at: int) -> int | None:
    """Somebody may mend it meanwhile: who is listed for what can be mended is tried again daily."""
    return tried_at + times.NEGATIVE_FRESH + times.MINUTE if tried_at else None


def _status(team: Team, todo: Plan, people_at: int | None) -> Status:
    if todo.blocked or (todo.held and team.held):
        return Status.NEEDS_PERSON
    if not team.settled:
        return Status.SETTLING
    return Status.WAITING if people_at is not None else Status.COMPLETE


def _folder_due(state: Book, now: int) -> bool:
    team = state.team
    if team.group_id is None or team.folder is Folder.LINKED:
        return False
    # Whoever asked for the whole team asked for the folder too, whatever it was put off to.
    return state.held.row.value.whole or (team.folder_at is not None and team.folder_at <= now)


def _record(state: Book, settings: OrgSettings, spaces: Following) -> int | None:
    team = state.team
    state.services.log(
        "looked", team=team.uuid, status=team.status.value, group=team.group_id or ""
    )
    follows_folder = settings.link_folders and team.group_id and team.folder is not Folder.LINKED
    folder_at = team.folder_at if follows_folder else None
    soon = _earliest([team.people_at, folder_at, spaces.soon])
    again = _earliest([full_at(team), spaces.weekly, renaming.next_at(team)])
    # The weekly look and the daily name are nobody's wish: they yield to people's own actions.
    state.held.low_next = again is not None and (soon is None or again < soon)
    return _earliest([soon, again])


def _earliest(moments: Iterable[int | None]) -> int | None:
    return min((m for m in moments if m is not None), default=None)

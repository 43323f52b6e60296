"""The group, exactly once: an intent first, then Graph's create-if-missing, ids from the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.core import ledger as book
from shared.core import naming, times
from shared.core.errors import Permanent, PermissionMissing, Refused
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import MEMBERS, OWNERS, Pair
from shared.core.marks import Mark
from shared.core.model import Group, OrgSettings, Team
from shared.core.names import born
from shared.core.plan import Creation
from shared.microsoft.protocol import Kind, NewGroup, is_for_all
from shared.microsoft.protocol import naming as wanted_names
from shared.sync import marking
from shared.sync.pacing import Later
from shared.sync.people import mark_unknown
from shared.sync.record import Book

# Refusals that may be about one of the people, so that fewer of them are tried.
_A_REFERENCE = frozenset({Kind.REFERENCE_UNKNOWN, Kind.NOT_FOUND})


class GroupRefused(Permanent):
    """Microsoft 365 does not take this group, whatever we leave out of it."""

    def __init__(self, code: str, cause: Refused) -> None:
        super().__init__(str(cause.args[0]), cause.where)
        self.code = code


class BeforeUs(Permanent):
    """A group with this team's mark that we did not make, or do not remember: a person decides."""

    code = "group_from_before_us"


def find_ours(state: Book) -> Group | None:
    """The group that an earlier, unheard create has made, if one did.

    Read before every create, the first one too: the upsert would put this team's people into a
    group that stands there already. Raises BeforeUs for a group older than our intent.
    """
    team = state.team
    group = state.services.groups.find(naming.unique_name(team.uuid))
    if group is None:
        return None
    if not team.intent_at or group.created < team.intent_at - times.CLOCKS_APART:
        raise BeforeUs(f"group {group.id} has this team's mark and is older than our intent")
    return group


def create(
    state: Book, settings: OrgSettings, creation: Creation, stand_in: PersonId | None = None
) -> list[Pair]:
    """Make the group; answers the members that are in it. Raises Later if it may exist already.

    A repeat carries nothing but identity and one owner, since what is there is not known.
    stand_in: who owns it only as nobody else can.
    """
    repeated = bool(state.team.intent_at)
    team = replace(state.team, stand_in=stand_in or state.team.stand_in)
    if not repeated or team.reason == "name_refused":
        _write_intent(state, team, settings)
    else:
        # The settings may have changed since the create of which nothing was heard, and people.
        said = _said(state, settings)
        known = team.mark is not None and team.mark.text == said
        after = team if known else replace(team, mark=Mark(said, since=team.intent_at))
        if after != state.team:
            state.save_team(after)
    alone = [Creation((owner,), (owner,), creation.led) for owner in creation.owners]
    attempts = dict.fromkeys(alone if repeated else [creation, *alone])
    forbidden = PermissionMissing("no owner is allowed")
    refusal: Refused | None = None
    unknown: list[PersonId] = []
    for attempt in attempts:
        try:
            _create_as(state, settings, attempt)
        except PermissionMissing as failure:
            if is_for_all(failure.args[0]):
                raise
            forbidden = failure
        except Refused as refused:
            if refused.kind not in _A_REFERENCE:
                raise GroupRefused(_code(refused), refused) from refused
            refusal = refused
            if len(attempt.members) == 1 and refused.kind == Kind.REFERENCE_UNKNOWN:
                unknown.append(attempt.owners[0].person)
        else:
            return list(attempt.members)
    if not unknown and refusal:
        raise GroupRefused("group_refused", refusal) from refusal
    if not unknown:
        raise forbidden
    # There is no group yet that could be unready: the tenant does not know these people.
    mark_unknown(state.services, unknown)
    raise Later(state.services.now() + times.CREATE_RETRY, "no owner is known to the tenant")


def _code(refused: Refused) -> str:
    return "name_refused" if refused.kind == Kind.NAMING else "group_refused"


def _write_intent(state: Book, team: Team, settings: OrgSettings) -> None:
    """The row that says: a create may be under way. Written before it is sent.

    The team's own name, as this look has read it, or the General space's title where Webex does not
    tell it. The time of the first intent stays. What its description will say is kept as well:
    where an unheard create's group says nothing, a person has taken that out. And who stands in:
    else they would go on owning it.
    """
    name = state.team_called or team.name
    since = team.intent_at or state.services.now()
    meant = replace(team, intent_at=since)
    state.save_team(
        replace(
            meant,
            mark=Mark(marking.wanted(state, meant, settings, since=since), since=since),
            name=name,
            group_name=naming.display_name(name),
            nickname=naming.mail_nickname(name, team.uuid),
        )
    )


def _create_as(state: Book, settings: OrgSettings, attempt: Creation) -> None:
    """One create, with another name once where the tenant asks for it."""
    now = state.services.now()
    unheard = _is_unheard(state)
    # No later read may show them moderating, and then nobody would let them go.
    ledger = replace(state.ledger, led=state.ledger.led | attempt.led)
    sending = book.sending(ledger, attempt.members, MEMBERS, now)
    state.save_ledger(book.sending(sending, attempt.owners, OWNERS, now))
    renamed = second = False
    while True:
        try:
            group = _send(state, settings, attempt)
        except Refused as refused:
            if refused.kind == Kind.NAMING and not renamed:
                renamed = _take_names(state, refused)
                if renamed:
                    continue
            if refused.kind == Kind.ALREADY_THERE:
                # The upsert met the group of an earlier create that reads do not show yet.
                raise _there_already(state) from refused
            if refused.kind == Kind.NICKNAME_TAKEN and not second:
                second = True
                _take_second_nickname(state)
                continue
            if refused.kind in _A_REFERENCE:
                if unheard:
                    # Of a group that is not replicated yet the upsert says the same as of people
                    # whom the tenant does not know.
                    raise _there_already(state) from refused
                _nothing_sent(state, attempt)
            raise
        except PermissionMissing:
            _nothing_sent(state, attempt)
            raise
        _adopt_answer(state, group, attempt, _said(state, settings))
        return


def _is_unheard(state: Book) -> bool:
    """An earlier create may have made the group; after a while reads would show it."""
    waiting = any(not entry.answered for entry in state.ledger.pending.values())
    age = state.services.now() - state.team.intent_at
    return waiting and age < times.UNKNOWN_LISTED_AFTER


def _nothing_sent(state: Book, attempt: Creation) -> None:
    ledger = book.refused(state.ledger, attempt.members, MEMBERS)
    state.save_ledger(book.refused(ledger, attempt.owners, OWNERS))


def _send(state: Book, settings: OrgSettings, attempt: Creation) -> Group:
    team = state.team
    new = NewGroup(
        unique_name=naming.unique_name(team.uuid),
        display_name=team.group_name,
        mail_nickname=team.nickname,
        description=_said(state, settings),
        public=settings.public_groups,
        owners=_objects(attempt.owners),
        members=_objects(attempt.members),
    )
    group = state.held.write(lambda: state.services.groups.create(new))
    if group is None:
        raise _there_already(state)
    return group


def _said(state: Book, settings: OrgSettings) -> str:
    return marking.wanted(state, state.team, settings, since=state.team.intent_at)


def _there_already(state: Book) -> Later:
    """Reads will show the group some time; asking again is a write, so it is asked ever later."""
    pause = min(times.CREATE_RETRY * 2 ** min(state.team.failures, 10), 2 * times.MINUTE)
    state.save_team(replace(state.team, failures=state.team.failures + 1))
    return Later(state.services.now() + pause, "the group was there already")


def _adopt_answer(state: Book, group: Group, attempt: Creation, said: str) -> None:
    """said: what we had its description say."""
    now = state.services.now()
    called = group.name or state.team.group_name
    state.remember_group(group.id)
    state.save_team(
        replace(
            state.team,
            group_id=group.id,
            group_created=now,
            folder_at=now + 5 * times.SECOND,
            full_at=now,
            group_name=called,
            names=born(state.team.name, called),
            named_at=now,
            mark=Mark(said, now if said else 0, state.team.intent_at),
        )
    )
    ledger = book.answered(state.ledger, attempt.members, MEMBERS, now)
    state.save_ledger(book.answered(ledger, attempt.owners, OWNERS, now))
    after = now - state.team.first_seen
    state.services.log("group created", team=state.team.uuid, group=group.id, after=after)


def _take_names(state: Book, refused: Refused) -> bool:
    """Adopt what the naming policy asks for. False: it does not say what it wants."""
    team = state.team
    wanted = wanted_names(refused.body, team.group_name, team.nickname)
    if not (wanted.display_name or wanted.mail_nickname):
        return False
    name = wanted.display_name or team.group_name
    nickname = wanted.mail_nickname or team.nickname
    state.save_team(
        replace(
            team,
            group_name=naming.fit_policy(name, team.group_name),
            nickname=naming.fit_policy(nickname, team.nickname, tail=naming.TAIL),
        )
    )
    return True


def _take_second_nickname(state: Book) -> None:
    """Another one of the same team's, inside whatever the naming policy put around the first."""
    team = state.team
    first = naming.mail_nickname(team.name, team.uuid)
    second = naming.mail_nickname(team.name, team.uuid, second=True)
    inside = first in team.nickname
    nickname = team.nickname.replace(first, second) if inside else second
    state.save_team(replace(team, nickname=nickname))


def _objects(pairs: Sequence[Pair]) -> tuple[ObjectId, ...]:
    return tuple(p.object for p in pairs)

"""Taking people out of the group: one write a person, 20 writes a call.

Owners first, then members; the plan has seen to it that an owner stays. Microsoft has no bulk
removal: https://learn.microsoft.com/graph/api/group-delete-members.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from shared.core import ledger as book
from shared.core import times
from shared.core.errors import NotThere, PermissionMissing, Where
from shared.core.identity import from_external_id
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import MEMBERS, OWNERS, REMOVE, Ledger, Pair
from shared.core.model import Account
from shared.microsoft.protocol import (
    Answer,
    Kind,
    Part,
    is_for_all,
    remove_member_part,
    remove_owner_part,
)
from shared.sync import pacing
from shared.sync.additions import (
    NOT_SENT,
    Outcome,
    Sent,
    denied_for,
    pause_after,
    send_parts,
    unsent,
)
from shared.sync.lease import LeaseLost
from shared.sync.record import Book
from shared.sync.trouble import PASSING, Streak, put_off

_DONE = (Kind.OK, Kind.ABSENT)
# It may have been done, or will be when sent again: reading comes first. A 404 that names the group
# was seen for a person who is not in it, and for a group that was there.
_OPEN = (Kind.AGAIN, Kind.THROTTLED, Kind.NOT_FOUND, Kind.REFERENCE_UNKNOWN)
_UNCLEAR = (Kind.NOT_FOUND, Kind.REFERENCE_UNKNOWN)


def remove(
    state: Book,
    members: Sequence[Pair],
    owners: Sequence[Pair],
    accounts: Callable[[ObjectId], Account],
    outcome: Outcome,
) -> None:
    """Take people out of the group. Who turns out not to have left the team stays, and is named.

    What could not be done now is postponed or named in `outcome`. Raises Interrupted, Permanent.
    """
    streak = Streak(state, outcome)
    leaving = {p.person for p in members}
    others = [p for p in owners if p.person not in leaving]
    try:
        _remove_wave(state, others, OWNERS, remove_owner_part, outcome)
        # Wave by wave: what was asked about is done before the quota for the next is waited for.
        for start in range(0, len(members), times.PARTS_A_BATCH):
            wave = members[start : start + times.PARTS_A_BATCH]
            gone, failure = streak.those(
                wave, lambda p: _has_left(state, p, accounts(p.object), outcome)
            )
            let_go = [p for p in owners if p in gone]
            stay = _remove_wave(state, let_go, OWNERS, remove_owner_part, outcome)
            out = [p for p in gone if p.person not in stay]
            _remove_wave(state, out, MEMBERS, remove_member_part, outcome)
            if failure:
                raise failure
    except PASSING as failure:
        put_off(state, outcome, failure)


def _has_left(state: Book, pair: Pair, account: Account, outcome: Outcome) -> bool:
    """Webex does not show the person in the team: because they left, or because the account is
    inactive, gone, or somebody else's now? Guests are not in our directory."""
    if account.guest:
        return True
    state.held.keep()
    pacing.book(state.services, "people", 1, low=state.held.row.value.low)
    try:
        user = state.services.webex.user(pair.person)
    except NotThere:
        outcome.named[pair.person] = "inactive_in_webex"
        return False
    now = state.services.now() // times.SECOND
    if not user.active:
        outcome.named[pair.person] = "inactive_in_webex"
        return False
    if from_external_id(pair.person, user.external_id, now).object != pair.object:
        outcome.named[pair.person] = "identity_changed"
        return False
    return True


def _remove_wave(
    state: Book,
    wave: Sequence[Pair],
    side: str,
    part: Callable[[str, ObjectId], Part],
    outcome: Outcome,
) -> set[PersonId]:
    """Answers whom Microsoft did not let go of now: they stay members as well."""
    if not wave:
        return set()
    now = state.services.now()
    before = state.ledger
    state.save_ledger(book.sending(before, wave, side, now, REMOVE))
    parts = [part(state.team.group_id or "", p.object) for p in wave]
    try:
        sent = send_parts(state, parts)
    except LeaseLost:
        raise
    except NOT_SENT:
        state.save_ledger(unsent(state.ledger, before, wave, side, REMOVE))
        raise
    answers = [_as_read(state, p, side, a) for p, a in zip(wave, sent.answers, strict=True)]
    undone = [p for p, a in zip(wave, answers, strict=True) if _is_undone(sent, a)]
    state.save_ledger(unsent(state.ledger, before, undone, side, REMOVE))
    _judge(state, wave, parts, answers, side, outcome)
    for pair, answer in zip(wave, answers, strict=True):
        if sent.is_unheard(answer):
            _wait_for(state, before, pair, side, outcome, alone=sent.stopped is None)
    sent.ends(outcome)
    return {p.person for p, a in zip(wave, answers, strict=True) if a.kind not in _DONE}


def _wait_for(
    state: Book, before: Ledger, pair: Pair, side: str, outcome: Outcome, *, alone: bool
) -> None:
    """It may have been done: reading comes first. Whom reads show again and again is named.
    alone: nothing was wrong with the others."""
    now = state.services.now()
    denied = denied_for(state.ledger, (pair.object, side, REMOVE), now)
    if alone and denied >= times.CONTRADICTION_AGE:
        outcome.named[pair.person] = "removal_refused"
        state.save_ledger(unsent(state.ledger, before, [pair], side, REMOVE))
    else:
        outcome.postpone(now + pause_after(denied))


def _is_undone(sent: Sent, answer: Answer) -> bool:
    return answer.kind not in (*_DONE, *_UNCLEAR) and sent.is_undone(answer)


def _as_read(state: Book, pair: Pair, side: str, answer: Answer) -> Answer:
    """An unclear answer about somebody whom a read has shown to be gone since we first asked: gone.
    Else it would be asked for ever."""
    sent = state.ledger.pending.get((pair.object, side, REMOVE))
    if answer.kind in _UNCLEAR and sent and sent.seen:
        return replace(answer, kind=Kind.ABSENT)
    return answer


def _judge(
    state: Book,
    wave: Sequence[Pair],
    parts: Sequence[Part],
    answers: Sequence[Answer],
    side: str,
    outcome: Outcome,
) -> None:
    judged = list(zip(wave, answers, strict=True))
    now = state.services.now()
    done = [p for p, a in judged if a.kind in _DONE]
    refused = [p for p, a in judged if a.kind not in (*_DONE, *_OPEN)]
    state.save_ledger(book.answered(state.ledger, done, side, now, REMOVE))
    if any(a.kind in _UNCLEAR for _, a in judged):
        outcome.postpone(now + times.REPLICATION_PATIENCE)
    for (pair, answer), sent in zip(judged, parts, strict=True):
        if pair not in refused:
            continue
        forbidden = answer.kind is Kind.FORBIDDEN and is_for_all(answer.message)
        if forbidden or answer.kind is Kind.UNAUTHENTICATED:
            where = Where("graph", sent.method, sent.url, answer.status, answer.trace)
            raise PermissionMissing(answer.message, where)
        last = answer.kind is Kind.LAST_OWNER
        outcome.named[pair.person] = "last_owner" if last else "removal_refused"

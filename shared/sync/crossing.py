"""Writing to Webex: people into the team and out of it, by the credential that can.

A compliance officer goes through the General space, a bot that moderates through the team's
memberships. Where none can, the change is listed for a person.
Sources: https://developer.webex.com/docs/api/v1/memberships, /team-memberships, /docs/compliance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from shared.core import ledger as book
from shared.core import times
from shared.core.errors import (
    AnswerUnknown,
    CredentialMissing,
    Failure,
    Forbidden,
    NotThere,
    Refused,
    Unavailable,
)
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import ADD, REMOVE, WEBEX, Pair
from shared.core.model import Account
from shared.sync import pacing
from shared.sync.additions import Outcome, denied_for, pause_after, unsent
from shared.sync.lease import LeaseLost
from shared.sync.record import Book
from shared.sync.trouble import PASSING, Streak, put_off

WRITERS = ("spaces", "cards")
# Booked, and remembered as under way, together.
_AT_ONCE = 10
# A credential that has changed nothing and was refused for so many people may change nobody.
_REFUSED_FOR = 2


@dataclass
class _Crossing:
    """One look's writes.

    able: the credentials that are still tried. refusals: for how many people each was refused.
    proven: those that have changed something. unwritable: whom none of them could change.
    """

    state: Book
    outcome: Outcome
    streak: Streak
    able: list[str] = field(default_factory=lambda: list(WRITERS))
    refusals: Counter[str] = field(default_factory=Counter)
    proven: set[str] = field(default_factory=set)
    unwritable: list[tuple[Pair, str]] = field(default_factory=list)

    def refuse(self, pair: Pair, op: str, code: str) -> None:
        if op == ADD:
            self.outcome.others[pair.object] = code
        else:
            self.outcome.named[pair.person] = code

    def drop(self, capability: str, failure: Failure) -> None:
        """Whether a refusal is about one person or everybody shows with the next."""
        self.refusals[capability] += 1
        useless = self.refusals[capability] >= _REFUSED_FOR and capability not in self.proven
        if useless or isinstance(failure, CredentialMissing):
            self.able.remove(capability)


def cross(
    state: Book,
    joining: Sequence[Pair],
    leaving: Sequence[Pair],
    accounts: Callable[[ObjectId], Account | None],
    outcome: Outcome,
) -> None:
    """Put people into the team, then take people out; what could not be done now is postponed or
    named. Raises Interrupted, Permanent.

    accounts: of who is to leave, as far as it is known already; else Graph is asked, since a
    disabled account has not left.
    """
    streak = Streak(state, outcome)
    crossing = _Crossing(state, outcome, streak)
    try:
        for wave in _waves(joining):
            _send_wave(crossing, wave, ADD)
        for wave in _waves(leaving):
            left, failure = streak.those(
                wave, lambda p: _has_left(state, p, accounts(p.object), outcome)
            )
            _send_wave(crossing, left, REMOVE)
            if failure:
                raise failure
    except PASSING as failure:
        put_off(state, outcome, failure)
    code = "webex_refused" if crossing.proven else "webex_not_writable"
    for pair, op in crossing.unwritable:
        crossing.refuse(pair, op, code)


def _waves(pairs: Sequence[Pair]) -> list[Sequence[Pair]]:
    return [pairs[start : start + _AT_ONCE] for start in range(0, len(pairs), _AT_ONCE)]


def _has_left(state: Book, pair: Pair, account: Account | None, outcome: Outcome) -> bool:
    if account is None:
        state.held.keep()
        # Its writes of this very look may have been told to come back later.
        pacing.check(state.services, "graph")
        account = state.services.groups.account(pair.object)
    if account is None or account.enabled is False:
        outcome.named[pair.person] = "disabled_in_entra"
        return False
    return True


def _send_wave(crossing: _Crossing, wave: Sequence[Pair], op: str) -> None:
    """Kept once before and once after: of an answer that is lost between, the next read tells."""
    state, before = crossing.state, crossing.state.ledger
    if not crossing.able:
        crossing.unwritable += [(pair, op) for pair in wave]
        return
    if not wave:
        return
    pacing.book(state.services, "spaces", len(wave), low=state.held.row.value.low)
    state.save_ledger(book.sending(before, wave, WEBEX, state.services.now(), op))
    done, unheard, stopped = _send_each(crossing, wave, op)
    sent = [*done, *unheard]
    ledger = unsent(state.ledger, before, [p for p in wave if p not in sent], WEBEX, op)
    ledger = book.answered(ledger, done, WEBEX, state.services.now(), op)
    state.save_ledger(ledger)
    for pair in unheard:
        _wait_for(crossing, pair, op, alone=stopped is None)
    if stopped:
        raise stopped


def _send_each(
    crossing: _Crossing, wave: Sequence[Pair], op: str
) -> tuple[list[Pair], list[Pair], Failure | None]:
    """Who is as they should be, of whom nothing was heard, and why not everybody was sent. Raises
    LeaseLost: then nothing may be kept."""
    done: list[Pair] = []
    unheard: list[Pair] = []
    for pair in wave:
        try:
            if _send(crossing, pair, op):
                done.append(pair)
        except (AnswerUnknown, Unavailable) as failure:
            unheard.append(pair)
            if crossing.streak.grows(failure, pair.person):
                return done, unheard, failure
        except LeaseLost:
            raise
        except Failure as failure:
            return done, unheard, failure
        else:
            crossing.streak.ends()
    return done, unheard, None


def _send(crossing: _Crossing, pair: Pair, op: str) -> bool:
    """Whether the person is there now, or gone; who is refused is named."""
    state = crossing.state
    for capability in tuple(crossing.able):
        try:
            state.held.write(partial(_write, state, pair.person, op, capability))
        except (Forbidden, CredentialMissing, NotThere) as failure:
            state.services.log.failed(
                "the team cannot be changed",
                failure,
                team=state.team.uuid,
                capability=capability,
            )
            crossing.drop(capability, failure)
        except Refused as refused:
            state.services.log.failed("Webex refuses a change", refused, team=state.team.uuid)
            last = refused.kind == "last_moderator"
            crossing.refuse(pair, op, "last_moderator" if last else "webex_refused")
            return False
        else:
            crossing.proven.add(capability)
            return True
    crossing.unwritable.append((pair, op))
    return False


def _write(state: Book, person: PersonId, op: str, capability: str) -> None:
    act = state.services.webex.add_member if op == ADD else state.services.webex.remove_member
    act(state.team.space_id, person, capability)


def _wait_for(crossing: _Crossing, pair: Pair, op: str, *, alone: bool) -> None:
    """It may have been done: reading comes first. Whom reads deny again and again is named.
    alone: it is not Webex that is down."""
    state, now = crossing.state, crossing.state.services.now()
    denied = denied_for(state.ledger, (pair.object, WEBEX, op), now)
    if alone and denied >= times.CONTRADICTION_AGE:
        crossing.refuse(pair, op, "webex_refused")
    else:
        crossing.outcome.postpone(now + pause_after(denied))

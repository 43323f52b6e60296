"""Writing to Webex: people into the team and out of it, by the credential that can.

A compliance officer goes through the General space, a bot that moderates through the team's
memberships. Where none can, the change is listed for a person.
Sources: https://developer.webex.com/docs/api/v1/memberships, /team-memberships, /docs/compliance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from shared.core import ledger as book
from shared.core.errors import CredentialMissing, Forbidden, NotThere, Refused
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import ADD, REMOVE, WEBEX, Pair
from shared.core.model import Account
from shared.sync import pacing
from shared.sync.additions import Outcome
from shared.sync.record import Book

WRITERS = ("spaces", "cards")
# Booked, and remembered as under way, together.
_AT_ONCE = 10


@dataclass
class _Crossing:
    """One look's writes. able: the credentials that have not been refused yet."""

    state: Book
    outcome: Outcome
    able: list[str] = field(default_factory=lambda: list(WRITERS))


def cross(
    state: Book,
    joining: Sequence[Pair],
    leaving: Sequence[Pair],
    accounts: Callable[[ObjectId], Account | None],
    outcome: Outcome,
) -> None:
    """Put people into the team, then take people out. Raises Later, Transient.

    accounts: of who is to leave, as far as it is known already; else Graph is asked, since a
    disabled account has not left.
    """
    crossing = _Crossing(state, outcome)
    for wave in _waves(joining):
        _send_wave(crossing, wave, ADD)
    for wave in _waves(leaving):
        left = [p for p in wave if _has_left(state, p, accounts(p.object), outcome)]
        _send_wave(crossing, left, REMOVE)


def _waves(pairs: Sequence[Pair]) -> list[Sequence[Pair]]:
    return [pairs[start : start + _AT_ONCE] for start in range(0, len(pairs), _AT_ONCE)]


def _has_left(state: Book, pair: Pair, account: Account | None, outcome: Outcome) -> bool:
    if account is None:
        state.held.keep()
        account = state.services.groups.account(pair.object)
    if account is None or account.enabled is False:
        outcome.named[pair.person] = "disabled_in_entra"
        return False
    return True


def _send_wave(crossing: _Crossing, wave: Sequence[Pair], op: str) -> None:
    state = crossing.state
    if wave and crossing.able:
        pacing.book(state.services, "spaces", len(wave), low=state.held.row.value.low)
        state.save_ledger(book.sending(state.ledger, wave, WEBEX, state.services.now(), op))
    for pair in wave:
        _send(crossing, pair, op)


def _send(crossing: _Crossing, pair: Pair, op: str) -> None:
    state = crossing.state
    while crossing.able:
        capability = crossing.able[0]
        try:
            state.held.write(partial(_write, state, pair.person, op, capability))
        except (Forbidden, CredentialMissing, NotThere) as failure:
            state.services.log.failed(
                "the team cannot be changed",
                failure,
                team=state.team.uuid,
                capability=capability,
            )
            crossing.able.pop(0)
        except Refused as refused:
            state.services.log.failed("Webex refuses a change", refused, team=state.team.uuid)
            last = refused.kind == "last_moderator"
            _refuse(crossing, [pair], op, "last_moderator" if last else "webex_refused")
            return
        else:
            now = state.services.now()
            state.save_ledger(book.answered(state.ledger, [pair], WEBEX, now, op))
            return
    _refuse(crossing, [pair], op, "webex_not_writable")


def _write(state: Book, person: PersonId, op: str, capability: str) -> None:
    act = state.services.webex.add_member if op == ADD else state.services.webex.remove_member
    act(state.team.space_id, person, capability)


def _refuse(crossing: _Crossing, pairs: Sequence[Pair], op: str, code: str) -> None:
    state = crossing.state
    state.save_ledger(book.refused(state.ledger, pairs, WEBEX, op))
    for pair in pairs:
        if op == ADD:
            crossing.outcome.others[pair.object] = code
        else:
            crossing.outcome.named[pair.person] = code

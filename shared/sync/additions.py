"""Adding people: 20 a write, 20 writes a call, every inner answer judged on its own.

A refused chunk added nobody. Where Graph names whom it does not know, the others are sent again
without that person. Else, if any chunk of the group was ever taken, the refused one is halved down
to the single that is to blame; if none was, the group is not ready and we wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from shared.core import ledger as book
from shared.core import times
from shared.core.errors import (
    AnswerUnknown,
    Failure,
    Interrupted,
    Permanent,
    PermissionMissing,
    Throttled,
    Where,
)
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import ADD, MEMBERS, OWNERS, REMOVE, Key, Ledger, Pair
from shared.microsoft.protocol import (
    Answer,
    Kind,
    Part,
    is_for_all,
    member_part,
    missing_object,
    owner_part,
)
from shared.ports import Services
from shared.sync.lease import LeaseLost
from shared.sync.pacing import hold_off
from shared.sync.record import Book

# These say that nothing was done: the part is sent again, chained after one another.
_SENT_AGAIN = frozenset({409, 412, 423, 424, 429, 503})
_ATTEMPTS = 4
# Nothing was heard of a part.
_UNHEARD = Answer(Kind.AGAIN, 0)
# The call was not made, or refused as a whole.
NOT_SENT = (Interrupted, Throttled, Permanent)
# Throttled, or behind a part that failed.
_NOT_TAKEN = frozenset({424, 429})


@dataclass(frozen=True)
class Chunk:
    """Pairs for one write: up to 20 members, or one owner."""

    side: str
    pairs: tuple[Pair, ...]

    def part(self, group: str) -> Part:
        objects = [p.object for p in self.pairs]
        return (
            member_part(group, objects) if self.side == MEMBERS else owner_part(group, objects[0])
        )

    def halves(self) -> list[Chunk]:
        middle = (len(self.pairs) + 1) // 2
        return [Chunk(self.side, self.pairs[:middle]), Chunk(self.side, self.pairs[middle:])]


@dataclass
class Outcome:
    """unknown: people whose object id Entra does not know. named: people who are refused for
    another reason, by its code; others: the same for who is only in the group. later: when to go
    on, None if nothing is left to try."""

    unknown: list[Pair] = field(default_factory=list)
    named: dict[PersonId, str] = field(default_factory=dict)
    others: dict[ObjectId, str] = field(default_factory=dict)
    later: int | None = None

    def postpone(self, at: int) -> None:
        self.later = at if self.later is None else min(self.later, at)


def chunks(members: Sequence[Pair], owners: Sequence[Pair]) -> list[Chunk]:
    size = times.REFERENCES_A_PATCH
    return [Chunk(OWNERS, (owner,)) for owner in owners] + [
        Chunk(MEMBERS, tuple(members[i : i + size])) for i in range(0, len(members), size)
    ]


def add(
    state: Book, members: Sequence[Pair], owners: Sequence[Pair], outcome: Outcome | None = None
) -> Outcome:
    """Add people to the group; what could not be done now is postponed or named."""
    outcome = outcome or Outcome()
    todo = chunks(members, owners)
    if not todo:
        return outcome
    while todo:
        wave, todo = todo[: times.PARTS_A_BATCH], todo[times.PARTS_A_BATCH :]
        before = state.ledger
        state.save_ledger(_sending(state, wave))
        try:
            sent = send_parts(state, [c.part(state.team.group_id or "") for c in wave])
        except LeaseLost:
            raise
        except NOT_SENT:
            state.save_ledger(_taken_back(state.ledger, before, wave))
            raise
        left = [c for c, a in zip(wave, sent.answers, strict=True) if sent.is_undone(a)]
        state.save_ledger(_taken_back(state.ledger, before, left))
        todo = _judge(state, wave, sent, outcome) + todo
        if sent.ends(outcome):
            break
    return outcome


def _sending(state: Book, wave: Sequence[Chunk]) -> Ledger:
    ledger, now = state.ledger, state.services.now()
    for chunk in wave:
        ledger = book.sending(ledger, chunk.pairs, chunk.side, now)
    return ledger


def _taken_back(ledger: Ledger, before: Ledger, chunks: Sequence[Chunk]) -> Ledger:
    for chunk in chunks:
        ledger = unsent(ledger, before, chunk.pairs, chunk.side)
    return ledger


def unsent(
    ledger: Ledger, before: Ledger, pairs: Iterable[Pair], side: str, op: str = ADD
) -> Ledger:
    """Nothing was done about these pairs: what is under way is as it was before they were sent.

    Else a write that was never made could be believed days later, when the switch goes on again.
    """
    keys = {(p.object, side, op) for p in pairs}
    if (side, op) == (OWNERS, REMOVE):
        # What goes with it, see `ledger.sending`.
        keys |= {(object_id, MEMBERS, ADD) for object_id, _, _ in keys}
    pending = {k: p for k, p in ledger.pending.items() if k not in keys}
    pending |= {k: p for k, p in before.pending.items() if k in keys}
    return replace(ledger, pending=pending)


def denied_for(ledger: Ledger, key: Key, now: int) -> int:
    """For how long reads have denied a write of which nothing is heard, milliseconds."""
    entry = ledger.pending.get(key)
    since = entry.contradicted if entry and not entry.answered else 0
    return now - since if since else 0


def pause_after(denied: int) -> int:
    """Until a write is sent again: longer each time, since it may never succeed; but before its
    entry in the ledger has run out, and with it since when it was denied."""
    return min(max(times.GAP, 2 * denied), times.CONTRADICTION_AGE * 2 // 3)


def _judge(state: Book, wave: Sequence[Chunk], sent: Sent, outcome: Outcome) -> list[Chunk]:
    """Keep what was taken; answers the chunks to send next."""
    answers = sent.answers
    taken = [c for c, a in zip(wave, answers, strict=True) if _is_taken(c, a)]
    refused = [
        (c, a)
        for c, a in zip(wave, answers, strict=True)
        if a.kind not in (Kind.OK, Kind.AGAIN, Kind.THROTTLED) and not _is_taken(c, a)
    ]
    _keep_taken(state, taken, proven=any(a.kind is Kind.ALREADY_THERE for a in answers))
    _refuse_forbidden(wave, answers, state.team.group_id or "", proven=state.team.any_chunk)
    todo: list[Chunk] = []
    for chunk, answer in zip(wave, answers, strict=True):
        if sent.is_unheard(answer):
            todo += _wait_for(state, chunk, outcome, alone=sent.stopped is None)
    for chunk, answer in refused:
        todo += _take_apart(state, chunk, answer, outcome)
    return todo


def _wait_for(state: Book, chunk: Chunk, outcome: Outcome, *, alone: bool) -> list[Chunk]:
    """It may have been done: reading comes first. What reads deny, again and again, is taken apart
    until whoever is to blame is named. alone: nothing was wrong with the other chunks."""
    now = state.services.now()
    denied = [denied_for(state.ledger, (p.object, chunk.side, ADD), now) for p in chunk.pairs]
    if alone and len(chunk.pairs) > 1 and max(denied) >= times.CONTRADICTION_APART:
        return chunk.halves()
    if alone and min(denied) >= times.CONTRADICTION_AGE:
        _blame(chunk, Answer(Kind.AGAIN, 0), chunk.pairs, outcome)
    else:
        outcome.postpone(now + pause_after(min(denied)))
    return []


def _take_apart(state: Book, chunk: Chunk, answer: Answer, outcome: Outcome) -> list[Chunk]:
    """What to send next of a refused chunk; whoever is to blame is named in the outcome."""
    blamed = [p for p in chunk.pairs if p.object == missing_object(answer.message)]
    if not blamed and not _refusals_mean_something(state):
        outcome.postpone(state.services.now() + times.ADDITION_RETRY)
        return []
    if not blamed and len(chunk.pairs) > 1:
        return chunk.halves()
    blamed = blamed or list(chunk.pairs)
    _blame(chunk, answer, blamed, outcome)
    rest = tuple(p for p in chunk.pairs if p not in blamed)
    return [Chunk(chunk.side, rest)] if rest else []


def _blame(chunk: Chunk, answer: Answer, pairs: Sequence[Pair], outcome: Outcome) -> None:
    if chunk.side == OWNERS:
        outcome.named |= dict.fromkeys((p.person for p in pairs), "owner_refused")
    elif answer.kind is Kind.REFERENCE_UNKNOWN:
        outcome.unknown += pairs
    else:
        outcome.named |= dict.fromkeys((p.person for p in pairs), "member_refused")


def _is_taken(chunk: Chunk, answer: Answer) -> bool:
    return answer.kind is Kind.OK or (answer.kind is Kind.ALREADY_THERE and len(chunk.pairs) == 1)


def _keep_taken(state: Book, taken: Sequence[Chunk], *, proven: bool) -> None:
    now = state.services.now()
    ledger = state.ledger
    for chunk in taken:
        ledger = book.answered(ledger, chunk.pairs, chunk.side, now)
    state.save_ledger(ledger)
    if taken or proven:
        state.save_team(replace(state.team, any_chunk=True))


def _refusals_mean_something(state: Book) -> bool:
    age = state.services.now() - state.team.group_created
    return state.team.any_chunk or age > times.REPLICATION_PATIENCE


def _refuse_forbidden(
    wave: Sequence[Chunk], answers: Sequence[Answer], group: str, *, proven: bool
) -> None:
    for chunk, answer in zip(wave, answers, strict=True):
        # About one of the people only where others were taken before, or beside them.
        forbidden = answer.kind is Kind.FORBIDDEN and (not proven or is_for_all(answer.message))
        if forbidden or answer.kind is Kind.UNAUTHENTICATED:
            part = chunk.part(group)
            where = Where("graph", part.method, part.url, answer.status, answer.trace)
            raise PermissionMissing(answer.message, where)


@dataclass(frozen=True)
class Sent:
    """answers: of a wave. wait: when to go on, if not now. stopped: why no more may be sent."""

    answers: list[Answer]
    wait: int | None = None
    stopped: Failure | None = None

    def is_unheard(self, answer: Answer) -> bool:
        """Whether it may have been done."""
        return answer.kind is Kind.AGAIN and answer.status not in _NOT_TAKEN

    def ends(self, outcome: Outcome) -> bool:
        """Whether no more is sent in this look. Raises what stopped it, but for AnswerUnknown."""
        if self.wait is not None:
            outcome.postpone(self.wait)
        if self.stopped and not isinstance(self.stopped, AnswerUnknown):
            raise self.stopped
        return self.wait is not None or self.stopped is not None

    def is_undone(self, answer: Answer) -> bool:
        """Whether nothing was done and nothing will be: it was refused, or could not be sent."""
        if answer.status in _NOT_TAKEN or (self.stopped and answer.status in _SENT_AGAIN):
            return True
        return answer.kind not in (Kind.OK, Kind.AGAIN)


def send_parts(state: Book, parts: Sequence[Part]) -> Sent:
    """The answers of a wave, parts that were put off sent again.

    Raises what the first sending raises, but for AnswerUnknown; and LeaseLost.
    """
    services = state.services
    answers = [_UNHEARD] * len(parts)
    again = list(range(len(parts)))
    waited = 0.0
    for attempt in range(_ATTEMPTS + 1):
        try:
            resent = _batch(state, [parts[i] for i in again], chained=attempt > 0)
        except AnswerUnknown as unheard:
            return _unheard(services, answers, again, unheard)
        except NOT_SENT as stopped:
            if attempt == 0 or isinstance(stopped, LeaseLost):
                raise
            return Sent(answers, stopped=stopped)
        for i, answer in zip(again, resent, strict=True):
            answers[i] = answer
        again = [i for i, a in enumerate(answers) if a.status in _SENT_AGAIN]
        if not again:
            break
        wait = max(_wait_of(answers[i], attempt) for i in again)
        too_long = wait > times.WAIT_IN_CALL or waited + wait > times.WAIT_IN_ALL
        if too_long or attempt == _ATTEMPTS:
            at = services.now() + round(wait * times.SECOND)
            if any(answers[i].retry_after is not None for i in again):
                hold_off(services, "graph", at)
            return Sent(answers, at)
        services.clock.sleep(wait)
        waited += wait
    return Sent(answers)


def _unheard(
    services: Services, answers: list[Answer], asked: Sequence[int], failure: AnswerUnknown
) -> Sent:
    """Reading first is cheaper than sending again what may be there. One part that fails by itself
    says nothing about the others."""
    for i in asked:
        answers[i] = _UNHEARD
    if failure.retry_after:
        at = services.now() + round(failure.retry_after * times.SECOND)
        hold_off(services, "graph", at)
        return Sent(answers, at, failure)
    return Sent(answers, stopped=failure if len(asked) > 1 else None)


def _batch(state: Book, parts: Sequence[Part], *, chained: bool) -> list[Answer]:
    return state.held.write(lambda: state.services.groups.batch(parts, chained=chained))


def _wait_of(answer: Answer, attempt: int) -> float:
    """What the provider asks for; else a second, doubling. A chained 424 waits for its cause."""
    if answer.retry_after is not None:
        return answer.retry_after
    return 0.0 if answer.status == 424 else float(2**attempt)

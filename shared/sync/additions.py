"""Adding people: 20 a write, 20 writes a call, every inner answer judged on its own.

A refused chunk added nobody. Where Graph names whom it does not know, the others are sent again
without that person. Else, if any chunk of the group was ever taken, the refused one is halved down
to the single that is to blame; if none was, the group is not ready and we wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.core import ledger as book
from shared.core import times
from shared.core.errors import AnswerUnknown, PermissionMissing, Where
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import MEMBERS, OWNERS, Pair
from shared.microsoft.protocol import (
    Answer,
    Kind,
    Part,
    is_for_all,
    member_part,
    missing_object,
    owner_part,
)
from shared.sync.pacing import hold_off
from shared.sync.record import Book

# These say that nothing was done: the part is sent again, chained after one another.
_SENT_AGAIN = frozenset({409, 412, 423, 424, 429, 503})
_ATTEMPTS = 4


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
    now = state.services.now()
    state.save_ledger(
        book.sending(book.sending(state.ledger, members, MEMBERS, now), owners, OWNERS, now)
    )
    while todo:
        wave, todo = todo[: times.PARTS_A_BATCH], todo[times.PARTS_A_BATCH :]
        try:
            answers, wait = send_parts(state, [c.part(state.team.group_id or "") for c in wave])
        except AnswerUnknown as unheard:
            # Reading first is cheaper than sending again what may be there.
            asked = round((unheard.retry_after or 0) * times.SECOND)
            if asked:
                hold_off(state.services, "graph", state.services.now() + asked)
            outcome.postpone(state.services.now() + max(asked, times.GAP))
            return outcome
        todo = _judge(state, wave, answers, outcome) + todo
        if wait is not None:
            outcome.postpone(wait)
            return outcome
    return outcome


def _judge(
    state: Book, wave: Sequence[Chunk], answers: Sequence[Answer], outcome: Outcome
) -> list[Chunk]:
    """Keep what was taken; answers the chunks to send next."""
    taken = [c for c, a in zip(wave, answers, strict=True) if _is_taken(c, a)]
    refused = [
        (c, a)
        for c, a in zip(wave, answers, strict=True)
        if a.kind not in (Kind.OK, Kind.AGAIN, Kind.THROTTLED) and not _is_taken(c, a)
    ]
    if any(a.kind is Kind.AGAIN and a.status not in _SENT_AGAIN for a in answers):
        # It may have been done: reading comes first.
        outcome.postpone(state.services.now() + times.GAP)
    _keep_taken(state, taken, proven=any(a.kind is Kind.ALREADY_THERE for a in answers))
    _refuse_forbidden(wave, answers, state.team.group_id or "", proven=state.team.any_chunk)
    todo: list[Chunk] = []
    for chunk, answer in refused:
        todo += _take_apart(state, chunk, answer, outcome)
    return todo


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
    state.save_ledger(book.refused(state.ledger, blamed, chunk.side))
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


def send_parts(state: Book, parts: Sequence[Part]) -> tuple[list[Answer], int | None]:
    """The answers of a wave, parts that were put off sent again; and when to go on, if not now."""
    services = state.services
    answers = _batch(state, parts, chained=False)
    waited = 0.0
    for attempt in range(_ATTEMPTS + 1):
        again = [i for i, a in enumerate(answers) if a.status in _SENT_AGAIN]
        if not again:
            break
        wait = max(_wait_of(answers[i], attempt) for i in again)
        too_long = wait > times.WAIT_IN_CALL or waited + wait > times.WAIT_IN_ALL
        if too_long or attempt == _ATTEMPTS:
            at = services.now() + round(wait * times.SECOND)
            if any(answers[i].retry_after is not None for i in again):
                hold_off(services, "graph", at)
            return answers, at
        services.clock.sleep(wait)
        waited += wait
        resent = _batch(state, [parts[i] for i in again], chained=True)
        for i, answer in zip(again, resent, strict=True):
            answers[i] = answer
    return answers, None


def _batch(state: Book, parts: Sequence[Part], *, chained: bool) -> list[Answer]:
    return state.held.write(lambda: state.services.groups.batch(parts, chained=chained))


def _wait_of(answer: Answer, attempt: int) -> float:
    """What the provider asks for; else a second, doubling. A chained 424 waits for its cause."""
    if answer.retry_after is not None:
        return answer.retry_after
    return 0.0 if answer.status == 424 else float(2**attempt)

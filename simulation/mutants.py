"""Deliberate bugs, to test the tester: each undoes one rule of the product while it is `planted`.

`expected`: about how many seeds at the ports it takes to be caught, as measured; ten times as many
are allowed. A mutant that survives those says that the simulation no longer sees what it should.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from functions.sync_team import handler as sync_handler
from functions.team_created import handler as webhook_handler
from shared.core import brake as core_brake
from shared.core import ledger as core_ledger
from shared.core import look as look_rules
from shared.core import merge as core_merge
from shared.core import naming, times
from shared.core import plan as core_plan
from shared.core.model import Direction
from shared.microsoft.protocol import Kind
from shared.storage.tables import Partition
from shared.sync import additions, creation, events, observe, spaces, worker
from shared.sync import removals as sync_removals
from shared.sync.lease import Held
from simulation.run import play

Swap = tuple[Any, str, Any]


@dataclass(frozen=True)
class Mutant:
    """One bug. swaps: made when it is planted: where, which name, and what stands there instead."""

    name: str
    what: str
    expected: int
    swaps: Callable[[], list[Swap]]


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    before = [(where, name, getattr(where, name)) for where, name, _ in mutant.swaps()]
    try:
        for where, name, other in mutant.swaps():
            setattr(where, name, other)
        yield
    finally:
        for where, name, own in before:
            setattr(where, name, own)


def hunt(mutant: Mutant) -> tuple[int, str] | None:
    """The first seed that catches it, and how; None where none of those allowed does."""
    with planted(mutant):
        for seed in range(10 * mutant.expected):
            outcome = play(seed, over_ports=True)
            if outcome.violations:
                return seed, str(outcome.violations[0])
    return None


def _constant(name: str, value: int) -> Callable[[], list[Swap]]:
    return lambda: [(times, name, value)]


def _acknowledges_first() -> list[Swap]:
    own = webhook_handler.receive

    def receive(*args: Any) -> Any:
        return replace(own(*args), nudge=None)

    return _both(webhook_handler, "receive", receive)


def _takes_any_signature() -> list[Swap]:
    return [
        (webhook_handler, "is_signed", lambda _headers: True),
        (webhook_handler, "verified_by", lambda *_: "nothing"),
    ]


def _takes_others_deliveries() -> list[Swap]:
    """One secret for all organizations."""
    from shared.core.keyring import webhook_secret as own

    def secret(keyring: Any, version: str, _org: str) -> str:
        return own(keyring, version, "0" * 8)

    return [(webhook_handler, "webhook_secret", secret)]


def _both(module: Any, name: str, other: Any) -> list[Swap]:
    from functions.team_created import blueprint

    return [(module, name, other), (blueprint, name, other)]


def _names_anew() -> list[Swap]:
    count = iter(range(10**9))

    def unique_name(team: str) -> str:
        return f"webex-team-{team}" if next(count) % 2 else f"webex-team-{team}-again"

    return [(naming, "unique_name", unique_name)]


def _creates_without_looking() -> list[Swap]:
    """Neither reads before it creates nor keeps to one nickname."""

    def nickname(name: str, uuid: str, **_: Any) -> str:
        return f"x{next(count)}-{uuid[:8]}"

    count = iter(range(10**9))
    own = creation.find_ours

    def find_ours(state: Any) -> Any:
        own(state)

    return [
        (creation, "find_ours", find_ours),
        (observe, "find_ours", find_ours),
        (naming, "unique_name", lambda team: f"webex-team-{team}-{next(count)}"),
        (naming, "mail_nickname", nickname),
    ]


def _swallows_errors() -> list[Swap]:
    def unexpected(held: Any, _error: Exception) -> None:
        held.finish(None)

    return [(worker, "_unexpected", unexpected)]


def _forgets_wishes() -> list[Swap]:
    """What is wanted while somebody looks is lost."""
    own = look_rules.finish

    def finish(look: Any, now: int, following: Any, _begin: int, **rest: Any) -> Any:
        return own(look, now, following, look.wanted, **rest)

    return [(look_rules, "finish", finish)]


def _writes_while_off() -> list[Swap]:
    return [(Held, "before_write", Held.keep)]


def _takes_old_teams() -> list[Swap]:
    own = spaces._introduce

    def introduce(services: Any, settings: Any, found: Any) -> Any:
        return own(services, replace(settings, enabled_since=0), found)

    return [(spaces, "_introduce", introduce)]


def _has_no_brake() -> list[Swap]:
    def brake(changes: Any, *_: Any, **__: Any) -> Any:
        return core_brake.Braked(tuple(changes))

    return [(core_plan, "brake", brake)]


def _leads_both_ways() -> list[Swap]:
    return [(observe, "direction_of", lambda *_: Direction.BOTH)]


def _sends_before_it_writes_down() -> list[Swap]:
    """Nothing is pending before an answer is there."""

    def sending(ledger: Any, *_: Any, **__: Any) -> Any:
        return ledger

    return [(core_ledger, "sending", sending)]


def _ignores_etags() -> list[Swap]:
    own = Partition._operation

    def operation(self: Any, step: Any) -> Any:
        whole = "upsert" if step.op == "replace" else step.op
        return own(self, replace(step, op=whole, etag=""))

    return [(Partition, "_operation", operation)]


def _believes_throttled_parts() -> list[Swap]:
    """A 429 within a batch is taken for success."""
    own = additions._is_taken

    def is_taken(chunk: Any, answer: Any) -> bool:
        return own(chunk, answer) or answer.kind in (Kind.THROTTLED, Kind.AGAIN)

    return [(additions, "_is_taken", is_taken)]


def _moves_the_cursor_first() -> list[Swap]:
    """Events count as read although no row could be written for them."""
    from shared.sync.lease import want as own

    def want(*args: Any, **rest: Any) -> None:
        try:
            own(*args, **rest)
        except Exception:
            return

    return [(events, "want", want)]


def _forgets_poison() -> list[Swap]:
    return [
        (worker, "_come_back", lambda *_: None),
        (sync_handler, "revive", lambda *_: "dropped"),
    ]


def _removes_at_first_sight() -> list[Swap]:
    return [(core_merge, "is_confirmed", lambda *_: True)]


def _keeps_who_is_gone() -> list[Swap]:
    """A removal of ours is not learned: who was taken out counts as seen on both sides."""
    own = core_ledger._written

    def written(ledger: Any, pairs: Any, side: str, op: str) -> Any:
        return own(ledger, pairs, side, op) if op == core_ledger.ADD else ledger

    return [(core_ledger, "_written", written)]


def _lets_the_last_owner_go() -> list[Swap]:
    return [(sync_removals, "_DONE", (Kind.OK, Kind.ABSENT, Kind.AGAIN, Kind.THROTTLED))]


MUTANTS = (
    Mutant("early ack", "202 without a nudge", 5, _acknowledges_first),
    Mutant("any signature", "an unsigned delivery is taken", 8, _takes_any_signature),
    Mutant("one secret", "another organization's secret signs", 30, _takes_others_deliveries),
    Mutant("another name", "a group is looked for and made by two names", 3, _names_anew),
    Mutant(
        "create again", "a create that was not heard is made anew", 10, _creates_without_looking
    ),
    Mutant("swallowed", "an unexpected failure ends the matter", 10, _swallows_errors),
    Mutant("lost wish", "a wish under a lease is lost", 50, _forgets_wishes),
    Mutant("off ignored", "writes are not preceded by a look at the switch", 2, _writes_while_off),
    Mutant("old teams", "teams from before the switch get groups", 2, _takes_old_teams),
    Mutant("no brake", "whatever is planned is done", 10, _has_no_brake),
    Mutant("both lead", "the direction is not heeded", 20, _leads_both_ways),
    Mutant(
        "nothing pending", "writes are sent before they are noted", 50, _sends_before_it_writes_down
    ),
    Mutant("no etags", "whoever writes last is right", 50, _ignores_etags),
    Mutant("parts believed", "a throttled part counts as done", 50, _believes_throttled_parts),
    Mutant(
        "cursor first",
        "events are read past rows that were not written",
        50,
        _moves_the_cursor_first,
    ),
    Mutant("poison forgotten", "what the queue gave up on is dropped", 100, _forgets_poison),
    Mutant("one read", "an absence takes one read", 20, _removes_at_first_sight),
    Mutant("removals unlearned", "our removals are not remembered", 20, _keeps_who_is_gone),
    Mutant("removal believed", "an unheard removal counts as done", 50, _lets_the_last_owner_go),
    Mutant(
        "replicas at once", "two reads of one moment confirm", 50, _constant("MISSING_APART", 0)
    ),
    Mutant(
        "replicas trusted", "what a replica shows late counts", 50, _constant("REPLICAS_APART", 0)
    ),
    Mutant("contradiction", "our writes run out at once", 50, _constant("CONTRADICTION_AGE", 0)),
)

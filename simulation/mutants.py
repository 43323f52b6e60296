"""Deliberate bugs, to test the tester: each undoes one rule of the product while it is `planted`.

`expected`: about how many seeds at the ports it takes to be caught, as measured; ten times as many
are allowed. A mutant that survives those says that the simulation no longer sees what it should.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from functions.team_created import handler as webhook_handler
from shared.core import brake as core_brake
from shared.core import ledger as core_ledger
from shared.core import merge as core_merge
from shared.core import naming, times
from shared.core import plan as core_plan
from shared.core.model import Direction
from shared.storage.credentials import CredentialRows
from shared.storage.tables import Partition
from shared.sync import creation, events, observe, spaces, worker
from shared.sync.lease import Held
from shared.wiring import Wiring
from simulation.run import play

Swap = tuple[Any, str, Any]


@dataclass(frozen=True)
class Mutant:
    """One bug. swaps: made when it is planted: where, which name, and what stands there instead.
    http: it shows only through the HTTP adapters.
    """

    name: str
    what: str
    expected: int
    swaps: Callable[[], list[Swap]]
    http: bool = False


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    swaps = mutant.swaps()
    before = [(where, name, getattr(where, name)) for where, name, _ in swaps]
    try:
        for where, name, other in swaps:
            setattr(where, name, other)
        yield
    finally:
        for where, name, own in before:
            setattr(where, name, own)


def hunt(mutant: Mutant) -> tuple[int, str] | None:
    """The first seed that catches it, and how; None where none of those allowed does."""
    with planted(mutant):
        for seed in range(10 * mutant.expected):
            try:
                outcome = play(seed, over_ports=not mutant.http)
            except Exception as error:
                return seed, f"{type(error).__name__}: {error}"
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


def _sends_first() -> list[Swap]:
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


def _moves_the_cursor_first() -> list[Swap]:
    """Events count as read although no row could be written for them."""
    from shared.sync.lease import want as own

    def want(*args: Any, **rest: Any) -> None:
        try:
            own(*args, **rest)
        except Exception:
            return

    return [(events, "want", want)]


def _removes_at_first_sight() -> list[Swap]:
    return [(m, "is_confirmed", lambda *_: True) for m in (core_merge, core_ledger)]


def _never_settles() -> list[Swap]:
    return [(core_merge.Sides, "settled", property(lambda _: True))]


def _hears_nothing_of_groups() -> list[Swap]:
    from functions.watch import handler

    return [(handler, "read_changes", lambda *_: False)]


def _keeps_tokens_in_clear() -> list[Swap]:
    class Clear:
        def encrypt(self, text: bytes) -> bytes:
            return text

        def decrypt(self, text: Any) -> Any:
            return text

    return [(CredentialRows, "_cipher", lambda *_: Clear())]


def _mixes_organizations_up() -> list[Swap]:
    own = Wiring.credentials

    def credentials(self: Any, _org: Any) -> Any:
        return own(self, min(self.settings.organizations))

    return [(Wiring, "credentials", credentials)]


MUTANTS = (
    Mutant("early ack", "202 without a nudge", 2, _acknowledges_first),
    Mutant("any signature", "an unsigned delivery is taken", 4, _takes_any_signature),
    Mutant("one secret", "another organization's secret signs", 2, _takes_others_deliveries),
    Mutant("another name", "a group is looked for and made by two names", 2, _names_anew),
    Mutant("create again", "what was not heard is made anew", 2, _creates_without_looking),
    Mutant("swallowed", "an unexpected failure ends the matter", 10, _swallows_errors),
    Mutant("off ignored", "writes are not preceded by a look at the switch", 3, _writes_while_off),
    Mutant("old teams", "teams from before the switch get groups", 2, _takes_old_teams),
    Mutant("no brake", "whatever is planned is done", 30, _has_no_brake),
    Mutant("both lead", "the direction is not heeded", 30, _leads_both_ways),
    Mutant("nothing pending", "writes are sent before they are noted", 200, _sends_first),
    Mutant("no etags", "whoever writes last is right", 150, _ignores_etags),
    Mutant("cursor first", "events are read past rows not written", 80, _moves_the_cursor_first),
    Mutant("one read", "an absence takes one read", 20, _removes_at_first_sight),
    Mutant("reads at once", "two reads may be one", 20, _constant("MISSING_APART", 0)),
    Mutant("never settling", "people go while the team arrives", 40, _never_settles),
    Mutant("deaf to groups", "no delta is read", 4, _hears_nothing_of_groups),
    Mutant("no overlap", "late events are missed", 20, _constant("EVENTS_OVERLAP", 0)),
    Mutant("endless lease", "a dead worker keeps its team", 10, _constant("LEASE", 10 * times.DAY)),
    Mutant("no retry", "failures come back next week", 10, _constant("RETRY_BASE", 7 * times.DAY)),
    Mutant("clear tokens", "tokens are kept as they are", 1, _keeps_tokens_in_clear),
    Mutant(
        "mixed up", "one organization's sign-in for all", 10, _mixes_organizations_up, http=True
    ),
)

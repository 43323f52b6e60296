"""Bugs in making and filling the group: once, by one name, and by what each answer says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shared.core import naming
from shared.core.errors import Throttled
from shared.microsoft.protocol import Answer, Kind
from shared.sync import additions, creation, observe, pacing, people, spaces, trouble, worker
from shared.sync.lease import Held
from simulation.mutants.planting import Mutant
from simulation.mutants.seeds import BEHIND, LONG, Swap, always


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


def _takes_old_teams() -> list[Swap]:
    own = spaces._introduce

    def introduce(services: Any, settings: Any, found: Any) -> Any:
        return own(services, replace(settings, enabled_since=0), found)

    return [(spaces, "_introduce", introduce)]


def _as_done(*wrong: Kind) -> list[Swap]:
    """Such answers to a part count as done."""
    own = additions._batch

    def batch(*args: Any, **rest: Any) -> Any:
        return [Answer(Kind.OK, 204) if a.kind in wrong else a for a in own(*args, **rest)]

    return [(additions, "_batch", batch)]


def _waits_for_nothing() -> list[Swap]:
    """What a worker may wait out where it is, it does not."""

    def write(self: Any, send: Any, *_wanted: Any) -> Any:
        for _ in range(3):
            self.before_write()
            try:
                return send()
            except Throttled:
                continue
        self.before_write()
        return send()

    return [(Held, "write", write)]


def _tells_nobody() -> list[Swap]:
    return [(m, "hear", lambda *_: None) for m in (pacing, people, trouble, worker)]


_THROTTLED = always(LONG, {"throttled": 0.15})

MUTANTS = (
    Mutant("another name", "a group is looked for and made by two names", 4, _names_anew),
    Mutant("create again", "what was not heard is made anew", 2, _creates_without_looking),
    Mutant("old teams", "teams from before the switch get groups", 1, _takes_old_teams),
    Mutant(
        "429 done",
        "a throttled part is taken as done",
        14,
        lambda: _as_done(Kind.THROTTLED),
        amid=_THROTTLED,
    ),
    Mutant(
        "400 done",
        "a chunk with somebody who is there is taken as done",
        50,
        lambda: _as_done(Kind.ALREADY_THERE),
        amid=always({"people": 45}, {"unheard": 0.2}, BEHIND),
    ),
    Mutant(
        "no patience",
        "Retry-After is waited out by nobody",
        20,
        _waits_for_nothing,
        amid=_THROTTLED,
    ),
    Mutant("told nobody", "others do not hear of Retry-After", 20, _tells_nobody, amid=_THROTTLED),
)

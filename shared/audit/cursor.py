"""Where a run is: its row, whose it is for the moment, and how it moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from shared.audit.ports import RUN, Desk, Staging
from shared.core import times
from shared.core.audit import Outcome
from shared.core.model import Versioned

STEPS = ("webex", "microsoft", "names", "meet", "judge", "identities", "end")
# Of the staged rows and of the parts. A run that has another was begun by another version.
LAYOUT = "3"
_EARLIER = ("", "2")
# Longer than any part takes: a worker that died leaves its run to the next one after this.
LEASE = 3 * times.MINUTE


@dataclass(frozen=True)
class State:
    """A run. Times in milliseconds.

    step, part: what comes next. owner, until: who works at it. at: not before, or when it was
    stopped; idle: how long it was. tries: passing failures in a row. broken: how often in a row
    whoever worked at it died or failed unforeseen. restarts: how often Microsoft's side was begun
    anew for a page that could not be had.

    Of Webex: start: of the next page, counted from 1; size: of the last one; booked: how many more
    pages may go; plain: asked as simply as can be; seen: distinct users.

    Of Microsoft: link, generation, number: of the next page: its address, where its rows belong,
    and its number; base, changes: how many rows there are of everybody, and of what changed since;
    latest: where changes will be told when all pages are read.

    held: somebody was not mapped since somebody else carries the same object id.
    """

    run: str
    began: int
    outcome: str = Outcome.RUNNING.value
    step: str = STEPS[0]
    part: int = 0
    owner: str = ""
    until: int = 0
    idle: int = 0
    at: int = 0
    tries: int = 0
    broken: int = 0
    restarts: int = 0
    tenant: str = ""
    start: int = 1
    users: int = 0
    total: int = 0
    size: int = 0
    booked: int = 0
    plain: bool = False
    licences: tuple[str, ...] = ()
    licensed: bool = False
    link: str = ""
    generation: str = ""
    number: int = 0
    changes: int = 0
    base: int = 0
    latest: str = ""
    whole: bool = False
    accounts: int = 0
    seen: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    changed: int = 0
    held: bool = False
    mendable: int = 0
    requests_webex: int = 0
    requests_microsoft: int = 0

    def next_part(self, parts: int, **changes: Any) -> State:
        """The next part of this step, or the first of the next step."""
        if self.part + 1 < parts:
            return replace(self, part=self.part + 1, tries=0, at=0, **changes)
        return self.next_step(**changes)

    def next_step(self, **changes: Any) -> State:
        following = STEPS[STEPS.index(self.step) + 1]
        return replace(self, step=following, part=0, tries=0, at=0, **changes)


@dataclass
class Cursor:
    """The row of the run that this worker holds. Every move keeps it for another while; raises
    Conflict where it is another's by now, or an administrator stopped it."""

    desk: Desk
    row: Versioned[Mapping[str, Any]]
    state: State

    def move(self, after: State) -> None:
        until = self.desk.services.now() + LEASE
        self._write(replace(after, until=until))

    def let_go(self, after: State) -> None:
        """Somebody else may go on at once, or when `after.at` has come."""
        self._write(replace(after, owner="", until=0))

    def _write(self, state: State) -> None:
        self.row = self.desk.staging.move(RUN, self.row, written(state))
        self.state = state


def read(staging: Staging) -> tuple[Versioned[Mapping[str, Any]] | None, State | None]:
    """The row and what it says; no state where there is none, or another version wrote it."""
    row = staging.cursor(RUN)
    return row, _state(row.value) if row else None


def written(state: State) -> Mapping[str, Any]:
    """The row of a run. The step carries the layout: a version that has another one knows no such
    step, and begins a run of its own."""
    return asdict(state) | {"step": f"{LAYOUT}.{state.step}"}


def _state(raw: Mapping[str, Any]) -> State | None:
    known = {each.name for each in fields(State)}
    try:
        state = State(**{name: value for name, value in raw.items() if name in known})
    except TypeError:
        return None
    layout, _, step = state.step.rpartition(".")
    if step not in STEPS or layout not in (*_EARLIER, LAYOUT):
        return None
    state = replace(state, step=step, licences=tuple(state.licences))
    if layout == LAYOUT or state.outcome not in (Outcome.RUNNING, Outcome.STOPPED):
        return state
    # Rows of a version before: everything is read again, under a name of its own.
    return State(
        f"{state.run}-{LAYOUT}",
        state.began,
        outcome=state.outcome,
        owner=state.owner,
        until=state.until,
        at=state.at,
        idle=state.idle,
    )

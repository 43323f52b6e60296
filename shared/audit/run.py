"""The way round: whose turn it is, part after part, and how a run ends.

Nothing sleeps for longer than seconds: what has to wait has a time, `at`, and the timer comes
again. Quota slows a run; only what a person must mend ends it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import blake2b

from shared.audit.cursor import LEASE, STEPS, Cursor, State, read, written
from shared.audit.joining import fill_identities, judge_users, meet_names, name_accounts
from shared.audit.ports import RUN, Desk
from shared.audit.reading import read_microsoft, read_webex
from shared.core import times
from shared.core.audit import Outcome, Run, Verdict
from shared.core.errors import Permanent, Stuck, Transient
from shared.core.ids import OrgId
from shared.sync.pacing import Later, hear
from shared.sync.waking import wake

# How many runs are shown beside the last one, and kept.
RUNS = 30
_SWEPT_AT_ONCE = 2_000
_LONGEST_PAUSE = 15 * times.MINUTE
# So often may workers break off at one part.
_BREAKS = 5

_STEPS: Mapping[str, Callable[[Desk, State], State]] = {
    "webex": read_webex,
    "microsoft": read_microsoft,
    "names": name_accounts,
    "meet": meet_names,
    "judge": judge_users,
    "identities": fill_identities,
}


def work(desk: Desk, until: int) -> None:
    """Go on with the run that is due, or begin one, until then (milliseconds). Raises Conflict
    where somebody else came between; it may be called again at any time."""
    cursor = _take(desk)
    while cursor is not None:
        cursor = _part(desk, cursor, until)


def _take(desk: Desk) -> Cursor | None:
    """The run, if there is one to work at and nobody does."""
    row, state = read(desk.staging)
    now = desk.services.now()
    if state is None or state.outcome != Outcome.RUNNING:
        if not is_due(desk, state):
            return None
        state = State(desk.services.new_id()[:12], now)
    if state.until > now or state.at > now:
        return None
    # Who let go of it has said so: else the last worker died, or something was not foreseen.
    broken = state.broken + (1 if state.owner else 0)
    owner = desk.services.new_id()
    after = replace(state, owner=owner, until=now + LEASE, at=0, broken=broken)
    moved = desk.staging.move(RUN, row, written(after))
    if state.step == STEPS[0] and state.start == 1 and not state.owner:
        desk.services.log("directory audit began", run=state.run)
    cursor = Cursor(desk, moved, after)
    if broken < _BREAKS:
        return cursor
    _fail(cursor, Stuck(f"{broken} workers broke off at {state.step}, part {state.part}"))
    return None


def _part(desk: Desk, cursor: Cursor, until: int) -> Cursor | None:
    """One part; None where it is to be gone on with later, or ended."""
    state = cursor.state
    try:
        if state.step == "end":
            _end(desk, cursor)
            return None
        with _uncollected():
            after = _STEPS[state.step](desk, state)
        cursor.move(replace(after, broken=0))
    except Later as later:
        cursor.let_go(replace(state, at=later.at))
        return None
    except Transient as failure:
        _put_off(desk, cursor, failure)
        return None
    except Permanent as failure:
        _fail(cursor, failure)
        return None
    if desk.services.now() < until:
        return cursor
    cursor.let_go(cursor.state)
    return None


@contextmanager
def _uncollected() -> Iterator[None]:
    """A part makes and drops thousands of objects, none of them in a circle: to have them looked
    through for circles again and again is some 8 percent of its cost."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _fail(cursor: Cursor, failure: Permanent) -> None:
    """A person has to act; the next run begins when it is time for one."""
    desk = cursor.desk
    desk.services.log.failed("directory audit failed", failure, run=cursor.state.run)
    _close(desk, cursor, Outcome.FAILED, failure.code)


def _put_off(desk: Desk, cursor: Cursor, failure: Transient) -> None:
    hear(desk.services, failure)
    state, now = cursor.state, desk.services.now()
    pause = min(times.MINUTE * 2**state.tries, _LONGEST_PAUSE)
    if failure.retry_after is not None:
        pause = round(failure.retry_after * times.SECOND)
    desk.services.log.failed("directory audit waits", failure, run=state.run)
    cursor.let_go(replace(state, at=now + pause, tries=min(state.tries + 1, 10)))


def _end(desk: Desk, cursor: Cursor) -> None:
    """What it came to, for the page and for whoever waits for it."""
    state = cursor.state
    if state.changed and desk.services.organizations.settings().on:
        wake(desk.services, "identities")
    _close(desk, cursor, Outcome.COMPLETE, "")
    tidy(desk, state)


def _close(desk: Desk, cursor: Cursor, outcome: Outcome, reason: str) -> None:
    state = cursor.state
    run = summary(state, desk.services.now(), outcome, reason)
    desk.results.keep(run)
    desk.results.forget(RUNS)
    cursor.let_go(replace(state, outcome=outcome.value))
    desk.services.log(
        "directory audit ended",
        run=state.run,
        outcome=outcome.value,
        users=run.users,
        matched=run.matched,
        people=run.people,
        requests_webex=run.requests_webex,
        requests_microsoft=run.requests_microsoft,
    )


def tidy(desk: Desk, state: State) -> None:
    """Rows that nobody reads any more. What is left is swept by a later run."""
    rows = desk.staging
    for kind in ("w", "n", "m", "i"):
        rows.sweep(kind, [], _SWEPT_AT_ONCE)
    rows.sweep("p", [state.run], 2 * _SWEPT_AT_ONCE)
    for kind in ("e", "d"):
        rows.sweep(kind, [state.generation], _SWEPT_AT_ONCE)


def summary(state: State, now: int, outcome: Outcome, reason: str = "") -> Run:
    counts = {Verdict(code): number for code, number in state.counts.items()}
    return Run(
        id=state.run,
        began=state.began,
        ended=now,
        outcome=outcome,
        counts=counts if outcome is Outcome.COMPLETE else {},
        users=state.users,
        accounts=state.accounts,
        unread=abs(state.total - state.seen) if outcome is Outcome.COMPLETE else 0,
        licensed=state.licensed,
        whole=state.whole,
        reason=reason,
        requests_webex=state.requests_webex,
        requests_microsoft=state.requests_microsoft,
        changed=state.changed,
        mendable=state.mendable,
        tenant=state.tenant,
    )


# When a run begins by itself


def is_due(desk: Desk, last: State | None) -> bool:
    at = next_at(desk, last)
    return at is not None and at <= desk.services.now()


def next_at(desk: Desk, last: State | None) -> int | None:
    """None where none begins by itself: something is lacking, or the setting says so."""
    settings = desk.services.organizations.settings()
    if not settings.audit_days or desk.lacking():
        return None
    if last is None or last.tenant not in ("", settings.tenant):
        return 0
    every = settings.audit_days * times.DAY
    # At a time of the day of its own: organizations of one deployment do not begin together.
    earliest = last.began + every - times.DAY // 2
    return earliest + (_of_day(desk.services.org) - earliest) % times.DAY


def _of_day(org: OrgId) -> int:
    digest = blake2b(org.encode(), digest_size=4).digest()
    return int.from_bytes(digest) * times.DAY >> 32

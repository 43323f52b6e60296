"""The directory's audit as an administrator has it: how it stands, begun and stopped, its lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from re import fullmatch

from shared.admin.ports import Actor, Office
from shared.audit import cursor, run
from shared.audit.cursor import STEPS, State
from shared.audit.joining import IDENTITY_PARTS, PARTS
from shared.audit.ports import RUN, Desk
from shared.core import times
from shared.core.audit import MENDABLE, Listed, Outcome, People, Progress, Run, Status, Verdict
from shared.core.audit_codec import sort_key
from shared.core.reasons import Refusal
from shared.ports import Conflict

PAGE = 50
_RACES = 20
_PARTS = {"names": PARTS, "meet": PARTS, "judge": PARTS, "identities": IDENTITY_PARTS, "end": 1}
# How often a run begins by itself: in days, 0 for never.
EVERY = (0, 1, 7, 30)


def status(office: Office) -> Status:
    """Asks no provider."""
    desk = office.directory
    state = cursor.read(desk.staging)[1]
    progress = _progress(state, office.now())
    runs = tuple(desk.results.runs(run.RUNS))
    if progress and progress.outcome is Outcome.RUNNING:
        return Status(progress, runs)
    return Status(progress, runs, run.next_at(desk, state), desk.lacking())


def start(office: Office, actor: Actor) -> None:
    """Begin a run now, in place of one that was stopped; one that is under way goes on. The timer
    does it within a minute. Raises Refusal with what is lacking."""
    _refuse_what_is_lacking(office)

    def begin(state: State | None) -> State | None:
        if state and state.outcome == Outcome.RUNNING:
            return None
        return State(office.services.new_id()[:12], office.now())

    if _change(office.directory, begin):
        office.record(actor, "audit_started")


def stop(office: Office, actor: Actor) -> bool:
    """Whoever works at it stops before its next page. False: none is under way."""

    def halt(state: State | None) -> State | None:
        if state is None or state.outcome != Outcome.RUNNING:
            return None
        return replace(state, outcome=Outcome.STOPPED.value, owner="", until=0, at=office.now())

    stopped = _change(office.directory, halt)
    if stopped:
        office.record(actor, "audit_stopped")
    return stopped


def resume(office: Office, actor: Actor) -> None:
    """A run that was stopped goes on where it was. Raises Refusal with what is lacking."""
    _refuse_what_is_lacking(office)

    def go_on(state: State | None) -> State | None:
        if state is None or state.outcome != Outcome.STOPPED:
            return None
        idle = state.idle + office.now() - state.at
        return replace(state, outcome=Outcome.RUNNING.value, at=0, idle=idle)

    if _change(office.directory, go_on):
        office.record(actor, "audit_resumed")


def repeat(office: Office, actor: Actor, days: int) -> None:
    """How often a run begins by itself. Raises ValueError for what cannot be chosen."""
    if days not in EVERY:
        raise ValueError(days)
    rows = office.services.organizations
    before = rows.settings().audit_days
    if before != days:
        rows.save_settings(lambda s: replace(s, audit_days=days))
        office.record(actor, "audit_every", str(before), str(days))


def latest(office: Office) -> Run | None:
    """The last complete run, whose people can be listed."""
    runs = office.directory.results.runs(run.RUNS)
    return next((each for each in runs if each.outcome is Outcome.COMPLETE), None)


def people(
    office: Office, verdict: Verdict, begins: str = "", after: str = "", limit: int = PAGE
) -> People:
    """A page of a class. begins: of a name or an address; those found by the name come first.

    after: what the page before gave; anything else begins anew.
    """
    last = latest(office)
    if last is None:
        return People(())
    found = list(islice(_all(office.directory, last.id, verdict, begins.strip(), after), limit + 1))
    page = found[:limit]
    return People(tuple(each for _, each in page), page[-1][0] if len(found) > limit else "")


def everybody(office: Office, verdict: Verdict | None = None, begins: str = "") -> Iterator[Listed]:
    """Of a class, or of all of them in their order: read as it is taken, some at a time."""
    last = latest(office)
    for each in [verdict] if verdict else Verdict:
        if last is not None:
            for _, listed in _all(office.directory, last.id, each, begins.strip(), ""):
                yield listed


def mending(office: Office) -> Iterator[Listed]:
    """Whom setting External ID to `object_id` would mend. Nothing is written to Webex by this app:
    it is for the customer's own synchronization."""
    for verdict in MENDABLE:
        for listed in everybody(office, verdict):
            if listed.object_id:
                yield listed


def _all(
    desk: Desk, run_id: str, verdict: Verdict, begins: str, after: str
) -> Iterator[tuple[str, Listed]]:
    by, _, mark = after.partition(":") if _is_mark(after) else ("name", "", "")
    if by == "name":
        rows = desk.results.people(run_id, verdict, by="name", begins=begins, after=mark)
        yield from ((f"name:{m}", listed) for m, listed in rows)
        mark = ""
    if not begins:
        return
    wanted = sort_key(begins)
    for m, listed in desk.results.people(run_id, verdict, by="email", begins=begins, after=mark):
        if not sort_key(listed.name).startswith(wanted):
            yield f"email:{m}", listed


def _is_mark(text: str) -> bool:
    return bool(fullmatch(r"(name|email):(?:[0-9a-f]{2})*\.[0-9a-f-]{36}", text))


def _progress(state: State | None, now: int) -> Progress | None:
    if state is None or state.outcome not in (Outcome.RUNNING, Outcome.STOPPED):
        return None
    reading = state.step == STEPS[0]
    until = state.at if state.outcome == Outcome.STOPPED else now
    seconds = max(1, until - state.began - state.idle) / times.SECOND
    return Progress(
        run=state.run,
        outcome=Outcome(state.outcome),
        step=state.step,
        done=state.users if reading else state.number if state.step == STEPS[1] else state.part,
        total=state.total if reading else _PARTS.get(state.step, 0),
        began=state.began,
        pace=round(state.users * 60 / seconds) if reading else 0,
        waits_until=state.at if state.at > now else 0,
        users=state.users,
        users_total=state.total,
    )


def _refuse_what_is_lacking(office: Office) -> None:
    lacking = office.directory.lacking()
    if lacking:
        raise Refusal(lacking)


def _change(desk: Desk, change: Callable[[State | None], State | None]) -> bool:
    """Whether there was something to change."""
    for _ in range(_RACES):
        row, state = cursor.read(desk.staging)
        after = change(state)
        if after is None:
            return False
        try:
            desk.staging.move(RUN, row, cursor.written(after))
        except Conflict:
            continue
        return True
    raise Conflict("the cursor of the directory's audit is contended")

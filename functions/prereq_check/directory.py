"""The directory's audit as a page: counts, the run that is under way, runs before, lists, CSV.

Whom somebody searched for, and where a list goes on, comes in a form, so that no name stands in an
address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from functions.prereq_check import alerting
from shared.admin import auditing, watching
from shared.core import sheets
from shared.core.audit import MENDABLE, Listed, Outcome, Progress, Run, Verdict
from shared.core.audit_words import ABOUT, About
from shared.core.checks import Result
from shared.core.prereqs import CHECKS
from shared.core.reasons import Refusal, codes, reason
from shared.core.wording import Reason
from shared.ports import Conflict
from shared.web.answers import Download, Page, Redirect
from shared.web.entry import Desk
from shared.web.visit import Visit

PATH = "/prerequisites/directory"
_LONGEST = 200
_SHOWN_RUNS = 10
_SHOWN_CHANGES = 30
_ACTS = {
    "start": (auditing.start, "audit_started"),
    "stop": (auditing.stop, "audit_stopped"),
    "resume": (auditing.resume, "audit_resumed"),
}
# What a run is doing, by its step.
DOING: Mapping[str, str] = {
    "webex": "Reading Webex's directory",
    "microsoft": "Reading Microsoft Entra ID",
    "names": "Comparing: names",
    "meet": "Comparing: who is whom",
    "judge": "Comparing: classes",
    "identities": "Keeping what was found",
    "end": "Finishing",
}
OUTCOMES: Mapping[Outcome, str] = {
    Outcome.RUNNING: "Under way",
    Outcome.STOPPED: "Stopped",
    Outcome.COMPLETE: "Complete",
    Outcome.FAILED: "Failed",
}
EVERY: Mapping[int, str] = {
    0: "Only when somebody begins it",
    1: "Every day",
    7: "Every week",
    30: "Every 30 days",
}


# Percent.
FALLS = (0, 1, 5, 10, 25)


@dataclass(frozen=True)
class Was:
    """How a prerequisite came out, when it came out otherwise than before."""

    at: int
    title: str
    state: str


@dataclass(frozen=True)
class Class:
    """One class in the table. share: of all users, in percent, with one decimal; before: how many
    there were in the run before, None where there was none."""

    verdict: Verdict
    about: About
    count: int
    share: float
    before: int | None


@dataclass(frozen=True)
class Ended:
    """A run that ended. why: what failed."""

    run: Run
    outcome: str
    why: Reason | None
    rate: float


def show(desk: Desk, visit: Visit) -> Page:
    """GET /prerequisites/directory: `class` of whom to list."""
    return _page(desk, _verdict(visit.query.get("class", "")))


def people(desk: Desk, visit: Visit) -> Page:
    """POST /prerequisites/directory: people of a `class` whose name or address begins with `q`,
    behind those of the page before (`after`)."""
    verdict = _verdict(visit.form.get("class", ""))
    if verdict is None:
        raise Refusal("bad_form", "no such class")
    begins = visit.form.get("q", "").strip()[:_LONGEST]
    return _page(desk, verdict, begins, visit.form.get("after", ""))


def act(desk: Desk, visit: Visit) -> Redirect:
    """POST /prerequisites/directory/run: `act`: start, stop, resume."""
    try:
        do, notice = _ACTS[visit.form.get("act", "")]
    except KeyError as error:
        raise Refusal("bad_form", "no such act") from error
    try:
        do(desk.office, desk.actor)
    except Refusal as refusal:
        return Redirect(PATH, notice=refusal.code)
    except Conflict:
        return Redirect(PATH, notice="try_again")
    return Redirect(PATH, notice=notice)


def repeat(desk: Desk, visit: Visit) -> Redirect:
    """POST /prerequisites/directory/every: `days` between two runs, 0 for none by itself."""
    try:
        auditing.repeat(desk.office, desk.actor, int(visit.form.get("days", "")))
    except ValueError as error:
        raise Refusal("bad_form", "no such number of days") from error
    return Redirect(PATH, notice="settings_saved")


def watch(desk: Desk, visit: Visit) -> Redirect:
    """POST /prerequisites/directory/watch: `on`: 1 to be told in Webex, 0 not to be; or `fall`: by
    how many percent fewer people may match before somebody is told, 0 for never."""
    wanted, fall = visit.form.get("on", ""), visit.form.get("fall", "")
    if fall:
        try:
            watching.choose_fall(desk.office, desk.actor, int(fall), FALLS)
        except ValueError as error:
            raise Refusal("bad_form", "no such share") from error
        return Redirect(PATH, notice="settings_saved")
    if wanted not in ("0", "1"):
        raise Refusal("bad_form", "neither on nor off")
    watching.ask_for(desk.office, desk.actor, wanted=wanted == "1")
    return Redirect(PATH, notice="alerts_on" if wanted == "1" else "alerts_off")


def everybody(desk: Desk, visit: Visit) -> Download:
    """GET /prerequisites/directory.csv: of a `class`, or all."""
    verdict = _verdict(visit.query.get("class", ""))
    rows = auditing.everybody(desk.office, verdict)
    name = f"directory-{verdict.value}.csv" if verdict else "directory.csv"
    return Download(name, sheets.MEDIA, sheets.sheet(_HEAD, map(_cells, rows)))


def mending(desk: Desk, _visit: Visit) -> Download:
    """GET /prerequisites/mending.csv: what External ID should be, by SCIM's own names."""
    rows = _set(auditing.mending(desk.office))
    return Download("external-ids.csv", sheets.MEDIA, sheets.sheet(_SET_HEAD, rows))


_HEAD = ("class", "name", "email", "external_id", "object_id", "webex_id")
_SET_HEAD = ("userName", "id", "externalId", "externalId now", "displayName")


def _cells(each: Listed) -> tuple[str, ...]:
    return (
        each.verdict.value,
        each.name,
        each.email,
        each.external_id,
        each.object_id,
        each.person,
    )


def _set(people: Iterable[Listed]) -> Iterator[tuple[str, ...]]:
    return ((p.email, p.person, p.object_id, p.external_id, p.name) for p in people)


def _verdict(text: str) -> Verdict | None:
    return Verdict(text) if text in Verdict._value2member_map_ else None


def _page(desk: Desk, verdict: Verdict | None, begins: str = "", after: str = "") -> Page:
    office = desk.office
    status = auditing.status(office)
    last = status.latest
    found = auditing.people(office, verdict, begins, after) if verdict and last else None
    settings = office.services.organizations.settings()
    waits = status.waits if status.waits in codes() else ""
    return Page(
        "directory.html",
        {
            "last": last,
            "classes": _classes(last, _before(status.runs, last)) if last else [],
            "progress": status.progress,
            "doing": DOING.get(status.progress.step, "") if status.progress else "",
            "percent": _percent(status.progress),
            "runs": [_ended(run) for run in status.runs[:_SHOWN_RUNS]],
            "next_at": status.next_at,
            "now": office.now(),
            "lacking": reason(waits) if waits else None,
            "verdict": verdict,
            "about": ABOUT[verdict] if verdict else None,
            "mends": verdict in MENDABLE,
            "people": found.people if found else (),
            "following": found.after if found else "",
            "begins": begins,
            "after": after,
            "every": EVERY,
            "days": settings.audit_days,
            "alerts": alerting.tell(watching.alerts(office)),
            "watches": desk.actor.person in watching.watchers(office),
            "bot": bool(office.settings.webex_bot_token),
            "falls": FALLS,
            "fall": settings.alert_fall,
            "was": [_was(result) for result in office.checks.history(_SHOWN_CHANGES)],
        },
    )


def _was(result: Result) -> Was:
    check = CHECKS.get(result.id)
    return Was(result.at, check.title if check else result.id, result.state.value)


def _before(runs: tuple[Run, ...], last: Run | None) -> Run | None:
    complete = [run for run in runs if run.outcome is Outcome.COMPLETE and run != last]
    return complete[0] if complete else None


def _classes(last: Run, before: Run | None) -> list[Class]:
    total = sum(last.counts.values()) or 1
    return [
        Class(
            verdict,
            about,
            last.counts.get(verdict, 0),
            round(100 * last.counts.get(verdict, 0) / total, 1),
            before.counts.get(verdict, 0) if before else None,
        )
        for verdict, about in ABOUT.items()
    ]


def _percent(progress: Progress | None) -> int:
    if progress is None or not progress.total:
        return 0
    return min(100, 100 * progress.done // progress.total)


def _ended(run: Run) -> Ended:
    why = reason(run.reason) if run.reason in codes() else None
    return Ended(run, OUTCOMES[run.outcome], why, round(100 * run.rate, 1))

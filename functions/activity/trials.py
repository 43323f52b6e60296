"""Dry runs: of one team, asked of both providers now; of all, as far as the timer has come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from functions.activity.telling import Kind, kinds, why
from shared.admin import trials
from shared.admin.choices import LEADERS
from shared.admin.trials import Trial
from shared.core.held import Evidence, Preview
from shared.core.ids import parse_uuid
from shared.core.ledger import Change
from shared.core.model import IdentityState
from shared.core.reasons import reason
from shared.core.wording import Reason
from shared.ports import Conflict
from shared.web.answers import Page, Redirect
from shared.web.entry import Desk
from shared.web.visit import Visit

_HERE = "/activity/preview"
_LONGEST = 200
# What would become of one person, by operation and side.
WOULD = {
    "add members": "Is added to the group.",
    "remove members": "Is taken out of the group.",
    "add owners": "Becomes an owner of the group.",
    "remove owners": "Is no longer an owner of the group.",
    "add webex": "Is added to the Webex team.",
    "remove webex": "Is taken out of the Webex team.",
}
# The same, of a write of ours that was sent and whose effect was not seen yet.
UNDER_WAY = {
    "add members": "Added to the group",
    "remove members": "Taken out of the group",
    "add owners": "Made an owner of the group",
    "remove owners": "Ownership of the group taken",
    "add webex": "Added to the Webex team",
    "remove webex": "Taken out of the Webex team",
}


@dataclass(frozen=True)
class Row:
    """One person. identity: why there is no object id to use, None where there is one. would: what
    would happen; why: the reason why nothing does. sent: our own writes, with their times."""

    evidence: Evidence
    identity: Reason | None
    would: list[str]
    why: Reason | None
    sent: list[tuple[str, int, int]]


@dataclass(frozen=True)
class Told:
    """One team's preview in words. failure: why nothing would be done, or could be said."""

    preview: Preview
    kinds: list[Kind]
    left: list[tuple[int, Reason]]
    failure: Reason | None


def show(desk: Desk, visit: Visit) -> Page:
    """GET /activity/preview: of all teams, or with `team` of one of them."""
    team = visit.query.get("team", "")
    if not team:
        return _all(desk, visit.query.get("after", ""))
    begins = visit.query.get("q", "").strip()[:_LONGEST]
    return _one(trials.of_team(desk.office, team, begins), begins)


def begin(desk: Desk, _visit: Visit) -> Redirect:
    """POST /activity/preview: begin the dry run of all teams."""
    try:
        trials.begin(desk.office, desk.actor)
    except Conflict:
        return Redirect(_HERE, notice="try_again")
    return Redirect(_HERE, notice="dry_run_begun")


def _one(trial: Trial, begins: str) -> Page:
    preview = trial.preview
    return Page(
        "preview.html",
        {
            "trial": trial,
            "failure": reason(trial.code) if trial.code else None,
            "told": _told(preview) if preview else None,
            "leader": LEADERS.get(preview.direction, preview.direction) if preview else "",
            "rows": [_row(each) for each in trial.people],
            "begins": begins,
        },
    )


def _all(desk: Desk, after: str) -> Page:
    after = parse_uuid(after) or ""
    found = trials.of_all(desk.office, after)
    following = f"{_HERE}?{urlencode({'after': found.following})}" if found.following else ""
    run = found.run
    return Page(
        "previews.html",
        {
            "run": run,
            "kinds": kinds((), run.counts) if run else [],
            "left": why(run.listed) if run else [],
            "entries": [_told(each) for each in found.entries],
            "following": following,
            "after": after,
        },
    )


def _told(preview: Preview) -> Told:
    return Told(
        preview,
        kinds(preview.changes, preview.counts),
        why(preview.listed),
        reason(preview.failure) if preview.failure else None,
    )


def _row(each: Evidence) -> Row:
    mapped = each.state in ("", IdentityState.MAPPED.value)
    return Row(
        each,
        None if mapped else reason(each.state),
        list(_known(WOULD, each.changes)),
        reason(each.code) if each.code else None,
        [(UNDER_WAY.get(f"{p.op} {p.side}", ""), p.at, p.answered) for p in each.pending],
    )


def _known(words: Mapping[str, str], changes: tuple[Change, ...]) -> Iterator[str]:
    return (words[kind] for c in changes if (kind := f"{c.op} {c.side}") in words)

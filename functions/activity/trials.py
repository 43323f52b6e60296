"""Dry runs: of one team, asked of both providers now; of all, as far as the timer has come.

Whom somebody searched for comes in a form, so that no name stands in an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from functions.activity.telling import Kind, kinds, why
from shared.admin import trials
from shared.admin.choices import LEADERS
from shared.core.held import Evidence, Preview
from shared.core.ids import parse_uuid
from shared.core.ledger import OWNERS, Change
from shared.core.model import IdentityState
from shared.core.reasons import Refusal, reason
from shared.core.wording import Reason
from shared.ports import Conflict
from shared.web.answers import Page, Redirect
from shared.web.entry import Desk
from shared.web.visit import Visit

_HERE = "/activity/preview"
_LONGEST = 200
# Milliseconds, as the page told them.
_MOMENT = re.compile(r"[0-9]{1,15}")
# What would become of one person, by `Change.kind`.
WOULD = {
    "add members": "Is added to the group.",
    "invite members": "Is invited as a guest and added to the group.",
    "remove members": "Is taken out of the group.",
    "add owners": "Becomes an owner of the group.",
    "remove owners": "Is no longer an owner of the group.",
    "add webex": "Is added to the Webex team.",
    "remove webex": "Is taken out of the Webex team.",
}
# What would become of people if a second read misses them too. Who loses nothing but the ownership
# is told apart.
DOUBTED = {
    "removed": "Missed, and removed if a second read two minutes later agrees: %(count)s",
    "owners": "Owners no longer, if a second read two minutes later agrees: %(count)s",
}
# The same as WOULD, of a write of ours that was sent and whose effect was not seen yet.
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
    """One team's preview in words. doubted: see `_doubted`. failure: why nothing would be done, or
    could be said."""

    preview: Preview
    kinds: list[Kind]
    doubted: list[tuple[str, int]]
    left: list[tuple[int, Reason]]
    failure: Reason | None

    @property
    def is_quiet(self) -> bool:
        """Nothing would be done now, nor is anything to come that is known of."""
        preview = self.preview
        to_come = self.doubted or preview.unknown or preview.waiting or preview.renames
        return not (self.kinds or self.failure or preview.creates or to_come)


def show(desk: Desk, visit: Visit) -> Page:
    """GET /activity/preview: of all teams, or with `team` of one of them."""
    team = visit.query.get("team", "")
    return _one(desk, team) if team else _all(desk, visit.query.get("after", ""))


def act(desk: Desk, visit: Visit) -> Page | Redirect:
    """POST /activity/preview: begin the dry run of all teams, where the one that began at `began`
    was shown; or with `team` in the address, search for people (`q`) in that of one."""
    team = visit.query.get("team", "")
    if team:
        return _one(desk, team, visit.form.get("q", "").strip()[:_LONGEST])
    began = visit.form.get("began", "")
    if not _MOMENT.fullmatch(began):
        raise Refusal("bad_form", "began")
    try:
        trials.begin(desk.office, desk.actor, int(began))
    except Refusal as refusal:
        return Redirect(_HERE, notice=refusal.code)
    except Conflict:
        return Redirect(_HERE, notice="try_again")
    return Redirect(_HERE, notice="dry_run_begun")


def _one(desk: Desk, team: str, begins: str = "") -> Page:
    trial = trials.of_team(desk.office, team, begins)
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
            "doubted": _doubted(run.doubted) if run else [],
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
        _doubted(preview.doubted),
        why(preview.listed),
        reason(preview.failure) if preview.failure else None,
    )


def _doubted(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """How many people would be removed from one side or the other, or own the group no longer, if
    a second read agrees: sentences of ours with their counts."""
    owners = sum(count for kind, count in counts.items() if kind.endswith(f" {OWNERS}"))
    numbers = {"removed": sum(counts.values()) - owners, "owners": owners}
    return [(DOUBTED[name], number) for name, number in numbers.items() if number]


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
    return (words[change.kind] for change in changes if change.kind in words)

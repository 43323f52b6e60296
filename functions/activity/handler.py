"""Every team with its state in words. Reads our own state only; buttons make a look due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from functions.activity.telling import STANDINGS, told
from shared.admin import activity, again
from shared.admin.activity import FILTERS, LETTERS_COUNTED
from shared.admin.ports import Actor, Office
from shared.core.ids import parse_uuid
from shared.core.reasons import Refusal, reason
from shared.ports import Conflict
from shared.web.answers import Page, Redirect
from shared.web.entry import Desk
from shared.web.visit import Visit

_HERE = "/activity"
_LONGEST = 200
_Act = Callable[[Office, Actor, str], None]


def show(desk: Desk, visit: Visit) -> Page:
    """GET /activity: a page of teams, or with `team` one of them."""
    team = visit.query.get("team", "")
    return _one(desk, team) if team else _many(desk, visit)


def retry(desk: Desk, visit: Visit) -> Redirect:
    """POST /activity/retry: look at a team again."""
    return _act(desk, visit, again.retry, "retry_wanted")


def replay(desk: Desk, visit: Visit) -> Redirect:
    """POST /activity/replay: look again at a team that was given up on."""
    return _act(desk, visit, again.replay, "replay_wanted")


def _act(desk: Desk, visit: Visit, act: _Act, notice: str) -> Redirect:
    """Back to where the button was; what was refused is told there."""
    here = _address(_asked(visit.form))
    try:
        act(desk.office, desk.actor, visit.form.get("team", ""))
    except Refusal as refusal:
        return Redirect(here, notice=refusal.code)
    except Conflict:
        return Redirect(here, notice="try_again")
    on = desk.office.services.organizations.settings().on
    return Redirect(here, notice=notice if on else "wanted_while_off")


def _one(desk: Desk, team: str) -> Page:
    entry, absent = activity.one(desk.office, team)
    settings = desk.office.services.organizations.settings()
    facts = {
        "each": told(entry),
        "absent": [(a.person, reason(a.code).sentence, a.object) for a in absent],
        "more": sum(entry.missing.values()) - len(absent),
        "on": settings.on,
        "asked": {"team": entry.uuid},
        "tenant": settings.tenant or "",
    }
    return Page("team.html", facts)


def _many(desk: Desk, visit: Visit) -> Page:
    asked = _asked(visit.query)
    found = activity.teams(
        desk.office,
        begins=asked.get("q", ""),
        standing=asked.get("status", ""),
        after=asked.get("after", ""),
    )
    following = {**asked, "after": found.following}
    return Page(
        "activity.html",
        {
            "entries": [told(entry) for entry in found.entries],
            "asked": asked,
            "following": _address(following) if found.following else "",
            "cut": found.cut,
            "first": _address({n: t for n, t in asked.items() if n != "after"}),
            "standings": {s.value: STANDINGS[s].word for s in FILTERS},
            "given_up": activity.given_up(desk.office),
            "many": LETTERS_COUNTED,
            "on": desk.office.services.organizations.settings().on,
        },
    )


def _asked(given: Mapping[str, str]) -> dict[str, str]:
    """What was asked for, as far as it means something; the rest is left out."""
    wanted = {
        "q": given.get("q", "").strip()[:_LONGEST],
        "status": s if (s := given.get("status", "")) in FILTERS else "",
        "after": parse_uuid(given.get("after", "")) or "",
        "team": parse_uuid(given.get("back", "")) or "",
    }
    return {name: text for name, text in wanted.items() if text}


def _address(asked: Mapping[str, str]) -> str:
    return f"{_HERE}?{urlencode(asked)}" if asked else _HERE

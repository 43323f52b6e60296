"""Every team with its state in words, and what waits for an administrator.

Reads our own state only; buttons make a look due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from functions.activity.telling import STANDINGS, kinds, space_told, told, waiting
from shared.admin import activity, again, holding, one_team, restoring, webhooks
from shared.admin.activity import FILTERS, LETTERS_COUNTED
from shared.admin.choices import LEADERS
from shared.admin.connecting import may_connect
from shared.core.ids import parse_uuid
from shared.core.reasons import Refusal, reason
from shared.ports import Conflict
from shared.web.answers import Page, Redirect
from shared.web.entry import Desk
from shared.web.visit import Visit

_HERE = "/activity"
_LONGEST = 200
# What a button does; the notice that tells of it.
_Act = Callable[[str], str]


def show(desk: Desk, visit: Visit) -> Page:
    """GET /activity: a page of teams, or with `team` one of them."""
    team = visit.query.get("team", "")
    return _one(desk, team) if team else _many(desk, visit)


def retry(desk: Desk, visit: Visit) -> Redirect:
    """POST /activity/retry: look at a team again."""

    def act(team: str) -> str:
        again.retry(desk.office, desk.actor, team)
        return "retry_wanted"

    return _act(desk, visit, act, back=_address(_asked(visit.form)))


def replay(desk: Desk, visit: Visit) -> Redirect:
    """POST /activity/replay: look again at a team that was given up on."""

    def act(team: str) -> str:
        again.replay(desk.office, desk.actor, team)
        return "replay_wanted"

    return _act(desk, visit, act, back=_address(_asked(visit.form)))


def decide(desk: Desk, visit: Visit) -> Redirect:
    """POST /activity/held: allow or refuse what waits, as it was shown (`seen`)."""
    decision, seen = visit.form.get("decision", ""), visit.form.get("seen", "")

    def act(team: str) -> str:
        holding.decide(desk.office, desk.actor, team, decision, seen)
        return "held_allowed" if decision == holding.ALLOW else "held_refused"

    return _act(desk, visit, act)


def drop_refusals(desk: Desk, visit: Visit) -> Redirect:
    """POST /activity/unrefuse: forget what was refused of a team, as it was shown (`seen`)."""
    seen = visit.form.get("seen", "")

    def act(team: str) -> str:
        holding.drop_refusals(desk.office, desk.actor, team, seen)
        return "refusals_dropped"

    return _act(desk, visit, act)


def lead(desk: Desk, visit: Visit) -> Redirect:
    """POST /activity/direction: who leads a team's membership; `was_direction` did as shown."""
    direction, shown = visit.form.get("direction"), visit.form.get("was_direction")

    def act(team: str) -> str:
        if direction is None or shown is None:
            raise Refusal("bad_form", "direction")
        changed = holding.lead(desk.office, desk.actor, team, direction, shown)
        return "team_direction_saved" if changed else "settings_same"

    return _act(desk, visit, act)


def restore(desk: Desk, visit: Visit) -> Redirect:
    """POST /activity/restore: bring a team's deleted group back."""

    def act(team: str) -> str:
        restoring.restore(desk.office, desk.actor, team)
        return "group_restored_now"

    return _act(desk, visit, act)


# What is said where the switch is Off, since no team is looked at then.
_WHILE_OFF = {
    "retry_wanted": "wanted_while_off",
    "replay_wanted": "wanted_while_off",
    "held_allowed": "kept_while_off",
    "held_refused": "kept_while_off",
    "refusals_dropped": "kept_while_off",
    "team_direction_saved": "kept_while_off",
}


def _act(desk: Desk, visit: Visit, act: _Act, back: str = "") -> Redirect:
    """Back to where the button was, the team's page unless said otherwise; what was refused is
    told there."""
    team = visit.form.get("team", "")
    back = back or _address({"team": uuid} if (uuid := parse_uuid(team)) else {})
    try:
        notice = act(team)
    except Refusal as refusal:
        return Redirect(_HERE if refusal.code == "team_unknown" else back, notice=refusal.code)
    except Conflict:
        return Redirect(back, notice="try_again")
    on = desk.office.services.organizations.settings().on
    return Redirect(back, notice=notice if on else _WHILE_OFF.get(notice, notice))


def _one(desk: Desk, team: str) -> Page:
    found = one_team.look_up(desk.office, team)
    entry = found.entry
    settings = desk.office.services.organizations.settings()
    facts = {
        "each": told(entry),
        "absent": [(a.person, reason(a.code).sentence, a.object) for a in found.absent],
        "more": sum(entry.missing.values()) - len(found.absent),
        "strangers": [(a.object, reason(a.code).sentence) for a in found.strangers],
        "more_strangers": sum(entry.strangers.values()) - len(found.strangers),
        "held": waiting(found.held) if found.held else None,
        "unreadable": found.unreadable,
        "refused": kinds((), holding.counted(found.refused)),
        "refusals_seen": holding.refusals_mark(found.refused),
        "powerless": found.powerless,
        "connectable": may_connect(entry.team),
        "restorable": restoring.may_restore(entry.team),
        "spaces": [space_told(each) for each in found.spaces],
        "more_spaces": sum(entry.team.spaces.values()) - len(found.spaces) if entry.team else 0,
        "leaders": LEADERS,
        "organization_leads": LEADERS.get(settings.direction, settings.direction),
        "on": settings.on,
        "asked": {"team": entry.uuid},
        "tenant": settings.tenant or "",
    }
    return Page("team.html", facts)


def _many(desk: Desk, visit: Visit) -> Page:
    asked = _asked(visit.query)
    on = desk.office.services.organizations.settings().on
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
            "on": on,
            "slow": reason("webhook_off") if on and webhooks.is_off(desk.office.services) else None,
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

"""Teams from before the switch: found by an id, and connected one by one."""

from __future__ import annotations

from urllib.parse import urlencode

from shared.admin import connecting
from shared.core.ids import parse_uuid
from shared.core.reasons import Refusal
from shared.ports import Conflict
from shared.web.answers import Redirect
from shared.web.entry import Desk
from shared.web.visit import Visit

_HERE = "/activity"


def find(desk: Desk, visit: Visit) -> Redirect:
    """POST /activity/find: to the page of the team that an id of Webex's names."""
    try:
        team = connecting.find(desk.office, visit.form.get("id", ""))
    except Refusal as refusal:
        return Redirect(_HERE, notice=refusal.code)
    except Conflict:
        return Redirect(_HERE, notice="try_again")
    return Redirect(_page(team))


def connect(desk: Desk, visit: Visit) -> Redirect:
    """POST /activity/connect: follow a team, with a new group (`to` is new) or with the one that
    `group` names (`to` is existing)."""
    team, to, named = (visit.form.get(name, "") for name in ("team", "to", "group"))
    back = _page(uuid) if (uuid := parse_uuid(team)) else _HERE
    try:
        if to not in ("new", "existing"):
            raise Refusal("bad_form", "to")
        if to == "existing" and not named.strip():
            raise Refusal("group_unknown")
        connecting.connect(desk.office, desk.actor, team, named if to == "existing" else "")
    except Refusal as refusal:
        return Redirect(_HERE if refusal.code == "team_unknown" else back, notice=refusal.code)
    except Conflict:
        return Redirect(back, notice="try_again")
    on = desk.office.services.organizations.settings().on
    return Redirect(back, notice="team_connected_now" if on else "kept_while_off")


def _page(team: str) -> str:
    return f"{_HERE}?{urlencode({'team': team})}"

"""The prerequisites as a page and as JSON: looked at, asked again, confirmed, the tenant named."""

from __future__ import annotations

from functions.prereq_check import alerting, telling
from shared.admin import prerequisites as checks
from shared.admin import waiting, watching
from shared.admin.prerequisites import Row
from shared.core.checks import State
from shared.core.findings import found
from shared.core.judging import Found
from shared.core.reasons import Refusal
from shared.web.answers import Answer, Data, Page, Redirect
from shared.web.entry import Desk
from shared.web.visit import Visit

PATH = "/prerequisites"
_LONGEST = 253


def prerequisites(desk: Desk, _visit: Visit) -> Page:
    """GET /prerequisites: what is kept; asks what was never asked, is old or was overtaken."""
    return _page(desk, checks.refresh(desk.office, desk.actor))


def listing(desk: Desk, _visit: Visit) -> Data:
    """GET /prerequisites.json: the same facts."""
    rows = checks.refresh(desk.office, desk.actor)
    told = [telling.plain(row, desk.lobby.language) for row in rows]
    return Data({"next": not any(row.holds_up for row in rows), "checks": told})


def recheck(desk: Desk, visit: Visit) -> Redirect:
    """POST /prerequisites/recheck: `check`, or nothing for all of them."""
    check_id = visit.form.get("check", "")
    try:
        checks.recheck(desk.office, desk.actor, check_id)
    except KeyError as error:
        raise Refusal("bad_form", "no such check") from error
    return _back(check_id, "rechecked")


def confirm(desk: Desk, visit: Visit) -> Redirect:
    """POST /prerequisites/confirm: `check`, and `confirmed`: 1, or 0 to take it back."""
    check_id, confirmed = visit.form.get("check", ""), visit.form.get("confirmed", "")
    if confirmed not in ("0", "1"):
        raise Refusal("bad_form", "neither confirmed nor withdrawn")
    try:
        checks.confirm(desk.office, desk.actor, check_id, confirmed=confirmed == "1")
    except KeyError as error:
        raise Refusal("bad_form", "no such check") from error
    return _back(check_id, "confirmed" if confirmed == "1" else "withdrawn")


def tenant(desk: Desk, visit: Visit) -> Answer:
    """POST /prerequisites/tenant: the tenant's domain or id. A refusal stands beside the field."""
    given = visit.form.get("tenant", "")
    answer = checks.choose_tenant(desk.office, desk.actor, given)
    if found("m365_tenant", answer.code)[0].state is State.MET:
        return _back("m365_tenant", "tenant_chosen")
    return _page(desk, checks.current(desk.office), given[:_LONGEST], answer)


def _back(check_id: str, notice: str) -> Redirect:
    return Redirect(f"{PATH}#{check_id}" if check_id else PATH, notice=notice)


def _page(desk: Desk, rows: list[Row], given: str = "", refused: Found | None = None) -> Page:
    language = desk.lobby.language
    facts = {
        "groups": telling.groups(rows, language),
        "met": sum(1 for row in rows if row.state is State.MET),
        "count": len(rows),
        "held": [row for row in rows if row.holds_up],
        "settings": desk.office.services.organizations.settings(),
        "consent": waiting.pending(desk.office),
        "alerts": alerting.tell(watching.alerts(desk.office)),
        "ask_tenant": _is_asked(desk, rows),
        "given": given,
        "refused": found("m365_tenant", refused.code)[0].sentence if refused else "",
        "refused_facts": telling.facts(refused.facts, language) if refused else {},
    }
    return Page("prerequisites.html", facts, 422 if refused else 200)


def _is_asked(desk: Desk, rows: list[Row]) -> bool:
    """Not where only one tenant is served, or one is connected: nobody is asked what is known."""
    if desk.office.services.organizations.settings().tenant:
        return False
    several = len(desk.office.settings.tenants) > 1
    return several or any(r.check.id == "m365_tenant" and r.blocks for r in rows)

"""The administrator's switch: whether it may go on, turning it on and off, and how teams are heard
of while it is on.

Our own state comes first, then the audit, then the webhook: Off holds whatever the providers do.
"""

from __future__ import annotations

from shared.admin import leaving, prerequisites, webhooks
from shared.admin.ports import Actor, Office
from shared.admin.prerequisites import Row
from shared.admin.registering import Endpoint
from shared.core.reasons import Refusal
from shared.ports import Conflict
from shared.sync import switch


def unmet(office: Office, actor: Actor) -> list[Row]:
    """The prerequisites without which no group can be made, as far as they are known.

    Asks the providers what was not asked for a while; raises nothing that they do.
    """
    prerequisites.refresh(office, actor)
    return prerequisites.blocking(office, actor)


def turn_on(office: Office, actor: Actor) -> None:
    """Teams made from now on get groups. Nothing happens where it is On already.

    Raises Refusal: no_tenant, prerequisites_unmet, leaving; core.errors; and Conflict where the
    tenant was given up meanwhile. Then it is still Off.
    """
    before = office.services.organizations.settings()
    if before.on:
        return
    if leaving.under_way(office.services):
        raise Refusal("leaving")
    if before.tenant is None:
        raise Refusal("no_tenant")
    if waiting := prerequisites.blocking(office, actor):
        raise Refusal("prerequisites_unmet", ", ".join(row.check.id for row in waiting))
    # Before the switch: it says that one is wanted, and does nothing while the switch is Off.
    webhooks.ask_for(office.services)
    if switch.turn_on(office.services, before.tenant):
        office.record(actor, "switch", "off", "on")
    _put_up_webhook(office)


def _put_up_webhook(office: Office) -> None:
    """At once, so that the next page can tell how teams are heard of; else the timer does it."""
    endpoint = Endpoint(office.settings.public_url, office.settings.keyring)
    try:
        webhooks.tend(office.services, endpoint, patient=True)
    except Conflict as lost:
        office.services.log("webhook later", why=str(lost))


def turn_off(office: Office, actor: Actor) -> None:
    """Nothing is written to either cloud from now on. Asks no provider anything.

    The webhook goes after it, by the timer: it sees that the switch is Off.
    """
    if office.services.organizations.settings().on and switch.turn_off(office.services):
        office.record(actor, "switch", "on", "off")

"""Set up an organization without going through its pages: for `./dev run --ready` and the console.

It does what the pages come to, with sign-ins that somebody else got.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from shared.admin import connection, webhooks
from shared.admin.ports import Actor
from shared.admin.registering import Endpoint
from shared.core import times
from shared.core.credential import Credential
from shared.core.errors import Failure, Permanent
from shared.core.ids import OrgId, PersonId, TenantId
from shared.core.reasons import reason
from shared.sync import switch
from shared.wiring import Wiring

WHO = Actor(PersonId(""), "the sandbox")
# What Webex documents. One that ends earlier is noticed and refreshed all the same.
_LIFETIME = 14 * times.DAY

T = TypeVar("T")


class NotDone(Exception):
    """It was tried and did not work; the text says why."""


def set_up(
    wiring: Wiring, org: OrgId, tenant: TenantId, tokens: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    """Do it, telling each step in a sentence. May be repeated. Raises NotDone."""
    for capability, token in tokens.items():
        wiring.credentials(org).write(capability, _credential(wiring, token))
    yield f"Webex sign-ins kept for: {', '.join(tokens)}."
    office = wiring.office(org)
    consent = connection.Consent(tenant, "", WHO.name, office.now())
    _tried(lambda: connection.connect(office, WHO, consent))
    yield "The Microsoft tenant is connected."


def turn(wiring: Wiring, org: OrgId, *, on: bool) -> str:
    """The app's switch, in a sentence. Raises NotDone."""
    services = wiring.services(org)
    if not on:
        _tried(lambda: switch.turn_off(services))
        return "The switch is Off: nothing is written to Webex or Microsoft 365 any more."
    tenant = services.organizations.settings().tenant
    if tenant is None:
        raise NotDone("No Microsoft tenant is connected yet: go through the app's pages first.")
    _tried(lambda: switch.turn_on(services, tenant))
    return "The switch is On: teams that are created from now on get groups."


def register_webhook(wiring: Wiring, org: OrgId) -> str:
    """Raises NotDone."""
    services = wiring.services(org)
    endpoint = Endpoint(wiring.settings.public_url, wiring.settings.keyring)
    webhooks.ask_for(services)
    _tried(lambda: webhooks.tend(services, endpoint, patient=True))
    webhook = webhooks.known(services)
    if webhook is None or webhook.standing is not webhooks.Standing.THERE:
        raise NotDone(f"The webhook for new spaces is not there: {webhook and webhook.detail}")
    return "The webhook for new spaces is registered."


def _credential(wiring: Wiring, token: Mapping[str, str]) -> Credential:
    now = round(wiring.clock.now() * times.SECOND)
    return Credential(
        token["access_token"],
        token["refresh_token"],
        now + _LIFETIME,
        owner=token["owner"],
        owner_name=token["owner_name"],
        scopes=tuple(token["scopes"].split()),
        since=now,
    )


def _tried(what: Callable[[], T]) -> T:
    from azure.core.exceptions import AzureError

    try:
        return what()
    except Failure as failure:
        hint = reason(failure.code).remedy if isinstance(failure, Permanent) else "Try again."
        raise NotDone(f"It did not work: {failure}. {hint}") from failure
    except AzureError as error:
        first_line = str(error).partition("\n")[0]
        raise NotDone(f"The storage account does not answer as it should: {first_line}") from error

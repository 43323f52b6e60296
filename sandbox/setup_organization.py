"""Set up one organization of a running app from the environment, until there are pages for it.

It reads the settings that the app reads (README.md). The Webex tokens to keep are taken from
WEBEX_SPACES_TOKEN, WEBEX_PEOPLE_TOKEN and WEBEX_FOLDERS_TOKEN, each with ..._REFRESH_TOKEN beside
it where there is one: a command line is visible to everybody on the machine, so none is given
there. They are kept encrypted and never shown.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.storage import ROOT
from shared.admin.ports import Credential
from shared.config import BadSetting, read_settings
from shared.core import times
from shared.core.errors import Failure, Permanent
from shared.core.ids import OrgId, TenantId, parse_uuid
from shared.core.keyring import webhook_secret
from shared.core.reasons import reason
from shared.sync.switch import turn_off, turn_on
from shared.wiring import Wiring

CAPABILITIES = ("spaces", "people", "folders")
# What Webex documents. One that ends earlier is noticed and refreshed all the same.
_LIFETIME = 14 * times.DAY


class WrongInput(Exception):
    """What was asked for cannot be done as given; the text says what to change."""


class NotDone(Exception):
    """It was tried and did not work; the text says why."""


@dataclass(frozen=True)
class Order:
    """switch: None leaves it as it is."""

    organization: OrgId
    tenant: TenantId | None = None
    switch: bool | None = None
    webhooks: bool = False
    show: bool = False


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done. 1: tried, and it did not work. 2: something in the input is wrong."""
    from sandbox.host.settings import HostConfigError, add_local_settings

    options = _parser().parse_args(arguments)
    try:
        add_local_settings(ROOT, os.environ)
        wiring = Wiring(read_settings(os.environ))
        for sentence in carry_out(wiring, _order(options), os.environ):
            print(sentence, flush=True)
    except (WrongInput, BadSetting, HostConfigError) as error:
        print(error, file=sys.stderr)
        return 2
    except NotDone as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def carry_out(wiring: Wiring, order: Order, environment: Mapping[str, str]) -> Iterator[str]:
    """Do it, telling each step in a sentence. May be repeated. Raises WrongInput and NotDone."""
    from azure.core.exceptions import AzureError

    _check(wiring, order)
    try:
        yield from _steps(wiring, order, environment)
    except Failure as failure:
        hint = reason(failure.code).remedy if isinstance(failure, Permanent) else "Try again."
        raise NotDone(f"It did not work: {failure}. {hint}") from failure
    except AzureError as error:
        first_line = str(error).partition("\n")[0]
        raise NotDone(f"The storage account does not answer as it should: {first_line}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev setup", description=__doc__)
    parser.add_argument("--organization", required=True, help="uuid of the Webex organization")
    parser.add_argument("--tenant", help="GUID of its Microsoft Entra tenant")
    switch = parser.add_mutually_exclusive_group()
    switch.add_argument("--on", action="store_true", help="new teams get groups from now on")
    switch.add_argument("--off", action="store_true", help="nothing is written from now on")
    parser.add_argument("--webhooks", action="store_true", help="register the webhook for spaces")
    parser.add_argument("--show", action="store_true", help="say how things stand")
    return parser


def _order(options: argparse.Namespace) -> Order:
    organization = parse_uuid(options.organization)
    if organization is None:
        raise WrongInput(f"--organization: {options.organization[:40]!r} is not a uuid.")
    tenant = parse_uuid(options.tenant) if options.tenant else None
    if options.tenant and tenant is None:
        raise WrongInput(f"--tenant: {options.tenant[:40]!r} is not a GUID.")
    switch = True if options.on else False if options.off else None
    return Order(
        OrgId(organization),
        TenantId(tenant) if tenant else None,
        switch,
        options.webhooks,
        options.show,
    )


def _check(wiring: Wiring, order: Order) -> None:
    settings = wiring.settings
    if not settings.serves(order.organization):
        raise WrongInput(
            f"This app does not serve organization {order.organization}: add it to WEBEX_ORG_IDS."
        )
    if order.tenant and order.tenant not in settings.tenants:
        raise WrongInput(
            f"This app does not serve tenant {order.tenant}: add it to MICROSOFT_TENANT_IDS."
        )
    if order.webhooks and not settings.public_url:
        raise WrongInput("PUBLIC_URL is empty: Webex must be told where to deliver webhooks.")
    if not (settings.storage or settings.table_endpoint):
        raise WrongInput("AzureWebJobsStorage is empty: give the storage account of the app.")


def _steps(wiring: Wiring, order: Order, environment: Mapping[str, str]) -> Iterator[str]:
    kept = [c for c in CAPABILITIES if _keep_token(wiring, order.organization, c, environment)]
    if kept:
        yield f"Webex tokens kept for: {', '.join(kept)}."
    if order.switch is not None:
        yield _turn(wiring, order)
    if order.webhooks:
        yield _register(wiring, order.organization)
    if order.show:
        yield from _show(wiring, order.organization)
    if not kept and order.switch is None and not order.webhooks and not order.show:
        raise WrongInput("Nothing to do: give --on, --off, --webhooks, --show, or tokens to keep.")


def _keep_token(
    wiring: Wiring, org: OrgId, capability: str, environment: Mapping[str, str]
) -> bool:
    name = f"WEBEX_{capability.upper()}"
    access = environment.get(f"{name}_TOKEN", "").strip()
    refresh = environment.get(f"{name}_REFRESH_TOKEN", "").strip()
    if refresh and not access:
        raise WrongInput(f"{name}_REFRESH_TOKEN is given without {name}_TOKEN.")
    if not access:
        return False
    expires = round(time.time() * times.SECOND) + _LIFETIME
    wiring.credentials(org).write(capability, Credential(access, refresh, expires))
    return True


def _turn(wiring: Wiring, order: Order) -> str:
    services = wiring.services(order.organization)
    if not order.switch:
        turn_off(services)
        return "The switch is Off: nothing is written to Webex or Microsoft 365 any more."
    tenant = order.tenant or services.organizations.settings().tenant
    if tenant is None:
        raise WrongInput("--on needs --tenant the first time.")
    turn_on(services, tenant)
    return "The switch is On: teams that are created from now on get groups."


def _register(wiring: Wiring, org: OrgId) -> str:
    settings, webex = wiring.settings, wiring.webex(org)
    version = settings.keyring.newest
    target = f"{settings.public_url}/webhooks/{org}/{version}/rooms"
    secret = webhook_secret(settings.keyring, version, org)
    there = [w for w in webex.org_webhooks() if w.get("resource") in ("rooms", "all")]
    if not there:
        webex.register_rooms_webhook(target, secret)
        return "The webhook for new spaces is registered."
    ours = next((w for w in there if _is_ours(w, org)), None)
    if ours is None:
        where = str(there[0].get("targetUrl"))[:200]
        raise NotDone(
            f"Another application has the organization's webhook for spaces ({where}). Webex keeps"
            " one only; without it, teams are found by events, a few seconds later."
        )
    if _is_current(ours, target, secret):
        return "The webhook for new spaces is registered already."
    webex.move_webhook(str(ours.get("id")), target, secret)
    return "The webhook for new spaces was there and points to this app now."


def _is_ours(webhook: Mapping[str, Any], org: OrgId) -> bool:
    return bool(re.search(rf"/webhooks/{org}/\w+/rooms$", str(webhook.get("targetUrl"))))


def _is_current(webhook: Mapping[str, Any], target: str, secret: str) -> bool:
    """Webex need not show a secret; where it does, it must be the one."""
    return (
        webhook.get("targetUrl") == target
        and webhook.get("status") == "active"
        and webhook.get("secret", secret) == secret
    )


def _show(wiring: Wiring, org: OrgId) -> Iterator[str]:
    services = wiring.services(org)
    settings = services.organizations.settings()
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(settings.enabled_since / 1000))
    yield f"Organization {org}: {f'On, since {since}' if settings.on else 'Off'}."
    yield f"Tenant: {settings.tenant or 'none yet'}."
    for capability in CAPABILITIES:
        there = wiring.credentials(org).read(capability) is not None
        yield f"Webex token for {capability}: {'kept' if there else 'none'}."
    counts: dict[str, int] = {}
    for team in services.teams.everyone():
        counts[team.status.value] = counts.get(team.status.value, 0) + 1
    told = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    yield f"Teams: {told or 'none yet'}."


if __name__ == "__main__":
    sys.exit(main())

"""The app as it is installed in the sandbox's world: its settings, and its organization set up."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox import setup_organization as setup
from sandbox.clouds import world
from shared.config import SETTINGS, read_settings
from shared.core.ids import OrgId, TenantId
from shared.wiring import Wiring

ORG = OrgId(world.ORGANIZATION)


def sandbox_settings(storage: str, master_keys: str, ports: Mapping[str, int]) -> dict[str, str]:
    """The app's settings in this world. All others are empty: none is taken from outside."""
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    return dict.fromkeys(SETTINGS, "") | {
        "AzureWebJobsStorage": storage,
        "MASTER_KEYS": master_keys,
        "WEBEX_ORG_IDS": world.ORGANIZATION,
        "MICROSOFT_TENANT_IDS": world.TENANT,
        "WEBEX_API_URL": urls["webex"],
        "GRAPH_URL": urls["graph"],
        "MICROSOFT_LOGIN_URL": urls["login"],
        "PUBLIC_URL": urls["app"],
        "WEBEX_CLIENT_ID": world.INTEGRATION_ID,
        "WEBEX_CLIENT_SECRET": world.INTEGRATION_SECRET,
        "MICROSOFT_CLIENT_ID": world.APP_ID,
        "MICROSOFT_CLIENT_SECRET": world.APP_SECRET,
    }


def set_up(settings: Mapping[str, str], tokens: Mapping[str, Any]) -> Iterator[str]:
    """Set up the sandbox's organization past the pages. The switch is touched the first time only.

    Raises setup_organization.NotDone.
    """
    wiring = Wiring(read_settings(settings))
    yield from setup.set_up(wiring, ORG, TenantId(world.TENANT), tokens)
    kept = wiring.services(ORG).organizations.settings()
    if kept.epoch:
        yield f"The switch is {'On' if kept.on else 'Off'}, as it was left."
    else:
        yield setup.turn(wiring, ORG, on=True)
    if kept.on or not kept.epoch:
        yield setup.register_webhook(wiring, ORG)


def new_master_keys() -> str:
    return f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}"

"""What `./dev run --ready` sets up past the pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from sandbox import setup_organization as setup
from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.clouds.server import Server
from sandbox.installation import ORG, new_master_keys, sandbox_settings, set_up
from shared.config import read_settings
from shared.core.ids import TenantId
from shared.wiring import Wiring


@pytest.fixture(scope="module")
def clouds() -> Clouds:
    return Clouds()


@pytest.fixture
def settings(azurite: str, clouds: Clouds) -> Iterator[dict[str, str]]:
    """Of the sandbox's app in the tests' storage account: the rows are shared by this module."""
    server = Server(clouds.webex.handle)
    server.start()
    ports = dict.fromkeys(("graph", "login", "console", "app"), 9)
    there = f"http://127.0.0.1:9/{uuid4().hex}"
    made = sandbox_settings(azurite, new_master_keys(), ports | {"webex": server.server_port})
    yield made | {"PUBLIC_URL": there}
    server.stop()


def test_it_is_set_up_in_one_go_and_again(settings: dict[str, str], clouds: Clouds) -> None:
    clouds.webex.webhooks.clear()
    tokens = world.issue_tokens(clouds.webex)
    first = list(set_up(settings, tokens))
    again = list(set_up(settings, world.issue_tokens(clouds.webex)))
    kept = Wiring(read_settings(settings)).services(ORG).organizations.settings()

    assert (kept.on, kept.tenant) == (True, TenantId(world.TENANT))
    assert "The webhook for new spaces is registered." in first
    assert "The switch is On, as it was left." in again
    assert len(clouds.webex.webhooks) == 1
    assert not any(t["access_token"] in " ".join(first) for t in tokens.values())


def test_off_is_off_and_stays_so(settings: dict[str, str], clouds: Clouds) -> None:
    wiring = Wiring(read_settings(settings))
    list(set_up(settings, world.issue_tokens(clouds.webex)))
    setup.turn(wiring, ORG, on=False)
    again = list(set_up(settings, world.issue_tokens(clouds.webex)))

    assert not wiring.services(ORG).organizations.settings().on
    assert "The switch is Off, as it was left." in again


def test_another_applications_webhook_is_left_alone(
    settings: dict[str, str], clouds: Clouds
) -> None:
    list(set_up(settings, world.issue_tokens(clouds.webex)))
    wiring = Wiring(read_settings(settings))
    setup.turn(wiring, ORG, on=True)
    setup.register_webhook(wiring, ORG)
    (ours,) = clouds.webex.webhooks.values()
    theirs = replace(ours, id="theirs", target_url="https://somebody.example/hook")
    clouds.webex.webhooks.clear()
    clouds.webex.webhooks[theirs.id] = theirs

    with pytest.raises(setup.NotDone, match="somebody"):
        setup.register_webhook(wiring, ORG)
    clouds.webex.webhooks.clear()


def test_a_token_that_webex_refuses_is_told_with_what_to_do(settings: dict[str, str]) -> None:
    wiring = Wiring(read_settings(settings))
    token = {"access_token": "no-such-token", "refresh_token": "", "owner": "", "owner_name": ""}
    tokens = {"spaces": token | {"scopes": ""}}
    list(setup.set_up(wiring, ORG, TenantId(world.TENANT), tokens))
    setup.turn(wiring, ORG, on=False)

    with pytest.raises(setup.NotDone, match="Sign in to Webex again") as told:
        setup.turn(wiring, ORG, on=True)
    assert "no-such-token" not in str(told.value)

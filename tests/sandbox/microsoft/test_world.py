"""The Microsoft half of the default world, and of a world that was saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.clock import VirtualClock
from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.clouds.served import Ports, ServedClouds
from sandbox.microsoft.pages import choices
from sandbox.microsoft.roles import GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR


@pytest.fixture(scope="module")
def clouds() -> Clouds:
    return Clouds(clock=VirtualClock())


def test_there_is_an_account_of_every_kind(clouds: Clouds) -> None:
    def roles(name: str, tenant: str = world.TENANT) -> list[str]:
        return clouds.microsoft.tenants[tenant].users[world.object_id_of(name)].roles

    assert roles(world.MICROSOFT_ADMIN) == [GLOBAL_ADMINISTRATOR]
    assert roles(world.MICROSOFT_ROLE_ADMIN) == [PRIVILEGED_ROLE_ADMINISTRATOR]
    assert roles(world.MICROSOFT_USER) == []
    assert roles(world.OTHER_TENANTS_ADMIN, world.OTHER_TENANT) == [GLOBAL_ADMINISTRATOR]
    offered = [
        c.name for _, people in choices(clouds.microsoft.world, clouds.tenant) for c in people
    ]
    assert {
        world.MICROSOFT_ADMIN,
        world.MICROSOFT_ROLE_ADMIN,
        world.MICROSOFT_USER,
        world.OTHER_TENANTS_ADMIN,
    } <= set(offered)


def test_nobody_has_consented_until_an_administrator_does(clouds: Clouds) -> None:
    def held() -> frozenset[str] | None:
        return clouds.microsoft.world.permissions_of(world.APP_ID, world.TENANT)

    assert held() is None
    world.consent(clouds.microsoft)
    assert held() == frozenset(world.PERMISSIONS)


def test_the_served_world_knows_the_apps_addresses(clouds: Clouds) -> None:
    address = "http://127.0.0.1:7071"
    with ServedClouds(clouds, Ports(), {"PUBLIC_URL": address}):
        app = clouds.microsoft.world.apps[world.APP_ID]

        assert app.redirect_uris == [
            f"{address}/authorize/microsoft/consent",
            f"{address}/authorize/microsoft/signin",
        ]
        assert app.required == list(world.PERMISSIONS)


def test_a_world_saved_before_there_were_accounts_gets_them(tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    before = Clouds(file, VirtualClock())
    del before.microsoft.tenants[world.OTHER_TENANT]
    before.tenant.remove_user(world.object_id_of(world.MICROSOFT_ADMIN))
    before.save()
    after = Clouds(file, VirtualClock())

    assert world.object_id_of(world.MICROSOFT_ADMIN) in after.tenant.users
    assert world.OTHER_TENANT in after.microsoft.tenants

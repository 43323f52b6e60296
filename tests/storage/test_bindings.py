"""One organization a tenant; and what is read of one-time rows that are over."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sandbox.clock import VirtualClock
from shared.core.ids import OrgId, TenantId
from shared.ports import Conflict
from shared.storage.bindings import Bindings
from shared.storage.once import OnceRows
from shared.storage.tables import Tables


@pytest.fixture
def tenant() -> TenantId:
    return TenantId(str(uuid4()))


@pytest.fixture
def ours(tables: Tables) -> Bindings:
    return Bindings(tables, OrgId("ours"))


@pytest.fixture
def theirs(tables: Tables) -> Bindings:
    return Bindings(tables, OrgId("theirs"))


def test_a_tenant_is_one_organizations(ours: Bindings, theirs: Bindings, tenant: TenantId) -> None:
    ours.bind(tenant)

    with pytest.raises(Conflict):
        theirs.bind(tenant)
    assert ours.holder(tenant) == theirs.holder(tenant) == "ours"


def test_nobody_holds_a_tenant_that_was_never_bound(ours: Bindings, tenant: TenantId) -> None:
    assert ours.holder(tenant) is None


def test_binding_and_giving_up_may_be_done_twice(
    ours: Bindings, theirs: Bindings, tenant: TenantId
) -> None:
    ours.bind(tenant)
    mark = ours.bind(tenant)
    assert ours.mark(tenant) == mark
    ours.unbind(tenant, mark)
    ours.unbind(tenant, mark)

    assert ours.mark(tenant) == ""
    theirs.bind(tenant)
    assert ours.holder(tenant) == "theirs"


def test_nobody_gives_up_what_is_anothers(
    ours: Bindings, theirs: Bindings, tenant: TenantId
) -> None:
    theirs.bind(tenant)

    ours.unbind(tenant, ours.mark(tenant))

    assert ours.holder(tenant) == "theirs"


def test_what_was_bound_anew_is_not_let_go_by_whoever_saw_it_before(
    ours: Bindings, tenant: TenantId
) -> None:
    seen = ours.bind(tenant)
    ours.bind(tenant)

    ours.unbind(tenant, seen)

    assert ours.holder(tenant) == "ours"


def test_a_one_time_row_that_is_over_gives_way_to_a_new_one(tables: Tables) -> None:
    clock = VirtualClock(1000.0)
    once = OnceRows(tables.partition("Once", str(uuid4())), clock)
    once.write("key", None, {"n": 1}, 1_001_000)
    with pytest.raises(Conflict):
        once.write("key", None, {"n": 2}, 1_002_000)

    clock.advance(1)
    assert once.read("key") is None
    once.write("key", None, {"n": 3}, 1_002_000)

    row = once.read("key")
    assert row is not None and row.state == {"n": 3}


def test_a_state_that_was_spent_stays_spent_until_it_is_swept(tables: Tables) -> None:
    clock = VirtualClock(1000.0)
    once = OnceRows(tables.partition("Once", str(uuid4())), clock)
    once.spend("state", 1_001_000)
    clock.advance(10)

    with pytest.raises(Conflict):
        once.spend("state", 2_000_000)

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from shared.core.ids import OrgId, TenantId
from shared.core.model import Limits, OrgSettings, Versioned
from shared.core.pace import Pace
from shared.ports import Conflict, DeadLetter
from shared.storage.dead_letters import DeadLetterRows
from shared.storage.organizations import OrganizationRows
from shared.storage.tables import Partition

ORG = OrgId("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
FULL = OrgSettings(
    org=ORG,
    on=True,
    epoch=3,
    enabled_since=1_700_000_000_123,
    tenant=TenantId("3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
    public_groups=True,
    honour_creation=False,
    link_folders=False,
    space_folders=True,
    default_folder=False,
    folder_linkers=("people",),
    direction="team",
    guests=True,
    mark="all",
    mark_ends=True,
    audit_days=7,
    alert_fall=10,
    limits=Limits(remove=1, remove_share=2, add=3, add_share=4),
    language="sv",
    chosen=TenantId("3f2504e0-4f89-41d3-9a0c-0305e82c3302"),
    tenant_name="Contoso Åre",
    consented_at=1_700_000_000_456,
    consented_by="Greta Global",
)


@pytest.fixture
def organization(rows: Partition) -> OrganizationRows:
    return OrganizationRows(rows, ORG)


def test_an_organization_without_settings_is_off(organization: OrganizationRows) -> None:
    assert organization.settings() == OrgSettings(ORG)
    assert not organization.settings().on


def test_every_setting_comes_back(organization: OrganizationRows) -> None:
    assert organization.save_settings(lambda _: FULL) == FULL
    assert organization.settings() == FULL
    for field in fields(OrgSettings):
        if field.name != "org":
            assert getattr(FULL, field.name) != getattr(OrgSettings(ORG), field.name)


def test_a_change_is_made_again_on_what_somebody_else_saved(
    organization: OrganizationRows,
) -> None:
    organization.save_settings(lambda s: replace(s, epoch=1))
    raced: list[int] = []

    def change(settings: OrgSettings) -> OrgSettings:
        if not raced:
            raced.append(1)
            organization.save_settings(lambda s: replace(s, epoch=s.epoch + 10))
        return replace(settings, epoch=settings.epoch + 1, on=True)

    assert organization.save_settings(change).epoch == 12
    assert organization.settings() == replace(OrgSettings(ORG), epoch=12, on=True)


def test_a_first_save_loses_no_race_either(organization: OrganizationRows) -> None:
    raced: list[int] = []

    def change(settings: OrgSettings) -> OrgSettings:
        if not raced:
            raced.append(1)
            organization.save_settings(lambda s: replace(s, epoch=5))
        return replace(settings, on=True)

    assert organization.save_settings(change) == replace(OrgSettings(ORG), epoch=5, on=True)


def test_a_setting_that_an_older_row_does_not_have_is_its_default(
    rows: Partition, organization: OrganizationRows
) -> None:
    rows.insert("settings", {"on": True})

    assert organization.settings() == replace(OrgSettings(ORG), on=True)


def test_a_limit_of_nobody_at_all_is_a_limit(organization: OrganizationRows) -> None:
    strict = Limits(remove=0, remove_share=0, add=0, add_share=0)
    organization.save_settings(lambda s: replace(s, limits=strict))

    assert organization.settings().limits == strict


def test_a_cursor_is_kept_with_the_etag_it_was_read_under(
    organization: OrganizationRows,
) -> None:
    assert organization.kept("cursor:events") is None
    organization.keep("cursor:events", None, {"since": 1, "page": None})
    first = organization.kept("cursor:events")
    assert first
    organization.keep("cursor:events", first, {"since": 2, "page": "https://x"})

    with pytest.raises(Conflict):
        organization.keep("cursor:events", first, {"since": 3})
    with pytest.raises(Conflict):
        organization.keep("cursor:events", None, {"since": 4})
    kept = organization.kept("cursor:events")
    assert kept
    assert kept.state == {"since": 2, "page": "https://x"}


def test_a_cursor_with_the_ids_of_a_busy_overlap_fits(organization: OrganizationRows) -> None:
    """2,500 ids of the window before and 2,500 of this one, nine characters each."""
    ids = " ".join(f"{n:08x}" for n in range(2_500))
    state = {"since": 1, "until": 2, "page": "https://x/" + "p" * 500, "seen": ids, "recent": ids}
    organization.keep("cursor:events", None, state)
    kept = organization.kept("cursor:events")

    assert kept
    assert kept.state == state


def test_pace_is_booked_by_compare_and_swap(organization: OrganizationRows) -> None:
    assert organization.pace("spaces") is None
    organization.set_pace("spaces", None, Pace(1, 2))
    first = organization.pace("spaces")
    assert first == Versioned(Pace(1, 2), first.etag if first else "")
    organization.set_pace("spaces", first, Pace(1_700_000_000_000, 4))

    with pytest.raises(Conflict):
        organization.set_pace("spaces", first, Pace(5, 6))
    with pytest.raises(Conflict):
        organization.set_pace("spaces", None, Pace(5, 6))
    current = organization.pace("spaces")
    assert current
    assert current.value == Pace(1_700_000_000_000, 4)
    assert organization.pace("people") is None


def test_a_team_has_one_dead_letter_the_latest(rows: Partition) -> None:
    letters = DeadLetterRows(rows)
    letters.put(DeadLetter("team", "space", 1, "first", "t1"))
    letters.put(DeadLetter("team", "space", 2, "x" * 50_000, "t" * 50_000))

    assert [(row.key, row.number("at")) for row in rows.range("", "~")] == [("team", 2)]

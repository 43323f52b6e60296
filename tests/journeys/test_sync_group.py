"""The group's name, its address, its folder, and what is said when a tenant wants it otherwise."""

from __future__ import annotations

import re

import pytest

from sandbox.kit import Fault
from shared.core.ledger import read_again
from shared.core.model import Folder, Status
from tests.journeys.stage import Stage


@pytest.mark.parametrize(
    ("name", "nickname"),
    [
        ("Försäljning & Marknad", "forsaljning-marknad"),
        ("营销团队", "ying-?xiao-?tuan-?dui"),
        ("Ομάδα έργου", "omada-ergoy|omada-ergou"),
        ("فريق", "[a-z-]+"),
        ("🚀", "[a-z0-9-]+"),
        ("<script>alert(1)</script>", "script-alert-1-script"),
        ("x" * 300, "x{50,55}"),
        ("   ", "[0-9a-f]{8}"),
    ],
)
def test_a_name_in_any_script_gives_a_readable_address(
    stage: Stage, name: str, nickname: str
) -> None:
    team = stage.team(stage.person(), name=name)

    stage.settle()

    group = stage.group_of(team)
    assert group is not None
    assert re.fullmatch(f"({nickname})-{team.uuid[:8]}", group.mail_nickname)
    assert len(group.mail_nickname) <= 64


def test_the_naming_policy_is_followed(stage: Stage) -> None:
    stage.tenant.group_settings["PrefixSuffixNamingRequirement"] = "GRP_[GroupName]_EU"
    team = stage.team(stage.person(), name="Sales")

    stage.settle()

    group = stage.group_of(team)
    assert group is not None
    assert group.display_name == "GRP_Sales_EU"
    assert group.mail_nickname.startswith("GRP_sales-")
    assert stage.row(team).group_name == "GRP_Sales_EU"


def test_a_blocked_word_is_told_to_the_admin(stage: Stage) -> None:
    stage.tenant.group_settings["CustomBlockedWordsList"] = "payroll"
    team = stage.team(stage.person(), name="Payroll")

    stage.settle()

    assert stage.group_of(team) is None
    row = stage.row(team)
    assert (row.status, row.reason) == (Status.NEEDS_PERSON, "name_refused")
    assert row.detail


def test_a_nickname_that_a_stranger_holds_gives_way(stage: Stage) -> None:
    team = stage.team(stage.person(), name="Sales")
    stranger = stage.tenant.add_group("Sales", f"sales-{team.uuid[:8]}")

    stage.settle()

    group = stage.group_of(team)
    assert group is not None
    assert group is not stranger
    assert group.mail_nickname.endswith(team.uuid[:8])
    assert stranger.members == []


def test_one_unknown_reference_in_the_create_keeps_nobody_else_out(stage: Stage) -> None:
    people = stage.people(30)
    stage.tenant.remove_user(str(people[5].external_id))
    team = stage.team(people[0], people[1:])

    stage.settle()
    stage.run(1000)

    group = stage.group_of(team)
    assert group is not None
    assert len(group.members) == 29
    assert stage.row(team).listed == {people[5].uuid: "unknown_to_tenant"}


def test_a_slow_drive_is_waited_for_in_due_rows(stage: Stage) -> None:
    stage.microsoft.switches.drive_delay_seconds = 400
    team = stage.team(stage.person())

    stage.settle()
    assert stage.row(team).folder is Folder.WAITING
    stage.run(700)

    assert stage.row(team).folder is Folder.LINKED
    assert len(stage.webex.linked_folders) == 1
    folder = next(iter(stage.webex.linked_folders.values()))
    assert folder.default_folder in ("true", True)


def test_a_refused_link_leaves_the_group_and_says_what_to_do(stage: Stage) -> None:
    stage.webex.switches.who_may_link = "nobody"
    team = stage.team(stage.person())

    stage.settle()

    assert stage.group_of(team) is not None
    assert stage.row(team).folder is Folder.REFUSED
    assert stage.row(team).status is Status.COMPLETE


def test_without_permission_to_read_sites_the_group_stands(make_stage: object) -> None:
    assert callable(make_stage)
    stage: Stage = make_stage()
    stage.microsoft.revoke(stage.application, stage.tenant)
    stage.microsoft.consent(
        stage.application, stage.tenant, {"Group.ReadWrite.All", "User.Read.All"}
    )
    stage.turn_on()
    team = stage.team(stage.person())

    stage.settle()

    assert stage.group_of(team) is not None
    assert stage.row(team).folder is Folder.NO_PERMISSION


def test_a_folder_that_somebody_else_linked_is_left_alone(stage: Stage) -> None:
    stage.microsoft.switches.drive_delay_seconds = 100
    ada = stage.person()
    team = stage.team(ada)
    token = stage.webex.issue_token(stage.officer, {"spark-compliance:rooms_read"})
    stage.run(60)
    session = stage.wiring.session()
    answer = session.post(
        "https://webexapis.com/v1/room/linkedFolders",
        headers={"Authorization": f"Bearer {token.access_token}"},
        json={
            "roomId": team.general.id,
            "contentUrl": "https://elsewhere.example",
            "displayName": "Other",
            "driveId": "other-drive",
            "itemId": "other-item",
            "defaultFolder": "true",
        },
    )
    assert answer.status_code == 200, answer.text

    stage.settle()

    assert stage.row(team).folder is Folder.FOREIGN
    assert [f.drive_id for f in stage.webex.linked_folders.values()] == ["other-drive"]


def test_consent_that_is_missing_is_told_and_healed(stage: Stage) -> None:
    stage.microsoft.revoke(stage.application, stage.tenant)
    team = stage.team(stage.person(), stage.people(3))
    stage.run(60)
    assert (stage.row(team).status, stage.row(team).reason) == (
        Status.NEEDS_PERSON,
        "consent_missing",
    )
    stage.microsoft.consent(
        stage.application,
        stage.tenant,
        {"Group.ReadWrite.All", "User.Read.All", "Sites.Read.All"},
    )

    stage.clock.advance(86400)
    stage.settle()

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)


def test_a_provider_that_is_down_for_an_hour_costs_no_team(stage: Stage) -> None:
    outage = Fault("error", status=503)
    stage.microsoft.graph.faults.append(outage)
    teams = [stage.team(stage.person(), stage.people(3), f"Team {n}") for n in range(3)]
    stage.run(3600)
    stage.microsoft.graph.faults.remove(outage)

    stage.run(900)

    for team in teams:
        group = stage.group_of(team)
        assert group is not None
        assert set(group.members) == stage.expected(team)


def test_stale_reads_after_writes_add_nobody_twice_and_lose_nobody(stage: Stage) -> None:
    stage.microsoft.switches.read_lag_seconds = 120
    stage.microsoft.switches.replication_seconds = 20
    people = stage.people(70)
    team = stage.team(people[0], people[1:])
    stage.know(people)

    stage.settle()
    writes = stage.tenant.write_count
    stage.run(2000)

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    assert stage.tenant.write_count == writes
    assert stage.row(team).status is Status.COMPLETE
    assert read_again(stage.ledger(team), stage.services.now()) is None


def test_a_long_name_fits_into_what_the_naming_policy_leaves(stage: Stage) -> None:
    stage.tenant.group_settings["PrefixSuffixNamingRequirement"] = "GRP_[GroupName]_EU"
    team = stage.team(stage.person(), name="The department of long names " * 4)

    stage.settle()

    group = stage.group_of(team)
    assert group is not None
    assert len(group.display_name) <= 63
    assert f"-{team.uuid[:8]}" in group.mail_nickname


def test_a_team_whose_name_was_refused_gets_its_group_once_it_is_renamed(stage: Stage) -> None:
    stage.webex.switches.general_title_follows = True
    stage.tenant.group_settings["CustomBlockedWordsList"] = "payroll"
    team = stage.team(stage.person(), name="Payroll")
    stage.settle()
    assert stage.group_of(team) is None
    stage.webex.rename_team(team, "Wages")

    stage.clock.advance(86_400)
    stage.settle()

    group = stage.group_of(team)
    assert group is not None
    assert group.display_name == "Wages"


def test_a_create_whose_group_is_not_replicated_yet_makes_nobody_unknown(stage: Stage) -> None:
    """The next look neither sees the group nor may write to it; what the upsert says then is what
    it says of people whom the tenant does not know."""
    stage.microsoft.switches.read_lag_seconds = 60
    stage.microsoft.switches.replication_seconds = 90
    stage.microsoft.graph.faults.append(Fault("lost", method="PATCH", path="uniqueName", times=1))
    people = stage.people(3)
    stage.know(people)
    team = stage.team(people[0], people[1:])

    stage.run(900)

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    assert stage.row(team).listed == {}
    assert len(stage.groups_of(team)) == 1

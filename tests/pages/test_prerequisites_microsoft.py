"""The rows about Microsoft 365, each in every state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.kit import Fault
from shared.core.ids import OrgId
from shared.core.model import OrgSettings
from tests.pages import steps
from tests.pages.checklist import Checklist, down

MICROSOFT = ("m365_permissions", "m365_groups", "m365_creation", "m365_users")


def save(checklist: Checklist, **changes: object) -> None:
    organizations = checklist.stage.services.organizations

    def change(settings: OrgSettings) -> OrgSettings:
        return replace(settings, **changes)  # type: ignore[arg-type]

    organizations.save_settings(change)


# The tenant


def test_one_tenant_that_is_served_need_not_be_named(checklist: Checklist) -> None:
    row = checklist.row("m365_tenant")

    assert (row["state"], row["code"]) == ("met", "found")
    assert checklist.stage.tenant.tenant_id in row["sentence"]


def test_a_connected_tenant_is_shown_by_its_name(ready: Checklist) -> None:
    row = ready.row("m365_tenant")

    assert row["code"] == "connected"
    assert "Contoso is in the Microsoft Global instance and connected" in row["sentence"]


def test_of_several_tenants_one_must_be_named(checklist: Checklist) -> None:
    checklist.tenant("Fabrikam")

    assert checklist.found("m365_tenant") == ("not_met", "not_named")
    assert checklist.found("m365_permissions") == ("attention", "waits")


@pytest.mark.parametrize(
    ("host", "cloud"),
    [
        ("graph.microsoft.us", "US Government (GCC High)"),
        ("dod-graph.microsoft.us", "US Government (DoD)"),
        ("microsoftgraph.chinacloudapi.cn", "China (21Vianet)"),
        ("graph.microsoft.de", "Microsoft Germany"),
        ("graph.example", "graph.example"),
    ],
)
def test_a_national_cloud_is_named_and_refused(checklist: Checklist, host: str, cloud: str) -> None:
    checklist.stage.microsoft.switches.graph_host = host

    row = checklist.row("m365_tenant")

    assert (row["state"], row["code"], row["blocks"]) == ("not_met", "other_cloud", True)
    assert cloud in row["sentence"]
    assert checklist.found("m365_users") == ("attention", "waits")


def test_a_tenant_that_is_gone_is_unknown(checklist: Checklist) -> None:
    checklist.stage.microsoft.tenants.clear()

    assert checklist.found("m365_tenant") == ("not_met", "unknown")


def test_a_tenant_of_another_organization_is_taken(checklist: Checklist) -> None:
    other = checklist.stage.webex.add_organization("Elsewhere")
    steps.serve(checklist.stage, organizations=[other])
    tenant = steps.office(checklist.stage).settings.tenants
    steps.office(checklist.stage, other).bind(next(iter(tenant)))

    assert checklist.found("m365_tenant") == ("not_met", "taken")


def test_a_tenant_that_is_served_no_more_is_refused(ready: Checklist) -> None:
    old = ready.stage.wiring.settings
    ready.stage.wiring = replace(
        ready.stage.wiring,
        settings=replace(old, tenants=frozenset()),
    )
    ready.stage.install()

    assert ready.found_again("m365_tenant") == ("not_met", "not_served")


# Permissions


def test_before_consent_nothing_is_granted_and_nothing_else_is_asked(checklist: Checklist) -> None:
    assert checklist.found("m365_permissions") == ("attention", "not_asked")
    assert {checklist.row(i)["code"] for i in MICROSOFT[1:]} == {"waits"}
    assert not checklist.stage.graph_calls()


@pytest.mark.parametrize("error", [700016, 7000229])
def test_either_way_in_which_entra_says_that_there_is_no_consent(
    checklist: Checklist, error: int
) -> None:
    checklist.stage.microsoft.switches.no_consent_error = error  # type: ignore[assignment]

    assert checklist.found("m365_permissions") == ("attention", "not_asked")


def test_after_consent_every_permission_is_proven_by_a_call(ready: Checklist) -> None:
    row = ready.row("m365_permissions")

    assert (row["state"], row["code"], row["blocks"]) == ("met", "all", False)
    assert "3 of 3" in row["sentence"]
    assert not ready.stage.tenant.groups


def test_consent_is_seen_at_once_although_the_page_was_looked_at_before(
    checklist: Checklist,
) -> None:
    assert checklist.found("m365_permissions") == ("attention", "not_asked")

    checklist.make_ready()

    assert {checklist.row(i)["state"] for i in MICROSOFT} == {"met"}
    assert checklist.row("m365_tenant")["code"] == "connected"


def test_permissions_that_were_granted_elsewhere_still_want_connecting(
    checklist: Checklist,
) -> None:
    checklist.grant()

    row = checklist.row("m365_permissions")

    assert (row["state"], row["code"], row["blocks"]) == ("attention", "not_connected", True)


def test_without_the_folders_permission_all_else_works(ready: Checklist) -> None:
    ready.grant("Group.ReadWrite.All", "User.Read.All")

    ready.again()
    row = ready.row("m365_permissions")

    assert (row["state"], row["code"], row["blocks"]) == ("attention", "more_wanted", False)
    assert "2 of 3" in row["sentence"]
    assert "New permission needed by linked folders: Sites.Read.All" in row["sentence"]
    assert ready.row("m365_users")["state"] == "met"


def test_who_wants_no_folders_needs_no_permission_for_them(ready: Checklist) -> None:
    ready.grant("Group.ReadWrite.All", "User.Read.All")
    save(ready, link_folders=False)

    ready.again()

    assert ready.found("m365_permissions") == ("met", "all")
    assert "2 of 2" in ready.row("m365_permissions")["sentence"]


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        (("User.Read.All", "Sites.Read.All"), "Group.ReadWrite.All"),
        (("User.Read.All", "Sites.Read.All", "Group.Read.All"), "Group.ReadWrite.All"),
        (("Group.ReadWrite.All", "Sites.Read.All"), "User.Read.All"),
        (("Group.ReadWrite.All", "Sites.Read.All", "User.ReadBasic.All"), "User.Read.All"),
    ],
)
def test_a_permission_that_all_depends_on_blocks(
    ready: Checklist, held: tuple[str, ...], missing: str
) -> None:
    ready.stage.clock.advance(11 * 60)
    ready.grant(*held)

    ready.again()
    row = ready.row("m365_permissions")

    assert (row["state"], row["code"], row["blocks"]) == ("not_met", "missing", True)
    assert f"Missing: {missing}." in row["sentence"]
    assert ready.row("m365_users")["code"] == "waits"


def test_where_a_missing_group_is_told_before_a_missing_permission(ready: Checklist) -> None:
    """Graph then says of no group that it is not there, to whoever asks."""
    ready.stage.microsoft.switches.missing_before_permission = True
    ready.stage.clock.advance(11 * 60)

    assert ready.found_again("m365_permissions") == ("met", "all")
    ready.grant("User.Read.All", "Sites.Read.All")
    assert ready.found_again("m365_permissions") == ("not_met", "missing")


def test_where_graph_refuses_the_group_that_cannot_be(ready: Checklist) -> None:
    ready.stage.microsoft.graph.faults.append(
        Fault("error", method="PATCH", path="/groups/0000", status=400)
    )

    assert ready.found_again("m365_permissions") == ("met", "all")


def test_a_site_that_fails_is_a_permission_not_proven_and_no_more(ready: Checklist) -> None:
    down(ready.stage.microsoft.graph, "/sites/root")

    assert ready.found_again("m365_permissions") == ("attention", "more_wanted")


def test_a_consent_takes_some_minutes(checklist: Checklist) -> None:
    checklist.stage.microsoft.switches.permissions_delay_seconds = 120
    checklist.make_ready()

    assert checklist.found("m365_permissions") == ("attention", "not_yet")
    checklist.stage.clock.advance(130)
    assert checklist.found("m365_permissions") == ("met", "all")


@pytest.mark.parametrize("lives_on", [True, False])
def test_a_consent_that_was_taken_back_is_seen_and_has_a_remedy(
    ready: Checklist, lives_on: bool
) -> None:
    ready.stage.microsoft.switches.revoked_tokens_live_on = lives_on
    assert ready.found("m365_permissions") == ("met", "all")

    ready.stage.microsoft.revoke(ready.stage.application, ready.stage.tenant)
    ready.stage.clock.advance(16 * 60)
    row = ready.row("m365_permissions")

    assert (row["state"], row["code"], row["blocks"]) == ("not_met", "taken_back", True)
    assert "Authorize again" in row["sentence"]
    assert row["mend"] == "/permissions"


def test_disconnecting_is_seen_at_once(ready: Checklist) -> None:
    assert ready.found("m365_permissions") == ("met", "all")

    save(ready, tenant=None, consented_at=0)

    assert ready.found("m365_permissions") == ("attention", "not_connected")


# Groups, creation, users


def test_a_plan_with_exchange_and_sharepoint_has_groups(ready: Checklist) -> None:
    assert ready.found("m365_groups") == ("met", "enabled")


@pytest.mark.parametrize("status", ["Deleted", "Suspended"])
def test_a_plan_without_sharepoint_lacks_it(ready: Checklist, status: str) -> None:
    ready.stage.tenant.plans = [("exchange", "Enabled"), ("SharePoint", status)]

    ready.again()
    row = ready.row("m365_groups")

    assert (row["state"], row["code"], row["blocks"]) == ("not_met", "lacking", True)
    assert "SharePoint Online" in row["sentence"]


@pytest.mark.parametrize("detail", ["null", "empty"])
def test_where_microsoft_does_not_tell_the_plans_somebody_confirms(
    ready: Checklist, detail: str
) -> None:
    ready.stage.microsoft.switches.organization_detail = detail  # type: ignore[assignment]

    ready.again()
    row = ready.row("m365_groups")

    assert (row["state"], row["code"], row["blocks"]) == ("manual", "unsaid", False)


def test_where_the_organization_may_not_be_read_somebody_confirms(ready: Checklist) -> None:
    ready.stage.microsoft.switches.organization_with_user_read = False

    assert ready.found_again("m365_groups") == ("manual", "unsaid")


def test_everybody_may_create_groups(ready: Checklist) -> None:
    row = ready.row("m365_creation")

    assert (row["state"], row["code"], row["blocking"]) == ("met", "everybody", False)


def test_who_may_create_groups_is_honoured_or_said_not_to_be(ready: Checklist) -> None:
    settings = ready.stage.tenant.group_settings
    settings["EnableGroupCreation"] = "False"
    assert ready.found_again("m365_creation") == ("attention", "nobody")

    settings["GroupCreationAllowedGroupId"] = ready.stage.tenant.add_security_group("Makers")
    assert ready.found_again("m365_creation") == ("met", "some")

    save(ready, honour_creation=False)
    assert ready.found("m365_creation") == ("attention", "ignored")


def test_the_naming_policy_and_blocked_words_are_told(ready: Checklist) -> None:
    settings = ready.stage.tenant.group_settings
    settings["PrefixSuffixNamingRequirement"] = "GRP_[GroupName]"
    settings["CustomBlockedWordsList"] = "Payroll, CEO"

    ready.again()
    row = ready.row("m365_creation")

    assert row["code"] == "everybody+naming+words"
    assert "GRP_[GroupName]" in row["sentence"]
    assert "Blocked words in names: 2." in row["sentence"]


def test_users_are_counted(ready: Checklist) -> None:
    for _ in range(1200):
        ready.stage.tenant.add_user("Somebody")

    ready.again()

    assert f"{len(ready.stage.tenant.users):,}" in ready.row("m365_users")["sentence"]


def test_a_directory_without_anybody_blocks(ready: Checklist) -> None:
    for object_id in list(ready.stage.tenant.users):
        ready.stage.tenant.remove_user(object_id)

    ready.again()

    assert ready.found("m365_users") == ("not_met", "none")
    assert ready.row("m365_users")["blocks"]


def test_the_organizations_are_kept_apart(ready: Checklist) -> None:
    other = ready.stage.webex.add_organization("Elsewhere")
    steps.serve(ready.stage, organizations=[other])

    assert steps.office(ready.stage, other).checks.kept() == {}
    assert OrgId(other.uuid) != ready.stage.org.uuid

"""People, organization, settings, membership checks."""

from __future__ import annotations

import pytest

from tests.sandbox.microsoft.conftest import Desk, error_of


def test_people_are_listed_in_pages_with_the_properties_asked_for(desk: Desk) -> None:
    people = desk.people(5)
    people[3].enabled = False
    first = desk.get("/users?$select=id,accountEnabled,userType&$top=3").json()
    rest = desk.get(first["@odata.nextLink"]).json()

    assert [u["id"] for u in first["value"] + rest["value"]] == [p.object_id for p in people]
    assert rest["value"][0] == {
        "id": people[3].object_id,
        "accountEnabled": False,
        "userType": "Member",
    }
    assert "@odata.nextLink" not in rest


def test_the_default_properties_leave_out_whether_the_account_is_enabled(desk: Desk) -> None:
    person = desk.tenant.add_user("Ada Lovelace")
    shown = desk.get(f"/users/{person.object_id}").json()

    assert "accountEnabled" not in shown
    assert shown["userPrincipalName"] == "ada.lovelace@contoso.example"
    assert desk.get("/users/ada.lovelace@contoso.example").json()["id"] == person.object_id


def test_an_unknown_person_is_404(desk: Desk) -> None:
    answer = desk.get("/users/11111111-2222-4333-8444-555555555555")

    assert error_of(answer)[:2] == (404, "Request_ResourceNotFound")


def test_a_blocked_account_stays_in_its_groups(desk: Desk) -> None:
    group = desk.group(members=1)
    person = group.members[0]
    at = f"/users/{person}?$select=id,accountEnabled"
    desk.tenant.disable_user(person)

    assert desk.get(at).json()["accountEnabled"] is False
    shown = desk.get(f"/groups/{group.id}/members?$select=id,accountEnabled").json()["value"]
    assert [(m["id"], m["accountEnabled"]) for m in shown] == [(person, False)]
    desk.tenant.enable_user(person)
    assert desk.get(at).json()["accountEnabled"] is True


def test_basic_permission_shows_null_for_the_rest(desk: Desk) -> None:
    person = desk.people(1)[0]
    desk.sign_in({"User.ReadBasic.All"})
    shown = desk.get(f"/users/{person.object_id}?$select=displayName,accountEnabled").json()

    assert (shown["displayName"], shown["accountEnabled"]) == ("Person 0", None)


def test_the_organization_is_the_tenant(desk: Desk) -> None:
    shown = desk.get("/organization").json()["value"][0]

    assert (shown["id"], shown["displayName"]) == (desk.tenant.tenant_id, "Contoso")
    assert shown["verifiedDomains"][0]["name"] == "contoso.example"
    desk.switches.organization_with_user_read = False
    assert desk.get("/organization").status_code == 403


def test_settings_are_an_empty_list_until_one_is_chosen(desk: Desk) -> None:
    assert desk.get("/groupSettings").json()["value"] == []

    desk.tenant.group_settings = {"EnableGroupCreation": "False"}
    setting = desk.get("/groupSettings").json()["value"][0]
    values = {v["name"]: v["value"] for v in setting["values"]}
    assert setting["displayName"] == "Group.Unified"
    assert setting["templateId"] == "62375ab9-6b52-47ed-826b-58e47e0e304b"
    assert values["EnableGroupCreation"] == "False"
    assert values["AllowToAddGuests"] == "true"


def test_membership_is_checked_through_nested_groups(desk: Desk) -> None:
    person = desk.people(1)[0]
    inner = desk.tenant.add_security_group("Inner", [person.object_id])
    outer = desk.tenant.add_security_group("Outer", [inner])
    other = desk.tenant.add_security_group("Other", [outer, "gone"])
    desk.tenant.security_groups[inner].members.append(other)  # a circle must end too
    stranger = desk.tenant.add_security_group("Stranger")
    unified = desk.group()
    unified.add("members", person.object_id)
    asked = [inner, outer, stranger, unified.id]
    at = f"/users/{person.object_id}/checkMemberGroups"

    assert desk.call("POST", at, {"groupIds": asked}).json()["value"] == [inner, outer, unified.id]
    assert desk.call("POST", at, {"groupIds": []}).status_code == 400
    assert desk.call("POST", at, {"groupIds": [inner] * 21}).status_code == 400
    assert desk.tenant.write_count == 0


def test_a_person_who_leaves_the_directory_leaves_the_groups(desk: Desk) -> None:
    group = desk.group(members=2)
    gone = group.members[0]
    desk.tenant.remove_user(gone)

    assert desk.ids_of(f"/groups/{group.id}/members") == group.members
    assert gone not in group.members


def test_people_are_counted_by_an_advanced_query_only(desk: Desk) -> None:
    desk.people(3)
    path = "/users?$count=true&$top=1&$select=id"
    counted = desk.get(path, ConsistencyLevel="eventual").json()

    assert (counted["@odata.count"], len(counted["value"])) == (3, 1)
    assert "@odata.count" not in desk.get(path).json()
    assert "@odata.count" not in desk.get("/users", ConsistencyLevel="eventual").json()
    rest = desk.get(counted["@odata.nextLink"], ConsistencyLevel="eventual").json()
    assert "@odata.count" not in rest


def test_people_are_known_by_id_in_a_batch(desk: Desk) -> None:
    person = desk.people(1)[0]
    ids = [person.object_id, "11111111-2222-4333-8444-555555555555"]
    parts = [{"id": key, "method": "GET", "url": f"/users/{key}?$select=id"} for key in ids]
    answers = desk.batch(*parts).json()["responses"]

    assert {answer["id"]: answer["status"] for answer in answers} == {ids[0]: 200, ids[1]: 404}


def test_the_organization_names_its_plans_and_their_state(desk: Desk) -> None:
    select = "$select=displayName,verifiedDomains,assignedPlans"
    shown = desk.get(f"/organization?{select}").json()["value"][0]
    plans = [(plan["service"], plan["capabilityStatus"]) for plan in shown["assignedPlans"]]

    assert shown.keys() == {"displayName", "verifiedDomains", "assignedPlans"}
    assert plans == desk.tenant.plans
    assert ("exchange", "Deleted") in plans
    assert {("exchange", "Enabled"), ("SharePoint", "Enabled")} <= set(plans)
    assert desk.get("/organization?$select=nothing").status_code == 400


@pytest.mark.parametrize(("detail", "plans"), [("null", None), ("empty", [])])
def test_reading_people_may_not_be_enough_to_read_plans(
    desk: Desk, detail: str, plans: object
) -> None:
    desk.switches.organization_detail = detail  # type: ignore[assignment]
    path = "/organization?$select=displayName,verifiedDomains,assignedPlans"
    shown = desk.get(path).json()["value"][0]

    assert shown["displayName"] == "Contoso"
    assert shown["verifiedDomains"][0]["name"] == "contoso.example"
    assert shown["assignedPlans"] == plans
    assert desk.get("/organization").json()["value"][0]["tenantType"] is None
    desk.sign_in({"Organization.Read.All"})
    assert desk.get(path).json()["value"][0]["assignedPlans"]

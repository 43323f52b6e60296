"""People, organization, settings, membership checks."""

from __future__ import annotations

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

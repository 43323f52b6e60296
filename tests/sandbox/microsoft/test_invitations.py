"""POST /invitations."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox.microsoft.conftest import SMALLEST_SET, Desk, bind, error_of

MAIL = "ada@fabrikam.example"


@pytest.fixture(autouse=True)
def may_invite(desk: Desk) -> None:
    desk.sign_in(SMALLEST_SET | {"User.Invite.All"})


def invite(desk: Desk, mail: str = MAIL, **more: Any) -> requests.Response:
    body = {"invitedUserEmailAddress": mail, "inviteRedirectUrl": "https://myapps.microsoft.com"}
    return desk.call("POST", "/invitations", body | more)


def test_the_invited_are_guests_and_nobody_is_mailed_unasked(desk: Desk) -> None:
    answer = invite(desk, invitedUserDisplayName="Ada Lovelace", sendInvitationMessage=False)
    guest = answer.json()["invitedUser"]["id"]
    shown = desk.get(f"/users/{guest}?$select=displayName,mail,userPrincipalName,userType").json()

    assert answer.status_code == 201
    assert answer.json()["status"] == "PendingAcceptance"
    assert (shown["displayName"], shown["mail"]) == ("Ada Lovelace", MAIL)
    assert shown["userPrincipalName"] == "ada_fabrikam.example#EXT#@contoso.example"
    assert shown["userType"] == "Guest"
    assert desk.tenant.mailed == []
    assert desk.tenant.write_count == 1


def test_a_mail_goes_out_where_it_is_asked_for(desk: Desk) -> None:
    invite(desk, sendInvitationMessage=True)

    assert desk.tenant.mailed == [MAIL]


def test_the_same_address_is_the_same_guest(desk: Desk) -> None:
    first, again = invite(desk).json(), invite(desk, MAIL.upper()).json()

    assert first["invitedUser"] == again["invitedUser"]
    assert first["id"] != again["id"]
    assert len(desk.tenant.users) == 1


def test_a_guest_can_be_made_a_member(desk: Desk) -> None:
    group, guest = desk.group(), invite(desk).json()["invitedUser"]["id"]

    assert desk.call("PATCH", f"/groups/{group.id}", bind("members", [guest])).status_code == 204
    assert group.members == [guest]


def test_a_guest_may_be_known_later_than_he_is_told(desk: Desk) -> None:
    desk.switches.guest_delay_seconds = 5
    group, guest = desk.group(), invite(desk).json()["invitedUser"]["id"]
    at, body = f"/groups/{group.id}", bind("members", [guest])

    assert desk.get(f"/users/{guest}").status_code == 404
    assert error_of(desk.call("PATCH", at, body))[:2] == (404, "Request_ResourceNotFound")
    desk.clock.advance(5)
    assert desk.get(f"/users/{guest}").status_code == 200
    assert desk.call("PATCH", at, body).status_code == 204


def test_nobody_of_the_own_domain_is_invited(desk: Desk) -> None:
    status, _, message = error_of(invite(desk, "Somebody@Contoso.example"))

    assert status == 400
    assert message.endswith("is a verified domain of this directory.")
    assert not desk.tenant.users


def test_a_member_with_an_address_elsewhere_is_there_already(desk: Desk) -> None:
    member = desk.tenant.add_user("Ada", mail=MAIL)
    status, _, message = error_of(invite(desk))

    assert status == 400
    assert f"already exists in the directory as object ID: {member.object_id}." in message


@pytest.mark.parametrize("status", [400, 412])
def test_a_blocked_guest_is_refused(desk: Desk, status: Any) -> None:
    desk.switches.blocked_guest_status = status
    guest = invite(desk).json()["invitedUser"]["id"]
    desk.tenant.disable_user(guest)
    refused = error_of(invite(desk))

    assert refused[0] == status
    assert "blocked from signing in" in refused[2]
    desk.tenant.enable_user(guest)
    assert invite(desk).json()["invitedUser"]["id"] == guest


def test_the_tenants_policy_may_refuse_every_invitation(desk: Desk) -> None:
    desk.switches.invitations_refused = True
    status, _, message = error_of(invite(desk))

    assert status == 403
    assert message.startswith("Guest invitations not allowed for your company.")
    assert not desk.tenant.users


def test_inviting_takes_a_permission_of_its_own(desk: Desk) -> None:
    desk.sign_in(SMALLEST_SET)

    assert error_of(invite(desk))[:2] == (403, "Authorization_RequestDenied")
    assert not desk.tenant.users


@pytest.mark.parametrize(
    "body",
    [
        {"invitedUserEmailAddress": MAIL},
        {"inviteRedirectUrl": "https://x.example"},
        {"invitedUserEmailAddress": "nobody", "inviteRedirectUrl": "https://x.example"},
        {"invitedUserEmailAddress": "a+b@x.example", "inviteRedirectUrl": "https://x.example"},
        {
            "invitedUserEmailAddress": MAIL,
            "inviteRedirectUrl": "https://x.example",
            "invitedUserDisplayName": "x" * 257,
        },
    ],
)
def test_an_invitation_needs_an_address_and_a_way_back(desk: Desk, body: Any) -> None:
    assert desk.call("POST", "/invitations", body).status_code == 400
    assert not desk.tenant.users

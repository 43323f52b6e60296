from __future__ import annotations

from typing import Any

import pytest

from deployment.entra import main
from tests.deployment.conftest import Azure

URL = "https://groups.example.com"
IDENTITY = "11111111-2222-4333-8444-555555555555"
BACK = [URL + "/authorize/microsoft/consent", URL + "/authorize/microsoft/signin"]


def registration(subscription: Azure) -> dict[str, Any]:
    (one,) = subscription.state["applications"]
    assert isinstance(one, dict)
    return one


def permissions(subscription: Azure) -> set[str]:
    names = {i: name for name, i in subscription.state["roles"].items()}
    access = registration(subscription)["requiredResourceAccess"]
    return {names[one["id"]] for each in access for one in each["resourceAccess"]}


def test_without_apply_it_says_what_it_would_do_and_writes_nothing(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--public-url", URL]) == 0

    said = capsys.readouterr().out
    assert "Would do: ask for Group.ReadWrite.All, User.Read.All, Sites.Read.All." in said
    assert "Without it: No groups are made." in said
    assert "Nothing was changed." in said
    assert subscription.writes() == []
    assert subscription.state["applications"] == []


def test_a_new_registration_has_all_that_the_app_needs(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--apply", "--public-url", URL + "/", "--identity", IDENTITY]) == 0

    made = registration(subscription)
    assert made["signInAudience"] == "AzureADMyOrg"
    assert made["web"]["redirectUris"] == BACK
    assert made["groupMembershipClaims"] == "DirectoryRole"
    assert permissions(subscription) == {"Group.ReadWrite.All", "User.Read.All", "Sites.Read.All"}
    (credential,) = subscription.state["credentials"][made["id"]]
    assert credential["subject"] == IDENTITY
    assert credential["audiences"] == ["api://AzureADTokenExchange"]
    tenant = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
    assert credential["issuer"] == f"https://login.microsoftonline.com/{tenant}/v2.0"
    assert f"azd env set MICROSOFT_CLIENT_ID {made['appId']}" in capsys.readouterr().out


def test_made_in_one_write_and_the_credential_in_another(subscription: Azure) -> None:
    main(["--apply", "--public-url", URL, "--identity", IDENTITY])

    assert len(subscription.writes()) == 2


def test_a_second_run_writes_nothing(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--apply", "--public-url", URL, "--identity", IDENTITY])
    before = subscription.state["applications"]
    written = len(subscription.writes())

    assert main(["--apply", "--public-url", URL, "--identity", IDENTITY]) == 0
    assert len(subscription.writes()) == written
    assert subscription.state["applications"] == before
    assert "Everything is as it should be." in capsys.readouterr().out


def test_the_identity_and_the_address_come_later(subscription: Azure) -> None:
    main(["--apply"])
    main(["--apply", "--public-url", URL, "--identity", IDENTITY])

    made = registration(subscription)
    assert made["web"]["redirectUris"] == BACK
    assert len(subscription.state["credentials"][made["id"]]) == 1


def test_another_identity_is_trusted_beside_the_one_that_was(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    """An app that moves to another region: the old one is still at work."""
    other = IDENTITY.replace("1111", "9999")
    main(["--apply", "--identity", other])
    before = subscription.state["credentials"][registration(subscription)["id"]]

    assert main(["--apply", "--identity", IDENTITY]) == 0
    written = len(subscription.writes())
    assert main(["--apply", "--identity", other]) == 0

    after = subscription.state["credentials"][registration(subscription)["id"]]
    assert after[0] == before[0]
    assert [each["subject"] for each in after] == [other, IDENTITY]
    assert len(subscription.writes()) == written
    said = capsys.readouterr().out
    assert f"Left alone: the trust in {other} " in said
    assert f"Left alone: the trust in {IDENTITY} " in said


def test_a_trust_under_another_name_is_enough(subscription: Azure) -> None:
    main(["--apply", "--identity", IDENTITY])
    made = registration(subscription)["id"]
    (credential,) = subscription.state["credentials"][made]
    subscription.put(credentials={made: [credential | {"name": "app-identity"}]})
    written = len(subscription.writes())

    main(["--apply", "--identity", IDENTITY])

    assert len(subscription.writes()) == written


def test_a_trust_with_a_wrong_issuer_is_put_right(subscription: Azure) -> None:
    main(["--apply", "--identity", IDENTITY])
    made = registration(subscription)["id"]
    (credential,) = subscription.state["credentials"][made]
    subscription.put(credentials={made: [credential | {"issuer": "https://elsewhere"}]})

    main(["--apply", "--identity", IDENTITY])

    assert subscription.state["credentials"][made] == [credential]


@pytest.mark.parametrize(
    ("profiles", "more"),
    [
        (["core"], set()),
        (["folders"], {"Sites.Read.All"}),
        (["guests"], {"User.Invite.All"}),
        (["folders", "spaces"], {"Sites.Read.All", "Files.ReadWrite.All"}),
        (["folders", "guests"], {"Sites.Read.All", "User.Invite.All"}),
    ],
)
def test_a_profile_asks_for_no_more_than_it_needs(
    subscription: Azure, profiles: list[str], more: set[str]
) -> None:
    main(["--apply", *(word for each in profiles for word in ("--profile", each))])

    assert permissions(subscription) == {"Group.ReadWrite.All", "User.Read.All"} | more


def test_what_a_person_has_added_stays_and_is_named(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--apply", "--public-url", URL])
    (one,) = subscription.state["applications"]
    mail = {"id": subscription.state["roles"]["Mail.Send"], "type": "Role"}
    one["requiredResourceAccess"][0]["resourceAccess"].append(mail)
    one["requiredResourceAccess"].append({"resourceAppId": "other", "resourceAccess": [mail]})
    one["web"]["redirectUris"].append("https://old.example.com/")
    subscription.put(applications=[one])

    main(["--apply", "--public-url", URL, "--profile", "guests", "--profile", "folders"])

    said = capsys.readouterr().out
    assert "Left alone: the permission Mail.Send" in said
    assert "Left alone: the redirect URI https://old.example.com/." in said
    assert permissions(subscription) >= {"Mail.Send", "User.Invite.All", "Sites.Read.All"}
    access = registration(subscription)["requiredResourceAccess"]
    assert {each["resourceAppId"] for each in access} > {"other"}
    assert "https://old.example.com/" in registration(subscription)["web"]["redirectUris"]


def test_two_of_the_same_name_are_not_guessed_between(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--apply"])
    (one,) = subscription.state["applications"]
    other = one | {"id": "other", "appId": "other-app"}
    subscription.put(applications=[one, other])

    assert main(["--apply"]) == 1
    assert "--client-id one of" in capsys.readouterr().err
    assert main(["--apply", "--client-id", "other-app", "--public-url", URL]) == 0
    assert subscription.state["applications"][1]["web"]["redirectUris"] == BACK


def test_a_client_id_that_is_nobodys_makes_nothing(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--apply", "--client-id", IDENTITY]) == 1

    assert IDENTITY in capsys.readouterr().err
    assert subscription.state["applications"] == []


def test_nobody_signed_in_is_told_how(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    subscription.put(signed_in=False)

    assert main(["--apply"]) == 1
    assert "az login" in capsys.readouterr().err


def test_what_microsoft_refuses_is_shown(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--apply", "--public-url", "http://groups.example.com"]) == 1

    assert "must start with https" in capsys.readouterr().err
    assert subscription.state["applications"] == []

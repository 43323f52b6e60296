"""The naming policy binds an app at creation and at edits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.microsoft.conftest import Desk, error_of, group_body


def policy(desk: Desk, requirement: str = "GRP_[GroupName]_EU", words: str = "") -> None:
    desk.tenant.group_settings = {
        "PrefixSuffixNamingRequirement": requirement,
        "CustomBlockedWordsList": words,
    }


def suggestions(answer: Any) -> dict[str, str]:
    details = answer.json()["error"]["details"]
    assert all(d["code"] == "MissingPrefixSuffix" for d in details)
    return {d["target"]: d["suggestedPropertyValue"] for d in details}


def test_a_name_without_prefix_and_suffix_is_refused_with_a_suggestion(desk: Desk) -> None:
    policy(desk)
    answer = desk.call("POST", "/groups", group_body("crew"))

    assert error_of(answer) == (
        400,
        "Request_BadRequest",
        "The property is missing a required prefix/suffix per your organization's Group naming "
        "requirements.",
    )
    assert suggestions(answer) == {"displayName": "GRP_Crew_EU", "mailNickname": "GRP_crew_EU"}


def test_the_suggested_names_are_accepted_and_only_the_wrong_one_is_listed(desk: Desk) -> None:
    policy(desk)
    half = group_body("GRP_crew_EU")

    assert suggestions(desk.call("POST", "/groups", half)) == {"displayName": "GRP_Crew_EU"}
    whole = half | {"displayName": "GRP_Crew_EU"}
    assert desk.call("POST", "/groups", whole).status_code == 201


def test_a_rename_must_follow_the_policy_and_an_old_name_need_not(desk: Desk) -> None:
    group = desk.group("crew")
    policy(desk)
    at = f"/groups/{group.id}"

    assert suggestions(desk.call("PATCH", at, {"displayName": "New"})) == {
        "displayName": "GRP_New_EU"
    }
    assert desk.call("PATCH", at, {"displayName": "GRP_New_EU"}).status_code == 204
    assert desk.call("PATCH", at, {"description": "x", "mailNickname": "crew"}).status_code == 204


def test_a_users_attribute_is_empty_for_an_app(desk: Desk) -> None:
    policy(desk, "[Department]-[GroupName]")

    assert suggestions(desk.call("POST", "/groups", group_body("crew"))) == {
        "displayName": "-Crew",
        "mailNickname": "-crew",
    }


def test_characters_that_an_alias_cannot_have_are_left_out_of_it(desk: Desk) -> None:
    policy(desk, "Team (EU) [GroupName]")

    assert suggestions(desk.call("POST", "/groups", group_body("crew"))) == {
        "displayName": "Team (EU) Crew",
        "mailNickname": "TeamEUcrew",
    }


def test_a_name_under_a_policy_has_63_characters_at_most(desk: Desk) -> None:
    policy(desk)
    long = group_body("GRP_crew_EU") | {"displayName": f"GRP_{'x' * 57}_EU"}

    assert desk.call("POST", "/groups", long).json()["error"]["details"][0] == {
        "target": "displayName",
        "code": "InvalidLength",
    }
    desk.switches.policy_name_limit = 64
    assert desk.call("POST", "/groups", long).status_code == 201


@pytest.mark.parametrize("name", ["CEO", "ceo", "GRP_Ceo_EU"])
def test_a_blocked_word_is_refused_with_or_without_its_prefix(desk: Desk, name: str) -> None:
    policy(desk, "GRP_[GroupName]_EU" if "_" in name else "", words="payroll, CEO")
    answer = desk.call("POST", "/groups", group_body("GRP_x_EU") | {"displayName": name})

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["code"] == "ContainsBlockedWord"


def test_a_blocked_word_inside_a_name_is_no_match_and_may_not_bind_apps(desk: Desk) -> None:
    policy(desk, "", words="CEO")
    inside = group_body("a") | {"displayName": "The CEO's friends"}

    assert desk.call("POST", "/groups", inside).status_code == 201
    desk.switches.blocked_words_bind_apps = False
    assert desk.call("POST", "/groups", group_body("ceo")).status_code == 201

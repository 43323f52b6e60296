"""Everybody in Webex's directory, in exactly one class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from shared.core.audit import Outcome, Verdict
from tests.audit.crowd import Crowd


def test_a_thousand_users_of_every_class_are_each_in_theirs(
    make_crowd: Callable[..., Crowd],
) -> None:
    crowd = make_crowd(1_000)

    run = crowd.run()

    assert crowd.found() == crowd.expected
    assert run.counts == Counter(crowd.expected.values())
    assert set(run.counts) == set(Verdict)
    assert (run.outcome, run.unread, run.licensed) == (Outcome.COMPLETE, 0, True)
    assert (run.users, run.accounts) == (len(crowd.expected), len(crowd.stage.tenant.users))


@pytest.mark.parametrize("attributes", ["core", "refused"])
def test_whatever_webex_makes_of_the_attributes_asked_for_nobody_is_missing(
    crowd: Crowd, attributes: str
) -> None:
    crowd.stage.webex.switches.scim_attributes = attributes  # type: ignore[assignment]

    crowd.run()

    assert crowd.found() == crowd.expected


def test_a_directory_that_cannot_be_sorted_is_read_all_the_same(crowd: Crowd) -> None:
    crowd.stage.webex.switches.scim_sorts = False

    crowd.run()

    assert crowd.found() == crowd.expected


@pytest.mark.parametrize("told", ["scim", "licences"])
def test_where_licences_cannot_be_told_nobody_lacks_one(crowd: Crowd, told: str) -> None:
    if told == "scim":
        crowd.stage.webex.switches.scim_shows_licences = False
    else:
        crowd.stage.webex.switches.messaging_licence = ""

    run = crowd.run()

    lacking = {p for p, v in crowd.expected.items() if v is Verdict.NO_MESSAGING}
    assert not run.licensed and Verdict.NO_MESSAGING not in run.counts
    assert crowd.found() == crowd.expected | dict.fromkeys(lacking, Verdict.MATCHED)


def test_what_should_be_set_stands_with_those_who_can_be_mended(crowd: Crowd) -> None:
    crowd.run()

    people = {p.uuid: p for p in crowd.stage.org.people}
    for listed in crowd.listed():
        person = people[listed.person]
        own = crowd.stage.tenant.user_of(person.email)
        assert (listed.name, listed.email) == (person.name, person.email)
        assert listed.external_id == (person.external_id or "")
        if own is not None:
            assert listed.object_id == own.object_id, listed.verdict


def test_an_empty_directory_is_an_answer(make_crowd: Callable[..., Crowd]) -> None:
    crowd = make_crowd(0)

    run = crowd.run()

    assert run.counts == {Verdict.MISSING: 2}


def test_a_name_that_two_accounts_share_is_nobodys_unless_it_is_a_principal_name(
    make_crowd: Callable[..., Crowd],
) -> None:
    """Whichever Microsoft told last."""
    crowd = make_crowd(0)
    shared = [crowd.person(None) for _ in range(12)]
    own = [crowd.person(None) for _ in range(12)]
    accounts = []
    for person in [*shared, *own]:
        crowd.account(mail=person.email, principal=f"a.{person.email}")
    for person in shared:
        crowd.account(mail=person.email.upper(), principal=f"b.{person.email}")
    for person in own:
        accounts.append(crowd.account(mail=f"c.{person.email}", principal=person.email))

    crowd.run()

    told = {each.person: each.object_id for each in crowd.listed()}
    assert {told[p.uuid] for p in shared} == {""}
    assert [told[p.uuid] for p in own] == accounts


@pytest.mark.parametrize("facts", [{"enabled": False}, {"user_type": "Guest"}])
def test_no_account_is_proposed_that_is_a_guests_or_switched_off(
    make_crowd: Callable[..., Crowd], facts: dict[str, Any]
) -> None:
    crowd = make_crowd(0)
    without, with_one = crowd.person(None), crowd.twin(lambda o: o)
    crowd.account(mail=without.email, **facts)
    moved = crowd.person(crowd.account())
    crowd.account(mail=moved.email, **facts)

    crowd.run()

    told = {each.person: each for each in crowd.listed()}
    assert told[without.uuid].object_id == ""
    assert told[moved.uuid].verdict is Verdict.MATCHED, "another account is not theirs either"
    assert told[with_one.uuid].object_id == with_one.external_id

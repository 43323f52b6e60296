"""Every Webex user is in exactly one class, the first thing that has to be mended."""

from __future__ import annotations

import itertools

import pytest

from shared.core.audit import (
    AROUND,
    BARE,
    ENABLED,
    IS_GUEST,
    MESSAGING,
    NOTHING,
    OFF,
    PENDING,
    PERSON,
    UNREADABLE,
    Outcome,
    Run,
    Verdict,
    judge,
    read_external_id,
)
from shared.core.audit_words import ABOUT

ID = "11111111-2222-4333-8444-555555555555"
OTHER = "99999999-2222-4333-8444-555555555555"
FINE = PERSON | MESSAGING | BARE


@pytest.mark.parametrize(
    ("user", "account", "rivals", "another", "licensed", "expected"),
    [
        (FINE, ENABLED, False, False, True, "matched"),
        (PERSON | BARE, ENABLED, False, False, False, "matched"),
        (PERSON | MESSAGING | AROUND, ENABLED, False, False, True, "prefixed"),
        (FINE, ENABLED, False, True, True, "wrong_object_id"),
        (FINE, None, False, True, True, "wrong_object_id"),
        (PERSON | MESSAGING | AROUND, None, False, True, True, "wrong_object_id"),
        (FINE, ENABLED, True, False, True, "duplicate"),
        (FINE, None, True, True, True, "duplicate"),
        (PERSON | MESSAGING | NOTHING, None, False, True, True, "missing"),
        (PERSON | PENDING | NOTHING, None, False, False, True, "missing"),
        (PERSON | MESSAGING | UNREADABLE, None, False, False, True, "not_a_guid"),
        (FINE, None, False, False, True, "not_in_tenant"),
        (PERSON | MESSAGING | AROUND, None, False, False, True, "not_in_tenant"),
        (FINE, 0, False, False, True, "disabled"),
        (FINE, ENABLED | IS_GUEST, False, False, True, "guest"),
        (FINE, IS_GUEST, False, False, True, "guest"),
        (FINE | PENDING, ENABLED, False, False, True, "not_active"),
        (FINE | OFF, None, False, False, True, "not_active"),
        (PERSON | OFF | NOTHING, None, False, False, True, "not_active"),
        (PERSON | BARE, ENABLED, False, False, True, "no_messaging"),
        (BARE | MESSAGING, ENABLED, False, False, True, "not_a_person"),
        (NOTHING, None, False, False, True, "not_a_person"),
    ],
)
def test_the_first_thing_to_be_mended_decides(
    user: int, account: int | None, rivals: bool, another: bool, licensed: bool, expected: str
) -> None:
    found = judge(user, account, rivals=rivals, another=another, licensed=licensed)

    assert found == Verdict(expected)


def test_whatever_is_known_of_somebody_there_is_a_class_for_it() -> None:
    users = range(PERSON | OFF | PENDING | MESSAGING | UNREADABLE | 1)
    accounts = (None, 0, ENABLED, IS_GUEST, ENABLED | IS_GUEST)
    flags = (False, True)

    found = {
        judge(user, account, rivals=rivals, another=another, licensed=licensed)
        for user, account, rivals, another, licensed in itertools.product(
            users, accounts, flags, flags, flags
        )
    }

    assert found == set(Verdict)


@pytest.mark.parametrize(
    ("text", "shape", "inside"),
    [
        (ID, BARE, ID),
        (ID.upper(), BARE, ID),
        (f"  {ID}\n", BARE, ID),
        (f"entra_{ID}", AROUND, ID),
        (f"{{{ID}}}", AROUND, ID),
        (f"User:{ID.upper()};", AROUND, ID),
        ("", NOTHING, ""),
        ("  \t", NOTHING, ""),
        ("42", UNREADABLE, ""),
        (f"{ID} {OTHER}", UNREADABLE, ""),
        ("00000000-0000-0000-0000-000000000000", UNREADABLE, ""),
        (ID.replace("-", ""), UNREADABLE, ""),
        ("1111111 -2222-4333-8444-555555555555", UNREADABLE, ""),
        ("zzzzzzzz-2222-4333-8444-555555555555", UNREADABLE, ""),
        (f"{ID}-1", UNREADABLE, ""),
        ("٣1111111-2222-4333-8444-55555555555", UNREADABLE, ""),
    ],
)
def test_an_external_id_reads_as_people_mean_it(text: str, shape: int, inside: str) -> None:
    found = bytes.fromhex(inside.replace("-", "")) if inside else bytes(16)

    assert read_external_id(text) == (shape, found)


def test_the_rate_counts_people_who_are_in_use() -> None:
    counts = {Verdict.MATCHED: 6, Verdict.PREFIXED: 2, Verdict.MISSING: 2, Verdict.NOT_ACTIVE: 90}
    run = Run("r", 0, 1, Outcome.COMPLETE, {**counts, Verdict.NOT_A_PERSON: 9})

    assert (run.people, run.matched, run.rate) == (10, 8, 0.8)
    assert Run("r", 0, 1, Outcome.COMPLETE).rate == 1.0


def test_every_class_is_told_with_a_remedy() -> None:
    assert set(ABOUT) == set(Verdict)
    assert all(about.title and about.sentence and about.remedy for about in ABOUT.values())

"""Every rule of the merge about members, by examples.

People are numbers: person 1 is principal 1. `BGT` are the directions: both, the group leads, the
team leads.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core import times
from shared.core.ledger import (
    ADD,
    MEMBERS,
    REMOVE,
    WEBEX,
    Ledger,
    Pair,
    learn,
)
from shared.core.merge import Merge, merge
from shared.core.model import Direction
from tests.core.merging import (
    BEFORE,
    BOTH,
    DISMISSED,
    ENLISTED,
    EVERY,
    GROUP,
    JOINED,
    LEFT,
    LONG_AGO,
    NOW,
    TEAM,
    change,
    known,
    landed,
    missed,
    objects,
    said,
    sides,
    wrote,
)
from tests.core.strategies import object_id, person

# One person's change


@pytest.mark.parametrize("direction", EVERY)
def test_nothing_changed_is_nothing_to_do(direction: Direction) -> None:
    assert merge(sides(known(1, 2), [1, 2], [1, 2], direction)) == Merge()


@pytest.mark.parametrize(
    ("ledger", "team", "group", "outcomes"),
    [
        pytest.param(known(1), [1, 2], [1], (JOINED, "added_in_webex", JOINED), id="joined"),
        pytest.param(
            missed(known(1, 2), WEBEX, 2), [1], [1, 2], (LEFT, "left_webex", LEFT), id="left"
        ),
        pytest.param(
            known(1), [1], [1, 2], (ENLISTED, ENLISTED, "added_in_microsoft"), id="enlisted"
        ),
        pytest.param(
            missed(known(1, 2), MEMBERS, 2),
            [1, 2],
            [1],
            (DISMISSED, DISMISSED, "removed_in_microsoft"),
            id="dismissed",
        ),
        pytest.param(known(1), [1, 2], [1, 2], ("", "", ""), id="new on both sides"),
        pytest.param(
            missed(missed(known(1, 2), WEBEX, 2), MEMBERS, 2),
            [1],
            [1],
            ("", "", ""),
            id="gone from both sides",
        ),
    ],
)
@pytest.mark.parametrize("direction", EVERY)
def test_what_one_person_does(
    ledger: Ledger,
    team: list[int],
    group: list[int],
    outcomes: tuple[tuple[str, str] | str, ...],
    direction: Direction,
) -> None:
    """What is done about person 2, or the code by which the change is left to an administrator."""
    outcome = outcomes[EVERY.index(direction)]
    result = merge(sides(ledger, team, group, direction, joined=NOW - 1_000))

    assert result.changes == ([change(2, *outcome)] if isinstance(outcome, tuple) else [])
    assert said(result) == ({2: outcome} if outcome and isinstance(outcome, str) else {})
    assert result.again is None


@pytest.mark.parametrize("direction", EVERY)
def test_applying_a_merge_and_seeing_its_effect_gives_an_empty_merge(direction: Direction) -> None:
    """One who joined and moderates, one who left, one who was added and one who was removed in
    Microsoft 365."""
    ledger = missed(missed(known(1, 3, 5), WEBEX, 3), MEMBERS, 5)
    before = sides(ledger, [1, 2, 5], [1, 3, 4], direction, owners=[1], moderators=[1, 2])
    first = merge(before)
    second = landed(before, *first.changes)
    third = landed(second, *merge(second).changes)

    assert first.changes
    assert merge(third).changes == []
    assert merge(third).again is None


# Both sides change the same person


@pytest.mark.parametrize(
    ("ledger", "team", "group", "outcome"),
    [
        pytest.param(
            missed(known(1, 2), WEBEX, 2), [1], [1, 2], LEFT, id="left and was added again before"
        ),
        pytest.param(
            missed(known(1, 2), MEMBERS, 2),
            [1, 2],
            [1],
            DISMISSED,
            id="was dismissed and rejoined before",
        ),
        pytest.param(known(1), [1, 2], [1], JOINED, id="was removed on both, and joined after"),
        pytest.param(known(1), [1], [1, 2], ENLISTED, id="was removed on both, and added after"),
    ],
)
def test_a_removal_wins_and_who_is_put_back_after_it_is_new(
    ledger: Ledger, team: list[int], group: list[int], outcome: tuple[str, str]
) -> None:
    assert merge(sides(ledger, team, group)).changes == [change(2, *outcome)]


# Two reads


@pytest.mark.parametrize("direction", EVERY)
@pytest.mark.parametrize("since", [None, NOW - times.MISSING_APART + 1])
@pytest.mark.parametrize("side", [WEBEX, MEMBERS])
def test_one_read_removes_nobody(side: str, since: int | None, direction: Direction) -> None:
    ledger = known(1, 2) if since is None else missed(known(1, 2), side, 2, since=since)
    team, group = ([1], [1, 2]) if side == WEBEX else ([1, 2], [1])
    result = merge(sides(ledger, team, group, direction))
    follows = direction is not (GROUP if side == WEBEX else TEAM)

    assert result.changes == []
    assert result.again == ((since or NOW) + times.MISSING_APART if follows else None)


@pytest.mark.parametrize("direction", EVERY)
def test_who_is_missed_on_both_sides_is_read_for_again(direction: Direction) -> None:
    """One of the two reads may have left them out: then nobody has let them go there."""
    ledger = missed(known(1, 2), WEBEX, 2, since=NOW - 60_000)
    first = sides(ledger, [1], [1], direction)
    second = landed(first)

    assert merge(first).changes == []
    assert merge(first).again == NOW + times.MISSING_APART
    assert person(2) not in second.ledger.baseline
    assert merge(second).again is None


def test_whom_an_unheard_removal_may_have_taken_out_is_not_put_into_the_team() -> None:
    """A replica that is behind still shows them, and the baseline may have let them go."""
    ledger = wrote(known(1), 2, MEMBERS, REMOVE, heard=False)

    assert merge(sides(ledger, [1], [1, 2])).changes == []


def test_without_a_baseline_nobody_is_removed() -> None:
    for direction in EVERY:
        result = merge(sides(Ledger(), [1, 2], [2, 3], direction))

        assert all(c.op == ADD for c in result.changes)


def test_the_first_of_two_doubts_is_read_for_first() -> None:
    ledger = missed(missed(known(1, 2, 3), WEBEX, 2, since=NOW - 60_000), MEMBERS, 3, since=NOW)
    result = merge(sides(ledger, [1, 3], [1, 2]))

    assert result.again == NOW - 60_000 + times.MISSING_APART


# Settling


@pytest.mark.parametrize("direction", EVERY)
def test_settling_adds_and_removes_nobody(direction: Direction) -> None:
    ledger = missed(missed(known(1, 2, 3), WEBEX, 2), MEMBERS, 3)
    result = merge(sides(ledger, [1, 3, 4], [1, 2], direction, settled_at=0))

    assert result.changes == [change(4, MEMBERS, ADD)]
    assert result.again is None


@pytest.mark.parametrize("direction", EVERY)
def test_who_was_dropped_during_settling_leaves_at_its_end(direction: Direction) -> None:
    ledger = missed(known(1, 2), WEBEX, 2, since=BEFORE)
    result = merge(sides(ledger, [1], [1, 2], direction, settled_at=BEFORE))

    assert result.changes == [change(2, MEMBERS, REMOVE)]


@pytest.mark.parametrize(("joined", "added"), [(BEFORE, True), (BEFORE + 1, False)])
def test_the_group_leads_and_who_joined_during_settling_is_added(joined: int, added: bool) -> None:
    result = merge(sides(known(1), [1, 2], [1], GROUP, settled_at=BEFORE, joined=joined))

    assert result.changes == ([change(2, MEMBERS, ADD)] if added else [])
    assert said(result) == ({} if added else {2: "added_in_webex"})


def test_the_group_leads_and_who_left_later_is_listed_however_long_ago() -> None:
    ledger = missed(known(1, 2), WEBEX, 2, since=LONG_AGO + 1)
    result = merge(sides(ledger, [1], [1, 2], GROUP, settled_at=LONG_AGO))

    assert said(result) == {2: "left_webex"}


# Identities


@pytest.mark.parametrize("direction", EVERY)
@pytest.mark.parametrize("group", [[1, 2], [1]], ids=["in the group", "not in the group"])
@pytest.mark.parametrize("claimed", [(), (2,)], ids=["carries nothing", "carries their own"])
def test_who_is_in_the_team_and_unresolved_has_neither_left_nor_joined(
    claimed: tuple[int, ...], group: list[int], direction: Direction
) -> None:
    ledger = missed(missed(known(1, 2), WEBEX, 2), MEMBERS, 2)
    unresolved = {person(2)}
    result = merge(
        sides(ledger, [1], group, direction, unresolved=unresolved, claimed=objects(*claimed))
    )

    assert result == Merge()


@pytest.mark.parametrize("direction", [BOTH, GROUP])
def test_a_principal_whom_somebody_in_the_team_claims_is_not_put_into_it(
    direction: Direction,
) -> None:
    unresolved = {person(7)}
    result = merge(
        sides(known(1), [1], [1, 2], direction, unresolved=unresolved, claimed=objects(2))
    )

    assert result == Merge()


def test_of_a_pair_that_maps_elsewhere_now_neither_half_is_touched() -> None:
    """Person 2 is principal 22 now; principal 2 is in the group as before."""
    ledger = missed(known(1, 2), MEMBERS, 2)
    elsewhere = Pair(person(2), object_id(22))
    for group in ([1, 2], [1, 2, 22], [1]):
        before = sides(ledger, [1], group)
        sight = replace(
            before.sight, mapped={**before.sight.mapped, elsewhere.person: elsewhere.object}
        )
        ledger = learn(ledger, sight)
        result = merge(replace(before, ledger=ledger, sight=sight))

        assert result.changes == []
        assert said(result) == {2: "identity_changed"}


def test_a_person_whose_identity_changed_becomes_no_owner() -> None:
    before = sides(known(1, 2), [1], [1, 22], moderators=[1, 22], owners=[1])
    sight = replace(before.sight, mapped={**before.sight.mapped, person(2): object_id(22)})

    assert merge(replace(before, sight=sight, ledger=learn(known(1, 2), sight))).changes == []


def test_another_webex_account_of_the_same_principal_stands_for_them() -> None:
    """Who left with one account and came back with another has not left."""
    before = sides(missed(known(1, 2), WEBEX, 2), [1], [1, 2])
    sight = replace(before.sight, mapped={**before.sight.mapped, person(7): object_id(2)})
    after = replace(before, sight=sight, ledger=learn(before.ledger, sight))

    assert merge(after) == Merge()
    assert after.ledger.baseline[person(7)] == object_id(2)


def test_who_comes_back_with_another_principal_is_not_put_into_the_team_again() -> None:
    """Person 2 was seen as principal 2, left, and now is principal 22, who is in the group."""
    before = sides(known(1, 2), [1], [1, 2, 22])
    result = merge(replace(before, strangers={object_id(22): person(2)}))

    assert result.changes == []
    assert result.others == {object_id(22): "identity_changed"}


@pytest.mark.parametrize("code", ["inactive_in_webex", "identity_changed", "removal_refused"])
def test_who_turned_out_not_to_have_left_stays_in_the_group(code: str) -> None:
    ledger = missed(known(1, 2), WEBEX, 2)
    result = merge(sides(ledger, [1], [1, 2], declined={person(2): code}))

    assert result.changes == []
    assert said(result) == {2: code}


# Strangers: in the group, never in the team


@pytest.mark.parametrize("direction", [BOTH, GROUP])
@pytest.mark.parametrize(
    ("facts", "others"),
    [
        ({"strangers": {}}, {}),
        ({"strangers": {}, "why_not": {object_id(2): "not_in_webex"}}, {2: "not_in_webex"}),
        ({"why_not": {object_id(2): "disabled_in_entra"}}, {2: "disabled_in_entra"}),
        ({"declined": {person(2): "webex_not_writable"}}, {2: "webex_not_writable"}),
        ({"declined": {person(2): "webex_refused"}}, {2: "webex_refused"}),
        ({"strangers": {object_id(2): person(1)}}, {}),
    ],
    ids=["not asked yet", "nobody there", "disabled", "not writable", "refused", "in the team"],
)
def test_a_stranger_who_cannot_be_put_into_the_team(
    facts: dict[str, object], others: dict[int, str], direction: Direction
) -> None:
    given = sides(known(1), [1], [1, 2], direction)
    result = merge(replace(given, **facts))  # type: ignore[arg-type]

    assert result.changes == []
    assert said(result) == others


@pytest.mark.parametrize("code", ["webex_not_writable", "webex_refused", "disabled_in_entra"])
def test_who_cannot_be_taken_out_of_the_team_is_listed(code: str) -> None:
    ledger = missed(known(1, 2), MEMBERS, 2)
    result = merge(sides(ledger, [1, 2], [1], declined={person(2): code}))

    assert result.changes == []
    assert said(result) == {2: code}


def test_who_cannot_be_added_to_the_group_is_listed() -> None:
    result = merge(sides(known(1), [1, 2], [1], declined={person(2): "member_refused"}))

    assert result.changes == []
    assert said(result) == {2: "member_refused"}


def test_a_guest_who_could_not_be_invited_and_is_one_now_is_added() -> None:
    """Another team may have invited them."""
    result = merge(sides(known(1), [1, 2], [1], declined={person(2): "guest_refused"}))

    assert result.changes == [change(2, MEMBERS, ADD)]

"""Every rule of the merge by examples. People are numbers: person 1 is principal 1.

`BGT` are the directions: both, the group leads, the team leads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import (
    ADD,
    MEMBERS,
    OWNERS,
    REMOVE,
    WEBEX,
    Change,
    Ledger,
    Missing,
    Pair,
    Sight,
    answered,
    learn,
    sending,
)
from shared.core.merge import Merge, Sides, merge
from shared.core.model import Direction
from tests.core.strategies import object_id, person

NOW = 1_700_000_000_000
LONG_AGO = NOW - times.DAY
BEFORE = NOW - times.MISSING_APART
BOTH, GROUP, TEAM = Direction.BOTH, Direction.GROUP, Direction.TEAM
EVERY = (BOTH, GROUP, TEAM)


def people(*numbers: int) -> dict[PersonId, ObjectId]:
    return {person(n): object_id(n) for n in numbers}


def objects(*numbers: int) -> frozenset[ObjectId]:
    return frozenset(object_id(n) for n in numbers)


def change(n: int, side: str, op: str) -> Change:
    return Change(person(n), object_id(n), side, op)


def known(*numbers: int, owners: Iterable[int] = (), led: Iterable[int] = ()) -> Ledger:
    """Both sides have long known them."""
    return Ledger(people(*numbers), objects(*owners), led=objects(*led))


def missed(ledger: Ledger, side: str, *numbers: int, since: int = BEFORE) -> Ledger:
    entries = {Missing(person(n), object_id(n), side): since for n in numbers}
    return replace(ledger, missing={**ledger.missing, **entries})


def sides(
    ledger: Ledger,
    team: Iterable[int],
    group: Iterable[int],
    direction: Direction = BOTH,
    *,
    owners: Iterable[int] | None = (9,),
    moderators: Iterable[int] = (),
    joined: int = LONG_AGO,
    settled_at: int = LONG_AGO,
    now: int = NOW,
    **facts: Any,
) -> Sides:
    """A settled team; somebody who is not in question owns the group and moderates the team."""
    team, moderators = list(team), list(moderators)
    seen = {k: facts.pop(k) for k in ("unresolved", "claimed") if k in facts}
    sight = Sight(
        now,
        people(*team),
        objects(*group),
        moderators=objects(*moderators),
        owners=None if owners is None else objects(*owners),
        **seen,
    )
    return Sides(
        learn(ledger, sight),
        sight,
        direction,
        settled_at=settled_at,
        joined=dict.fromkeys(people(*team), joined),
        moderating=frozenset(person(n) for n in (*moderators, 9)),
        strangers={o: p for p, o in people(*range(1, 10)).items()},
        **facts,
    )


def said(result: Merge) -> dict[int, str]:
    """What is listed, by the number; people of the group alone too."""
    numbers = {str(each(n)): n for n in range(1, 120) for each in (person, object_id)}
    codes = [*result.listed.items(), *result.others.items()]
    return {numbers[k]: code for k, code in codes}


# One person's change


@pytest.mark.parametrize("direction", EVERY)
def test_nothing_changed_is_nothing_to_do(direction: Direction) -> None:
    assert merge(sides(known(1, 2), [1, 2], [1, 2], direction)) == Merge()


JOINED = (MEMBERS, ADD)
LEFT = (MEMBERS, REMOVE)
ENLISTED = (WEBEX, ADD)
DISMISSED = (WEBEX, REMOVE)


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


def landed(before: Sides, *changes: Change) -> Sides:
    """After the writes, with both sides as they are then."""
    ledger, sight = before.ledger, before.sight
    mapped, members = dict(sight.mapped), set(sight.members)
    owners = set(sight.owners or ())
    for each in changes:
        ledger = sending(ledger, [each.pair], each.side, NOW, each.op)
        ledger = answered(ledger, [each.pair], each.side, NOW, each.op)
        there = owners if each.side == OWNERS else members
        if each.side == WEBEX and each.op == ADD:
            mapped[each.person] = each.object
        elif each.side == WEBEX:
            del mapped[each.person]
        elif each.op == ADD:
            there.add(each.object)
        else:
            there.discard(each.object)
    later = replace(sight, at=NOW + times.HOUR, mapped=mapped, members=members, owners=owners)
    return replace(before, ledger=learn(ledger, later), sight=later)


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


# Our own writes


def wrote(ledger: Ledger, n: int, side: str, op: str, *, heard: bool = True) -> Ledger:
    pair = Pair(person(n), object_id(n))
    sent = sending(ledger, [pair], side, NOW - 60_000, op)
    return answered(sent, [pair], side, NOW - 60_000, op) if heard else sent


def test_an_answered_write_is_not_repeated_while_it_is_not_seen() -> None:
    for ledger, team, group in (
        (wrote(known(1), 2, MEMBERS, ADD), [1, 2], [1]),
        (wrote(known(1, 2), 2, MEMBERS, REMOVE), [1], [1, 2]),
        (wrote(known(1), 2, WEBEX, ADD), [1], [1, 2]),
        (wrote(known(1, 2), 2, WEBEX, REMOVE), [1, 2], [1]),
    ):
        result = merge(sides(ledger, team, group))

        assert (result.changes, result.listed, result.others) == ([], {}, {})


@pytest.mark.parametrize(
    ("ledger", "team", "group", "again"),
    [
        (wrote(known(1), 2, MEMBERS, ADD, heard=False), [1, 2], [1], JOINED),
        (wrote(missed(known(1, 2), WEBEX, 2), 2, MEMBERS, REMOVE, heard=False), [1], [1, 2], LEFT),
        (wrote(missed(known(1, 2), WEBEX, 2), 2, MEMBERS, REMOVE, heard=False), [1], [1], LEFT),
        (wrote(known(1), 2, WEBEX, ADD, heard=False), [1], [1, 2], ENLISTED),
        (
            wrote(missed(known(1, 2), MEMBERS, 2), 2, WEBEX, REMOVE, heard=False),
            [1, 2],
            [1],
            DISMISSED,
        ),
    ],
    ids=["joined", "left", "left, and shown as gone", "enlisted", "dismissed"],
)
def test_an_unheard_write_that_is_still_wanted_is_sent_again(
    ledger: Ledger, team: list[int], group: list[int], again: tuple[str, str]
) -> None:
    assert merge(sides(ledger, team, group)).changes == [change(2, *again)]


def test_an_unheard_addition_that_a_read_shows_is_not_sent_again() -> None:
    """Twenty people are one write; sent again, they would have to be told apart."""
    ledger = wrote(known(1), 2, MEMBERS, ADD, heard=False)

    assert merge(sides(ledger, [1, 2], [1, 2])) == Merge()


@pytest.mark.parametrize("group", [[1], [1, 2]], ids=["not shown", "shown"])
def test_who_came_back_while_their_removal_is_unheard_is_added(group: list[int]) -> None:
    """It may have landed, whatever a replica shows; and nobody else took them out."""
    ledger = wrote(missed(known(1, 2), WEBEX, 2), 2, MEMBERS, REMOVE, heard=False)
    ledger = missed(ledger, MEMBERS, 2)

    assert merge(sides(ledger, [1, 2], group)).changes == [change(2, MEMBERS, ADD)]


def test_who_left_while_their_addition_is_unheard_is_not_put_back() -> None:
    ledger = wrote(known(1), 2, MEMBERS, ADD, heard=False)
    first = sides(ledger, [1], [1, 2], now=NOW)
    second = sides(first.ledger, [1], [1, 2], now=NOW + times.MISSING_APART)

    assert merge(first).changes == []
    assert merge(second).changes == [change(2, MEMBERS, REMOVE)]


def test_who_stopped_owning_and_is_no_member_with_it_is_added_again() -> None:
    """Where the group has a team in Microsoft Teams. Two reads do not make it a person's change."""
    ledger = wrote(known(1, 2, owners=[2]), 2, OWNERS, REMOVE)
    first = sides(ledger, [1, 2], [1], now=NOW)
    second = sides(first.ledger, [1, 2], [1], now=NOW + times.MISSING_APART)

    assert merge(first).changes == merge(second).changes == [change(2, MEMBERS, ADD)]


# Owners


def owning(
    direction: Direction = BOTH,
    *,
    owners: Iterable[int] | None = (1,),
    moderators: Iterable[int] = (1,),
    ledger: Ledger | None = None,
    **facts: Any,
) -> Merge:
    """Three people on both sides; the first owns and moderates."""
    ledger = ledger or known(1, 2, 3, owners=[1], led=[1])
    return merge(
        sides(
            ledger, [1, 2, 3], [1, 2, 3], direction, owners=owners, moderators=moderators, **facts
        )
    )


@pytest.mark.parametrize("direction", EVERY)
def test_a_new_moderator_becomes_an_owner_unless_the_group_leads(direction: Direction) -> None:
    expected = [] if direction is GROUP else [change(2, OWNERS, ADD)]

    assert owning(direction, moderators=[1, 2]).changes == expected
    assert owning(direction, moderators=[1, 2], settled_at=0).changes == [change(2, OWNERS, ADD)]


def test_a_moderator_who_joins_is_a_member_before_an_owner() -> None:
    """A refused member must not own the group."""
    joining = sides(known(1, owners=[1]), [1, 2], [1], owners=[1], moderators=[1, 2])
    first = merge(joining)
    second = merge(landed(joining, *first.changes))

    assert first.changes == [change(2, MEMBERS, ADD)]
    assert second.changes == [change(2, OWNERS, ADD)]


def test_who_is_not_shown_as_a_member_is_not_made_an_owner() -> None:
    """We added them, and no read shows it: somebody may have taken them out since."""
    ledger = wrote(known(1, owners=[1]), 2, MEMBERS, ADD)

    assert merge(sides(ledger, [1, 2], [1], owners=[1], moderators=[1, 2])).changes == []


@pytest.mark.parametrize("direction", EVERY)
def test_who_moderates_no_more_is_an_owner_no_more_unless_the_group_leads(
    direction: Direction,
) -> None:
    ledger = known(1, 2, 3, owners=[1, 2], led=[1, 2])
    first = owning(direction, owners=[1, 2], ledger=ledger)
    second = owning(direction, owners=[1, 2], ledger=missed(ledger, OWNERS, 2))

    assert first.changes == []
    assert second.changes == ([] if direction is GROUP else [change(2, OWNERS, REMOVE)])


@pytest.mark.parametrize(
    ("owners", "expected", "code"),
    [
        ([1], [change(2, OWNERS, ADD)], {}),
        ([1, 2], [change(1, OWNERS, REMOVE)], {}),
    ],
    ids=["added first", "then the other"],
)
def test_an_owner_is_added_before_another_is_removed(
    owners: list[int], expected: list[Change], code: dict[int, str]
) -> None:
    """Person 2 moderates in the place of person 1."""
    ledger = missed(known(1, 2, 3, owners=owners, led=[1]), OWNERS, 1)
    result = owning(owners=owners, moderators=[2], ledger=ledger)

    assert result.changes == expected
    assert said(result) == code


def test_additions_of_owners_come_first_and_removals_of_owners_before_those_of_members() -> None:
    ledger = missed(known(1, 2, 3, 4, owners=[1, 4], led=[1, 4]), WEBEX, 4)
    result = merge(sides(ledger, [1, 2, 3], [1, 3, 4, 2], owners=[1, 4], moderators=[1, 2]))

    assert result.changes == [
        change(2, OWNERS, ADD),
        change(4, OWNERS, REMOVE),
        change(4, MEMBERS, REMOVE),
    ]


@pytest.mark.parametrize(
    ("owners", "ledger", "goes"),
    [
        ([1, 2], known(1, 2, owners=[1, 2]), True),
        ([1], known(1, 2, owners=[1]), False),
        # Only a replica that is behind does not show it.
        ([1], known(1, 2, owners=[1, 2]), True),
        ([1], wrote(known(1, 2, owners=[1]), 2, OWNERS, ADD, heard=False), True),
    ],
    ids=["an owner", "no owner", "an owner once", "perhaps an owner"],
)
def test_who_leaves_the_group_owns_it_no_more(
    owners: list[int], ledger: Ledger, goes: bool
) -> None:
    ledger = missed(ledger, WEBEX, 2)
    for direction in (BOTH, TEAM):
        result = merge(sides(ledger, [1], [1, 2], direction, owners=owners, moderators=[1]))

        assert result.changes == [
            *([change(2, OWNERS, REMOVE)] if goes else []),
            change(2, MEMBERS, REMOVE),
        ]


def test_the_last_owner_stays_a_member_and_an_owner() -> None:
    leaving = sides(missed(known(1, 2), WEBEX, 1), [2], [1, 2], owners=[1])
    demoted = owning(moderators=[], ledger=missed(known(1, 2, 3, owners=[1], led=[1]), OWNERS, 1))

    for result in (merge(leaving), demoted):
        assert result.changes == []
        assert said(result) == {1: "last_owner"}


def test_of_all_owners_who_leave_one_stays() -> None:
    ledger = missed(known(1, 2, 3), WEBEX, 1, 2)
    result = merge(sides(ledger, [3], [1, 2, 3], owners=[1, 2]))
    stays = min(object_id(1), object_id(2))
    goes = 2 if stays == object_id(1) else 1

    assert result.changes == [change(goes, OWNERS, REMOVE), change(goes, MEMBERS, REMOVE)]
    assert set(said(result).values()) == {"last_owner"}


def test_the_last_owner_waits_for_the_next_one_to_be_there() -> None:
    """Not counted on in the same look, since it may be refused; then he goes, and soon."""
    ledger = missed(known(1, 2), WEBEX, 1)
    before = sides(ledger, [2], [1, 2], owners=[1], moderators=[2])
    first = merge(before)

    assert first.changes == [change(2, OWNERS, ADD)]
    assert said(first) == {}
    assert first.again == NOW + times.GAP
    assert merge(landed(before, *first.changes)).changes == [
        change(1, OWNERS, REMOVE),
        change(1, MEMBERS, REMOVE),
    ]


def test_a_last_owner_who_was_listed_goes_soon_after_the_next_one_comes() -> None:
    ledger = missed(known(1, 2), WEBEX, 1)
    before = sides(ledger, [2], [1, 2], owners=[1], moderators=[2])
    before = replace(before, declined={person(1): "last_owner"})
    first = merge(before)

    assert first.changes == [change(2, OWNERS, ADD)]
    assert said(first) == {1: "last_owner"}
    assert first.again == NOW + times.GAP


def test_a_last_owner_whose_successor_was_refused_is_listed() -> None:
    ledger = replace(missed(known(1, 2), WEBEX, 1), refused=frozenset({change(2, OWNERS, ADD)}))
    result = merge(sides(ledger, [2], [1, 2], owners=[1], moderators=[2]))

    assert result.changes == []
    assert said(result) == {1: "last_owner", 2: "refused_by_admin"}


@pytest.mark.parametrize("side", [WEBEX, MEMBERS])
def test_owners_that_were_not_read_keep_everybody_in_the_group(side: str) -> None:
    """It might be the last one. The look is to read them; what else there is to do is done."""
    ledger = missed(known(1, 2), side, 2)
    team, group = ([1, 3], [1, 2]) if side == WEBEX else ([1, 2, 3], [1])
    result = merge(sides(ledger, team, group, owners=None, moderators=[1, 3]))

    if side == WEBEX:
        assert result.changes == [change(3, MEMBERS, ADD)]
        assert result.again == NOW
    else:
        assert set(result.changes) == {change(3, MEMBERS, ADD), change(2, WEBEX, REMOVE)}
        assert result.again is None


@pytest.mark.parametrize(
    ("ledger", "declined", "code"),
    [
        (known(1, 2, 3, owners=[1, 2]), {}, "owner_removed"),
        (known(1, 2, 3, owners=[1]), {person(2): "owner_refused"}, "owner_refused"),
        (
            replace(known(1, 2, 3, owners=[1]), refused=frozenset({change(2, OWNERS, ADD)})),
            {},
            "refused_by_admin",
        ),
    ],
    ids=["somebody took it away", "Microsoft refuses", "an administrator refuses"],
)
def test_a_moderator_who_is_not_made_an_owner_is_listed(
    ledger: Ledger, declined: dict[PersonId, str], code: str
) -> None:
    result = owning(moderators=[1, 2], ledger=ledger, declined=declined)

    assert result.changes == []
    assert said(result) == {2: code}


def test_owners_beyond_the_limit_are_listed() -> None:
    everybody = range(1, 106)
    ledger = known(*everybody, owners=range(1, 96))
    result = merge(sides(ledger, everybody, everybody, owners=range(1, 96), moderators=everybody))

    assert result.changes == [change(n, OWNERS, ADD) for n in range(96, 101)]
    assert said(result) == dict.fromkeys(range(101, 106), "owner_limit")


@pytest.mark.parametrize(
    ("moderators", "led", "expected"),
    [([], [], True), ([1], [], True), ([], [2], False)],
    ids=["moderates nothing", "another moderates", "moderated, and does not now"],
)
def test_the_creator_owns_the_group_unless_seen_to_have_stopped_moderating(
    moderators: list[int], led: list[int], expected: bool
) -> None:
    ledger = known(1, 2, 3, owners=[1], led=led)
    result = owning(moderators=moderators, ledger=ledger, creator=person(2))

    assert (change(2, OWNERS, ADD) in result.changes) is expected


def test_the_stand_in_goes_once_a_moderator_is_seen_to_own_the_group() -> None:
    def of(owners: list[int], ledger: Ledger, **facts: Any) -> list[Change]:
        return owning(
            owners=owners, moderators=[2], ledger=ledger, stand_in=person(1), **facts
        ).changes

    alone = known(1, 2, 3, owners=[1])
    written = wrote(alone, 2, OWNERS, ADD)

    assert of([1], alone) == [change(2, OWNERS, ADD)]
    assert of([1], written) == [], "only written"
    assert of([1, 2], written) == [change(1, OWNERS, REMOVE)]
    assert of([1, 2], written, settled_at=0) == []
    assert of([1, 2], written, creator=person(1)) == []


def test_a_stand_in_who_moderates_stands_by_himself() -> None:
    result = owning(
        owners=[1, 2], moderators=[1, 2], ledger=known(1, 2, 3, owners=[1, 2]), stand_in=person(1)
    )

    assert result.changes == []


# Moderators


def test_the_last_moderator_stays_in_the_team() -> None:
    ledger = missed(known(1, 2), MEMBERS, 1)
    given = sides(ledger, [1, 2], [2], moderators=[1])
    alone = replace(given, moderating=frozenset({person(1)}))

    assert merge(given).changes == [change(1, WEBEX, REMOVE)]
    assert merge(alone).changes == []
    assert said(merge(alone)) == {1: "last_moderator"}


def test_of_all_moderators_who_are_dismissed_one_stays() -> None:
    ledger = missed(known(1, 2, 3), MEMBERS, 1, 2)
    given = sides(ledger, [1, 2, 3], [3], moderators=[1, 2])
    result = merge(replace(given, moderating=frozenset({person(1), person(2)})))

    assert len(result.changes) == 1
    assert list(said(result).values()) == ["last_moderator"]


# What an administrator refused


@pytest.mark.parametrize(
    ("ledger", "team", "group", "refused"),
    [
        (known(1), [1, 2], [1], JOINED),
        (missed(known(1, 2), WEBEX, 2), [1], [1, 2], LEFT),
        (known(1), [1], [1, 2], ENLISTED),
        (missed(known(1, 2), MEMBERS, 2), [1, 2], [1], DISMISSED),
    ],
    ids=["joined", "left", "enlisted", "dismissed"],
)
def test_what_was_refused_is_listed_and_not_done(
    ledger: Ledger, team: list[int], group: list[int], refused: tuple[str, str]
) -> None:
    """Who may not be removed keeps the ownership too."""
    ledger = replace(ledger, refused=frozenset({change(2, *refused)}))
    result = merge(sides(ledger, team, group, owners=[1, 2] if refused == LEFT else [1]))

    assert result.changes == []
    assert said(result) == {2: "refused_by_admin"}


def test_who_may_not_stop_owning_the_group_does_not_stop_another() -> None:
    """Two were demoted and one of them may stay: the other is not the last."""
    ledger = missed(known(1, 2, 3, owners=[1, 2], led=[1, 2]), OWNERS, 1, 2)
    ledger = replace(ledger, refused=frozenset({change(1, OWNERS, REMOVE)}))
    result = owning(owners=[1, 2], moderators=[], ledger=ledger)

    assert result.changes == [change(2, OWNERS, REMOVE)]
    assert said(result) == {1: "refused_by_admin"}

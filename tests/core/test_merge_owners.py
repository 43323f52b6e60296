"""Every rule of the merge about our own writes, owners, moderators and refusals, by examples.

People are numbers: person 1 is principal 1. `BGT` are the directions: both, the group leads, the
team leads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from shared.core import times
from shared.core.ids import PersonId
from shared.core.ledger import (
    ADD,
    MEMBERS,
    OWNERS,
    REMOVE,
    WEBEX,
    Change,
    Ledger,
)
from shared.core.merge import Merge, merge
from shared.core.model import Direction
from tests.core.merging import (
    BOTH,
    DISMISSED,
    ENLISTED,
    EVERY,
    GROUP,
    JOINED,
    LEFT,
    NOW,
    TEAM,
    change,
    known,
    landed,
    missed,
    said,
    sides,
    wrote,
)
from tests.core.strategies import object_id, person

# Our own writes


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
    assert first.succeeded == NOW + times.GAP
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
    assert first.succeeded == NOW + times.GAP


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

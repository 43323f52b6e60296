from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.brake import HANDFUL, Braked, brake
from shared.core.ids import PersonId
from shared.core.ledger import ADD, MEMBERS, NO_ACCOUNT, OWNERS, REMOVE, WEBEX, Change
from shared.core.model import Limits
from tests.core.strategies import object_id, person

KINDS = [(side, op) for side in (MEMBERS, WEBEX) for op in (ADD, REMOVE)]
# The number lets everything through, or the share does.
SHARES = Limits(remove=1_000, remove_share=25, add=1_000, add_share=100)
NUMBERS = Limits(remove=20, remove_share=1_000, add=100, add_share=1_000)


def some(count: int, side: str, op: str, *, start: int = 1) -> list[Change]:
    return [Change(person(n), object_id(n), side, op) for n in range(start, start + count)]


def people_of(changes: list[Change]) -> set[PersonId]:
    return {c.person for c in changes}


def of(changes: list[Change], limits: Limits, people: int = 1_000, **facts: object) -> Braked:
    """Both sides have as many people."""
    return brake(changes, limits, team=people, group=people, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(("side", "op"), KINDS)
def test_more_people_than_the_number_wait(side: str, op: str) -> None:
    most = NUMBERS.remove if op == REMOVE else NUMBERS.add
    few, many = some(most, side, op), some(most + 1, side, op)

    assert of(few, NUMBERS) == Braked(go=tuple(few))
    assert of(many, NUMBERS) == Braked((), tuple(many), (f"{op}_many",))


@pytest.mark.parametrize(("side", "op"), KINDS)
def test_a_larger_share_than_allowed_waits(side: str, op: str) -> None:
    share = SHARES.remove_share if op == REMOVE else SHARES.add_share
    few, many = some(share, side, op), some(share + 1, side, op)

    assert of(few, SHARES, people=100).held == ()
    assert of(many, SHARES, people=100).why == (f"{op}_many",)


@pytest.mark.parametrize(("side", "op"), KINDS)
def test_a_handful_is_no_large_share_however_small_the_team(side: str, op: str) -> None:
    few, many = some(HANDFUL, side, op), some(HANDFUL + 1, side, op)
    none = Limits(remove_share=0, add_share=0)

    assert of(few, none).go == tuple(few)
    assert of(many, none).why == (f"{op}_many",)


@pytest.mark.parametrize("side", [MEMBERS, WEBEX])
def test_a_share_is_of_the_side_that_changes(side: str) -> None:
    changes = some(10, side, REMOVE)
    sizes = {MEMBERS: 20, WEBEX: 20, side: 100}
    held = brake(changes, SHARES, team=sizes[WEBEX], group=sizes[MEMBERS]).held

    assert held == ()


@pytest.mark.parametrize("side", [MEMBERS, WEBEX])
@pytest.mark.parametrize("people", [1, 3])
def test_what_empties_a_side_waits_however_few_they_are(side: str, people: int) -> None:
    assert of(some(people, side, REMOVE), NUMBERS, people=people).why == ("empties",)
    assert of(some(people, side, REMOVE), NUMBERS, people=people + 1).held == ()
    assert of(some(people, side, ADD), NUMBERS, people=0).held == ()


def test_each_kind_is_counted_by_itself_and_only_what_is_too_much_waits() -> None:
    few = [c for side, op in KINDS for c in some(NUMBERS.remove, side, op)]
    many = some(1, WEBEX, REMOVE, start=500)
    result = of([*few, *many], NUMBERS)

    assert {(c.side, c.op) for c in result.held} == {(WEBEX, REMOVE)}
    assert len(result.held) == NUMBERS.remove + 1
    assert result.go == tuple(c for c in few if (c.side, c.op) != (WEBEX, REMOVE))


def test_every_reason_is_said_once() -> None:
    changes = [*some(7, MEMBERS, REMOVE), *some(9, WEBEX, REMOVE), *some(300, WEBEX, ADD)]
    result = brake(changes, Limits(remove=5), team=9, group=100)

    assert result.why == ("add_many", "empties", "remove_many")


def test_what_was_allowed_goes_and_is_not_counted_again() -> None:
    """An administrator allowed many; one more has come since."""
    changes = some(40, MEMBERS, REMOVE)
    first = of(changes, NUMBERS)
    more = [*changes, *some(NUMBERS.remove, MEMBERS, REMOVE, start=100)]
    beyond = [*more, *some(1, MEMBERS, REMOVE, start=200)]

    assert first.go == ()
    assert of(more, NUMBERS, allowed=first.held) == Braked(tuple(more))
    assert of(beyond, NUMBERS, allowed=first.held).go == tuple(changes)


def test_the_people_of_a_new_team_are_no_surprise_in_its_group() -> None:
    changes = some(400, MEMBERS, ADD)

    assert of(changes, NUMBERS, expected=people_of(changes)).go == tuple(changes)
    assert of(changes, NUMBERS).go == ()
    others = some(101, MEMBERS, ADD, start=500)
    assert of([*changes, *others], NUMBERS, expected=people_of(changes)).held == tuple(others)


@pytest.mark.parametrize(("side", "op"), KINDS)
def test_whom_nobody_has_looked_up_yet_counts_where_they_would_be_added(side: str, op: str) -> None:
    changes = some(10, side, op)
    held = of(changes, NUMBERS, coming={side: 400}).held

    assert held == (tuple(changes) if op == ADD else ())
    assert of(changes, NUMBERS, coming={WEBEX if side == MEMBERS else MEMBERS: 400}).held == ()


def test_who_is_not_looked_up_yet_holds_nobody_by_themselves() -> None:
    assert of([], NUMBERS, coming={MEMBERS: 400, WEBEX: 400}) == Braked(())


def test_a_guest_whose_invitation_was_allowed_may_be_added() -> None:
    invited = [Change(person(n), NO_ACCOUNT, MEMBERS, ADD) for n in range(1, 200)]
    added = some(199, MEMBERS, ADD)

    assert of(added, NUMBERS, allowed=invited).go == tuple(added)
    assert of(some(199, WEBEX, ADD), NUMBERS, allowed=invited).go == ()


@pytest.mark.parametrize(("side", "op"), [kind for kind in KINDS if kind != (MEMBERS, ADD)])
def test_everything_else_about_a_new_team_is(side: str, op: str) -> None:
    changes = some(400, side, op)
    assert of(changes, NUMBERS, expected=people_of(changes)).go == ()


def test_a_first_merge_waits_whole_owners_too() -> None:
    changes = [*(Change(person(1), object_id(1), *kind) for kind in KINDS)]
    changes += some(1, OWNERS, ADD)
    first = of(changes, NUMBERS, first=True, expected=people_of(changes))

    assert first == Braked((), tuple(changes), ("first_merge",))
    assert of(changes, NUMBERS, first=True, allowed=first.held) == Braked(tuple(changes))
    assert of([], NUMBERS, first=True) == Braked(())


def test_owners_are_not_counted() -> None:
    changes = [*some(90, OWNERS, ADD), *some(90, OWNERS, REMOVE, start=200)]

    assert of(changes, Limits(remove=0, add=0, remove_share=0, add_share=0)).go == tuple(changes)


def test_who_may_not_be_removed_yet_keeps_the_ownership_as_long() -> None:
    removed = some(30, MEMBERS, REMOVE)
    demoted = some(2, OWNERS, REMOVE)
    other = some(1, OWNERS, REMOVE, start=90)
    result = of([*demoted, *other, *removed], NUMBERS)

    assert result.go == tuple(other)
    assert set(result.held) == set(removed), "it is not asked about by itself"


@settings(max_examples=200, deadline=None)
@given(
    changes=st.lists(
        st.builds(
            lambda n, side, op: Change(person(n), object_id(n), side, op),
            st.integers(1, 60),
            st.sampled_from([MEMBERS, OWNERS, WEBEX]),
            st.sampled_from([ADD, REMOVE]),
        ),
        unique=True,
        max_size=80,
    ),
    limits=st.builds(
        Limits, st.integers(0, 30), st.integers(0, 120), st.integers(0, 30), st.integers(0, 120)
    ),
    people=st.integers(0, 60),
    allowing=st.booleans(),
    new=st.booleans(),
    first=st.booleans(),
)
def test_nothing_is_lost_and_what_goes_is_within_the_limits(
    changes: list[Change], limits: Limits, people: int, allowing: bool, new: bool, first: bool
) -> None:
    allowed = changes[::2] if allowing else []
    expected = people_of(changes) if new else ()
    result = of(changes, limits, people, allowed=allowed, expected=expected, first=first)
    waiting = {c for c in changes if c not in result.go}

    assert list(result.go) == [c for c in changes if c in result.go], "in the given order"
    assert set(result.held) <= waiting
    assert all(c.side == OWNERS and c.op == REMOVE for c in waiting - set(result.held))
    assert not {*allowed} & set(result.held)
    assert bool(result.held) == bool(result.why)
    removed = [c for c in result.go if (c.side, c.op) == (WEBEX, REMOVE) and c not in allowed]
    assert len(removed) <= limits.remove
    assert not removed or len(removed) < people

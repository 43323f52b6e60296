"""What a run makes of object ids that others claim, and of ids that are another account's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.core.identity import from_external_id
from shared.core.ids import ObjectId, PersonId
from shared.core.model import IdentityState
from tests.audit.crowd import Crowd


def states(crowd: Crowd, *people: str) -> list[IdentityState]:
    known = crowd.stage.services.identities.known(map(PersonId, people))
    return [known[PersonId(p)].state for p in people]


@pytest.mark.parametrize("rival", ["guest", "switched off"])
def test_nobody_is_mapped_whose_object_id_somebody_else_carries(
    make_crowd: Callable[..., Crowd], rival: str
) -> None:
    """Somebody of whom the audit does not hear, or who counts for nothing in it."""
    crowd = make_crowd(0)
    alice = crowd.twin(lambda o: o)
    other = crowd.new_id()
    if rival == "switched off":
        other = crowd.person(alice.external_id, account_status="disabled").uuid
    now = round(crowd.stage.clock.now())
    crowd.stage.services.identities.keep(
        [from_external_id(PersonId(other), alice.external_id, now - 60)]
    )

    crowd.run()

    twice = IdentityState.CLAIMED_TWICE
    assert states(crowd, alice.uuid, other) == [twice, twice]


def test_an_object_id_that_was_given_to_its_owner_is_the_owners_after_one_run(
    make_crowd: Callable[..., Crowd],
) -> None:
    crowd = make_crowd(0)
    pairs = []
    for _ in range(12):
        owner = crowd.twin(lambda o: o)
        pairs.append((owner, crowd.person(owner.external_id)))
    crowd.run()
    everybody = [p.uuid for pair in pairs for p in pair]
    assert set(states(crowd, *everybody)) == {IdentityState.CLAIMED_TWICE}
    for _, other in pairs:
        other.external_id = crowd.account(mail=other.email)
    crowd.a_day_later()

    crowd.run()

    assert set(states(crowd, *everybody)) == {IdentityState.MAPPED}


def test_whose_object_id_is_another_accounts_is_listed_and_not_added_until_it_is_right(
    make_crowd: Callable[..., Crowd],
) -> None:
    """Also when a look has asked Webex anew, which tells External ID alone."""
    crowd = make_crowd(0)
    stage = crowd.stage
    creator, wrong = crowd.twin(lambda o: o), crowd.twin(lambda _: crowd.account())
    crowd.run()
    stage.turn_on(webhook=False)
    team = stage.team(creator, [wrong])
    stage.settle()
    group = stage.group_of(team)
    assert group is not None
    assert stage.row(team).listed == {PersonId(wrong.uuid): "name_differs"}
    for _ in range(2):
        stage.clock.advance(25 * 3600)
        stage.settle()
    assert wrong.external_id not in group.members
    assert states(crowd, wrong.uuid) == [IdentityState.NAME_DIFFERS]

    own = stage.tenant.user_of(wrong.email)
    assert own is not None
    own.mail = "somebody.else@example.com"
    stage.tenant.reset_delta()
    crowd.a_day_later()
    crowd.run()
    stage.settle()

    assert wrong.external_id in group.members
    assert stage.row(team).listed == {}


def test_another_external_id_ends_it_without_an_audit(make_crowd: Callable[..., Crowd]) -> None:
    crowd = make_crowd(0)
    stage = crowd.stage
    creator, wrong = crowd.twin(lambda o: o), crowd.twin(lambda _: crowd.account())
    crowd.run()
    stage.turn_on(webhook=False)
    team = stage.team(creator, [wrong])
    stage.settle()
    own = stage.tenant.user_of(wrong.email)
    assert own is not None
    wrong.external_id = own.object_id
    stage.clock.advance(25 * 3600)
    stage.settle()

    group = stage.group_of(team)
    assert group is not None and own.object_id in group.members


def test_who_was_in_the_group_already_is_left_alone(make_crowd: Callable[..., Crowd]) -> None:
    crowd = make_crowd(0)
    stage = crowd.stage
    creator, wrong = crowd.twin(lambda o: o), crowd.person(crowd.account())
    stage.turn_on(webhook=False)
    team = stage.team(creator, [wrong])
    stage.settle()
    group = stage.group_of(team)
    assert group is not None and wrong.external_id in group.members
    crowd.account(mail=wrong.email)

    crowd.run()
    for _ in range(3):
        stage.clock.advance(4 * 24 * 3600)
        stage.settle()

    assert states(crowd, wrong.uuid) == [IdentityState.NAME_DIFFERS]
    assert stage.row(team).listed == {PersonId(wrong.uuid): "name_differs"}
    assert wrong.external_id in group.members


def test_a_machine_claims_nothing(make_crowd: Callable[..., Crowd]) -> None:
    crowd = make_crowd(0)
    alice = crowd.twin(lambda o: o)
    room = crowd.person(alice.external_id, user_type="room")

    for _ in range(2):
        crowd.run()
        crowd.a_day_later()

    assert states(crowd, alice.uuid, room.uuid) == [IdentityState.MAPPED, IdentityState.BOT]
    object_id = ObjectId(str(alice.external_id))
    found = crowd.stage.services.identities.people_of([object_id])
    assert found == {object_id: frozenset({PersonId(alice.uuid)})}

from __future__ import annotations

import random

from shared.core.identity import from_external_id
from shared.core.ids import ObjectId, PersonId
from shared.core.model import Identity, IdentityState, Member
from shared.core.people import outsiders, refusal, roster_digest, sort_people, to_resolve
from tests.core.strategies import object_id, person

ORG = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
OTHER = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def _member(number: int, **facts: object) -> Member:
    fields = {
        "person": person(number),
        "email": f"p{number}@example.com",
        "name": f"P {number}",
        "org": ORG,
        "moderator": False,
        "joined": number,
        **facts,
    }
    return Member(**fields)  # type: ignore[arg-type]


def _known(*numbers: int) -> dict[PersonId, Identity]:
    return {person(n): from_external_id(person(n), object_id(n), 0) for n in numbers}


def test_bots_and_people_of_other_organizations_are_never_resolved() -> None:
    bot, guest = _member(1, email="Helper@WebEx.Bot"), _member(2, org=OTHER)
    roster = [bot, guest, _member(3), _member(4, org="")]

    assert refusal(bot, ORG) == "bot"
    assert refusal(guest, ORG) == "other_organization"
    assert to_resolve(roster, ORG) == [person(3), person(4)]


def test_who_is_not_mapped_is_listed_with_the_reason() -> None:
    states = [s for s in IdentityState if s is not IdentityState.MAPPED]
    roster = [_member(n) for n in range(1, len(states) + 1)]
    identities = {
        m.person: Identity(m.person, object_id(7), state, 0, 0)
        for m, state in zip(roster, states, strict=True)
    }
    people = sort_people(roster, identities, ORG)

    assert people.mapped == {}
    assert people.listed == {m.person: s.value for m, s in zip(roster, states, strict=True)}


def test_an_identity_of_another_organization_is_not_used_even_if_it_is_known() -> None:
    people = sort_people([_member(1, org=OTHER)], _known(1), ORG)

    assert people.mapped == {}
    assert people.listed == {person(1): "other_organization"}


def test_people_of_other_organizations_count_where_they_are_guests_of_the_tenant() -> None:
    bot = _member(1, email="helper@webex.bot", org=OTHER)
    nameless = _member(5, email="", org=OTHER)
    roster = [bot, *(_member(n, org=OTHER) for n in (2, 3)), _member(4), nameless]
    identities = _known(1, 2, 4)
    people = sort_people(roster, identities, ORG, guests=True)

    assert outsiders(roster, ORG) == [*roster[1:3], nameless]
    assert list(people.mapped) == [person(2), person(4)]
    # Who can be invited is neither.
    assert people.listed == {person(1): "bot", person(5): "other_organization"}


def test_who_could_not_be_asked_for_yet_is_neither_added_nor_listed() -> None:
    people = sort_people([_member(1), _member(2)], _known(2), ORG)

    assert list(people.mapped) == [person(2)]
    assert people.listed == {}


def test_a_mapped_state_without_an_object_id_adds_nobody() -> None:
    nothing = {person(1): Identity(person(1), None, IdentityState.MAPPED, 0, 0)}

    assert sort_people([_member(1)], nothing, ORG).mapped == {}


def test_two_in_the_team_with_one_object_id_are_both_listed() -> None:
    one = ObjectId(object_id(1))
    identities = {person(n): from_external_id(person(n), one, 0) for n in (1, 2)} | _known(3)
    people = sort_people([_member(n, moderator=True) for n in (1, 2, 3)], identities, ORG)

    assert list(people.mapped) == [person(3)]
    assert people.moderators == (person(3),)
    assert set(people.listed.values()) == {"claimed_twice"}


def test_people_come_in_the_order_of_joining() -> None:
    roster = [_member(n) for n in range(1, 30)]
    random.Random(1).shuffle(roster)

    assert list(sort_people(roster, _known(*range(1, 30)), ORG).mapped) == [
        person(n) for n in range(1, 30)
    ]


def test_the_digest_sees_who_and_who_moderates_and_not_the_order() -> None:
    roster = [_member(1), _member(2, moderator=True)]

    assert roster_digest(roster) == roster_digest(roster[::-1])
    assert roster_digest(roster) != roster_digest([_member(1), _member(2)])
    assert roster_digest(roster) != roster_digest(roster[:1])
    assert roster_digest([]) == roster_digest([])

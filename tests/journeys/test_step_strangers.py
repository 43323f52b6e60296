"""Who is put into the group in Microsoft 365 and is nobody who can be put into the team.

Each is told once with the reason, and asked about no more than needed.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.kit import Call, Fault
from sandbox.microsoft.state import User
from sandbox.webex.state import Person
from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.model import Limits, Status
from shared.core.reasons import codes
from tests.journeys.following import IN, TEAM, look, rest
from tests.journeys.stage import Stage
from tests.journeys.standing import Standing, change, later, live, standing

DAY = times.DAY // times.SECOND


@pytest.fixture
def at(make_stage: Callable[..., Stage]) -> Standing:
    return standing(make_stage(), 5, webhook=False)


def add(at: Standing, user: User) -> ObjectId:
    at.group.add("members", user.object_id)
    return ObjectId(user.object_id)


def asked(at: Standing) -> list[Call]:
    """Of Webex's directory, so far."""
    return [c for c in at.stage.webex.log if "/identity/" in c.path]


def without_webex(at: Standing) -> User:
    return at.stage.tenant.add_user("Nobody In Webex")


def guest(at: Standing) -> User:
    return at.stage.tenant.add_guest("Guest", "guest@elsewhere.example")


def disabled(at: Standing) -> User:
    [person] = at.newcomers()
    at.stage.tenant.disable_user(str(person.external_id))
    return at.stage.tenant.users[str(person.external_id)]


def deactivated(at: Standing) -> User:
    [person] = at.newcomers(known=False)
    at.stage.webex.deactivate_person(person)
    return at.stage.tenant.users[str(person.external_id)]


def namesake(at: Standing) -> User:
    """Somebody else has the address in Webex."""
    user = at.stage.tenant.add_user("Same Name")
    other = at.stage.tenant.add_user("Other Name")
    at.stage.org.add_person("Same Name", user.mail, external_id=other.object_id)
    return user


def unsynchronized(at: Standing) -> User:
    """The address is the same, but no object id says that it is the same person."""
    user = at.stage.tenant.add_user("Same Name")
    at.stage.org.add_person("Same Name", user.mail)
    return user


def claimed_twice(at: Standing) -> User:
    user = at.stage.tenant.add_user("Twice")
    one = at.stage.org.add_person("Twice", user.mail, external_id=user.object_id)
    two = at.stage.org.add_person("Twice Again", external_id=user.object_id)
    at.stage.know([one, two])
    return user


def of_another_organization(at: Standing) -> User:
    """The address is somebody's in Webex, who belongs to another organization."""
    user = at.stage.tenant.add_user("Out")
    elsewhere = at.stage.webex.add_organization("Elsewhere")
    elsewhere.add_person("Out", user.mail, external_id=user.object_id)
    return user


@pytest.mark.parametrize(
    ("make", "code", "calls"),
    [
        (without_webex, "not_in_webex", 1),
        (guest, "guest_in_group", 0),
        (disabled, "disabled_in_entra", 0),
        (deactivated, "inactive_in_webex", 1),
        (namesake, "not_in_webex", 1),
        (unsynchronized, "not_in_webex", 1),
        (claimed_twice, "claimed_twice", 0),
        (of_another_organization, "not_in_webex", 1),
    ],
)
def test_who_cannot_be_put_into_the_team_is_told_once_with_the_reason(
    at: Standing, make: Callable[[Standing], User], code: str, calls: int
) -> None:
    stranger = add(at, make(at))
    before = len(asked(at))

    live(at.stage, 60)
    assert at.row.others == {stranger: code}
    assert len(asked(at)) - before == calls
    for _ in range(5):
        at.stage.clock.advance(60)
        look(at)

    assert at.row.others == {stranger: code}
    assert len(asked(at)) - before == calls, "nobody is asked again at every look"
    assert code in codes()
    assert at.row.listed == {}
    assert at.stage.webex.people_of(at.team) == at.people
    assert stranger in at.group.members
    assert at.row.status is Status.COMPLETE, "nothing is left to be done by itself"


def test_a_stranger_costs_a_call_a_day_and_is_told_no_more_once_he_is_out_of_the_group(
    at: Standing,
) -> None:
    stranger = add(at, without_webex(at))
    live(at.stage, 60)
    before = len(asked(at))

    assert rest(at, 5 * DAY) == []
    assert len(asked(at)) - before <= 5
    at.group.drop("members", stranger)
    before = len(asked(at))

    assert rest(at, 5 * DAY) == []
    assert at.row.others == {}
    assert len(asked(at)) == before


@pytest.mark.parametrize("make", [without_webex, unsynchronized])
def test_who_comes_to_webex_later_is_in_the_team_within_a_day(
    at: Standing, make: Callable[[Standing], User]
) -> None:
    user = make(at)
    add(at, user)
    later(at.stage, 3600)

    person = at.stage.webex.world.by_email.get(user.mail)
    if person:
        person.external_id = user.object_id
    else:
        person = at.stage.org.add_person(user.display_name, user.mail, external_id=user.object_id)
    later(at.stage, DAY + 3600)

    assert at.differences([*at.people, person]) == []


def test_whose_account_is_enabled_again_joins_the_team(at: Standing) -> None:
    user = disabled(at)
    add(at, user)
    later(at.stage, 3600)
    person = next(p for p in at.stage.org.people if p.external_id == user.object_id)

    at.stage.tenant.enable_user(user.object_id)
    later(at.stage, DAY + 3600)

    assert at.differences([*at.people, person]) == []


def test_whose_webex_account_works_again_joins_the_team(at: Standing) -> None:
    user = deactivated(at)
    add(at, user)
    later(at.stage, 3600)
    person = next(p for p in at.stage.org.people if p.external_id == user.object_id)

    at.stage.webex.reactivate_person(person)
    later(at.stage, DAY + 3600)

    assert at.differences([*at.people, person]) == []


def test_an_address_finds_whoever_the_principal_name_does_not(at: Standing) -> None:
    """Where the principal's name is another than the address, both are tried."""
    user = at.stage.tenant.add_user("Maiden Name")
    user.principal = "old.name@contoso.example"
    person = at.stage.org.add_person("New Name", user.mail, external_id=user.object_id)

    add(at, user)
    later(at.stage, 3600)

    assert at.differences([*at.people, person]) == []


def test_who_is_known_from_another_team_is_not_asked_about(at: Standing) -> None:
    [ada] = at.newcomers()
    ada.email = "another@address.example"
    before = len(asked(at))

    at.enlist(ada)
    later(at.stage, 3600)

    assert at.is_in(ada) == IN
    assert len(asked(at)) == before


def test_where_the_team_leads_nobody_is_asked_about(at: Standing) -> None:
    change(at.stage, direction=TEAM.value)
    strangers = {add(at, make(at)): "added_in_microsoft" for make in (without_webex, guest)}
    before = len(asked(at))

    assert rest(at, 2 * DAY) == []
    assert at.row.others == strangers
    assert len(asked(at)) == before


@pytest.mark.parametrize("kind", ["error", "throttle", "lost"])
def test_a_directory_that_does_not_answer_is_asked_again_and_nobody_is_told_a_reason(
    at: Standing, kind: str
) -> None:
    silent = Fault(kind, path="/identity/", seconds=60)
    at.stage.webex.faults.append(silent)
    [ada] = at.newcomers(known=False)
    at.enlist(ada)

    live(at.stage, 600, step=30)
    assert at.row.others == {}
    assert silent.hit
    at.stage.webex.faults.clear()
    later(at.stage, 3600)

    assert at.differences([*at.people, ada]) == []


def test_a_directory_that_is_down_keeps_nobody_else_waiting(at: Standing) -> None:
    """People whom we know go both ways, whoever else cannot be asked about."""
    ada, eve = at.newcomers(2)
    [unknown] = at.newcomers(known=False)
    at.stage.webex.faults.append(Fault("error", path="/identity/"))

    at.enlist(ada, unknown)
    at.join(eve)
    live(at.stage, 90)

    assert (at.is_in(ada), at.is_in(eve)) == (IN, IN)


def test_many_strangers_are_asked_about_a_few_at_a_time(at: Standing) -> None:
    change(at.stage, limits=Limits(add=1000, add_share=1000))
    people = at.newcomers(45, known=False)
    nobody = [add(at, without_webex(at))]

    at.enlist(*people)
    later(at.stage, 7200)

    assert [p.name for p in people if at.is_in(p) != IN] == []
    assert at.row.others == dict.fromkeys(nobody, "not_in_webex")
    assert [c for c in at.stage.webex.log if c.status == 429] == []


def test_who_is_told_of_in_the_group_and_joins_the_team_by_himself_is_no_stranger(
    at: Standing,
) -> None:
    """The account is somebody's whom Webex's directory hides behind another address."""
    user = at.stage.tenant.add_user("Hidden")
    hidden: Person = at.stage.org.add_person("Hidden", external_id=user.object_id)
    stranger = add(at, user)
    later(at.stage, 3600)
    assert at.row.others == {stranger: "not_in_webex"}

    at.join(hidden)
    later(at.stage, 7200)

    assert at.differences([*at.people, hidden]) == []
    assert at.ledger.baseline[PersonId(hidden.uuid)] == stranger

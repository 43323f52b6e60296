"""What goes wrong while nobody looks: seen on the pages, and told in Webex, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.kit import Fault
from sandbox.memory_tables import MemoryTables
from sandbox.webex.state import Person
from shared import wiring
from shared.admin import watching, webhooks
from shared.admin.ports import Actor, Office
from shared.core import times
from shared.core.ids import OrgId, PersonId
from tests.audit.crowd import Crowd
from tests.journeys.stage import PERMISSIONS, Stage

HOUR = 3_600


@pytest.fixture
def watched(storage: str | MemoryTables) -> Iterator[Crowd]:
    """With a bot; the administrator asked to be told; all checks were made once."""
    stage = Stage(storage)
    stage._connect()
    bot = stage.webex.add_bot("Groups")
    stage.redeploy(webex_bot_token=stage.webex.issue_bot_token(bot).access_token)
    crowd = Crowd(stage, 24, watched=True)
    watching.ask_for(office(crowd), admin(crowd), wanted=True)
    crowd.run()
    yield crowd
    wiring.install(None)


def office(crowd: Crowd) -> Office:
    return crowd.stage.wiring.office(OrgId(crowd.stage.org.uuid))


def admin(crowd: Crowd) -> Actor:
    return Actor(PersonId(crowd.stage.admin.uuid), "Adam Admin")


def messages(crowd: Crowd, person: Person | None = None) -> list[str]:
    to = person or crowd.stage.admin
    return [m.text for m in crowd.stage.webex.world.messages if m.person_uuid == to.uuid]


def hours(crowd: Crowd, count: int) -> None:
    for _ in range(count):
        crowd.stage.clock.advance(HOUR)
        crowd.tick()


def open_now(crowd: Crowd) -> list[str]:
    return [alert.subject for alert in watching.alerts(office(crowd))]


def take_back(crowd: Crowd) -> None:
    crowd.stage.microsoft.revoke(crowd.stage.application, crowd.stage.tenant)


def give(crowd: Crowd) -> None:
    crowd.stage.microsoft.consent(crowd.stage.application, crowd.stage.tenant, PERMISSIONS)


def test_nothing_is_told_while_all_is_well(watched: Crowd) -> None:
    hours(watched, 30)

    assert messages(watched) == []
    assert open_now(watched) == []


def test_a_consent_that_was_taken_back_is_told_once_and_again_when_it_happens_again(
    watched: Crowd,
) -> None:
    take_back(watched)
    hours(watched, 50)
    first = messages(watched)
    opened = open_now(watched)
    give(watched)
    hours(watched, 2)
    closed = open_now(watched)
    take_back(watched)
    hours(watched, 2)

    assert len(first) == 1
    assert "https://app.example/prerequisites" in first[0]
    assert "no longer accepts this app" in first[0]
    assert opened == ["check:m365_permissions"]
    assert closed == []
    assert len(messages(watched)) == 2


def test_only_who_asked_is_told_and_no_longer_once_they_do_not(watched: Crowd) -> None:
    other = watched.stage.officer
    watching.ask_for(office(watched), Actor(PersonId(other.uuid), "Olga"), wanted=True)
    watching.ask_for(office(watched), admin(watched), wanted=False)
    take_back(watched)
    hours(watched, 3)

    assert len(messages(watched, other)) == 1
    assert messages(watched) == []


@pytest.mark.parametrize("kind", ["error", "throttle"])
def test_a_message_that_webex_does_not_take_is_sent_later(watched: Crowd, kind: str) -> None:
    fault = Fault(kind, path="/v1/messages", status=503, seconds=600)
    watched.stage.webex.faults.append(fault)
    take_back(watched)
    hours(watched, 2)
    before = messages(watched)
    watched.stage.webex.faults.remove(fault)
    hours(watched, 2)

    assert before == []
    assert len(messages(watched)) == 1


def test_without_a_bot_it_is_on_the_pages_alone(watched: Crowd) -> None:
    watched.stage.redeploy(webex_bot_token="")
    take_back(watched)
    hours(watched, 3)

    assert open_now(watched) == ["check:m365_permissions"]
    assert all(not alert.to for alert in watching.alerts(office(watched)))


def test_a_provider_that_is_silent_is_no_news(watched: Crowd) -> None:
    watched.stage.microsoft.graph.faults.append(Fault("error", status=503))
    watched.stage.webex.faults.append(Fault("error", path="/v1/events", status=503))
    hours(watched, 26)

    assert open_now(watched) == []
    assert messages(watched) == []


def test_a_sign_in_near_its_end_is_told(watched: Crowd) -> None:
    rows = watched.stage.wiring.credentials(OrgId(watched.stage.org.uuid))
    kept = rows.read("spaces")
    assert kept is not None
    ends = watched.stage.services.now() + 10 * times.DAY
    rows.write("spaces", replace(kept, refresh_expires=ends, owner_name="Olga Officer"))
    hours(watched, 3)

    assert open_now(watched) == ["token:spaces"]
    assert len(messages(watched)) == 1 and "/credentials" in messages(watched)[0]


def test_a_sign_in_that_no_prerequisite_asks_for_is_told_when_it_is_lost(watched: Crowd) -> None:
    """That of whoever links folders: the rest of the product works without it."""
    rows = watched.stage.wiring.credentials(OrgId(watched.stage.org.uuid))
    people = rows.read("people")
    assert people is not None
    rows.write("folders", replace(people, etag=""))
    hours(watched, 2)
    before = messages(watched)
    kept = rows.read("folders")
    assert kept is not None
    rows.write("folders", replace(kept, etag="", failed=1))
    hours(watched, 3)
    lost, told = open_now(watched), messages(watched)
    rows.write("folders", replace(kept, etag=""))
    hours(watched, 2)

    assert before == []
    assert lost == ["sign_in:folders"]
    assert len(told) == 1 and "/credentials" in told[0]
    assert open_now(watched) == []


@pytest.mark.parametrize(
    ("row", "subject"), [(webhooks.ROW, "webhook"), (webhooks.BOT_ROW, "webhook:bot")]
)
def test_a_webhook_that_is_gone_is_told(watched: Crowd, row: str, subject: str) -> None:
    watched.stage.turn_on()
    rows = watched.stage.services.organizations

    def stands(standing: str) -> None:
        rows.keep(row, rows.kept(row), {"standing": standing, "at": 10**13})

    stands("there")
    hours(watched, 2)
    stands("off")
    hours(watched, 2)
    lost, told = open_now(watched), messages(watched)
    stands("there")
    hours(watched, 2)

    assert lost == [subject]
    assert len(told) == 1
    assert open_now(watched) == []


def test_fewer_people_who_match_are_told(watched: Crowd) -> None:
    people = watched.stage.people(60)
    watched.a_day_later()
    watched.run()
    for person in people[:20]:
        person.external_id = None
    watched.a_day_later()
    watched.run()
    hours(watched, 3)

    assert open_now(watched) == ["rate"]
    (message,) = messages(watched)
    assert "Fewer people than before" in message


def test_who_gave_the_tenant_up_is_not_told_of_it(watched: Crowd) -> None:
    take_back(watched)
    hours(watched, 2)
    rows = watched.stage.services.organizations
    rows.save_settings(lambda s: replace(s, tenant=None))
    hours(watched, 3)

    assert open_now(watched) == []
    assert len(messages(watched)) == 1


def test_messages_are_in_the_organizations_language(watched: Crowd) -> None:
    rows = watched.stage.services.organizations
    rows.save_settings(lambda s: replace(s, language="sv"))
    take_back(watched)
    hours(watched, 2)

    assert "Öppna förutsättningarna" in messages(watched)[0]


def test_what_was_true_when_is_kept(watched: Crowd) -> None:
    take_back(watched)
    hours(watched, 2)
    give(watched)
    hours(watched, 2)

    told = [(r.id, r.state.value) for r in office(watched).checks.history(100)]
    of_permissions = [state for check, state in told if check == "m365_permissions"]
    assert of_permissions == ["met", "not_met", "met"]
    times_told = [r.at for r in office(watched).checks.history(100)]
    assert times_told == sorted(times_told, reverse=True)

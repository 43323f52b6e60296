"""What nobody would look at again, if it were not for these."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.kit import Fault
from shared.core import times
from shared.core.ids import OrgId
from shared.core.model import Status
from shared.core.nudge import Nudge
from shared.sync.waking import wake_some
from shared.sync.worker import attend
from tests.journeys.stage import Stage, nudge


def test_what_a_permanent_failure_kept_from_being_done_is_done_a_day_later(stage: Stage) -> None:
    stage.microsoft.switches.revoked_tokens_live_on = False
    team = stage.team(stage.person(), stage.people(3))
    stage.settle()
    stage.run(600)
    stage.microsoft.revoke(stage.application, stage.tenant)
    late = stage.person()
    stage.webex.add_member(team, late)
    stage.run(120)
    assert stage.row(team).status is Status.NEEDS_PERSON
    stage.microsoft.consent(
        stage.application,
        stage.tenant,
        {"Group.ReadWrite.All", "User.Read.All", "Sites.Read.All"},
    )

    stage.clock.advance(86_400)
    stage.run(1800)

    group = stage.group_of(team)
    assert group is not None
    assert late.external_id in group.members
    assert stage.row(team).status is Status.COMPLETE


def test_a_look_that_crosses_the_end_of_settling_still_settles_the_team(stage: Stage) -> None:
    ada, bob = stage.person("Ada", mapped=False), stage.person("Bob")
    team = stage.team(ada, [bob])
    stage.run(70)
    first_seen = stage.row(team).first_seen
    stage.clock.advance(first_seen / 1000 + 299 - stage.clock.now())
    stage.watching = False
    stage.microsoft.graph.faults.append(Fault("slow", path="uniqueName", seconds=3, times=1))
    stage.work(nudge(stage, team.general.id))
    stage.watching = True

    stage.run(1200)

    group = stage.group_of(team)
    assert group is not None
    assert group.owners == [bob.external_id]


def test_a_space_that_cannot_be_seen_for_ten_minutes_is_not_given_up_on(stage: Stage) -> None:
    blind = Fault("error", path="^/v1/rooms/", status=404)
    stage.webex.faults.append(blind)
    team = stage.team(stage.person(), stage.people(3))
    stage.run(600)
    stage.webex.faults.remove(blind)

    stage.run(7200)
    stage.clock.advance(86_400)
    stage.run(7200)

    assert stage.group_of(team) is not None


def test_a_team_whose_creator_the_tenant_does_not_know_gets_a_stand_in(stage: Stage) -> None:
    ada, bob = stage.person("Ada"), stage.person("Bob")
    stage.tenant.remove_user(str(ada.external_id))
    team = stage.team(ada, [bob])

    stage.settle()
    stage.run(1000)

    group = stage.group_of(team)
    assert group is not None
    assert group.owners == [bob.external_id]


def test_one_person_whom_the_directory_cannot_tell_keeps_nobody_else_out(stage: Stage) -> None:
    people = stage.people(5)
    team = stage.team(people[0], people[1:])
    stage.webex.faults.append(Fault("error", path=f"/Users/{people[3].uuid}", status=500))

    stage.run(3600)

    group = stage.group_of(team)
    assert group is not None
    assert len(group.members) == 4


def test_a_person_who_gets_an_object_id_after_the_team_settled_gets_in(stage: Stage) -> None:
    ada, nora = stage.person("Ada"), stage.person("Nora", mapped=False)
    team = stage.team(ada, [nora])
    stage.settle()
    nora.external_id = stage.tenant.add_user("Nora").object_id

    stage.run(600)
    stage.clock.advance(25 * 3600)
    stage.run(600)

    group = stage.group_of(team)
    assert group is not None
    assert nora.external_id in group.members


def test_a_person_whom_entra_does_not_know_yet_gets_into_an_older_group_later(
    stage: Stage,
) -> None:
    team = stage.team(stage.person(), stage.people(3))
    stage.settle()
    stage.clock.advance(3600)
    late = stage.org.add_person("Late", external_id="11111111-2222-4333-8444-555555555555")
    stage.webex.add_member(team, late)
    stage.run(60)
    stage.tenant.add_user("Late", object_id=str(late.external_id))

    stage.run(600)
    stage.clock.advance(25 * 3600)
    stage.run(600)

    group = stage.group_of(team)
    assert group is not None
    assert late.external_id in group.members


def test_an_event_that_comes_late_is_found_even_if_the_folder_was_tended_meanwhile(
    stage: Stage,
) -> None:
    stage.webex.switches.who_may_link = "nobody"
    team = stage.team(stage.person(), stage.people(2))
    stage.settle()
    stage.run(600)
    folder_at = stage.row(team).folder_at
    assert folder_at is not None
    stage.run(60)
    stage.clock.advance(folder_at / 1000 - stage.clock.now() - 30)
    stage.run(20)
    stage.webex.switches.event_lag_seconds = 600
    late = stage.person()
    stage.webex.add_member(team, late)

    stage.run(650)
    stage.webex.switches.event_lag_seconds = 3
    stage.run(3 * 3600)

    group = stage.group_of(team)
    assert group is not None
    assert late.external_id in group.members


def test_events_are_read_on_when_webex_no_longer_knows_the_next_page(stage: Stage) -> None:
    stage.webex.switches.events_page_cap = 2
    stage.webex.switches.org_rooms_webhook = "silent"
    stage.team(stage.person(), stage.people(5))
    stage.webex.faults += [
        Fault("slow", path="^/v1/events", seconds=3, times=1),
        Fault("error", path="^/v1/events", status=400, when=lambda r: "cursor" in str(r.query)),
    ]
    stage.run(30)
    stage.webex.switches.events_page_cap = 1000
    team = stage.team(stage.person(), stage.people(3))

    stage.run(300)

    assert stage.group_of(team) is not None


def test_a_switch_on_that_died_half_way_wakes_every_team_when_pressed_again(
    stage: Stage,
) -> None:
    team = stage.team(stage.person(), stage.people(3))
    stage.settle()
    stage.turn_off()
    late = stage.person()
    stage.webex.add_member(team, late)
    stage.run(600)

    class Died(Exception): ...

    class DeadLooks:
        def among(self, uuids: object) -> dict[str, object]:
            return {}

        def read(self, uuid: str) -> None:
            raise Died

    stage.turn_on(webhook=False)
    services = replace(stage.services, looks=DeadLooks())  # type: ignore[arg-type]
    with pytest.raises(Died):
        wake_some(services, services.now() + times.SECOND)
    stage.turn_off()
    stage.turn_on(webhook=False)

    stage.run(300)

    group = stage.group_of(team)
    assert group is not None
    assert late.external_id in group.members


def test_a_dead_letter_that_could_not_be_written_is_written_later(stage: Stage) -> None:
    team = stage.team(stage.person())
    stage.run(45)
    rows = stage.wiring.tables.partition("Teams", stage.org.uuid)
    row = rows.get(f"team:{team.uuid}")
    assert row is not None
    rows.upsert(row.key, {**row.values, "status": "from the future"})
    look = stage.services.looks.read(team.uuid)
    assert look is not None
    now = stage.services.now()
    last_try = replace(look.value, tries=times.TRIES - 1, at=now, ready=now)
    stage.services.looks.write(team.uuid, look, last_try)

    class Died(Exception): ...

    class DeadDeadLetters:
        def put(self, _letter: object) -> None:
            raise Died

    dead: Any = DeadDeadLetters()
    services = replace(stage.services, dead_letters=dead)
    with pytest.raises(Died):
        attend(services, Nudge(OrgId(stage.org.uuid), team.general.id, "due"))

    stage.run(3600)

    letters = stage.wiring.tables.partition("DeadLetters", stage.org.uuid)
    assert letters.get(team.uuid) is not None

"""Odd answers and slow providers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.adapter import CloudAdapter
from sandbox.kit import Fault, Request
from shared.core.errors import Transient
from shared.core.model import Status
from shared.http import Reply
from shared.webex.credentials import WebexTokens
from tests.journeys.stage import Stage, nudge


def test_nobody_stands_in_for_a_creator_who_was_only_not_looked_up_yet(stage: Stage) -> None:
    ada, bob = stage.person("Ada"), stage.person("Bob")
    stage.know([bob])
    silent = Fault("error", path=f"/Users/{ada.uuid}", status=503)
    stage.webex.faults.append(silent)
    team = stage.team(ada, [bob])
    stage.run(600)
    stage.webex.faults.remove(silent)

    stage.run(1200)

    group = stage.group_of(team)
    assert group is not None
    assert group.owners == [ada.external_id]
    assert stage.row(team).stand_in is None


def test_a_team_that_could_not_be_seen_for_a_night_is_found_in_the_morning(stage: Stage) -> None:
    def hours(count: int) -> None:
        for _ in range(count * 12):
            stage.clock.advance(289)
            stage.run(11)

    blind = Fault("error", path="^/v1/rooms/", status=404)
    stage.webex.faults.append(blind)
    team = stage.team(stage.person(), stage.people(3))
    hours(6)
    stage.webex.faults.remove(blind)

    hours(30)

    assert stage.group_of(team) is not None


def test_members_are_read_where_paging_them_is_an_advanced_query(stage: Stage) -> None:
    stage.microsoft.switches.members_query_is_advanced = True
    team = stage.team(stage.person(), stage.people(3))

    stage.settle()
    stage.run(1200)

    assert stage.row(team).status is Status.COMPLETE


def test_a_long_retry_after_of_a_failed_batch_is_waited_for(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()

    class Asking(CloudAdapter):
        def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]
            answer = super().send(request, **options)
            if answer.status_code == 503:
                answer.headers["Retry-After"] = "120"
            return answer

    session = stage.wiring.session()
    session.mount("https://graph.microsoft.com", Asking(stage.microsoft.graph))
    stage.wiring.session = lambda: session
    stage.turn_on()
    people = stage.people(70)
    stage.know(people)
    stage.team(people[0], people[1:])
    stage.microsoft.graph.faults.append(Fault("error", path="batch", status=503, times=1))

    stage.run(300)

    calls = stage.graph_calls()
    failed = next(c.at for c in calls if c.status == 503)
    assert [c for c in calls if failed < c.at < failed + 120] == []


def test_what_the_directory_answered_before_it_throttled_is_kept(stage: Stage) -> None:
    people = stage.people(30)
    team = stage.team(people[0], people[1:])
    stage.webex.faults.append(Fault("throttle", path="/Users/", every=20, seconds=30))

    stage.run(900)

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    looked_up = [c for c in stage.webex.log if "/Users/" in c.path and c.status == 200]
    assert len(looked_up) == 30


def test_a_refresh_that_answers_nothing_keeps_the_sign_in(stage: Stage) -> None:
    kept = stage.wiring.credentials(stage.services.org)
    before = kept.read("spaces")
    assert before is not None

    class Empty:
        def call(self, *args: object, **options: object) -> Reply:
            return Reply(200, {}, {})

    clock = stage.wiring.clock
    tokens = WebexTokens(kept, Empty(), "https://w", "id", "secret", clock)  # type: ignore[arg-type]
    with pytest.raises(Transient):
        tokens.renewed("spaces", before.access_token)

    after = kept.read("spaces")
    assert after is not None
    assert after.access_token == before.access_token


def test_a_worker_that_is_told_404_takes_nothing_from_one_that_sees_the_team(
    make_stage: Callable[..., Stage],
) -> None:
    """Replicas differ: one worker hears that the space is missing, another looks at its team."""
    stage = make_stage()
    told: list[int] = []

    class Replicas(CloudAdapter):
        def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]
            if "/v1/rooms/" not in request.url or told:
                return super().send(request, **options)
            told.append(1)
            stage.work(nudge(stage, team.general.id))
            missing = super().send(request, **options)
            missing.status_code, missing._content = 404, b'{"message": "not found"}'
            return missing

    session = stage.wiring.session

    def sessions() -> Any:
        made = session()
        made.mount("https://webexapis.com", Replicas(stage.webex))
        return made

    stage.wiring.session = sessions
    stage.turn_on()
    team = stage.team(stage.person(), stage.people(3))

    stage.work(nudge(stage, team.general.id))

    look = stage.services.looks.read(team.uuid)
    space = stage.services.teams.space(team.uuid)
    assert look is not None
    assert look.value.sighted
    assert space is not None
    assert space.team == team.uuid


@pytest.mark.parametrize("silent", ["creator", "moderator"])
def test_who_may_create_groups_is_asked_for_even_if_somebody_is_not_looked_up_yet(
    stage: Stage, silent: str
) -> None:
    allowed = stage.tenant.add_security_group("May create", [])
    stage.tenant.group_settings["EnableGroupCreation"] = "False"
    stage.tenant.group_settings["GroupCreationAllowedGroupId"] = allowed
    ada, bob, cleo = stage.person("Ada"), stage.person("Bob"), stage.person("Cleo")
    unheard = ada if silent == "creator" else cleo
    stage.know([p for p in (ada, bob, cleo) if p is not unheard])
    stage.webex.faults.append(Fault("error", path=f"/Users/{unheard.uuid}", status=503))
    team = stage.team(ada, [bob, cleo])
    stage.webex.set_moderator(team, bob, True)
    stage.webex.set_moderator(team, cleo, True)

    stage.settle()
    stage.run(600)

    assert stage.group_of(team) is None


def test_webex_that_hangs_keeps_no_due_team_waiting(stage: Stage) -> None:
    def hangs(_request: Request) -> bool:
        stage.clock.advance(9)
        return True

    stage.webex.faults.append(Fault("error", path="^/v1/events", status=503, when=hangs))
    began = stage.clock.now()

    stage.watch()

    assert stage.clock.now() - began <= 30

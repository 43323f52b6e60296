"""Who must not be touched, whatever happens at the same moment."""

from __future__ import annotations

from sandbox.kit import Fault, Request
from shared.core import times
from shared.core.identity import from_external_id
from shared.core.ids import PersonId
from shared.core.model import Status
from shared.sync import pacing
from shared.sync.lease import want
from tests.journeys.stage import Stage, meanwhile, nudge


def test_a_team_from_before_stays_untouched_if_something_happens_during_its_first_sight(
    stage: Stage,
) -> None:
    stage.turn_off()
    ada = stage.person()
    old = stage.team(ada, stage.people(3))
    stage.clock.advance(3600)
    stage.turn_on(webhook=False)
    stage.watching = False
    second = stage.webex.create_space(ada, "Second", team=old)

    def somebody_joins() -> None:
        want(stage.services, old.uuid, old.general.id)

    somebody_joins()
    stage.webex.faults.append(meanwhile("^/v1/rooms/", somebody_joins, at=2))
    stage.work(nudge(stage, second.id))

    assert stage.row(old).status is Status.FROM_BEFORE
    assert stage.tenant.groups == {}


def test_an_identity_older_than_a_week_adds_nobody_before_it_is_looked_up_again(
    stage: Stage,
) -> None:
    ada, bob = stage.person("Ada"), stage.person("Bob")
    wrong = stage.tenant.add_user("Somebody else")
    week_ago = round(stage.clock.now()) - 8 * 86_400
    stage.know([ada])
    stage.services.identities.keep(
        [from_external_id(PersonId(bob.uuid), wrong.object_id, week_ago)]
    )
    pacing.hold_off(stage.services, "people", stage.services.now() + 60 * times.SECOND)
    team = stage.team(ada, [bob])

    stage.run(40)

    group = stage.group_of(team)
    assert group is None or wrong.object_id not in group.members


def test_a_create_that_was_throttled_is_not_sent_again_after_off(stage: Stage) -> None:
    team = stage.team(stage.person(), stage.people(3))

    def throttled_then_off(_request: Request) -> bool:
        stage.turn_off()
        return True

    stage.microsoft.graph.faults.append(
        Fault(
            "throttle", method="PATCH", path="uniqueName", times=1, seconds=4,
            when=throttled_then_off,
        )
    )  # fmt: skip

    stage.run(60)

    assert stage.group_of(team) is None

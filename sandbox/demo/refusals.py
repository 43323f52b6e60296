"""Scenes in which nothing may happen: forged deliveries, a team from before, the switch Off."""

from __future__ import annotations

import json
import time
import uuid

from sandbox.clouds import world
from sandbox.demo import checks
from sandbox.demo.pages import People
from sandbox.demo.scenes import Line, create
from sandbox.demo.stage import Stage
from sandbox.demo.tally import Count
from sandbox.supervise import Steps
from sandbox.webex import Team
from sandbox.webex.ids import encode

BEFORE_SIZE = 5
# Two rounds of the watch, and the first look after that.
OFF_SECONDS = 25.0
# The timer that takes the webhook away comes every half minute.
CHORES_SECONDS = 45.0


def forge(stage: Stage, say: Steps) -> Line:
    """Deliveries with a wrong signature and with none, about a space that would be looked up."""
    import requests

    space = str(uuid.uuid4())
    version = stage.wiring.settings.keyring.newest
    url = f"{stage.app_url}/webhooks/{world.ORGANIZATION}/{version}/rooms"
    body = json.dumps(
        {
            "resource": "rooms",
            "event": "created",
            "orgId": encode("ORGANIZATION", world.ORGANIZATION),
            "data": {"id": encode("ROOM", space), "type": "group"},
        }
    )
    answers = [
        requests.post(url, data=body, headers=headers, timeout=10).status_code
        for headers in ({"X-Spark-Signature": "0" * 40}, {})
    ]
    say(f"Forged deliveries were answered with {answers}")
    time.sleep(3)
    wrong = [] if answers == [401, 401] else [f"answers {answers} instead of 401"]
    if stage.tally.of(space).webex:
        wrong.append("the space was looked up")
    return Line("forged and unsigned deliveries", wrong, count=stage.tally.of(space))


def make_team_from_before(stage: Stage, say: Steps) -> Team:
    """To be called before the switch goes on."""
    people = world.ordinary_people(stage.clouds.webex)
    team = create(stage, people[0], "a team from before the switch")
    say("A team from before the switch: created")
    return team


def join_team_from_before(stage: Stage, team: Team, say: Steps) -> None:
    for person in world.ordinary_people(stage.clouds.webex)[1 : BEFORE_SIZE + 1]:
        stage.clouds.webex.add_member(team, person)
    say(f"The team from before: {BEFORE_SIZE} people joined it")


def check_untouched(stage: Stage, team: Team) -> Line:
    """At the end, when there was time enough to touch it."""
    wrong = checks.is_untouched(stage, team)
    size = len(stage.clouds.webex.people_of(team))
    return Line(team.name, wrong, size, count=stage.tally.of(team.uuid))


def play_off(stage: Stage, admin: People, say: Steps) -> tuple[Line, Team]:
    """With the switch Off a new team gets nothing, nor is anything else written; then On again."""
    wrong = admin.turn_off()
    say("The administrator slid the switch to Off")
    # A step that was on its way may still land, and the webhook is taken away.
    until = time.monotonic() + CHORES_SECONDS
    while stage.clouds.webex.webhooks and time.monotonic() < until:
        time.sleep(0.5)
    wrong += ["the webhook is still there"] if stage.clouds.webex.webhooks else []
    time.sleep(1)
    before = stage.tally.all()
    people = world.ordinary_people(stage.clouds.webex)
    team = create(stage, people[7], "a team made while Off")
    say(f"{team.name}: created; waiting {OFF_SECONDS:g} s")
    time.sleep(OFF_SECONDS)
    after = stage.tally.all()
    wrong += checks.is_untouched(stage, team)
    if after != before:
        wrong.append(f"calls went out: {_difference(before, after)}")
    wrong += admin.turn_on_again()
    say(f"{team.name}: {'; '.join(wrong) or 'nothing happened'}; On again")
    return Line("pages: Off, and On again", wrong), team


def _difference(before: Count, after: Count) -> str:
    more = after.since(before)
    return f"Webex {more.webex}, Graph {more.graph}"

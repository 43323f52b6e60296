"""The bot's webhook follows the switch, and what it tells is a nudge and nothing more."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from sandbox.kit import Fault
from sandbox.webex import Team, Webhook
from sandbox.webex.state import Person
from shared.admin import webhooks
from shared.admin.webhooks import BOT_ROW, Standing
from shared.core import times
from tests.journeys.stage import APP_URL, Stage

Make = Callable[..., Stage]


@dataclass
class Den:
    """A stage with a bot that the settings name."""

    stage: Stage
    bot: Person = field(init=False)

    def __post_init__(self) -> None:
        self.bot = self.stage.webex.add_bot("Robo")
        self.set_token(self.stage.webex.issue_bot_token(self.bot).access_token)

    def set_token(self, token: str) -> None:
        self.stage.redeploy(webex_bot_token=token)

    @property
    def hooks(self) -> list[Webhook]:
        hooks = self.stage.webex.webhooks.values()
        return [hook for hook in hooks if hook.creator_uuid == self.bot.uuid]

    @property
    def standing(self) -> Standing:
        known = webhooks.known(self.stage.services, BOT_ROW)
        assert known
        return known.standing

    @property
    def why(self) -> str:
        known = webhooks.known(self.stage.services, BOT_ROW)
        return known.why if known else ""

    def calls(self, since: int = 0) -> int:
        log = self.stage.webex.log[since:]
        return len([call for call in log if call.path.startswith("/v1/webhooks")])

    def tidy(self, after: float = 0) -> None:
        self.stage.clock.advance(after)
        self.stage.tidy()

    def told(self) -> list[str]:
        """The spaces of the nudges that came of what Webex delivers in the next half minute."""
        self.stage.clock.advance(30)
        self.stage.webex.deliver(self.stage.post)
        queue, self.stage.queue = self.stage.queue, []
        return [str(json.loads(message)["space"]) for message in queue]


@pytest.fixture
def den(make_stage: Make) -> Den:
    """Off."""
    return Den(make_stage())


@pytest.fixture
def on(den: Den) -> Den:
    """On, heard by events alone but for the bot, whose webhook is there."""
    den.stage.turn_on(webhook=False)
    den.tidy()
    return den


@pytest.fixture
def team(on: Den) -> Team:
    """The bot is in it."""
    made = on.stage.team(on.stage.person())
    on.stage.webex.add_member(made, on.bot)
    on.told()
    return made


def target(den: Den, version: str = "v1") -> str:
    return f"{APP_URL}/webhooks/{den.stage.org.uuid}/{version}/rooms"


def seen(den: Den) -> list[tuple[str, str, str, str]]:
    return [(h.resource, h.event, h.target_url, h.status) for h in den.hooks]


# It stands while the switch is On


def test_on_registers_one_for_every_change_of_membership(on: Den) -> None:
    assert seen(on) == [("memberships", "all", target(on), "active")]
    assert on.standing is Standing.THERE
    assert on.hooks[0].owned_by == "creator"


def test_where_webex_knows_no_webhook_for_all_there_is_one_for_each(den: Den) -> None:
    den.stage.webex.switches.webhook_event_all = False
    den.stage.turn_on(webhook=False)
    den.tidy()

    events = ["created", "updated", "deleted"]
    assert seen(den) == [("memberships", event, target(den), "active") for event in events]
    assert den.standing is Standing.THERE


def test_off_takes_all_of_them_away_and_asks_no_more(den: Den) -> None:
    den.stage.webex.switches.webhook_event_all = False
    den.stage.turn_on(webhook=False)
    den.tidy()
    den.stage.turn_off()
    den.tidy(30)
    asked = len(den.stage.webex.log)
    for _ in range(5):
        den.tidy(3600)

    assert den.hooks == []
    assert den.standing is Standing.GONE
    assert den.calls(asked) == 0


def test_without_a_bot_nobody_asks_for_one(den: Den) -> None:
    den.set_token("")
    den.stage.turn_on(webhook=False)
    den.tidy()
    den.tidy(3600)

    assert webhooks.known(den.stage.services, BOT_ROW) is None
    assert den.calls() == 0


def test_before_the_switch_was_ever_on_nobody_asks_for_one(den: Den) -> None:
    den.tidy()

    assert den.calls() == 0


def test_as_long_as_it_stands_it_is_looked_at_every_ten_minutes(on: Den) -> None:
    asked = len(on.stage.webex.log)
    for _ in range(5):
        on.tidy(110)
    assert on.calls(asked) == 0

    on.tidy(50)
    assert on.calls(asked) == 1


def test_one_that_webex_gave_up_is_active_again_after_a_rest(on: Den) -> None:
    on.hooks[0].status = "inactive"

    on.tidy(600)
    on.tidy(360)

    assert seen(on) == [("memberships", "all", target(on), "active")]


def test_one_that_somebody_deleted_is_there_again_within_ten_minutes(on: Den) -> None:
    on.stage.webex.webhooks.clear()

    on.tidy(600)

    assert len(on.hooks) == 1


def test_one_of_three_that_is_gone_is_put_back(den: Den) -> None:
    den.stage.webex.switches.webhook_event_all = False
    den.stage.turn_on(webhook=False)
    den.tidy()
    kept = {hook.event: hook.id for hook in den.hooks}
    del den.stage.webex.webhooks[kept["updated"]]

    den.tidy(3600)

    after = {hook.event: hook.id for hook in den.hooks}
    assert after.keys() == kept.keys()
    assert [after[e] == kept[e] for e in ("created", "updated", "deleted")] == [True, False, True]


def register(den: Den, url: str, event: str = "all") -> None:
    den.stage.services.webex.register_memberships_webhook(url, "secret", event)


def test_one_that_points_to_an_older_address_or_key_is_moved_here(den: Den) -> None:
    register(den, f"https://old.example/webhooks/{den.stage.org.uuid}/v0/rooms")
    old = den.hooks[0].id
    den.stage.turn_on(webhook=False)
    den.tidy()

    assert [(hook.id, hook.target_url) for hook in den.hooks] == [(old, target(den))]
    assert den.hooks[0].secret != "secret"


def test_what_is_there_too_often_is_cleared_away(den: Den) -> None:
    for event in ("created", "all", "deleted", "all"):
        register(den, target(den), event)
    den.stage.turn_on(webhook=False)
    den.tidy()

    assert seen(den) == [("memberships", "all", target(den), "active")]


def test_the_bots_other_webhooks_are_left_alone(den: Den) -> None:
    others = [
        "https://app.example/cards",
        f"{APP_URL}/webhooks/00000000-0000-4000-8000-00000000dead/v1/rooms",
        f"{APP_URL}/webhooks/{den.stage.org.uuid}/v1/rooms/else",
    ]
    for url in others:
        register(den, url)
    den.stage.turn_on(webhook=False)
    den.tidy()
    assert [hook.target_url for hook in den.hooks] == [*others, target(den)]
    den.stage.turn_off()
    den.tidy(30)

    assert [hook.target_url for hook in den.hooks] == others


# It is never in the way


def test_a_bot_that_webex_does_not_know_stops_nothing_and_is_told(den: Den) -> None:
    den.set_token("taken back")
    den.stage.turn_on()
    team = den.stage.team(den.stage.person())
    den.stage.settle()

    assert den.stage.group_of(team)
    assert (den.standing, den.why) == (Standing.MISSING, "credential_missing")
    assert webhooks.known(den.stage.services) is not None


def test_a_bot_whose_token_was_mended_has_it_within_the_hour(den: Den) -> None:
    den.set_token("taken back")
    den.stage.turn_on(webhook=False)
    den.tidy()
    den.set_token(den.stage.webex.issue_bot_token(den.bot).access_token)
    den.tidy(3600)

    assert (den.standing, len(den.hooks)) == (Standing.THERE, 1)


@pytest.mark.parametrize("status", [429, 502])
def test_a_webex_that_fails_is_asked_again_until_it_stands(den: Den, status: int) -> None:
    fault = Fault("error", path="/webhooks", status=status)
    den.stage.webex.faults.append(fault)
    den.stage.turn_on(webhook=False)
    den.tidy()
    assert den.standing is Standing.MISSING
    den.stage.webex.faults.remove(fault)
    for _ in range(4):
        den.tidy(30)

    assert (den.standing, len(den.hooks)) == (Standing.THERE, 1)


def test_an_answer_that_was_lost_leaves_one(den: Den) -> None:
    den.stage.webex.faults.append(Fault("lost", method="POST", path="/webhooks", times=1))
    den.stage.turn_on(webhook=False)
    den.tidy()
    assert den.standing is Standing.MISSING
    den.tidy(60)

    assert (den.standing, len(den.hooks)) == (Standing.THERE, 1)


def test_where_the_second_of_three_fails_the_rest_is_added_later(den: Den) -> None:
    den.stage.webex.switches.webhook_event_all = False
    den.stage.webex.faults.append(Fault("error", method="POST", path="/webhooks", at=3))
    den.stage.turn_on(webhook=False)
    den.tidy()
    assert [hook.event for hook in den.hooks] == ["created"]
    den.tidy(60)

    assert [hook.event for hook in den.hooks] == ["created", "updated", "deleted"]
    assert den.standing is Standing.THERE


def test_removing_is_tried_again_until_it_is_done(on: Den) -> None:
    fault = Fault("error", method="DELETE", path="/webhooks")
    on.stage.webex.faults.append(fault)
    on.stage.turn_off()
    on.tidy(30)
    assert (on.standing, on.why) == (Standing.LEFT, "provider_silent")
    on.stage.webex.faults.remove(fault)
    on.tidy(60)

    assert (on.standing, on.hooks) == (Standing.GONE, [])


def test_the_organizations_webhook_that_fails_does_not_keep_the_bots_waiting(den: Den) -> None:
    den.stage.webex.faults.append(
        Fault("error", path="/webhooks", when=lambda r: r.arg("ownedBy") == "org")
    )
    webhooks.ask_for(den.stage.services)
    den.stage.turn_on(webhook=False)
    webhooks.ask_for(den.stage.services)
    den.tidy()

    assert len(den.hooks) == 1


def test_who_saw_to_it_at_the_same_moment_leaves_it_to_be_looked_at_again(on: Den) -> None:
    """The timer registers while somebody turns the switch off: nothing may be left behind."""
    on.stage.webex.webhooks.clear()
    organizations = on.stage.services.organizations

    def meanwhile(_request: object) -> bool:
        kept = organizations.kept(BOT_ROW)
        assert kept
        organizations.keep(BOT_ROW, kept, {**kept.state, "tries": 7})
        return False

    on.stage.webex.faults.append(
        Fault("slow", method="POST", path="/webhooks", seconds=0, times=1, when=meanwhile)
    )
    on.tidy(3600)
    assert on.standing is Standing.UNKNOWN
    on.stage.turn_off()
    on.tidy(30)

    assert (on.standing, on.hooks) == (Standing.GONE, [])


# What it tells


def test_whoever_comes_changes_or_leaves_is_a_nudge_of_the_space(on: Den, team: Team) -> None:
    stage, person = on.stage, on.stage.person()
    changes: list[Callable[[], object]] = [
        lambda: stage.webex.add_member(team, person),
        lambda: stage.webex.set_moderator(team, person, True),
        lambda: stage.webex.remove_member(team, person),
    ]
    for change in changes:
        change()

        (space,) = on.told()
        assert stage.services.webex.room(space).uuid == team.uuid


def test_what_it_tells_does_not_depend_on_how_webex_names_the_organization(
    on: Den, team: Team
) -> None:
    """A bot is of an organization of its own, and so are its deliveries."""
    for bare in (False, True):
        on.stage.webex.switches.bare_org_id = bare
        on.stage.webex.add_member(team, on.stage.person())

        assert len(on.told()) == 1


def test_a_direct_space_is_acknowledged_and_no_nudge(on: Den) -> None:
    person = on.stage.person()
    on.stage.webex.create_space(person, "", direct_with=on.bot)
    delivered = len(on.stage.webex.outbox)

    assert on.told() == []
    assert delivered > 0
    assert on.hooks[0].failures == []


def test_a_space_that_the_bot_is_not_in_is_not_told(on: Den, team: Team) -> None:
    other = on.stage.team(on.stage.person(), name="Other")
    on.stage.webex.add_member(other, on.stage.person())

    assert on.told() == []


@pytest.mark.parametrize("header", ["X-Spark-Signature", "X-Webex-Signature"])
def test_a_forged_delivery_is_refused(on: Den, team: Team, header: str) -> None:
    on.stage.webex.add_member(team, on.stage.person())
    (real,) = on.stage.webex.outbox
    # The right secret over other bytes, and other signatures over the right ones.
    other_body = real.body.replace(b'"created"', b'"deleted"', 1)
    zeros = re.sub(r"[0-9a-f]{40,}", lambda digest: "0" * len(digest[0]), real.headers[header])
    plain = {k: v for k, v in real.headers.items() if not k.endswith("Signature")}

    assert on.stage.post(real.url, real.headers, other_body) == 401
    assert on.stage.post(real.url, plain | {header: zeros}, real.body) == 401
    assert on.stage.post(real.url, plain, real.body) == 401
    elsewhere = real.url.replace(on.stage.org.uuid, "00000000-0000-4000-8000-00000000dead")
    assert on.stage.post(elsewhere, real.headers, real.body) == 401
    assert on.stage.queue == []
    assert on.stage.post(real.url, real.headers, real.body) == 202


def test_somebody_who_joins_is_in_the_group_though_events_say_nothing(on: Den, team: Team) -> None:
    stage = on.stage
    stage.settle()
    stage.run(400)
    group = stage.group_of(team)
    assert group
    stage.webex.switches.event_lag_seconds = 10 * times.DAY / times.SECOND
    late = stage.person()
    stage.webex.add_member(team, late)

    stage.run(90)

    assert late.external_id in group.members

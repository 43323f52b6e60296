"""A webhook that was turned off, deleted or bent is noticed, mended and made good for; and one that
fails for a reason of ours is not turned on into the same failure again and again."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import uuid4

import pytest

from sandbox.kit import Call, Fault, Request
from sandbox.webex import Webhook
from shared.admin import webhooks
from shared.admin.webhooks import BOT_ROW, ROW, Standing
from shared.core import times
from shared.core.credential import Credential
from shared.core.ids import OrgId
from shared.core.keyring import parse_keyring, webhook_secret
from shared.ports import Services
from tests.journeys.stage import APP_URL, MASTER_KEY, SPACES, Stage
from tests.journeys.standing import employ_bot
from tests.pages.steps import serve

Make = Callable[..., Stage]
MINUTE, HOUR = 60.0, 3600.0
RUN = 30.0
# Webex counts failures for so long, and ends at once what was revived within.
WINDOW = 5 * MINUTE
NEW_KEY = base64.b64encode(b"n" * 32).decode()


@dataclass
class Kennel:
    """A stage with a bot, that is On: all webhooks were just seen to be there.

    reachable: the addresses at which Webex finds the app. fails: it answers 503 to every delivery.
    listings: whose webhooks were asked for, "org" or "creator", in order.
    """

    stage: Stage
    row: str = ROW
    reachable: set[str] = field(default_factory=lambda: {APP_URL})
    fails: bool = False
    listings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stage.webex.faults.append(
            Fault("slow", method="GET", path="/webhooks", seconds=0, when=self._listed)
        )
        self.bot = employ_bot(self.stage)
        self.stage.turn_on()
        self.creator = self.stage.person()
        self._until_the_next_run()
        self.live(RUN)

    @property
    def hooks(self) -> list[Webhook]:
        """Of the row: the organization's, or the bot's."""
        every, owner = self.stage.webex.webhooks.values(), self.owner
        if owner == "org":
            return [w for w in every if (w.owned_by, w.org_uuid) == (owner, self.stage.org.uuid)]
        return [w for w in every if w.creator_uuid == self.bot.uuid]

    @property
    def owner(self) -> str:
        return "org" if self.row == ROW else "creator"

    @property
    def hook(self) -> Webhook:
        (hook,) = self.hooks
        return hook

    @property
    def known(self) -> webhooks.Webhook:
        known = webhooks.known(self.stage.services, self.row)
        assert known
        return known

    @property
    def now(self) -> float:
        return self.stage.clock.now()

    def live(self, seconds: float, *, watch: bool = False, step: float = RUN) -> None:
        """Let time pass: deliveries and the chores; the watching and the worker if asked."""
        end = self.now + seconds
        while self.now < end:
            self.stage.clock.advance(min(step, end - self.now))
            self.stage.webex.deliver(self.post)
            if watch:
                self.stage.watch()
                self.stage.drain()
            self.stage.tidy()

    def live_until(self, done: Callable[[], bool], *, at_most: float, step: float = RUN) -> float:
        """How long it took; fails where it took longer than `at_most`."""
        began = self.now
        while not done():
            assert self.now - began <= at_most, "it took too long"
            self.live(step, step=step)
        return self.now - began

    def change(self, **settings: object) -> None:
        """The deployment's settings are other ones from now on."""
        self.stage.redeploy(**settings)

    def deliveries(self, count: int = 100) -> None:
        """As many spaces are made, which Webex tells of."""
        for number in range(count):
            self.stage.webex.create_space(self.creator, f"Space {number}")

    def calls(self, method: str, since: int = 0) -> list[Call]:
        """About webhooks, answered or not; of both owners."""
        log = self.stage.webex.log[since:]
        return [c for c in log if c.method == method and c.path.startswith("/v1/webhooks")]

    def mark(self) -> int:
        return len(self.stage.webex.log)

    def events_since(self, mark: int) -> int:
        return len([c for c in self.stage.webex.log[mark:] if c.path == "/v1/events"])

    def _listed(self, request: Request) -> bool:
        self.listings.append(request.arg("ownedBy") or "creator")
        return False

    def post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        if self.fails or not any(url.startswith(f"{each}/") for each in self.reachable):
            return 503
        return self.stage.post(url, headers, body)

    def wait_for_its_time(self) -> None:
        """Until the run of the chores that sees to it."""
        self.stage.clock.advance(max(0.0, self.known.at / times.SECOND - self.now))
        self._until_the_next_run()

    def _until_the_next_run(self) -> None:
        self.stage.clock.advance(-self.now % RUN)


@pytest.fixture(params=[ROW, BOT_ROW], ids=["organization", "bot"])
def kennel(request: pytest.FixtureRequest, make_stage: Make) -> Kennel:
    """Once for the organization's webhook and once for the bot's."""
    return Kennel(make_stage(), request.param)


@pytest.fixture
def ours(make_stage: Make) -> Kennel:
    return Kennel(make_stage())


def end(kennel: Kennel) -> None:
    """Webex turns it off."""
    kennel.hook.status = "inactive"


def is_off(kennel: Kennel) -> bool:
    return kennel.known.standing is Standing.OFF


def is_on(kennel: Kennel) -> bool:
    return kennel.known.standing is Standing.THERE and kennel.hook.status == "active"


# Noticed within ten minutes


def delete(kennel: Kennel) -> None:
    del kennel.stage.webex.webhooks[kennel.hook.id]


def point_elsewhere(kennel: Kennel) -> None:
    kennel.hook.target_url = "https://somebody.example/hook"


def back_to_an_older_key(kennel: Kennel) -> None:
    kennel.hook.target_url = kennel.hook.target_url.replace("/v1/", "/v0/")
    kennel.hook.secret = "of another key"


def another_secret(kennel: Kennel) -> None:
    kennel.hook.secret = "of somebody"


@pytest.mark.parametrize(
    "bend",
    [delete, point_elsewhere, back_to_an_older_key, another_secret],
    ids=lambda f: f.__name__,
)
def test_what_was_deleted_or_bent_is_as_it_was_within_ten_minutes(
    kennel: Kennel, bend: Callable[[Kennel], None]
) -> None:
    secret = webhook_secret(kennel.stage.wiring.settings.keyring, "v1", kennel.stage.org.uuid)
    # Right after it was looked at, so it takes as long as it can.
    bend(kennel)

    kennel.live(10 * MINUTE)

    target = f"{APP_URL}/webhooks/{kennel.stage.org.uuid}/v1/rooms"
    assert (kennel.hook.target_url, kennel.hook.secret) == (target, secret)
    assert is_on(kennel)


def test_one_that_webex_turned_off_is_noticed_within_ten_minutes_and_on_after_a_rest(
    kennel: Kennel,
) -> None:
    end(kennel)

    noticed = kennel.live_until(lambda: is_off(kennel), at_most=10 * MINUTE)
    assert kennel.known.why == "webhook_off"
    rested = kennel.live_until(lambda: is_on(kennel), at_most=7 * MINUTE)

    assert noticed <= 10 * MINUTE
    assert rested >= WINDOW, "within the window the first failure would end it again"


def test_one_of_three_of_the_bots_is_enough(make_stage: Make) -> None:
    stage = make_stage()
    stage.webex.switches.webhook_event_all = False
    kennel = Kennel(stage, BOT_ROW)
    before = {hook.id for hook in kennel.hooks}
    kennel.hooks[1].status = "inactive"

    kennel.live_until(lambda: is_off(kennel), at_most=10 * MINUTE)
    assert [hook.status for hook in kennel.hooks].count("inactive") == 1
    kennel.live_until(lambda: not is_off(kennel), at_most=7 * MINUTE)

    assert {hook.id for hook in kennel.hooks if hook.status == "active"} == before


def test_one_that_is_deleted_beside_one_that_is_off_does_not_wait_for_it(make_stage: Make) -> None:
    stage = make_stage()
    stage.webex.switches.webhook_event_all = False
    kennel = Kennel(stage, BOT_ROW)
    first, second, _third = kennel.hooks
    first.status = "inactive"
    del stage.webex.webhooks[second.id]

    kennel.live_until(lambda: is_off(kennel), at_most=10 * MINUTE)

    states = {hook.event: hook.status for hook in kennel.hooks}
    assert states == {first.event: "inactive", second.event: "active", "deleted": "active"}


# Few calls


def test_as_long_as_all_is_well_one_listing_each_in_ten_minutes(ours: Kennel) -> None:
    mark = ours.mark()

    ours.listings.clear()

    ours.live(HOUR)

    assert sorted(ours.listings) == ["creator"] * 6 + ["org"] * 6
    assert len(ours.calls("PUT", mark)) + len(ours.calls("POST", mark)) == 0


def test_while_it_rests_nobody_asks(kennel: Kennel) -> None:
    end(kennel)
    kennel.live_until(lambda: is_off(kennel), at_most=10 * MINUTE)
    kennel.listings.clear()

    kennel.live(5 * MINUTE)

    assert kennel.owner not in kennel.listings


def test_off_removes_one_that_rests_and_asks_no_more(kennel: Kennel) -> None:
    end(kennel)
    kennel.live_until(lambda: is_off(kennel), at_most=10 * MINUTE)
    kennel.stage.turn_off()
    kennel.live(MINUTE)
    mark = kennel.mark()

    kennel.live(5 * HOUR, step=5 * MINUTE)

    assert kennel.hooks == []
    assert kennel.known.standing is Standing.GONE
    assert kennel.calls("GET", mark) == []


# Never into the same failure


@dataclass
class Life:
    """When Webex ended the webhook and when we turned it on again."""

    ended: list[float] = field(default_factory=list)
    revived: list[float] = field(default_factory=list)

    @property
    def rests(self) -> list[float]:
        return [on - off for off, on in zip(self.ended, self.revived, strict=False)]


def follow(kennel: Kennel, seconds: float) -> Life:
    """There are a hundred deliveries whenever it is on, and how it fares."""
    life, was = Life(), kennel.hook.status
    until = kennel.now + seconds
    while kennel.now < until:
        if kennel.hook.status == "active" and not kennel.stage.webex.outbox:
            kennel.deliveries()
        # Nothing happens to it before its time, but for what is on its way.
        kennel.stage.clock.advance(RUN)
        kennel.stage.webex.deliver(kennel.post)
        if (was, kennel.hook.status) == ("active", "inactive"):
            life.ended.append(kennel.now)
        was = kennel.hook.status
        if not kennel.stage.webex.outbox:
            kennel.wait_for_its_time()
        kennel.stage.tidy()
        if (was, kennel.hook.status) == ("inactive", "active"):
            life.revived.append(kennel.now)
        was = kennel.hook.status
        kennel.stage.queue.clear()
    return life


@pytest.mark.parametrize("why", ["fails", "leads nowhere"])
def test_where_our_end_keeps_failing_it_is_turned_on_ever_more_seldom(
    ours: Kennel, why: str
) -> None:
    ours.fails = why == "fails"
    ours.reachable = {APP_URL} if ours.fails else set()

    life = follow(ours, 16 * HOUR)

    assert min(life.rests) > WINDOW
    assert life.rests == sorted(life.rests)
    assert 4 * HOUR <= life.rests[-1] <= 4 * HOUR + 11 * MINUTE, "at last every four hours"
    assert len(life.revived) <= 9
    # A listing, the change, and a listing that shows it; and one that finds it off again.
    assert len(ours.calls("PUT")) == len(life.revived)


def test_once_our_end_works_again_it_is_on_within_the_pause_and_tells_again(ours: Kennel) -> None:
    ours.fails = True
    follow(ours, 2 * HOUR)
    ours.fails = False

    ours.live_until(lambda: is_on(ours), at_most=4 * HOUR, step=5 * MINUTE)
    ours.live(MINUTE)
    ours.stage.queue.clear()
    ours.deliveries(1)
    ours.live(MINUTE)

    assert len(ours.stage.queue) == 1


def test_after_a_day_without_trouble_the_next_end_is_a_first_one(ours: Kennel) -> None:
    ours.fails = True
    follow(ours, 3 * HOUR)
    ours.fails = False
    ours.live_until(lambda: is_on(ours), at_most=4 * HOUR, step=5 * MINUTE)
    ours.live(25 * HOUR, step=HOUR)
    end(ours)
    ours.live_until(lambda: is_off(ours), at_most=10 * MINUTE)

    assert ours.live_until(lambda: is_on(ours), at_most=5 * HOUR) <= 7 * MINUTE


def test_within_the_day_it_is_not(ours: Kennel) -> None:
    ours.fails = True
    follow(ours, 3 * HOUR)
    ours.fails = False
    ours.live_until(lambda: is_on(ours), at_most=4 * HOUR, step=5 * MINUTE)
    ours.live(HOUR, step=10 * MINUTE)
    end(ours)
    ours.live_until(lambda: is_off(ours), at_most=10 * MINUTE)

    assert ours.live_until(lambda: is_on(ours), at_most=5 * HOUR, step=5 * MINUTE) > HOUR


def long_off(kennel: Kennel) -> None:
    """Our end has failed for long: the next try is hours away."""
    kennel.fails = True
    while not is_off(kennel) or kennel.known.at < kennel.stage.services.now() + 2 * times.HOUR:
        follow(kennel, 2 * RUN)
    kennel.live(6 * MINUTE)
    kennel.fails = False


@pytest.mark.parametrize("what", ["address", "key"])
def test_an_address_or_a_key_that_was_changed_is_tried_at_once(ours: Kennel, what: str) -> None:
    long_off(ours)
    ours.reachable.add("https://new.example")
    if what == "address":
        ours.change(public_url="https://new.example")
    else:
        ours.change(keyring=parse_keyring(f"v2:{NEW_KEY},v1:{MASTER_KEY}"))

    ours.live(RUN)

    assert is_on(ours)
    where = ("https://new.example", "v1") if what == "address" else (APP_URL, "v2")
    assert ours.hook.target_url == f"{where[0]}/webhooks/{ours.stage.org.uuid}/{where[1]}/rooms"


def test_a_changed_address_does_not_shorten_the_rest(ours: Kennel) -> None:
    end(ours)
    ours.live_until(lambda: is_off(ours), at_most=10 * MINUTE)
    ours.change(public_url="https://new.example")

    assert ours.live_until(lambda: is_on(ours), at_most=7 * MINUTE) >= WINDOW


def test_an_administrator_may_have_it_tried_at_once(kennel: Kennel) -> None:
    end(kennel)
    kennel.live_until(lambda: is_off(kennel), at_most=10 * MINUTE)
    kennel.live(30.0)
    webhooks.ask_again(kennel.stage.services)
    early = kennel.live_until(lambda: is_on(kennel), at_most=7 * MINUTE) + 30.0
    end(kennel)
    kennel.live_until(lambda: is_off(kennel), at_most=10 * MINUTE)
    kennel.live(6.5 * MINUTE)
    assert is_off(kennel), "the second pause is longer"
    webhooks.ask_again(kennel.stage.services)
    kennel.live(RUN)

    assert early >= WINDOW, "an administrator does not know when Webex ended it"
    assert is_on(kennel)


def test_asking_again_is_nothing_where_it_stands(kennel: Kennel) -> None:
    before = kennel.known
    webhooks.ask_again(kennel.stage.services)

    assert kennel.known == before


def test_a_webex_that_fails_as_it_is_turned_on_does_not_count_as_another_end(
    kennel: Kennel,
) -> None:
    end(kennel)
    kennel.live_until(lambda: is_off(kennel), at_most=10 * MINUTE)
    fault = Fault("error", method="PUT", path="/webhooks", status=502)
    kennel.stage.webex.faults.append(fault)
    kennel.live(8 * MINUTE)
    assert kennel.known.standing is Standing.MISSING
    kennel.stage.webex.faults.remove(fault)

    kennel.live_until(lambda: is_on(kennel), at_most=5 * MINUTE)
    end(kennel)
    kennel.live_until(lambda: is_off(kennel), at_most=10 * MINUTE)

    assert kennel.known.ends == 2


def test_one_that_somebody_turned_on_by_hand_is_believed(kennel: Kennel) -> None:
    end(kennel)
    kennel.live_until(lambda: is_off(kennel), at_most=10 * MINUTE)
    kennel.hook.status = "active"
    mark = kennel.mark()

    kennel.live_until(lambda: is_on(kennel), at_most=7 * MINUTE)

    assert kennel.calls("PUT", mark) == []


def second_organization(stage: Stage) -> Services:
    """On, with a webhook of its own."""
    other = stage.webex.add_organization("Other", org_id=str(uuid4()))
    serve(stage, organizations=[other])
    officer = other.add_person("Oscar Officer", roles=("compliance_officer",))
    token = stage.webex.issue_token(officer, SPACES, client_id="integration")
    expires = round(token.expires_at * 1000)
    stage.wiring.credentials(OrgId(other.uuid)).write(
        "spaces", Credential(token.access_token, token.refresh_token, expires)
    )
    services = stage.wiring.services(OrgId(other.uuid))
    webhooks.ask_for(services)
    services.organizations.save_settings(
        lambda s: replace(s, on=True, epoch=1, enabled_since=services.now())
    )
    return services


def test_another_organization_has_no_part_in_it(ours: Kennel) -> None:
    """Its own webhook stands, is asked for as seldom as ever, and its pauses are its own."""
    stage = ours.stage
    services = second_organization(stage)
    ours.live(RUN)
    before = webhooks.known(services)
    ours.fails = True
    life = follow(ours, 2 * HOUR)

    known = webhooks.known(services)
    assert before and known
    assert life.ended
    assert (known.standing, known.ends) == (Standing.THERE, 0)
    assert known.since == before.since


# The gap is made good for


def test_what_happened_meanwhile_is_found_though_events_are_late(ours: Kennel) -> None:
    """Later than what the reading of new events still sees, and sooner than the hourly look."""
    stage = ours.stage
    ours.live(61 * MINUTE, watch=True, step=5 * MINUTE)
    stage.webex.switches.event_lag_seconds = 5 * MINUTE
    end(ours)
    team = stage.team(ours.creator)
    mark = ours.mark()

    ours.live(17 * MINUTE, watch=True)

    assert stage.row(team).new
    assert is_on(ours)
    runs = 17 * MINUTE / RUN
    assert ours.events_since(mark) - runs <= 2, "once as it was found off, once as it was on again"


def test_what_was_deleted_is_made_good_for_as_well(ours: Kennel) -> None:
    stage = ours.stage
    ours.live(61 * MINUTE, watch=True, step=5 * MINUTE)
    stage.webex.switches.event_lag_seconds = 5 * MINUTE
    delete(ours)
    team = stage.team(ours.creator)

    ours.live(11 * MINUTE, watch=True)

    assert stage.row(team).new


def test_as_long_as_all_is_well_the_last_day_is_read_once_an_hour(ours: Kennel) -> None:
    ours.live(61 * MINUTE, watch=True, step=5 * MINUTE)
    mark = ours.mark()

    ours.live(2 * HOUR, watch=True, step=MINUTE)

    assert ours.events_since(mark) - 2 * HOUR / MINUTE == 2

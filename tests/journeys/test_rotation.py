"""Other keys and secrets, while everything goes on: nothing is lost, nobody signs in again."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from sandbox.memory_tables import MemoryTables
from shared import wiring
from shared.core.keyring import Keyring, parse_keyring, webhook_secret
from tests.journeys.stage import MASTER_KEY, Stage
from tests.pages.rows import rows_of

NEW_KEY = base64.b64encode(b"n" * 32).decode()
BEHIND = parse_keyring(f"v1:{MASTER_KEY},v2:{NEW_KEY}")
IN_FRONT = parse_keyring(f"v2:{NEW_KEY},v1:{MASTER_KEY}")
ALONE = parse_keyring(f"v2:{NEW_KEY}")
DAY = 86_400


@dataclass
class Noting(Stage):
    """It keeps what the app answered to Webex's deliveries."""

    answers: list[int] = field(default_factory=list)

    def post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        self.answers.append(super().post(url, headers, body))
        return self.answers[-1]


@pytest.fixture
def stage(storage: str | MemoryTables) -> Iterator[Noting]:
    """On, with a webhook; somebody left a sign-in for folders, which waits."""
    built = Noting(storage)
    built.turn_on()
    credentials = built.wiring.credentials(built.services.org)
    kept = credentials.read("spaces")
    assert kept
    credentials.keep_pending("folders", kept)
    yield built
    wiring.install(None)


def keys_in_use(stage: Stage) -> set[str]:
    rows = rows_of(stage)
    return {row["key"] for (_, _, key), row in rows.items() if key.startswith(("cred", "pending:"))}


def lines(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, object]]:
    texts = [r.getMessage() for r in caplog.records if r.getMessage().startswith("{")]
    return [line for line in map(json.loads, texts) if line["event"] == event]


def a_new_team_gets_its_group(stage: Stage) -> None:
    team = stage.team(stage.person(), stage.people(2))
    stage.run(45)
    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)


def chores(stage: Stage, seconds: float) -> None:
    """Nothing but the chores, every half minute."""
    for _ in range(int(seconds / 30)):
        stage.clock.advance(30)
        stage.tidy()


def delivery(stage: Stage, version: str, keyring: Keyring) -> int:
    """One that Webex signed and sent before the webhook was moved."""
    space = stage.team(stage.person()).general.id
    envelope = {"resource": "rooms", "event": "created", "data": {"id": space, "type": "group"}}
    body = json.dumps(envelope).encode()
    secret = webhook_secret(keyring, version, stage.org.uuid)
    signature = hmac.new(secret.encode(), body, "sha1").hexdigest()
    url = f"https://app.example/webhooks/{stage.org.uuid}/{version}/rooms"
    return stage.post(url, {"X-Spark-Signature": signature}, body)


@pytest.mark.emulator
def test_master_keys_are_rotated_while_teams_come_and_go(
    stage: Noting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    a_new_team_gets_its_group(stage)
    old = next(iter(stage.webex.webhooks.values())).secret
    assert keys_in_use(stage) == {"v1"}

    stage.redeploy(keyring=BEHIND)
    a_new_team_gets_its_group(stage)
    assert keys_in_use(stage) == {"v1"}

    stage.redeploy(keyring=IN_FRONT)
    stage.tidy()
    assert keys_in_use(stage) == {"v2"}
    a_new_team_gets_its_group(stage)
    chores(stage, 700)
    (hook,) = stage.webex.webhooks.values()
    assert hook.target_url.endswith("/v2/rooms")
    assert hook.secret not in (None, old)
    assert delivery(stage, "v1", IN_FRONT) == 202
    assert lines(caplog, "older keys may go") == []

    stage.clock.advance(DAY)
    stage.tidy()
    assert lines(caplog, "older keys may go")[-1]["keys"] == ["v1"]

    stage.redeploy(keyring=ALONE)
    a_new_team_gets_its_group(stage)
    assert delivery(stage, "v1", IN_FRONT) == 401
    assert stage.answers.count(401) == 1
    stage.clock.advance(13 * DAY)
    chores(stage, 4000)
    a_new_team_gets_its_group(stage)
    assert stage.wiring.credentials(stage.services.org).read("people")


def test_instances_with_the_older_and_the_newer_settings_work_side_by_side(stage: Noting) -> None:
    """While the app restarts, one may be an instance of before, and the next one of after."""
    stage.redeploy(keyring=BEHIND)
    team = stage.team(stage.person(), stage.people(3))

    for number in range(60):
        stage.redeploy(keyring=(IN_FRONT, BEHIND)[number % 2])
        stage.run(10)

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    assert set(stage.answers) == {202}


def test_the_log_says_what_an_older_key_is_needed_for(
    stage: Noting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    stage.run(40)
    stage.redeploy(keyring=IN_FRONT)

    stage.run(60)

    needed = lines(caplog, "older keys are needed")[-1]
    assert needed["keys"] == ["v1"]
    assert needed["needed_for"] == ["browsers", "webhook"]


def test_a_token_that_is_being_refreshed_is_not_written_over(stage: Noting) -> None:
    """Where refreshing gives a new refresh token, the one that is written over was the only one."""
    stage.webex.switches.refresh_rotates = True
    credentials = stage.wiring.credentials(stage.services.org)
    kept = credentials.read("people")
    assert kept
    credentials.write("people", replace(kept, refreshing=stage.services.now() + 30_000))
    stage.redeploy(keyring=IN_FRONT)

    stage.tidy()
    assert keys_in_use(stage) == {"v1", "v2"}
    stage.run(70)

    assert keys_in_use(stage) == {"v2"}


def test_a_key_that_was_dropped_too_early_is_told_and_a_sign_in_mends_it(
    stage: Noting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    stage.redeploy(keyring=ALONE)

    stage.run(60)

    missing = lines(caplog, "a key is missing")[-1]
    assert missing["rows"] == ["credential:people", "credential:spaces", "pending:folders"]
    stage._sign_in()
    a_new_team_gets_its_group(stage)


@pytest.fixture
def two_secrets(stage: Noting) -> Callable[[], None]:
    """Entra takes the old secret and the new one; the answer takes the old one away."""
    app = stage.application
    app.further_secrets = [app.client_secret]
    app.client_secret = "the-new-secret"

    def take_away() -> None:
        app.further_secrets = []

    return take_away


def test_the_client_secret_of_microsoft_is_rotated_without_a_failure(
    stage: Noting, two_secrets: Callable[[], None]
) -> None:
    a_new_team_gets_its_group(stage)
    failures = len([c for c in stage.microsoft.login.log if c.status >= 400])

    stage.redeploy(microsoft_client_secret="the-new-secret")
    a_new_team_gets_its_group(stage)
    two_secrets()
    stage.redeploy()
    stage.clock.advance(7200)
    a_new_team_gets_its_group(stage)

    assert len([c for c in stage.microsoft.login.log if c.status >= 400]) == failures


def test_a_client_secret_of_microsoft_that_ended_stops_nothing_for_good(
    stage: Noting, two_secrets: Callable[[], None]
) -> None:
    two_secrets()
    stage.redeploy()
    team = stage.team(stage.person(), stage.people(2))
    stage.settle()
    assert stage.row(team).reason == "consent_missing"
    assert stage.group_of(team) is None

    stage.redeploy(microsoft_client_secret="the-new-secret")
    stage.clock.advance(DAY)
    stage.settle()

    assert stage.group_of(team) is not None


def test_webexs_client_secret_is_replaced_within_the_life_of_a_token(stage: Noting) -> None:
    """Webex knows one secret; the tokens that are there go on without it."""
    stage.webex.add_integration("integration", "the-new-secret")
    a_new_team_gets_its_group(stage)
    stage.redeploy(webex_client_secret="the-new-secret")

    stage.clock.advance(13 * DAY + 82_000)
    chores(stage, 4000)

    a_new_team_gets_its_group(stage)
    refreshes = [c.status for c in stage.webex.log if c.path.endswith("/access_token")]
    assert refreshes and set(refreshes) == {200}


def test_webexs_client_secret_that_came_too_late_is_taken_within_an_hour(stage: Noting) -> None:
    stage.webex.add_integration("integration", "the-new-secret")
    stage.clock.advance(13 * DAY + 82_000)
    chores(stage, 4000)
    credentials = stage.wiring.credentials(stage.services.org)
    failed = credentials.read("people")
    assert failed and failed.failed

    stage.redeploy(webex_client_secret="the-new-secret")
    chores(stage, 7300)

    a_new_team_gets_its_group(stage)

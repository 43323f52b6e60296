"""Kept tokens are refreshed in time, by one worker, with the right client, and for a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import requests

from sandbox.adapter import CloudAdapter
from sandbox.clock import VirtualClock
from sandbox.kit import Fault
from sandbox.webex import WebexCloud
from shared.core.credential import Credential
from shared.core.errors import CredentialMissing, Transient
from shared.http import Http, new_session
from shared.ports import Conflict
from shared.webex.credentials import WebexTokens

URL = "https://webexapis.com"
DAY = 24 * 3600


@dataclass
class Rows:
    """One credential, with the port's rule for writing."""

    kept: Credential | None = None
    writes: int = 0
    reads: int = 0

    def read(self, _capability: str) -> Credential | None:
        self.reads += 1
        return self.kept

    def write(self, _capability: str, credential: Credential) -> None:
        if credential.etag and (self.kept is None or self.kept.etag != credential.etag):
            raise Conflict
        self.writes += 1
        self.kept = replace(credential, etag=str(self.writes))


class World:
    """An officer's credential, kept just after signing in."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.webex = WebexCloud(self.clock)
        self.org = self.webex.add_organization("Example")
        self.officer = self.org.add_person("Olga Officer", roles=("compliance_officer",))
        self.webex.add_integration("integration", "secret")
        self.rows = Rows()
        token = self.webex.issue_token(self.officer, {"spark:people_read"}, client_id="integration")
        self.keep(
            Credential(
                token.access_token,
                token.refresh_token,
                expires=round(token.expires_at * 1000),
                refresh_expires=round(token.refresh_expires_at * 1000),
                owner_name="Olga Officer",
                since=self.now,
            )
        )

    @property
    def now(self) -> int:
        return round(self.clock.now() * 1000)

    @property
    def kept(self) -> Credential:
        assert self.rows.kept
        return self.rows.kept

    @property
    def tokens(self) -> WebexTokens:
        http = Http("webex", "trackingid", self._session, self.clock)
        return WebexTokens(self.rows, http, URL, "integration", "secret", self.clock)  # type: ignore[arg-type]

    @property
    def refreshes(self) -> int:
        return len([call for call in self.webex.log if call.path == "/v1/access_token"])

    def keep(self, credential: Credential) -> None:
        self.rows.write("spaces", replace(credential, etag=""))

    def _session(self) -> requests.Session:
        session = new_session()
        session.mount(URL, CloudAdapter(self.webex))
        return session


@pytest.fixture
def world() -> World:
    return World()


def test_a_token_is_read_once_a_minute(world: World) -> None:
    tokens = world.tokens
    first = [tokens.token("spaces") for _ in range(300)]
    reads = world.rows.reads
    world.keep(replace(world.kept, access_token="another"))
    world.clock.advance(59)
    held = tokens.token("spaces")
    world.clock.advance(1)

    assert (reads, len(set(first))) == (1, 1)
    assert (held, tokens.token("spaces")) == (first[0], "another")


def test_a_token_that_is_refused_is_read_again(world: World) -> None:
    tokens = world.tokens
    old = tokens.token("spaces")
    world.keep(replace(world.kept, access_token="another"))

    assert tokens.renewed("spaces", old) == "another"
    assert tokens.token("spaces") == "another"


def test_a_token_is_not_held_until_it_ends(world: World) -> None:
    tokens = world.tokens
    world.clock.advance(14 * DAY - 3_600 - 30)
    before = tokens.token("spaces")
    world.clock.advance(40)

    assert tokens.token("spaces") == world.kept.access_token != before


def test_what_a_refresh_answers_is_kept(world: World) -> None:
    before = world.kept
    world.clock.advance(14 * DAY - 600)
    token = world.tokens.token("spaces")
    after = world.kept

    assert token == after.access_token != before.access_token
    assert after.expires == world.now + 1209599 * 1000
    assert after.refresh_expires == world.now + 7775999 * 1000
    assert after.scopes == ("spark:people_read",)
    assert (after.refreshed, after.refreshing, after.failed) == (world.now, 0, 0)
    assert (after.owner_name, after.since) == ("Olga Officer", before.since)


def test_a_service_app_s_token_is_refreshed_with_its_own_client(world: World) -> None:
    token = world.webex.add_service_app("app", "app-secret", world.org, ["spark:people_read"])
    world.keep(
        replace(
            world.kept,
            access_token=token.access_token,
            refresh_token=token.refresh_token,
            kind="service_app",
            client_id="app",
            client_secret="app-secret",
        )
    )
    world.clock.advance(14 * DAY)
    world.tokens.token("spaces")

    assert world.kept.refreshed == world.now
    assert (world.kept.client_id, world.kept.client_secret) == ("app", "app-secret")


def test_a_refusal_is_noted_and_not_asked_for_at_every_call(world: World) -> None:
    world.webex.world.refresh_tokens.clear()
    world.clock.advance(14 * DAY)
    with pytest.raises(CredentialMissing, match="has ended"):
        world.tokens.token("spaces")
    noted = world.kept
    for _ in range(5):
        with pytest.raises(CredentialMissing):
            world.tokens.renewed("spaces", world.tokens.token("spaces"))

    assert noted.failed == world.now
    assert noted.refreshing == 0
    assert noted.refresh_token
    assert world.refreshes == 1


def test_an_hour_after_a_refusal_it_is_tried_again_and_the_mark_goes(world: World) -> None:
    """The client's secret in the settings was wrong, and was mended."""
    world.webex.add_integration("integration", "another secret")
    world.clock.advance(14 * DAY)
    with pytest.raises(CredentialMissing):
        world.tokens.token("spaces")
    world.webex.add_integration("integration", "secret")
    world.clock.advance(3600)

    assert world.tokens.token("spaces") == world.kept.access_token
    assert world.kept.failed == 0


@pytest.mark.parametrize("kind", ["error", "lost", "throttle"])
def test_a_silent_webex_is_no_refusal(world: World, kind: str) -> None:
    world.clock.advance(14 * DAY)
    world.webex.faults.append(Fault(kind, path="/access_token", times=1))
    with pytest.raises(Transient):
        world.tokens.token("spaces")

    assert world.kept.failed == 0
    world.clock.advance(31)
    assert world.tokens.token("spaces")
    assert world.kept.refreshed == world.now


def test_a_refresh_token_that_webex_does_not_rotate_stays(world: World) -> None:
    world.webex.switches.refresh_rotates = False
    before = world.kept
    world.clock.advance(14 * DAY)
    world.tokens.token("spaces")

    assert world.kept.refresh_token == before.refresh_token


# A bot's is a setting


def test_a_bots_token_is_the_setting_and_no_row_is_asked(world: World) -> None:
    tokens = replace(world.tokens, bot_token="bot-token-xyz")
    world.rows.kept = None

    assert tokens.token("cards") == "bot-token-xyz"
    assert "bot-token-xyz" not in repr(tokens)
    tokens.keep_alive("cards")
    assert world.webex.log == []


def test_without_the_setting_there_is_no_bot(world: World) -> None:
    """Whatever is kept: nobody signs in for a bot."""
    with pytest.raises(CredentialMissing, match="no bot's token"):
        world.tokens.token("cards")


@pytest.mark.parametrize("token", ["", "bot-token-xyz"])
def test_a_bots_token_that_webex_refuses_cannot_be_renewed(world: World, token: str) -> None:
    tokens = replace(world.tokens, bot_token=token)

    with pytest.raises(CredentialMissing) as missing:
        tokens.renewed("cards", "bot-token-xyz")

    assert "bot-token-xyz" not in str(missing.value)
    assert world.refreshes == 0


# Nobody uses it


def test_what_nobody_uses_is_kept_alive_for_a_year(world: World) -> None:
    world.webex.switches.refresh_rotates = True
    for _ in range(365):
        world.clock.advance(DAY)
        world.tokens.keep_alive("spaces")

    assert world.tokens.token("spaces") in world.webex.world.tokens
    assert 30 <= world.refreshes <= 40


def test_without_it_a_token_dies_after_ninety_days(world: World) -> None:
    world.clock.advance(91 * DAY)

    with pytest.raises(CredentialMissing):
        world.tokens.token("spaces")


def test_it_is_refreshed_in_the_last_third_of_its_life(world: World) -> None:
    world.clock.advance(9 * DAY)
    world.tokens.keep_alive("spaces")
    assert world.refreshes == 0

    world.clock.advance(DAY)
    world.tokens.keep_alive("spaces")
    assert world.refreshes == 1


def test_at_most_one_refresh_a_day_is_tried(world: World) -> None:
    world.webex.world.refresh_tokens.clear()
    world.clock.advance(10 * DAY)
    with pytest.raises(CredentialMissing):
        world.tokens.keep_alive("spaces")
    for _ in range(47):
        world.clock.advance(1800)
        world.tokens.keep_alive("spaces")
    assert world.refreshes == 1

    world.clock.advance(1800)
    with pytest.raises(CredentialMissing):
        world.tokens.keep_alive("spaces")
    assert world.refreshes == 2


def test_a_token_that_lives_for_hours_is_left_to_whoever_uses_it_until_a_day_has_passed(
    world: World,
) -> None:
    world.keep(replace(world.kept, expires=world.now + 3600_000, refreshed=world.now))
    world.clock.advance(3000)
    world.tokens.keep_alive("spaces")

    assert world.refreshes == 0


def test_a_row_of_before_the_pages_is_judged_by_what_webex_documents(world: World) -> None:
    world.keep(replace(world.kept, since=0, refresh_expires=0))
    world.clock.advance(10 * DAY)
    world.tokens.keep_alive("spaces")

    assert world.refreshes == 1


def test_nothing_happens_where_nothing_is_kept_or_nothing_can_be_refreshed(world: World) -> None:
    world.clock.advance(80 * DAY)
    world.keep(replace(world.kept, refresh_token=""))
    world.tokens.keep_alive("spaces")
    world.rows.kept = None
    world.tokens.keep_alive("spaces")

    assert world.refreshes == 0


def test_while_another_worker_refreshes_it_is_left_alone(world: World) -> None:
    world.clock.advance(10 * DAY)
    world.keep(replace(world.kept, refreshing=world.now + 20_000))
    world.tokens.keep_alive("spaces")

    assert world.refreshes == 0


def test_no_token_stands_in_a_repr(world: World) -> None:
    text = repr(world.tokens) + repr(world.kept)

    assert world.kept.refresh_token not in text
    assert "'secret'" not in text

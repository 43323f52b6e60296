"""Three hundred calls a minute for each token owner."""

from __future__ import annotations

from sandbox.clock import VirtualClock
from sandbox.kit import Fault
from sandbox.webex import Person, WebexCloud

from .conftest import SignIn


def test_calls_beyond_the_rate_are_told_when_to_come_back(
    webex: WebexCloud, clock: VirtualClock, ada: Person, sign_in: SignIn
) -> None:
    webex.switches.quota_per_minute = 3
    client = sign_in(ada)
    clock.advance(10)
    assert [client.get("/v1/rooms").status_code for _ in range(3)] == [200] * 3
    clock.advance(20.5)

    refused = client.get("/v1/rooms")

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "40"
    assert webex.calls()[-1].status == 429
    clock.advance(int(refused.headers["Retry-After"]))
    assert client.get("/v1/rooms").status_code == 200


def test_the_rate_is_shared_by_all_tokens_of_one_person_and_by_nobody_else(
    webex: WebexCloud, ada: Person, grace: Person, sign_in: SignIn
) -> None:
    webex.switches.quota_per_minute = 1
    first, second, other = sign_in(ada), sign_in(ada), sign_in(grace)

    statuses = [client.get("/v1/rooms").status_code for client in (first, second, other)]

    assert statuses == [200, 429, 200]


def test_by_default_it_is_three_hundred_a_minute_and_it_can_be_off(
    webex: WebexCloud, ada: Person, sign_in: SignIn
) -> None:
    client = sign_in(ada)

    statuses = [client.get("/v1/rooms").status_code for _ in range(301)]

    assert statuses == [200] * 300 + [429]
    webex.switches.quota = False
    assert client.get("/v1/rooms").status_code == 200


def test_faults_throttle_and_fail_calls_in_webexs_own_form(
    webex: WebexCloud, ada: Person, sign_in: SignIn
) -> None:
    webex.faults += [
        Fault("throttle", path="/rooms$", times=1, seconds=7),
        Fault("error", path="/rooms$", times=1, status=502),
    ]
    client = sign_in(ada)

    throttled, failed = client.get("/v1/rooms"), client.get("/v1/rooms")

    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "7")
    assert failed.status_code == 502
    assert failed.json()["trackingId"] == failed.headers["trackingid"]

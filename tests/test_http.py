"""The one retry loop, through a requests session whose far end is a script."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import ProtocolError

from shared.core import times
from shared.core.errors import AnswerUnknown, Failure, Throttled, Transient, Unavailable
from shared.http import USER_AGENT, Http, Reply, new_session

URL = "https://webexapis.com/v1/rooms?cursor=secret-cursor"
TOKEN = "token-that-nobody-may-see"
START = 1_700_000_000.0
WRITES = ["POST", "PUT", "PATCH", "DELETE"]


class ScriptedClock:
    """Time passes only where somebody waits."""

    def __init__(self) -> None:
        self.time = START
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


def answer(status: int, body: object = None, **headers: str) -> requests.Response:
    """Header names are written with underscores."""
    response = requests.Response()
    response.status_code = status
    response.headers = CaseInsensitiveDict({k.replace("_", "-"): v for k, v in headers.items()})
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    response.raw = io.BytesIO(raw)
    return response


Act = Callable[[], requests.Response]


class Script(BaseAdapter):
    """Answers one by one; the last for ever. Keeps what was asked and when."""

    def __init__(self, clock: ScriptedClock, *acts: Act | Exception) -> None:
        super().__init__()
        self.clock = clock
        self.acts = list(acts)
        self.asked: list[requests.PreparedRequest] = []
        self.at: list[float] = []
        self.options: list[Mapping[str, Any]] = []

    def send(  # type: ignore[override]  # the rest of the signature is about sockets
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        self.asked.append(request)
        self.at.append(self.clock.time)
        self.options.append(options)
        act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
        if isinstance(act, Exception):
            raise act
        response = act()
        response.request, response.url = request, str(request.url)
        return response

    def close(self) -> None:
        pass


class Stage:
    def __init__(self, *acts: Act | Exception) -> None:
        self.clock = ScriptedClock()
        self.script = Script(self.clock, *acts)
        session = new_session()
        session.mount("https://", self.script)
        self.http = Http("webex", "trackingid", lambda: session, self.clock)

    def call(self, method: str = "GET", body: object = None) -> Reply:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return self.http.call(method, URL, headers=headers, json=body, capability="spaces")

    def fails(self, method: str = "GET") -> Transient:
        with pytest.raises(Transient) as failure:
            self.call(method)
        return failure.value


def _throttled(after: str | None = None) -> Act:
    headers = {} if after is None else {"Retry_After": after}
    return lambda: answer(429, {"message": "slow"}, trackingid="ROUTER_1", **headers)


def _ok() -> requests.Response:
    return answer(200, {"items": []}, trackingid="ROUTER_2")


def test_an_answer_is_handed_over_with_its_trace() -> None:
    reply = Stage(_ok).call()

    assert (reply.status, reply.json) == (200, {"items": []})
    assert (reply.where.method, reply.where.path, reply.where.status) == ("GET", "/v1/rooms", 200)
    assert reply.where.trace == "ROUTER_2"


@pytest.mark.parametrize("status", [201, 204, 301, 400, 401, 403, 404, 409, 410])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_below_500_is_for_the_caller_to_judge(status: int, method: str) -> None:
    stage = Stage(lambda: answer(status))

    assert stage.call(method).status == status
    assert len(stage.script.asked) == 1


def test_a_short_throttling_of_a_read_is_waited_out() -> None:
    stage = Stage(_throttled("2.5"), _throttled("5"), _ok)

    assert stage.call("GET").status == 200
    assert stage.script.at == [START, START + 2.5, START + 7.5]


@pytest.mark.parametrize("method", WRITES)
def test_a_throttled_write_is_left_to_whoever_knows_the_switch(method: str) -> None:
    stage = Stage(_throttled("2.5"), _ok)
    failure = stage.fails(method)

    assert isinstance(failure, Throttled)
    assert failure.retry_after == 2.5
    assert stage.script.at == [START]


def test_a_date_is_waited_for_on_the_clock_passed_in() -> None:
    stage = Stage(_throttled("Tue, 14 Nov 2023 22:13:24 GMT"), _ok)
    stage.call()

    assert stage.clock.waits == [4.0]


@pytest.mark.parametrize("method", ["GET", *WRITES])
def test_a_long_throttling_is_the_callers_to_come_back_from(method: str) -> None:
    stage = Stage(_throttled("5.1"))
    failure = stage.fails(method)

    assert isinstance(failure, Throttled)
    assert (failure.retry_after, failure.capability) == (5.1, "spaces")
    assert failure.where.trace == "ROUTER_1"
    assert stage.clock.waits == []
    assert len(stage.script.asked) == 1


def test_throttling_without_a_time_backs_off_and_ends() -> None:
    stage = Stage(_throttled())
    failure = stage.fails()

    assert isinstance(failure, Throttled)
    assert failure.retry_after is None
    assert stage.clock.waits == [0.5, 1.0, 2.0]


def test_a_locked_resource_with_a_time_is_waited_for() -> None:
    stage = Stage(lambda: answer(423, Retry_After="1"), _ok)

    assert stage.call("GET").status == 200
    assert stage.clock.waits == [1.0]


waits = st.sampled_from([None, "0", "0.1", "3", "4.9", "5", "5.01", "60", "soon"])
refusals = st.tuples(st.sampled_from([429, 500, 502, 503, 504]), waits)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["GET", "POST"]), st.lists(refusals, min_size=1, max_size=8))
def test_nothing_is_called_before_its_time_nor_waited_for_too_long(
    method: str, script: list[tuple[int, str | None]]
) -> None:
    acts: list[Act] = []
    for status, after in script:
        headers = {} if after is None else {"Retry_After": after}
        acts.append(lambda s=status, h=headers: answer(s, **h))  # type: ignore[misc]
    stage = Stage(*acts, _ok)
    try:
        stage.call(method)
    except Transient as failure:
        assert failure.where.path == "/v1/rooms"
    at = stage.script.at

    assert at[-1] - at[0] <= times.WAIT_IN_ALL
    assert stage.clock.time == at[-1]
    for number, (_, after) in enumerate(script[: len(at) - 1]):
        asked_for = 0.0 if after in (None, "soon") else float(str(after))
        assert at[number + 1] - at[number] >= asked_for - 1e-6
        assert at[number + 1] - at[number] <= times.WAIT_IN_CALL + 1e-6
    if method == "POST":
        assert all(status == 429 for status, _ in script[: len(at) - 1])


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_read_is_repeated_when_the_provider_failed(status: int) -> None:
    stage = Stage(lambda: answer(status, b"<html>"), _ok)

    assert stage.call().status == 200
    assert stage.clock.waits == [0.5]


@pytest.mark.parametrize("body", [b"<html>", b"\xff\xfe{", b"[" * 100_000, b'{"a":' * 100_000])
def test_an_answer_that_cannot_be_read_is_no_answer(body: bytes) -> None:
    assert Stage(lambda: answer(200, body), _ok).call().status == 200
    assert isinstance(Stage(lambda: answer(200, body)).fails(), Unavailable)
    assert isinstance(Stage(lambda: answer(200, body)).fails("POST"), AnswerUnknown)


class Torn:
    """A body whose line breaks while it is read."""

    def stream(self, *args: object, **options: object) -> Iterator[bytes]:
        yield b'{"items": ['
        raise ProtocolError("the line broke")


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    def torn() -> requests.Response:
        response = answer(200)
        response.raw = Torn()
        return response

    assert Stage(torn, _ok).call().status == 200
    assert isinstance(Stage(torn).fails(), Unavailable)
    assert isinstance(Stage(torn).fails("POST"), AnswerUnknown)


def test_a_read_that_keeps_failing_is_unavailable() -> None:
    stage = Stage(lambda: answer(503, trackingid="ROUTER_3", Retry_After="1"))
    failure = stage.fails()

    assert isinstance(failure, Unavailable)
    assert (failure.where.status, failure.where.trace) == (503, "ROUTER_3")
    assert failure.retry_after == 1.0
    assert len(stage.script.asked) == 4


BROKEN = [
    requests.ConnectionError(f"reset by peer {URL} {TOKEN}"),
    requests.ReadTimeout("read"),
    requests.ConnectTimeout("connect"),
    requests.exceptions.ChunkedEncodingError("cut"),
]


@pytest.mark.parametrize("error", BROKEN, ids=lambda e: type(e).__name__)
def test_a_read_is_repeated_when_the_line_broke(error: Exception) -> None:
    stage = Stage(error, _ok)

    assert stage.call().status == 200


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("error", BROKEN, ids=lambda e: type(e).__name__)
def test_a_write_without_an_answer_is_not_repeated(method: str, error: Exception) -> None:
    stage = Stage(error)
    failure = stage.fails(method)

    assert isinstance(failure, AnswerUnknown)
    assert len(stage.script.asked) == 1
    assert stage.clock.waits == []


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_that_failed_at_the_provider_is_not_repeated(method: str, status: int) -> None:
    stage = Stage(lambda: answer(status, trackingid="ROUTER_4", Retry_After="7"))
    failure = stage.fails(method)

    assert isinstance(failure, AnswerUnknown)
    assert failure.retry_after == 7.0
    assert failure.where.trace == "ROUTER_4"
    assert len(stage.script.asked) == 1


def test_a_write_whose_answer_cannot_be_read_may_have_happened() -> None:
    assert isinstance(Stage(lambda: answer(200, b"{cut")).fails("POST"), AnswerUnknown)


def test_a_read_whose_answer_cannot_be_read_is_repeated() -> None:
    assert Stage(lambda: answer(200, b"{cut"), _ok).call().status == 200


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_not_followed(status: int, method: str) -> None:
    """It would carry the token to wherever the answer says."""
    stage = Stage(lambda: answer(status, Location="https://elsewhere.example/"))

    assert stage.call(method).status == status
    assert [r.url for r in stage.script.asked] == [URL]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("act", [*BROKEN, _throttled("60"), lambda: answer(500, TOKEN)])
def test_no_failure_shows_a_token_or_a_query(method: str, act: Act | Exception) -> None:
    with pytest.raises(Failure) as failure:
        Stage(act).call(method)
    text = f"{failure.value} {failure.value!r} {failure.value.where}"

    assert TOKEN not in text
    assert "secret-cursor" not in text
    assert "webex" in str(failure.value)


def test_a_reply_shows_no_headers() -> None:
    assert "ROUTER_9" not in repr(Stage(lambda: answer(200, Set_Cookie="ROUTER_9")).call())


def test_every_call_has_a_deadline_within_the_leases_rule() -> None:
    stage = Stage(_ok)
    stage.call()
    connect, read = stage.script.options[0]["timeout"]

    assert connect + read <= times.CALL_DEADLINE


def test_a_call_says_who_calls_and_keeps_our_token() -> None:
    stage = Stage(_ok)
    stage.call("POST", {"a": 1})
    sent = stage.script.asked[0]

    assert sent.headers["User-Agent"] == USER_AGENT
    assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
    assert sent.body == b'{"a": 1}'


def test_a_form_is_sent_as_a_form() -> None:
    stage = Stage(_ok)
    stage.http.call("POST", URL, headers={}, form={"grant_type": "refresh_token"})

    assert stage.script.asked[0].body == "grant_type=refresh_token"


BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def _proxies(session: requests.Session) -> dict[str, str]:
    found = session.merge_environment_settings("https://webexapis.com", {}, None, None, None)
    return dict(found["proxies"])


def test_a_proxy_that_the_environment_names_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert _proxies(new_session())["https"] == "http://proxy.example:3128"


def test_certificates_that_the_environment_names_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ours.pem")
    found = new_session().merge_environment_settings("https://x.example", {}, None, None, None)

    assert found["verify"] == "/etc/ours.pem"


def test_an_environment_without_a_proxy_is_looked_through_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", *BUNDLES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    session = new_session()
    monkeypatch.setenv("https_proxy", "http://late.example:3128")

    assert _proxies(session) == {}

"""A whole answer of a provider, through the one place that calls them."""

from __future__ import annotations

import io
from typing import Any

import requests
from hypothesis import strategies as st
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from fuzz import values
from fuzz.target import Target, pure
from shared.core.errors import AnswerUnknown, Failure, Transient
from shared.core.times import WAIT_IN_ALL
from shared.http import Http, new_session

_URL = "https://webexapis.com/v1/rooms"
_MOST = 4
_lines = values.texts.map(lambda text: text.encode("latin-1", "replace").decode("latin-1"))
_headers = st.fixed_dictionaries(
    {},
    optional={
        "Retry-After": st.one_of(
            st.integers(0, 20).map(str),
            st.just("Mon, 21 Sep 2026 14:13:25 GMT"),
            _lines,
        ),
        "Content-Type": st.sampled_from(["application/json", "text/html; charset=zz", "a;charset"]),
        "TrackingID": _lines,
    },
)
_answers = st.tuples(
    st.one_of(st.sampled_from([200, 204, 400, 404, 423, 429, 500, 503]), st.integers(100, 599)),
    _headers,
    values.bodies,
)
_calls = st.tuples(
    st.sampled_from(["GET", "POST", "PATCH", "DELETE"]), st.lists(_answers, min_size=1, max_size=5)
)


class _Clock:
    """Time passes only where somebody waits."""

    def __init__(self) -> None:
        self.time, self.waited = 1_790_000_000.0, 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.time += seconds
        self.waited += seconds


class _Script(BaseAdapter):
    """Gives these answers, the last for ever."""

    def __init__(self, answers: list[tuple[int, dict[str, str], bytes]]) -> None:
        super().__init__()
        self.answers, self.asked = answers, 0

    def send(  # type: ignore[override]  # the rest of the signature is about sockets
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        status, headers, body = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        response = requests.Response()
        response.status_code = status
        response.headers = CaseInsensitiveDict(headers)
        response.raw = io.BytesIO(body)
        response.url, response.request = _URL, request
        return response

    def close(self) -> None:
        pass


def _calling(given: tuple[str, list[tuple[int, dict[str, str], bytes]]]) -> None:
    method, answers = given
    script, clock, session = _Script(answers), _Clock(), new_session()
    session.mount("https://", script)
    http = Http("webex", "TrackingID", lambda: session, clock)
    try:
        reply = http.call(method, _URL, headers={"Authorization": "Bearer t"})
        assert reply.status < 500 and reply.status != 429
        _reading(reply.items, reply.object)
    except Failure as failure:
        assert isinstance(failure, Transient)
        assert "Bearer" not in str(failure)
        assert method != "GET" or not isinstance(failure, AnswerUnknown)
    assert script.asked == 1 if method != "GET" else 1 <= script.asked <= _MOST
    assert clock.waited <= WAIT_IN_ALL


def _reading(items: Any, an_object: Any) -> None:
    assert isinstance(an_object(), dict)
    assert all(isinstance(item, dict) for item in items("items"))


TARGETS: tuple[Target, ...] = (pure("calls", _calls, _calling, 0.2, 60),)

"""The only place that builds a requests.Session, and the only retry loop.

Timeouts on every call, no redirects followed (they would carry a token elsewhere), Retry-After
waited out when it is short, nothing of a secret kept in an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from json import loads
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.core import times
from shared.core.errors import AnswerUnknown, Throttled, Transient, Unavailable, Where
from shared.core.patience import retry_after
from shared.tally import Tally

if TYPE_CHECKING:
    import requests
    from tenacity import RetryCallState

    from shared.ports import Clock

USER_AGENT = "NONISV|WebexTeamsToGroups|App/0.1"
# Connecting and reading together stay below the total deadline of a call.
TIMEOUT = (3.0, times.CALL_DEADLINE - 3.0)
_ATTEMPTS = 4


@dataclass(frozen=True)
class Reply:
    """An answer below 500 that is no throttling. `json` is None where the body was empty."""

    status: int
    json: Any
    headers: Mapping[str, str] = field(repr=False)
    where: Where = field(default_factory=Where)

    def object(self) -> Mapping[str, Any]:
        """The body, which must be an object. Raises Unavailable."""
        if not isinstance(self.json, dict):
            raise Unavailable("the answer is not an object", self.where)
        return self.json

    def items(self, name: str) -> list[Mapping[str, Any]]:
        """The objects of the list under `name`. Raises Unavailable where there is none."""
        values = self.object().get(name)
        if not isinstance(values, list):
            raise Unavailable(f"the answer has no list of {name}", self.where)
        return [value for value in values if isinstance(value, dict)]


class _Again(Exception):
    """This attempt may be repeated after `wait` seconds; `final` is raised if it is not."""

    def __init__(self, final: Transient, wait: float | None) -> None:
        super().__init__(str(final))
        self.final = final
        self.wait = wait


def new_session() -> requests.Session:
    """A session as every call of the product uses it."""
    import requests

    session = requests.Session()
    session.headers["User-Agent"] = USER_AGENT
    # Without this, requests takes credentials for the host from a .netrc file.
    session.auth = _keep_as_it_is
    session.trust_env = heeds_environment()
    if not session.trust_env:
        from shared.tls import TrustingAdapter

        session.mount("https://", TrustingAdapter())
    return session


def heeds_environment() -> bool:
    """Whether the environment names a proxy or certificates of its own.

    requests looks for them anew with every call, which is a good part of what a call costs us; a
    process's environment stays as it is.
    """
    from urllib.request import getproxies

    bundles = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    proxies = [scheme for scheme in getproxies() if scheme != "no"]
    return bool(proxies) or any(name in os.environ for name in bundles)


def _keep_as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


@dataclass(frozen=True)
class Http:
    """Calls to one provider. `trace_header` is where the provider puts its trace id. tally: told of
    every answer."""

    provider: str
    trace_header: str
    session: Callable[[], requests.Session]
    clock: Clock
    tally: Tally = field(default_factory=Tally)

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: object = None,
        form: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        capability: str = "",
        reads: bool = False,
        patient: bool = True,
    ) -> Reply:
        """One call. A read is made patiently: a short Retry-After is waited out, and no answer
        or a 5xx is asked again. A write is sent once: whoever sends it looks before the next.

        raw: a body as it is; the answer's body is not looked at then. reads: this POST only reads.
        patient: False asks once, for callers that come again soon anyway. Raises Throttled,
        Unavailable (a read failed) or AnswerUnknown (a write may have happened).
        """
        from tenacity import RetryError, Retrying

        kind = "GET" if reads else method
        attempts = _ATTEMPTS if kind == "GET" and patient else 1
        retrying = Retrying(
            sleep=self.clock.sleep,
            wait=_wait,
            stop=_stop_after(attempts),
            retry=_is_again,
            reraise=False,
        )
        try:
            return retrying(self._once, method, url, headers, json, form, raw, capability, kind)
        except RetryError as error:
            last = error.last_attempt.exception()
            assert isinstance(last, _Again)
            raise last.final from last.__cause__

    def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        json: object,
        form: Mapping[str, str] | None,
        raw: bytes | None,
        capability: str,
        kind: str,
    ) -> Reply:
        import requests

        try:
            answer = self.session().request(
                method,
                url,
                headers=dict(headers),
                json=json,
                data=form if raw is None else raw,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            )
            body = _whole(answer)
        except requests.RequestException as error:
            where = self._where(method, url, 0, "")
            self.tally.heard(where, reads=kind == "GET")
            text = f"no answer: {type(error).__name__}"
            # Not `from error`: requests may quote a header there, and a header is a token.
            raise self._unheard(kind, text, where, None) from None
        where = self._where(
            method, url, answer.status_code, answer.headers.get(self.trace_header, "")
        )
        self.tally.heard(where, reads=kind == "GET")
        return self._judge(kind, answer, body if raw is None else b"", where, capability)

    def _judge(
        self, kind: str, answer: requests.Response, body: bytes, where: Where, capability: str
    ) -> Reply:
        wait = retry_after(answer.headers.get("Retry-After"), self.clock.now())
        if answer.status_code == 429 or (answer.status_code == 423 and wait is not None):
            raise _Again(Throttled("throttled", where, wait, capability), wait)
        if answer.status_code >= 500:
            raise self._unheard(kind, "the provider failed", where, wait)
        try:
            said = loads(str(body, "utf-8", "replace")) if body else None
        except (ValueError, RecursionError) as error:
            raise self._unheard(kind, "the answer is not JSON", where, wait) from error
        return Reply(answer.status_code, said, answer.headers, where)

    def _unheard(
        self, kind: str, text: str, where: Where, wait: float | None
    ) -> Transient | _Again:
        """A read is repeated. A write is not: whoever called reads before writing again."""
        if kind == "GET":
            return _Again(Unavailable(text, where, wait), wait)
        return AnswerUnknown(text, where, wait)

    def _where(self, method: str, url: str, status: int, trace: str) -> Where:
        # The path alone: a query may carry a cursor or a name.
        return Where(self.provider, method, urlsplit(url).path, status, trace)


def _whole(answer: requests.Response) -> bytes:
    """The body in one piece: requests by itself takes ten thousand bytes at a time, which for a
    page of a directory is half of what the call costs us."""
    return b"".join(answer.iter_content(None))


def _is_again(state: RetryCallState) -> bool:
    return state.outcome is not None and isinstance(state.outcome.exception(), _Again)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    given = error.wait if isinstance(error, _Again) else None
    return given if given is not None else 0.5 * 2.0 ** (state.attempt_number - 1)


def _stop_after(attempts: int) -> Callable[[RetryCallState], bool]:
    def stop(state: RetryCallState) -> bool:
        upcoming = state.upcoming_sleep
        return (
            state.attempt_number >= attempts
            or upcoming > times.WAIT_IN_CALL
            or state.idle_for + upcoming > times.WAIT_IN_ALL
        )

    return stop

"""What both clouds are made of: requests, routes, a log of every call, faults on a switch.

A cloud is a `Cloud` with routes. `Cloud.handle` is the single way in: the HTTP server and the
in-process adapter both call it, and so does Graph's `$batch` for its parts (`inner=True`).
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.clock import Clock


class AnswerLost(Exception):
    """The effect took place; the answer never reached the caller."""


@dataclass(frozen=True)
class Request:
    """One HTTP request as a cloud sees it. `path` is decoded, without the query."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    inner: bool = False
    params: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    def arg(self, name: str, default: str | None = None) -> str | None:
        values = self.query.get(name)
        return values[0] if values else default

    def header(self, name: str, default: str = "") -> str:
        return self.headers.get(name.lower(), default)

    @property
    def token(self) -> str:
        scheme, _, value = self.header("authorization").partition(" ")
        return value.strip() if scheme.lower() == "bearer" else ""


@dataclass
class Response:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Call:
    """One call that reached a cloud; `inner` for a part of a `$batch`.

    `status` is what the cloud decided; `lost` says that the caller never heard it.
    """

    cloud: str
    method: str
    path: str
    status: int
    inner: bool
    at: float
    lost: bool = False


@dataclass
class Fault:
    """What to do to matching calls. Positions count matching calls from 1, parts of a batch too.

    kind: ``throttle`` (429 with Retry-After, no effect), ``error`` (`status`, no effect),
    ``lost`` (effect, then no answer; for a part of a batch: effect, then 504),
    ``slow`` (`seconds` of waiting, then as usual).
    """

    kind: str
    method: str | None = None
    path: str = ""
    at: int | None = None
    every: int | None = None
    probability: float | None = None
    times: int | None = None
    seconds: float = 2.0
    status: int = 503
    when: Callable[[Request], bool] | None = None
    seen: int = 0
    hit: int = 0

    def strikes(self, request: Request, rng: random.Random) -> bool:
        if self.method and request.method != self.method:
            return False
        if self.path and not re.search(self.path, request.path):
            return False
        if self.when and not self.when(request):
            return False
        self.seen += 1
        if self.times is not None and self.hit >= self.times:
            return False
        due = (
            (self.at is not None and self.seen == self.at)
            or (self.every is not None and self.seen % self.every == 0)
            or (self.probability is not None and rng.random() < self.probability)
            or (self.at is None and self.every is None and self.probability is None)
        )
        self.hit += due
        return due


Handler = Callable[[Request], Response]


class Cloud:
    """Routes, log and faults. Subclasses register routes and keep the state.

    `lock` is held while a route runs, so state is consistent under threads.
    """

    name = "cloud"

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.clock = clock
        self.random = random.Random(seed)
        self.lock = threading.RLock()
        self.log: list[Call] = []
        self.faults: list[Fault] = []
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def route(self, method: str, pattern: str, handler: Handler) -> None:
        """`pattern` with ``{name}`` for one path segment; other characters stand for themselves."""
        parts = re.split(r"(\{\w+\})", pattern)
        regex = "".join(
            f"(?P<{p[1:-1]}>[^/]+)" if p.startswith("{") else re.escape(p) for p in parts
        )
        self._routes.append((method, re.compile(f"^{regex}$"), handler))

    def handle(self, request: Request) -> Response:
        """Answer one request. Raises AnswerLost after the effect where a fault says so."""
        fault = self._fault(request)
        if fault and fault.kind == "slow":
            self.clock.sleep(fault.seconds)
        if fault and fault.kind in ("throttle", "error"):
            response = self.refuse(request, fault)
        else:
            with self.lock:
                response = self._dispatch(request)
        lost = bool(fault and fault.kind == "lost")
        self._record(request, response, lost)
        if lost and not request.inner:
            raise AnswerLost(f"{request.method} {request.path}")
        if lost:
            return self.finish(request, Response(504, self.error_body(504, "UnknownError", "")))
        return self.finish(request, response)

    def refuse(self, request: Request, fault: Fault) -> Response:
        if fault.kind == "throttle":
            body = self.error_body(429, "TooManyRequests", "Too many requests.")
            return self.finish(request, Response(429, body, {"Retry-After": f"{fault.seconds:g}"}))
        return self.finish(request, Response(fault.status, self.error_body(fault.status, "", "")))

    def finish(self, request: Request, response: Response) -> Response:
        """Headers that every answer of this cloud carries; subclasses add a trace id."""
        response.headers.setdefault("Date", formatdate(self.clock.now(), usegmt=True))
        return response

    def error_body(self, status: int, code: str, message: str) -> Any:
        """The provider's own form of an error; subclasses decide."""
        return {"error": {"code": code or str(status), "message": message}}

    def calls(self, *, inner: bool | None = None, since: int = 0) -> list[Call]:
        """The log from position `since`; without `inner`, batch parts and plain calls alike."""
        return [c for c in self.log[since:] if inner is None or c.inner == inner]

    def _fault(self, request: Request) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.strikes(request, self.random):
                    return fault
        return None

    def _dispatch(self, request: Request) -> Response:
        known = False
        for method, regex, handler in self._routes:
            match = regex.match(request.path)
            if not match:
                continue
            known = True
            if method == request.method:
                return handler(_with_params(request, match.groupdict()))
        status = 405 if known else 404
        return Response(status, self.error_body(status, "", "No such resource or method."))

    def _record(self, request: Request, response: Response, lost: bool) -> None:
        with self.lock:
            self.log.append(
                Call(
                    self.name,
                    request.method,
                    request.path,
                    response.status,
                    request.inner,
                    self.clock.now(),
                    lost,
                )
            )


def _with_params(request: Request, params: Mapping[str, str]) -> Request:
    return Request(
        request.method,
        request.path,
        request.query,
        request.headers,
        request.body,
        request.base_url,
        request.inner,
        params,
    )


def parse_request(
    method: str, url: str, headers: Mapping[str, str], body: bytes, *, inner: bool = False
) -> Request:
    """A Request from plain HTTP parts; `url` may be absolute."""
    from urllib.parse import unquote

    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return Request(
        method.upper(),
        unquote(parts.path),
        parse_qs(parts.query, keep_blank_values=True),
        {k.lower(): v for k, v in headers.items()},
        body or b"",
        base,
        inner,
    )

"""What happens at one chosen call of a look, or at one chosen write to storage.

Calls are counted over both clouds in the order in which they are made; the polls of the whole
tenant and sign-ins are not counted. Whoever dies is caught by `survive` and `endure`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests

from sandbox.adapter import CloudAdapter
from sandbox.kit import Cloud, Fault
from shared.http import new_session
from shared.storage.tables import Partition, Step, Tables
from tests.journeys.stage import Stage

RETRY_AFTER = 7.0
# So many calls in a row are refused: more than a read is repeated.
OUTAGE = 5


class Died(BaseException):
    """The process is gone: nothing of ours runs after it."""


@dataclass
class Fate:
    """kind: throttled, failed (500), lost (the answer, after the effect), refused (the connection,
    for a while), dies before, dies after; or meanwhile, with an action.

    at: which call, from 1; 0 for none; every: each one. struck: whether it came to that.
    """

    stage: Stage
    kind: str = ""
    at: int = 0
    action: Callable[[], None] | None = None
    count: int = 0
    struck: bool = False
    every: bool = False

    def __post_init__(self) -> None:
        self.stage.wiring.session = self._session

    def at_call(self, kind: str, at: int, action: Callable[[], None] | None = None) -> None:
        """From now on, counted anew."""
        self.kind, self.at, self.action, self.count, self.struck = kind, at, action, 0, False
        self.every = False

    def at_each_call(self, action: Callable[[], None]) -> None:
        """Before each of them, from now on."""
        self.kind, self.at, self.action, self.every = "meanwhile", 1, action, True

    def _session(self) -> requests.Session:
        session = new_session()
        session.mount("https://webexapis.com", _Fateful(self, self.stage.webex))
        session.mount("https://graph.microsoft.com", _Fateful(self, self.stage.microsoft.graph))
        login = CloudAdapter(self.stage.microsoft.login)
        session.mount("https://login.microsoftonline.com", login)
        return session


class _Fateful(CloudAdapter):
    def __init__(self, fate: Fate, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.fate = fate

    def send(  # type: ignore[override]  # as in CloudAdapter
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        fate = self.fate
        if not fate.at or _is_poll(str(request.url)):
            return super().send(request, **options)
        fate.count += 1
        hit = fate.at <= fate.count < fate.at + (OUTAGE if fate.kind == "refused" else 1)
        if not hit and not fate.every:
            return super().send(request, **options)
        fate.struck = True
        if fate.kind == "refused":
            raise requests.ConnectionError("connection refused")
        if fate.kind == "dies before":
            raise Died
        if fate.action:
            fate.action()
        if fate.kind in _FAULTS:
            kind, status = _FAULTS[fate.kind]
            self.cloud.faults.insert(0, Fault(kind, times=1, seconds=RETRY_AFTER, status=status))
        answer = super().send(request, **options)
        if fate.kind == "dies after":
            raise Died
        return answer


_FAULTS = {"throttled": ("throttle", 429), "failed": ("error", 500), "lost": ("lost", 0)}


def _is_poll(url: str) -> bool:
    return any(part in url for part in ("/v1/events", "/groups/delta", "/webhooks", "access_token"))


@dataclass
class Mortal:
    """The process dies at the `at`-th write to storage from `arm` on: before or after it."""

    stage: Stage
    at: int = 0
    after: bool = False
    count: int = 0
    struck: bool = False
    tables: Tables = field(init=False)

    def __post_init__(self) -> None:
        self.tables = self.stage.wiring.tables
        self.stage.wiring.tables = _MortalTables(self)

    def arm(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.count, self.struck = at, after, 0, False

    def pass_by(self) -> bool:
        """Whether this write is the one; once."""
        if not self.at:
            return False
        self.count += 1
        hit = self.count == self.at
        self.struck |= hit
        return hit


@dataclass
class Between(Mortal):
    """Nobody dies: another process acts just before some of the writes to storage, once each."""

    actions: dict[int, Callable[[], None]] = field(default_factory=dict)

    def pass_by(self) -> bool:
        self.count += 1
        action = self.actions.pop(self.count, None)
        if action:
            # What the other writes is not counted.
            (count, actions), self.actions = (self.count, self.actions), {}
            action()
            self.count, self.actions = count, actions
        return False


class _MortalTables(Tables):
    def __init__(self, mortal: Mortal) -> None:
        super().__init__(mortal.tables._open)
        self._mortal = mortal

    def partition(self, table: str, key: str) -> Partition:
        return _MortalPartition(self._mortal, lambda: self._table(table), key)


class _MortalPartition(Partition):
    def __init__(self, mortal: Mortal, client: Callable[[], Any], key: str) -> None:
        super().__init__(client, key)
        self._mortal = mortal

    def write(self, steps: Sequence[Step]) -> list[str]:
        hit = self._mortal.pass_by()
        if hit and not self._mortal.after:
            raise Died
        etags = super().write(steps)
        if hit:
            raise Died
        return etags


def endure(stage: Stage, seconds: float, *, step: float = 10) -> None:
    """As `standing.live`, and whoever dies is followed by another process. The message that it had
    is lost."""
    end = stage.clock.now() + seconds
    while True:
        for act in (lambda: stage.webex.deliver(stage.post), stage.watch, stage.tidy):
            with suppress(Died):
                act()
        while stage.queue:
            with suppress(Died):
                stage.drain()
        left = end - stage.clock.now()
        if left <= 0:
            return
        stage.clock.advance(min(step, left))

"""The webhook's handler: CPU for a genuine and for a forged delivery, without host and HTTP."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from bench import peer
from bench.measure import interleaved, sample
from bench.table import Goal, Row, Section
from functions.team_created.handler import Answer
from functions.team_created.handler import receive as our_receive
from shared.core.keyring import webhook_secret
from shared.webex.protocol import MAX_BODY
from tests.journeys.stage import Stage

ROUNDS = 15
CALLS = 1_000
OURS, PEER = "ours", "peer"


@dataclass(frozen=True)
class Posted:
    """A delivery as it arrives. Header names in lower case."""

    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Desk:
    """Both handlers, over the same organization."""

    stage: Stage

    def ours(self, posted: Posted) -> Answer:
        settings = self.stage.wiring.settings
        return our_receive(settings, self.stage.org.uuid, "v1", posted.headers, posted.body)

    def peer(self, posted: Posted) -> str | None:
        return peer.receive(self.secret, posted.headers, posted.body)

    @property
    def secret(self) -> str:
        return webhook_secret(self.stage.wiring.settings.keyring, "v1", self.stage.org.uuid)


def measure(storage: str) -> Section:
    stage = Stage(storage)
    desk, taken = Desk(stage), genuine(stage)
    forged = replace(taken, body=taken.body.replace(b'"rooms"', b'"roomz"'))
    large = replace(taken, body=b" " * (MAX_BODY - len(taken.body)) + taken.body)
    cases = {
        "Genuine delivery": (taken, 202),
        "Genuine delivery, SHA-1 alone": (_sha1_alone(desk, taken), 202),
        "Forged delivery": (forged, 401),
        "Forged delivery of 64 KiB": (large, 401),
    }
    rows = [_row(desk, what, posted, status) for what, (posted, status) in cases.items()]
    forgery, large_one = (row.ours.median for row in rows if row.what.startswith("Forged"))
    return Section(
        f"The webhook's handler ({ROUNDS} runs of {CALLS} deliveries)",
        rows,
        ["Ours derives the secret from the master key each time; the peer has it at hand."],
        goals=[
            Goal(
                "forged webhook",
                "no write, <= 300 us of CPU",
                f"no nudge, {forgery:.0f} us; of 64 KiB {large_one:.0f} us",
                forgery <= 300 and not any(row.wrong for row in rows),
            )
        ],
    )


def _row(desk: Desk, what: str, posted: Posted, status: int) -> Row:
    wrong = _wrong(desk, posted, status)
    per_call: dict[str, Callable[[], float]] = {
        OURS: partial(_microseconds, partial(desk.ours, posted)),
        PEER: partial(
            _microseconds, partial(peer.receive, desk.secret, posted.headers, posted.body)
        ),
    }
    times = interleaved(ROUNDS, per_call)
    return Row(f"{what}, CPU", sample(times[OURS]), sample(times[PEER]), "us", wrong=wrong)


def _wrong(desk: Desk, posted: Posted, status: int) -> str:
    answer, taken = desk.ours(posted), status == 202
    if answer.status != status or (answer.nudge is not None) != taken:
        return f"ours: {answer.status}"
    return "" if (desk.peer(posted) is not None) == taken else "peer"


def _microseconds(act: Callable[[], object]) -> float:
    start = time.thread_time_ns()
    for _ in range(CALLS):
        act()
    return (time.thread_time_ns() - start) / CALLS / 1e3


def genuine(stage: Stage) -> Posted:
    """The delivery for a new team, as the sandbox's Webex signs and sends it."""
    stage.turn_on()
    stage.team(stage.person())
    stage.clock.advance(60)
    caught: list[Posted] = []

    def post(url: str, headers: dict[str, str], body: bytes) -> int:
        caught.append(Posted({k.lower(): v for k, v in headers.items()}, body))
        return 202

    stage.webex.deliver(post)
    return caught[0]


def _sha1_alone(desk: Desk, genuine: Posted) -> Posted:
    digest = hmac.new(desk.secret.encode(), genuine.body, "sha1").hexdigest()
    headers = {k: v for k, v in genuine.headers.items() if k != "x-webex-signature"}
    return replace(genuine, headers=headers | {"x-spark-signature": digest})

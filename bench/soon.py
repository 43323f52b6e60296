"""From a team's creation to its complete group and its linked folder, in an idle app.

Virtual time: clouds of 35 ms a call, the webhook's own delay, both timers at their times, and a
message that lies in the queue for up to host.json's maxPollingInterval. Cold starts are not in it.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.slow import SlowStage
from bench.table import Chart, Goal, Wide
from sandbox.storage import ROOT
from sandbox.webex.state import Team
from shared.core.model import Folder

TEAMS, SIZE = 40, 12
APART = 0.5  # seconds from one person to the next
STEP, IDLE_STEP = 0.1, 1.0
PATIENCE = 300.0
WATCH, CHORES = 10.0, 30.0
WEBHOOK, EVENTS = "by webhook", "by events alone"
GOAL = 15.0
NOTES = (
    f"{TEAMS} teams each, one after the other, of {SIZE} known people who arrive {APART:g} s apart,"
    " at any moment of the timers.",
    "Folders take the sandbox's 20 s to be provisioned. Virtual time; a message waits up to the"
    " host's polling interval.",
    "Seconds from the last of these people.",
)


@dataclass
class Waits:
    """Seconds from the last initial person; inf: not within the patience."""

    group: list[float] = field(default_factory=list)
    folder: list[float] = field(default_factory=list)


def measure(teams: int = TEAMS) -> Wide:
    began = time.monotonic()
    found = {WEBHOOK: waits(teams, webhook=True), EVENTS: waits(teams, webhook=False)}
    rows = []
    for how, each in found.items():
        rows.append((f"{how}: group complete", *_figures(each.group)))
        rows.append((f"{how}: folder linked", *_figures(each.folder)))
    quick, slow = percentile(found[WEBHOOK].group, 95), percentile(found[EVENTS].group, 95)
    rows.append(("Took", "", f"{time.monotonic() - began:.0f} s", ""))
    return Wide(
        "From the last initial person to the group and the folder, idle app",
        ("", "median", "p95", "most"),
        rows,
        NOTES,
        [
            Goal(
                "last initial person to complete group, p95, by webhook",
                f"<= {GOAL:g} s",
                f"{quick:.1f} s",
                quick <= GOAL,
            ),
            Goal(
                "the same, by events alone",
                f"<= {GOAL + WATCH:g} s",
                f"{slow:.1f} s",
                slow <= GOAL + WATCH,
            ),
            Goal("cold start in Azure", "said", "needs a live app", None),
        ],
        [
            Chart(
                "soon",
                "Seconds from the last initial person, idle app, 35 ms a call",
                "seconds",
                ("median", "p95"),
                [(row[0], [float(row[1][:-2]), float(row[2][:-2])]) for row in rows[:-1]],
            )
        ],
        wrong=any(at > PATIENCE for each in found.values() for at in each.group),
    )


def _figures(values: Sequence[float]) -> tuple[str, str, str]:
    shown = (percentile(values, 50), percentile(values, 95), max(values))
    return f"{shown[0]:.1f} s", f"{shown[1]:.1f} s", f"{shown[2]:.1f} s"


def percentile(values: Sequence[float], share: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


def waits(teams: int, *, webhook: bool) -> Waits:
    stage, found, rng = SlowStage(webhook=webhook), Waits(), random.Random(teams)
    stage.know(stage.people(1))
    here = Idle(stage, rng)
    here.until(60.0)
    for number in range(teams):
        here.until(rng.uniform(400.0, 420.0), IDLE_STEP)
        people = stage.people(SIZE)
        stage.know(people)
        team = stage.webex.create_team(people[0], f"Team {number}")
        for person in people[1:]:
            here.until(APART)
            stage.webex.add_member(team, person)
        group, folder = here.watch(team)
        found.group.append(group)
        found.folder.append(folder)
    return found


class Idle:
    """The app with nothing else to do."""

    def __init__(self, stage: SlowStage, rng: random.Random) -> None:
        self.stage, self.rng = stage, rng
        host = json.loads((ROOT / "host.json").read_text())["extensions"]["queues"]
        hours, minutes, seconds = map(int, host["maxPollingInterval"].split(":"))
        self._poll = hours * 3600 + minutes * 60 + seconds
        self._queue: list[tuple[float, str]] = []
        self._next_watch = self._next_chores = stage.clock.now()

    def watch(self, team: Team) -> tuple[float, float]:
        """When group and folder were there."""
        clock = self.stage.clock
        began, group = clock.now(), float("inf")
        while clock.now() < began + PATIENCE:
            self._step()
            if group == float("inf") and not self.stage.wrong(team):
                group = clock.now() - began
            elif group < float("inf") and self.stage.row(team).folder is Folder.LINKED:
                return group, clock.now() - began
        return group, float("inf")

    def until(self, seconds: float, step: float = STEP) -> None:
        end = self.stage.clock.now() + seconds
        while self.stage.clock.now() < end:
            self._step(step)

    def _step(self, step: float = STEP) -> None:
        stage, now = self.stage, self.stage.clock.now()
        stage.webex.deliver(stage.post)
        if now >= self._next_watch:
            stage.watch()
            self._next_watch += WATCH
        if now >= self._next_chores:
            stage.tidy()
            self._next_chores += CHORES
        self._queue += [(now + self.rng.uniform(0, self._poll), text) for text in stage.queue]
        stage.queue.clear()
        due = [text for at, text in self._queue if at <= now]
        self._queue = [(at, text) for at, text in self._queue if at > now]
        for text in due:
            stage.work(text)
        stage.clock.advance(step)

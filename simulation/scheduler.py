"""Time and order: many tasks in one thread, and at every wait the seed says who goes on.

A task is a greenlet, so the product's code runs as it is, unaware that it shares the thread.
Nothing here knows what the tasks do.
"""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from greenlet import getcurrent, greenlet


class Gone(BaseException):
    """The process of this task is dead: nothing of it runs any more."""


class Process:
    """What tasks run in. Once it is dead none of its tasks gets any further."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True

    def die(self) -> None:
        self.alive = False


@dataclass(eq=False)
class Task:
    """One run of something. error: what it raised; `Gone` where its process died."""

    name: str
    process: Process
    action: Callable[[], None]
    done: bool = False
    error: BaseException | None = None
    greenlet: greenlet | None = field(default=None, repr=False)


@dataclass
class Scheduler:
    """Virtual time in seconds since the epoch. `sleep` and `now` make it a clock for everybody.

    on_switch: called with the process whose task goes on. A trace line is kept for each `note`;
    `digest` says in four bytes what has happened so far.
    """

    draw: Random
    at: float
    on_switch: Callable[[Process], None] = lambda _process: None
    trace: list[tuple[float, str, str]] = field(default_factory=list)
    digest: int = 0
    current: Task | None = None
    _queue: list[tuple[float, int, Task]] = field(default_factory=list)
    _count: int = 0
    _world: Process = field(default_factory=lambda: Process("world"))

    def now(self) -> float:
        return self.at

    def spawn(
        self,
        action: Callable[[], None],
        name: str,
        process: Process | None = None,
        after: float = 0.0,
    ) -> Task:
        """Begin a task `after` seconds from now. Without a process it is the world's own."""
        task = Task(name, process or self._world, action)
        self._put(self.at + after, task)
        return task

    def sleep(self, seconds: float) -> None:
        """Let others run for so long. Raises Gone where the process died meanwhile."""
        task = self.current
        if task is None:
            # Nobody else is there yet: the world is being built.
            self.at += seconds
            return
        until = self.at + seconds
        if (self._queue and self._queue[0][0] <= until) or until > self._end:
            self._put(until, task)
            self._hub.switch()
        else:
            self.at = until
        if not task.process.alive:
            raise Gone

    def run(self, until: float) -> None:
        """Until this moment. Whatever a task of the world raises ends the run."""
        self._hub = getcurrent()
        self._end = until
        while self._queue and self._queue[0][0] <= until:
            at, _, task = heapq.heappop(self._queue)
            self.at = max(self.at, at)
            self._resume(task)
        self.at = max(self.at, until)

    def note(self, text: str) -> None:
        """A line of the trace, by the task that runs."""
        who = self.current.name if self.current else "-"
        self.trace.append((self.at, who, text))
        self.digest = zlib.crc32(f"{self.at:.3f} {who} {text}".encode(), self.digest)

    def close(self) -> None:
        """Nothing goes on any more. What waits would keep its whole world in memory."""
        waiting, self._queue = self._queue, []
        for _, _, task in waiting:
            task.process.die()
        for _, _, task in waiting:
            if task.greenlet is not None and not task.done:
                self.current = task
                task.greenlet.throw(Gone)
        self.current = None

    def _put(self, at: float, task: Task) -> None:
        self._count += 1
        heapq.heappush(self._queue, (at, self._count, task))

    def _resume(self, task: Task) -> None:
        self.on_switch(task.process)
        self.current = task
        if task.greenlet is None:
            task.greenlet = greenlet(lambda: self._live(task))
        task.greenlet.switch()
        self.current = None
        if isinstance(task.error, Exception):
            raise task.error

    @staticmethod
    def _live(task: Task) -> None:
        try:
            if task.process.alive:
                task.action()
        except (Gone, Exception) as error:
            task.error = error
        finally:
            task.done = True

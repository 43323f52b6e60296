"""The functions host, as far as it decides anything: instances, timers, deliveries and the queue.

On Flex Consumption HTTP functions share instances and every other function has its own. A dead
instance is replaced after a while; what it had received comes back when the queue's lease ends.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox.webex.delivery import Delivery
from simulation.chaos import Io
from simulation.queue import Message, Queue
from simulation.scheduler import Process, Task
from simulation.universe import Universe

TRIES = 5
SHOWN_AGAIN = 30.0
BATCH, NEW_BATCH = 4, 1
POLLING = 2.0
RESTART = (2.0, 30.0)
WATCH, CHORES = 10.0, 30.0
# Where idle runs of the timers are skipped: for so long after anything happened none is.
BUSY = 90.0
CHORES_SELDOM = 300.0


class QueueDown(Exception):
    """The message may not have been put."""


@dataclass(eq=False)
class Instance:
    """One place where a function runs. in_flight: how many messages it is busy with."""

    name: str
    universe: Universe
    process: Process | None = None
    back_at: float = 0.0
    in_flight: int = 0
    born: int = 0

    def up(self) -> Process | None:
        """Its process, a new one where the last has died; None while there is none."""
        universe, now = self.universe, self.universe.scheduler.at
        if self.process and not self.process.alive:
            universe.forget(self.process)
            self.process, self.in_flight = None, 0
            self.back_at = now + universe.chaos.draw.uniform(*RESTART)
        if self.process is None and now >= self.back_at:
            self.born += 1
            self.process = Process(f"{self.name}#{self.born}")
            universe.wiring_of(self.process)
        return self.process


@dataclass
class Hosts:
    """skip_idle: timers do not run where they would find nothing to do."""

    universe: Universe
    workers: int = 2
    skip_idle: bool = False
    nudges: Queue = field(default_factory=Queue)
    poison: Queue = field(default_factory=Queue)
    paused: bool = False
    tidied_at: float = 0.0

    def __post_init__(self) -> None:
        names = [f"worker{n}" for n in range(self.workers)]
        self._workers = [Instance(name, self.universe) for name in names]
        self._http, self._watch, self._chores, self._dead = (
            Instance(name, self.universe) for name in ("http", "watch", "chores", "dead")
        )
        self._running: dict[str, Task] = {}
        # As of which call and which change it was last found out that nothing is to be done, and
        # until when that holds.
        self._idle_at = (0, 0.0)
        self._bodies: dict[bytes, Delivery] = {}
        self._idle_until = 0.0

    def is_busy(self) -> bool:
        """Whether a message waits or somebody works on one."""
        return bool(self.nudges.messages or self.poison.messages)

    def start(self) -> None:
        spawn, draw = self.universe.scheduler.spawn, self.universe.chaos.draw
        spawn(lambda: self._timer("watch", WATCH, self._watch), "timer", after=draw.uniform(0, 10))
        spawn(
            lambda: self._timer("chores", CHORES, self._chores), "timer", after=draw.uniform(0, 30)
        )
        spawn(self._postman, "postman")
        spawn(self._poll, "queue")

    # Timers

    def _timer(self, name: str, every: float, instance: Instance) -> None:
        scheduler = self.universe.scheduler
        while True:
            scheduler.sleep(every)
            if self.paused or self._runs(name) or (self.skip_idle and self._is_idle(name)):
                continue
            process = instance.up()
            if process:
                self._running[name] = scheduler.spawn(lambda: self._fire(name), name, process)

    def _runs(self, name: str) -> bool:
        """A timer never overlaps itself."""
        task = self._running.get(name)
        return task is not None and not task.done and task.process.alive

    def _fire(self, name: str) -> None:
        try:
            began = self.universe.scheduler.at
            outcome = self.universe.app.invoke_timer(name)
            self._put_all(str(m) for m in outcome.messages("nudges"))
        except QueueDown as error:
            self.universe.scheduler.note(f"{name} failed: {error}")
        else:
            if name == "chores":
                self.tidied_at = began

    def _is_idle(self, name: str) -> bool:
        universe, now = self.universe, self.universe.scheduler.at
        if name == "chores":
            busy = now - universe.watcher.last_change < BUSY or universe.is_waking
            return now - self.tidied_at < (CHORES if busy else CHORES_SELDOM)
        heard = universe.watcher.last_change + universe.hearing
        if now <= heard:
            return False
        if self._idle_at != (universe.chaos.ios, heard):
            self._idle_at = (universe.chaos.ios, heard)
            behind = any(universe.heard_until(firm) < heard for firm in universe.firms)
            behind = behind or universe.reads_again
            self._idle_until = 0.0 if behind else universe.next_due() or float("inf")
        return now < self._idle_until

    # Deliveries

    def _postman(self) -> None:
        universe = self.universe
        while True:
            delivery = universe.webex.postman.take()
            if delivery is None:
                due = [d.due for d in universe.webex.postman.outbox[:1]]
                universe.scheduler.sleep(
                    max(0.01, min([1.0, *(d - universe.scheduler.at for d in due)]))
                )
                continue
            self.post(delivery)

    def post(self, delivery: Delivery, *, genuine: bool = True) -> None:
        """A delivery arrives, whoever sends it."""
        universe, process = self.universe, self._http.up()
        if genuine:
            universe.chaos.counts["doubled"] += delivery.body in self._bodies
            self._bodies[delivery.body] = delivery
        if process is None or self.paused:
            universe.webex.postman.settle(delivery, failed=True)
            return
        universe.scheduler.spawn(lambda: self._receive(delivery, genuine), "webhook", process)

    def _receive(self, delivery: Delivery, genuine: bool) -> None:
        universe, status, before = self.universe, 0, self.universe.chaos.ios
        try:
            outcome = universe.app.invoke_http(
                "POST", delivery.url, delivery.headers, delivery.body
            )
            assert outcome.answer is not None
            # Nobody else's turn comes in a function that calls nobody.
            calls = universe.chaos.ios - before
            messages = [str(m) for m in outcome.messages("nudges")]
            self._put_all(messages)
            status = outcome.answer.status
            universe.watcher.acknowledged(delivery, genuine, status, messages, self.nudges, calls)
        except QueueDown:
            status = 500
        finally:
            universe.webex.postman.settle(delivery, not 200 <= status < 300)

    def replay(self) -> None:
        """Somebody who has overheard a delivery sends it again: it verifies, and does no harm."""
        if self._bodies:
            self.universe.chaos.counts["replayed"] += 1
            self.post(self.universe.draw.choice(list(self._bodies.values())))

    # The queue

    def _put_all(self, messages: Iterable[str]) -> None:
        for text in messages:
            self._put(text)

    def _put(self, text: str) -> None:
        """The output binding: the host writes before the function has succeeded."""
        task = self.universe.scheduler.current
        assert task is not None
        io = Io("queue", "put", True, QueueDown, QueueDown)
        self.universe.chaos.through(task.process, io, lambda: self.enqueue(text))

    def enqueue(self, text: str) -> None:
        self.nudges.put(text, self.universe.scheduler.at)
        self.universe.messages.append(text)
        self._pump_in(self.universe.chaos.draw.uniform(0, POLLING))

    def _poll(self) -> None:
        """What was received by somebody who died is seen again some time."""
        while True:
            self.universe.scheduler.sleep(20.0)
            if self.nudges.messages:
                self._pump()
            if self.poison.messages:
                self._revive()

    def _pump_in(self, seconds: float) -> None:
        self.universe.scheduler.spawn(self._pump, "queue", after=seconds)

    def _pump(self) -> None:
        """Idle workers receive what can be seen."""
        if self.paused:
            self._pump_in(POLLING)
            return
        scheduler = self.universe.scheduler
        for worker in self.universe.chaos.draw.sample(self._workers, len(self._workers)):
            process = worker.up()
            if process is None:
                self._pump_in(max(0.1, worker.back_at - scheduler.at))
                continue
            if worker.in_flight > NEW_BATCH:
                continue
            for _ in range(BATCH):
                message = self.nudges.receive(scheduler.at)
                if message is None:
                    return
                self._begin(worker, process, message)

    def _begin(self, worker: Instance, process: Process, message: Message) -> None:
        worker.in_flight += 1
        receipt = message.receipt
        name = (
            f"sync {json.loads(message.text).get('space', '')[-6:]}"
            if message.text[:1] == "{"
            else "sync"
        )
        self.universe.scheduler.spawn(
            lambda: self._work(worker, process, message, receipt), name, process
        )

    def _work(self, worker: Instance, process: Process, message: Message, receipt: int) -> None:
        universe = self.universe
        try:
            universe.app.invoke_queue("sync_team", message.text, message.tries)
            io = Io("queue", "delete", True, QueueDown, QueueDown)
            with contextlib.suppress(QueueDown):
                universe.chaos.through(process, io, lambda: self.nudges.delete(message, receipt))
        except Exception as error:
            universe.scheduler.note(f"message failed: {type(error).__name__}: {error}")
            universe.chaos.counts["message failed"] += 1
            self._failed(message, receipt)
        if worker.process is process:
            worker.in_flight -= 1
        self._pump_in(0.0)

    def _failed(self, message: Message, receipt: int) -> None:
        now = self.universe.scheduler.at
        if message.tries < TRIES:
            self.nudges.show_again(message, receipt, now + SHOWN_AGAIN)
        elif self.nudges.delete(message, receipt):
            self.poison.put(message.text, now)
            self.universe.chaos.counts["poison"] += 1

    def _revive(self) -> None:
        process = self._dead.up()
        message = self.poison.receive(self.universe.scheduler.at) if process else None
        if process is not None and message is not None:
            receipt = message.receipt
            self.universe.scheduler.spawn(
                lambda: self._bury(message, receipt), "dead nudges", process
            )

    def _bury(self, message: Message, receipt: int) -> None:
        try:
            self.universe.app.invoke_queue("dead_nudges", message.text, message.tries)
            self.poison.delete(message, receipt)
        except Exception as error:
            self.universe.scheduler.note(f"poison failed: {type(error).__name__}: {error}")

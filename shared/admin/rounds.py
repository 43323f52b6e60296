"""Asking several prerequisites: those that need each other in turn, the others at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from shared.admin.inspection import Inspection
from shared.admin.overtaken import waits_for
from shared.admin.ports import Actor, Office
from shared.core import times
from shared.core.checks import Result
from shared.core.errors import Failure, Transient
from shared.core.findings import WAITS, result
from shared.core.judging import Found
from shared.core.prereqs import stages

# A page is waited for; what comes later than this says so.
SECONDS = 8.0
_THREADS = 5
_PROVIDERS = {"webex": "Webex", "graph": "Microsoft 365", "login": "Microsoft Entra ID"}


class Round:
    """known: the results so far, which this round adds to. seconds: for all of it."""

    def __init__(
        self, office: Office, actor: Actor | None, known: dict[str, Result], seconds: float
    ) -> None:
        self._office = office
        self._known = known
        self._inspection = Inspection(office, actor, known)
        self._until = office.now() + seconds * times.SECOND

    def go(self, only: Collection[str]) -> list[Result]:
        """Raises nothing that a provider does: what failed is a result like any other."""
        fresh: list[Result] = []
        # Not `with`, which would wait for the calls that come too late.
        pool = ThreadPoolExecutor(_THREADS)
        try:
            for stage in stages(only):
                answers = self._stage(pool, stage)
                self._known.update((answer.id, answer) for answer in answers)
                fresh += answers
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return fresh

    def _stage(self, pool: ThreadPoolExecutor, ids: Iterable[str]) -> list[Result]:
        found: dict[str, Found] = {}
        asked: dict[str, Future[Found]] = {}
        seconds = (self._until - self._office.now()) / times.SECOND
        for check_id in ids:
            before = waits_for(self._known, check_id)
            if before:
                found[check_id] = Found(WAITS, {"after": before})
            elif seconds <= 0:
                found[check_id] = Found("late")
            else:
                asked[check_id] = pool.submit(self._ask, check_id)
        wait(asked.values(), timeout=max(0.0, seconds))
        found |= {i: f.result() if f.done() else Found("late") for i, f in asked.items()}
        return [result(i, f.code, self._office.now(), f.facts) for i, f in found.items()]

    def _ask(self, check_id: str) -> Found:
        try:
            return self._inspection.ask(check_id)
        except Failure as failure:
            return not_told(self._office, check_id, failure)


def not_told(office: Office, check_id: str, failure: Failure) -> Found:
    """What a check finds where a provider does not tell; the log says more."""
    office.services.log.failed("prerequisite not checked", failure, check=check_id)
    provider = _PROVIDERS.get(failure.where.provider, "Microsoft Entra ID")
    return Found("silent" if isinstance(failure, Transient) else "refused", {"provider": provider})

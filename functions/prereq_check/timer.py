"""The timer of the directory's audit: every minute a look whether there is something to do."""

from __future__ import annotations

from collections.abc import Callable, Collection

from functions.prereq_check.alerting import compose
from shared.admin import watching
from shared.admin.ports import Office
from shared.audit import run
from shared.core import times
from shared.core.ids import OrgId
from shared.ports import Conflict

# Well below the ten minutes that a function may take, whatever its last part does.
RUN_TIME = 4 * times.MINUTE


def audit(
    office_of: Callable[[OrgId], Office], organizations: Collection[OrgId], began: int
) -> None:
    """Every organization's audit, and what went wrong in it, one after the other, another one first
    each minute. Raises nothing.

    began: milliseconds.
    """
    every = sorted(organizations)
    first = began // times.MINUTE % max(1, len(every))
    for org in every[first:] + every[:first]:
        office = office_of(org)
        if office.now() - began >= RUN_TIME:
            return
        _try(office, "audit", lambda office=office: run.work(office.directory, began + RUN_TIME))  # type: ignore[misc]
        _try(office, "watching", lambda office=office: _watch(office))  # type: ignore[misc]


def _watch(office: Office) -> None:
    """What went wrong: noticed, and told to whoever asked for it."""
    watching.look(office)
    watching.tell(office, lambda alert, settings: compose(office, alert, settings))


def _try(office: Office, what: str, act: Callable[[], None]) -> None:
    """One organization's trouble must not keep the others waiting, nor the audit the alerts."""
    try:
        act()
    except Conflict as conflict:
        office.services.log("directory audit later", what=what, why=str(conflict))
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        office.services.log("directory audit broke", what=what, error=text)

"""The timer of the directory's audit: every minute a look whether there is something to do."""

from __future__ import annotations

from collections.abc import Callable, Collection

from shared.audit import run
from shared.audit.ports import Desk
from shared.core import times
from shared.core.ids import OrgId
from shared.ports import Conflict

# Well below the ten minutes that a function may take, whatever its last part does.
RUN_TIME = 4 * times.MINUTE


def audit(desk_of: Callable[[OrgId], Desk], organizations: Collection[OrgId], began: int) -> None:
    """Every organization's, one after the other, another one first each minute. Raises nothing.

    began: milliseconds.
    """
    every = sorted(organizations)
    first = began // times.MINUTE % max(1, len(every))
    for org in every[first:] + every[:first]:
        desk = desk_of(org)
        if desk.services.now() - began >= RUN_TIME:
            return
        try:
            run.work(desk, began + RUN_TIME)
        except Conflict as conflict:
            desk.services.log("directory audit later", why=str(conflict))
        except Exception as error:
            # One organization's trouble must not keep the others waiting.
            text = f"{type(error).__name__}: {error}"
            desk.services.log("directory audit broke", error=text)

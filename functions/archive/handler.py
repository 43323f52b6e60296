"""For every organization: the days that are over and not in the archive yet."""

from __future__ import annotations

from collections.abc import Callable, Collection

from shared.admin.archiving import Store, archive
from shared.admin.ports import Office
from shared.core import times
from shared.core.errors import Failure
from shared.core.ids import OrgId
from shared.ports import Conflict

# Of an organization, so that the timer ends before Azure ends it: host.json, functionTimeout.
SHARE = 2 * times.MINUTE
RUN_TIME = 8 * times.MINUTE


def run(
    office_of: Callable[[OrgId], Office], organizations: Collection[OrgId], store: Store
) -> None:
    """Raises nothing. Where the time does not suffice, a later run goes on."""
    began = 0
    for org in sorted(organizations):
        office = office_of(org)
        now = office.now()
        began = began or now
        end = min(began + RUN_TIME, now + SHARE)
        services = office.services
        try:
            if not archive(office, store, end):
                services.log("archive goes on in an hour")
        except Conflict as lost:
            services.log("archive later", why=str(lost))
        except Failure as failure:
            services.log.failed("archive failed", failure)
        except Exception as error:
            services.log("archive failed", error=f"{type(error).__name__}: {error}")

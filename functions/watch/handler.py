"""For every organization that is On: read what happened into due rows, then nudge what is due."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from shared.core import nudge as queue
from shared.core import times
from shared.core.errors import Failure
from shared.core.ids import OrgId
from shared.core.model import OrgSettings
from shared.core.nudge import Nudge
from shared.ports import Conflict, Services
from shared.sync.delta import read_changes
from shared.sync.events import read_deep, read_new
from shared.sync.pacing import Later, hear

# Each source has about this long in a run, so that none starves another.
SOURCE_TIME = 2 * times.SECOND
Source = Callable[[Services, OrgSettings, int], bool]


def watch(services_of: Callable[[OrgId], Services], organizations: Iterable[OrgId]) -> list[str]:
    """The nudges to send. Due rows and cursors are written before this returns."""
    messages: list[str] = []
    for org in sorted(organizations):
        services = services_of(org)
        try:
            messages += _watch_one(services)
        except Exception as error:
            # One organization's trouble must not keep the others waiting.
            services.log("watch failed", error=f"{type(error).__name__}: {error}")
    return messages


def _watch_one(services: Services) -> list[str]:
    services.organizations.read_ahead()
    settings = services.organizations.settings()
    if not settings.on:
        return []
    correlation = services.new_id()[:16]
    services = replace(services, log=services.log.about(correlation=correlation))
    if _read(services, settings, read_new, "events"):
        _read(services, settings, read_deep, "events")
    _read(services, settings, read_changes, "changes")
    return _nudge_due(services, correlation)


def _read(services: Services, settings: OrgSettings, source: Source, what: str) -> bool:
    """False if the provider could not be read now: then it is not asked again in this run.

    what: what is read, for the log: events of Webex, or changes in Microsoft 365. Whatever happens
    here, neither the other source nor the teams that are due must wait for it.
    """
    try:
        source(services, settings, services.now() + SOURCE_TIME)
    except (Later, Conflict) as later:
        services.log(f"{what} later", source=source.__name__, why=str(later))
    except Failure as failure:
        hear(services, failure)
        services.log.failed(f"{what} cannot be read", failure, source=source.__name__)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        services.log(f"{what} cannot be read", error=text, source=source.__name__)
    else:
        return True
    return False


def _nudge_due(services: Services, correlation: str) -> list[str]:
    """A nudge that gets lost comes again: the team's own `at` is only moved on."""
    now = services.now()
    due = services.looks.due(now, times.NUDGES_A_RUN)
    moved = services.looks.postpone(due, now + times.NUDGE_PAUSE)
    oldest = now - min((entry.at for entry in due), default=now)
    services.log(
        "watched", due=len(due), oldest=oldest, nudged=len(moved), **services.calls.facts()
    )
    return [queue.write(Nudge(services.org, entry.space_id, "due", correlation)) for entry in moved]

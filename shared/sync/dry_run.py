"""The dry run of all teams: what a look would do to each, a little at a time by the timer.

Each team is previewed by reading both clouds, at low priority; nothing is written to them, so it
goes on while the switch is Off. Teams from before are left out: nothing happens to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from shared.core import times
from shared.core.errors import Failure, Permanent, Throttled
from shared.core.held import Preview
from shared.core.model import OrgSettings
from shared.ports import Conflict, Kept, Label, Services
from shared.sync.pacing import Later, hear

DRY_RUN = "cursor:dry-run"
_CHUNK = 50
_RACES = 20
# What could not be said for another reason than those that have a code of their own.
_SILENT = "provider_silent"
_UNEXPECTED = "unexpected_refusal"


@dataclass(frozen=True)
class DryRun:
    """How far the dry run of all teams is, and what it says so far. Times in milliseconds.

    by: who asked for it. ended: 0 while it is under way. number: teams that were looked at.
    after: the last of them. tries: at the next one, in vain. counts, doubted, unknown, listed: as
    in Preview, of all. creates, waiting, held, renames, failed: teams that would get a group, are
    too new for one, would wait for an administrator, would be renamed or their group be, and of
    which nothing could be said.
    """

    began: int
    by: str
    ended: int = 0
    after: str = ""
    number: int = 0
    tries: int = 0
    creates: int = 0
    waiting: int = 0
    held: int = 0
    renames: int = 0
    failed: int = 0
    unknown: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    doubted: Mapping[str, int] = field(default_factory=dict)
    listed: Mapping[str, int] = field(default_factory=dict)


def begin(services: Services, by: str) -> None:
    """Begin anew, also where one is under way. Raises Conflict where its row is contended."""
    for _ in range(_RACES):
        kept = services.organizations.kept(DRY_RUN)
        try:
            _keep(services, kept, DryRun(services.now(), by))
        except Conflict:
            continue
        return
    raise Conflict("the cursor of the dry run is contended")


def state(services: Services) -> DryRun | None:
    """The dry run under way, or the last one; None where nobody asked for one yet."""
    kept = services.organizations.kept(DRY_RUN)
    return _read(kept) if kept else None


def some(services: Services, deadline: int) -> bool:
    """Preview some more teams; True: there are no more. May be called again at any time.

    The cursor moves after the previews were kept; one that is made twice does no harm. Raises
    Conflict where a dry run was begun meanwhile.
    """
    while True:
        kept = services.organizations.kept(DRY_RUN)
        run = _read(kept) if kept else None
        if run is None or run.ended:
            return True
        after, goes_on = _chunk(services, run, deadline)
        _keep(services, kept, after)
        if after.ended or not goes_on:
            return bool(after.ended)


def _chunk(services: Services, run: DryRun, deadline: int) -> tuple[DryRun, bool]:
    """False: no further team can be read in this call."""
    settings = services.organizations.settings()
    teams = services.teams.labels(run.after, _CHUNK)
    for team in teams:
        if team.new:
            preview = _preview(services, settings, team, run.tries)
            if preview is None:
                return replace(run, tries=run.tries + 1), False
            services.teams.keep_preview(preview)
            run = _counted(run, preview)
        run = replace(run, after=team.uuid, tries=0)
        if services.now() >= deadline:
            return run, False
    if len(teams) < _CHUNK:
        services.log("dry run ended", teams=run.number, failed=run.failed)
        return replace(run, ended=services.now()), True
    return run, True


def _preview(services: Services, settings: OrgSettings, team: Label, tries: int) -> Preview | None:
    """None: to be tried again in a later run. What cannot be read keeps no other team waiting."""
    from shared.sync.preview import preview

    try:
        return preview(services, settings, team.uuid, low=True, evidence=False)
    except Later:
        return None
    except Permanent as failure:
        return _nothing(services, settings, team, failure.code)
    except Failure as failure:
        hear(services, failure)
        services.log.failed("dry run later", failure, team=team.uuid)
        if isinstance(failure, Throttled) or tries + 1 < times.TOLD_AFTER:
            return None
        return _nothing(services, settings, team, _SILENT)
    except Exception as error:
        services.log(
            "dry run of a team failed", team=team.uuid, error=f"{type(error).__name__}: {error}"
        )
        return _nothing(services, settings, team, _UNEXPECTED)


def _nothing(services: Services, settings: OrgSettings, team: Label, code: str) -> Preview:
    name = next(iter(team.names), "")
    return Preview(team.uuid, name, services.now(), settings.direction, failure=code)


def _counted(run: DryRun, preview: Preview) -> DryRun:
    return replace(
        run,
        number=run.number + 1,
        creates=run.creates + preview.creates,
        waiting=run.waiting + preview.waiting,
        unknown=run.unknown + preview.unknown,
        held=run.held + preview.held,
        renames=run.renames + bool(preview.renames),
        failed=run.failed + bool(preview.failure),
        counts=dict(Counter(run.counts) + Counter(preview.counts)),
        doubted=dict(Counter(run.doubted) + Counter(preview.doubted)),
        listed=dict(Counter(run.listed) + Counter(preview.listed)),
    )


def _keep(services: Services, kept: Kept | None, run: DryRun) -> None:
    services.organizations.keep(DRY_RUN, kept, {**asdict(run), "done": bool(run.ended)})


def _read(kept: Kept) -> DryRun:
    said = kept.state
    return DryRun(
        began=_number(said.get("began")),
        by=str(said.get("by") or ""),
        ended=_number(said.get("ended")),
        after=str(said.get("after") or ""),
        number=_number(said.get("number")),
        tries=_number(said.get("tries")),
        creates=_number(said.get("creates")),
        waiting=_number(said.get("waiting")),
        unknown=_number(said.get("unknown")),
        held=_number(said.get("held")),
        renames=_number(said.get("renames")),
        failed=_number(said.get("failed")),
        counts=_numbers(said.get("counts")),
        doubted=_numbers(said.get("doubted")),
        listed=_numbers(said.get("listed")),
    )


def _numbers(value: object) -> dict[str, int]:
    if not isinstance(value, dict):
        return {}
    return {str(name): _number(number) for name, number in value.items()}


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0

"""Dry runs: what a look would do to one team, asked now, and to all of them, by and by.

Both clouds are read and neither is written to.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from shared.admin.activity import team_uuid
from shared.admin.ports import Actor, Office
from shared.core.errors import Failure, Permanent
from shared.core.held import Evidence, Preview
from shared.core.ids import TeamId, parse_uuid
from shared.core.reasons import Refusal
from shared.ports import Conflict
from shared.sync import dry_run
from shared.sync.dry_run import DryRun
from shared.sync.pacing import Later, hear

# People whose evidence one page shows.
PEOPLE = 500
PAGE = 50
# Rows that one page reads at most.
SCANNED = 1_000
_CHUNK = 100


@dataclass(frozen=True)
class Trial:
    """What could be said of one team. preview: None where nothing could; code: of core.reasons,
    why. until: when the providers' quota allows more, 0 where it is not that.

    people: those whose name begins as asked for, at most PEOPLE of `found`.
    """

    team: TeamId
    name: str
    preview: Preview | None = None
    code: str = ""
    until: int = 0
    people: tuple[Evidence, ...] = ()
    found: int = 0


@dataclass(frozen=True)
class Trials:
    """The dry run of all teams, None where nobody asked for one. entries: teams of which it has
    something to say. following: the uuid to go on after, "" at the end."""

    run: DryRun | None
    entries: list[Preview] = field(default_factory=list)
    following: str = ""


def of_team(office: Office, team: str, begins: str = "") -> Trial:
    """Ask both providers now. begins: of the names of people to tell of, or an id of theirs. Of a
    team from before: what would be done once it is connected to a new group.

    Raises Refusal("team_unknown"). What a provider did, or our own rows do not
    allow, is told in the answer.
    """
    services, uuid = office.services, team_uuid(team)
    known = services.teams.among([uuid]).get(uuid)
    if known is None:
        raise Refusal("team_unknown")
    nothing = Trial(uuid, known.space_title or known.name or uuid)
    try:
        found = _preview(office, uuid)
    except Later as later:
        return replace(nothing, code="trial_later", until=later.at)
    except Permanent as failure:
        services.log.failed("dry run failed", failure, team=uuid)
        return replace(nothing, code=failure.code)
    except Failure as failure:
        hear(services, failure)
        services.log.failed("dry run later", failure, team=uuid)
        return replace(nothing, code="trial_silent")
    except Conflict:
        return replace(nothing, code="trial_raced")
    except (ValueError, LookupError) as error:
        told = f"{type(error).__name__}: {error}"
        services.log("dry run of a team failed", team=uuid, error=told)
        return replace(nothing, code="trial_unreadable")
    people = [each for each in found.people if _is_asked_for(each, begins)]
    return Trial(
        uuid,
        found.name or nothing.name,
        found,
        people=tuple(people[:PEOPLE]),
        found=len(people),
    )


def begin(office: Office, actor: Actor, seen: int) -> None:
    """Begin the dry run of all teams, anew where one is under way. seen: when the one began that
    the administrator has before them, 0 for none.

    Raises Refusal("dry_run_replaced") where another is under way; Conflict.
    """
    run = dry_run.state(office.services)
    if run and not run.ended and run.began != seen:
        raise Refusal("dry_run_replaced")
    dry_run.begin(office.services, actor.called)
    office.record(actor, "dry_run")


def of_all(office: Office, after: str = "") -> Trials:
    """What the last one says, from behind this team on: a page of it."""
    run = dry_run.state(office.services)
    if run is None:
        return Trials(None)
    entries: list[Preview] = []
    after, read, ended = parse_uuid(after) or "", 0, False
    while read < SCANNED and not ended and len(entries) < PAGE:
        rows = office.services.teams.previews(after, _CHUNK)
        ended = len(rows) < _CHUNK
        for row in rows:
            read, after = read + 1, row.team
            # A row of an earlier run may be of a team that is no more.
            if row.at >= run.began and _says_something(row):
                entries.append(row)
            if len(entries) == PAGE:
                ended = ended and row is rows[-1]
                break
    return Trials(run, entries, "" if ended else after)


def _preview(office: Office, team: TeamId) -> Preview:
    from shared.sync.preview import preview

    return preview(office.services, office.services.organizations.settings(), team)


def _says_something(preview: Preview) -> bool:
    would = preview.counts or preview.doubted or preview.creates or preview.renames
    return bool(would or preview.held or preview.failure)


def _is_asked_for(each: Evidence, begins: str) -> bool:
    wanted = begins.strip().casefold()
    if parse_uuid(wanted):
        return parse_uuid(wanted) in (each.person, each.object)
    return each.name.strip().casefold().startswith(wanted)

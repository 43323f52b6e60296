"""What else changes in a team's life: it gets a further space, it is deleted, its group is deleted
by mistake and restored on the team's page.

The app waits an hour before it believes that a team is gone, and a quarter of one for a group that
is young. Its record of the team is made an hour older for that, as nobody waits so long here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from sandbox.clouds import world
from sandbox.demo import checks
from sandbox.demo.life import QUIET, SETUP_PATIENCE
from sandbox.demo.pages import People
from sandbox.demo.scenes import Line, Played, Scene, play, waited
from sandbox.demo.stage import Stage
from sandbox.microsoft import Group
from sandbox.supervise import Steps
from shared.core import times
from shared.core.ids import TeamId
from shared.core.model import Team as TeamRow
from shared.ports import Conflict
from shared.sync.lease import want

SIZE = 4
PATIENCE = 240.0
FILES = "Files.ReadWrite.All"


@dataclass(frozen=True)
class End:
    """act: what people do, and then how one sees that the app is done; it answers what is wrong."""

    name: str
    act: Callable[[Stage, Played, Group, People], list[str]]


def ask_for_files(stage: Stage) -> None:
    """Further spaces are to have folders: that is asked for with everything else."""
    stage.clouds.microsoft.world.apps[world.APP_ID].required.append(FILES)


def choose(stage: Stage) -> None:
    """Further spaces get folders, and a group says that its team has ended."""
    stage.services.organizations.save_settings(
        lambda settings: replace(settings, space_folders=True, mark_ends=True)
    )


def end(stage: Stage, what: End, people: People, say: Steps) -> Line:
    """A team of its own, and then what happens to it."""
    played = play(stage, Scene(what.name, SIZE, 0.5, SETUP_PATIENCE), say)
    group = checks.group_of(stage, played.team)
    if played.line.wrong or group is None:
        return Line(what.name, [f"before it: {text}" for text in played.line.wrong], SIZE)
    time.sleep(max(0.0, played.started + QUIET - time.monotonic()))
    before, began = stage.tally.of(played.team.uuid), time.monotonic()
    inside = group.members
    wrong = what.act(stage, played, group, people)
    took = time.monotonic() - began
    if group.deleted is not None or group.members != inside:
        wrong.append("the group is not there with everybody in it")
    say(f"{what.name}: {'; '.join(wrong) or 'all is right'}")
    count = stage.tally.of(played.team.uuid).since(before)
    return Line(what.name, wrong, SIZE, count=count, followed=took)


def give_space(stage: Stage, played: Played, group: Group, _: People) -> list[str]:
    webex = stage.clouds.webex
    space = webex.create_space(played.people[0], "Plans: May", played.team)

    def linked() -> bool:
        folder = webex.world.folder_of_room.get(space.uuid)
        return folder is not None and folder.drive_id == group.drive_id and not folder.broken

    if waited(linked, PATIENCE) is None:
        return ["the space has no folder of its own"]
    names = [item.name for item in group.library.within()]
    return [] if len(names) == 1 else [f"the site's folders are {names}"]


def delete_team(stage: Stage, played: Played, group: Group, _: People) -> list[str]:
    team, space = played.team, played.team.general.id
    stage.clouds.webex.delete_team(team)
    want(stage.services, team.uuid, space, whole=True)
    if waited(lambda: bool(_row(stage, played).missed_at), PATIENCE) is None:
        return ["the app has not noticed"]
    _make_older(stage, played)
    want(stage.services, team.uuid, space, whole=True)
    if waited(lambda: _row(stage, played).reason == "team_gone", PATIENCE) is None:
        return ["the page does not say that the team is gone"]
    told = waited(lambda: "is gone" in (group.description or ""), 10.0)
    return [] if told is not None else ["the group does not say so"]


def restore_group(stage: Stage, played: Played, group: Group, people: People) -> list[str]:
    _make_older(stage, played)
    with stage.clouds.microsoft.graph.lock:
        stage.clouds.tenant.delete_group(group)
    if waited(lambda: _row(stage, played).reason == "group_gone", PATIENCE) is None:
        return ["the page does not say that the group is gone"]
    wrong = people.restore(played.team)
    if waited(lambda: _row(stage, played).reason == "", PATIENCE) is None:
        wrong.append("the page goes on saying that the group is gone")
    return wrong + checks.what_is_wrong(stage, played.team)


def _row(stage: Stage, played: Played) -> TeamRow:
    row = stage.services.teams.read(TeamId(played.team.uuid))
    assert row is not None
    return row.value


def _make_older(stage: Stage, played: Played) -> None:
    """What the app remembers of the team's moments is an hour ago."""
    hour, teams = times.HOUR + times.MINUTE, stage.services.teams
    while True:
        row = teams.read(TeamId(played.team.uuid))
        assert row is not None
        known = row.value
        mark = replace(known.mark, at=known.mark.at - hour) if known.mark else None
        older = replace(
            known,
            group_created=known.group_created - hour,
            missed_at=max(0, known.missed_at - hour),
            mark=mark,
        )
        with suppress(Conflict):
            teams.write(row, older)
            return


ENDS = (
    End("a team gets a further space", give_space),
    End("a team is deleted in Webex", delete_team),
    End("a group is deleted, and restored on its page", restore_group),
)

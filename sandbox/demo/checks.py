"""Is it right? Each check says in words what is wrong, or nothing."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.clouds import world
from sandbox.console.view import MARK
from sandbox.demo.stage import Stage
from sandbox.microsoft import Group
from sandbox.webex import Team
from shared.core.ids import TeamId, one_uuid_inside

_REASONS = {problem.name: problem.reason for problem in world.PROBLEMS}


def group_of(stage: Stage, team: Team) -> Group | None:
    return stage.clouds.tenant.group_by_unique_name(MARK + team.uuid)


def is_full(stage: Stage, team: Team) -> bool:
    """The group has the members that it should have."""
    group = group_of(stage, team)
    return group is not None and set(group.members) == _expected(stage, team)


def is_linked(stage: Stage, team: Team) -> bool:
    return not _folder(stage, team)


def what_is_wrong(stage: Stage, team: Team) -> list[str]:
    """With a team that should have its group by now; nothing if all is well."""
    groups = _groups(stage, team)
    if len(groups) != 1:
        return [f"{len(groups)} groups instead of one{_told(stage, team)}"]
    wrong = [*_people(stage, team, groups[0]), *_folder(stage, team), *_listed(stage, team)]
    if wrong:
        wrong[-1] += _told(stage, team)
    return wrong


def is_untouched(stage: Stage, team: Team) -> list[str]:
    """For a team that must not have a group."""
    wrong = ["it has a group"] if _groups(stage, team) else []
    if stage.clouds.webex.world.folder_of_room.get(team.uuid):
        wrong.append("it has a linked folder")
    if stage.tally.of(team.uuid).writes:
        wrong.append("something was written for it")
    return wrong


def _groups(stage: Stage, team: Team) -> list[Group]:
    """By our mark or by the end of the nickname, so that no second one hides."""
    ending = "-" + team.uuid[:8]
    return [
        group
        for group in list(stage.clouds.tenant.groups.values())
        if group.unique_name == MARK + team.uuid or group.mail_nickname.endswith(ending)
    ]


def _expected(stage: Stage, team: Team) -> set[str]:
    people = stage.clouds.webex.people_of(team)
    ids = (one_uuid_inside(p.external_id) for p in people if p.name not in _REASONS)
    return {object_id for object_id in ids if object_id}


def _people(stage: Stage, team: Team, group: Group) -> Iterable[str]:
    expected, members = _expected(stage, team), set(group.members)
    if missing := expected - members:
        yield f"{len(missing)} of {len(expected)} people are missing"
    if strangers := members - expected:
        yield f"{len(strangers)} people are in the group who should not be"
    owners = {one_uuid_inside(p.external_id) for p in stage.clouds.webex.moderators_of(team)}
    if set(group.owners) != owners:
        yield f"the owners are not the {len(owners)} moderators"


def _folder(stage: Stage, team: Team) -> list[str]:
    group, folder = (
        group_of(stage, team),
        stage.clouds.webex.world.folder_of_room.get(team.uuid),
    )
    if group is None or folder is None:
        return ["the folder is not linked"]
    if folder.drive_id != group.drive_id or folder.broken or folder.default_folder != "true":
        return ["another folder is linked, or not as the default"]
    return []


def _listed(stage: Stage, team: Team) -> list[str]:
    """Who could not be added stands in the app's record, with the reason."""
    people = stage.clouds.webex.people_of(team)
    expected = {p.uuid: _REASONS[p.name] for p in people if p.name in _REASONS}
    row = stage.services.teams.read(TeamId(team.uuid))
    listed = dict(row.value.listed) if row else {}
    if listed == expected:
        return []
    return [f"listed are {sorted(listed.values())}, not {sorted(expected.values())}"]


def _told(stage: Stage, team: Team) -> str:
    """What the app itself knows of it."""
    row = stage.services.teams.read(TeamId(team.uuid))
    if row is None:
        return " (the app has not seen the team)"
    told = row.value
    parts = (told.status.value, told.reason, told.detail, told.folder.value)
    return f" (the app says: {', '.join(filter(None, parts))})"

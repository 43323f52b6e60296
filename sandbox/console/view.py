"""What the page shows, read from the clouds' own truth in one go each."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.clouds.house import Clouds
from sandbox.microsoft import Group
from sandbox.webex import Team

MARK = "webex-team-"
_SHOWN_CALLS = 8


@dataclass(frozen=True)
class Someone:
    uuid: str
    name: str
    email: str
    moderator: bool = False


@dataclass(frozen=True)
class TeamView:
    uuid: str
    name: str
    creator: str
    created: int
    people: list[Someone]
    spaces: list[str]
    folder: str


@dataclass(frozen=True)
class GroupView:
    id: str
    name: str
    nickname: str
    visibility: str
    owners: list[str]
    members: list[str]
    folder: str
    team: str


@dataclass(frozen=True)
class Account:
    """Somebody in a group, or who could be. enabled: may sign in."""

    object_id: str
    name: str
    mail: str
    member: bool
    owner: bool
    enabled: bool
    guest: bool


@dataclass(frozen=True)
class CallView:
    cloud: str
    method: str
    path: str
    status: int
    at: float


@dataclass(frozen=True)
class Traffic:
    """Requests since the start; parts of a batch are counted as writes only."""

    webex: int
    graph: int
    login: int
    writes: int
    waiting: int
    latest: list[CallView]


def teams(clouds: Clouds) -> list[TeamView]:
    """The newest first."""
    webex = clouds.webex
    with webex.lock:
        found = sorted(webex.world.teams.values(), key=lambda t: t.created, reverse=True)
        return [_team(clouds, team) for team in found]


def team(clouds: Clouds, uuid: str) -> TeamView | None:
    with clouds.webex.lock:
        found = clouds.webex.world.teams.get(uuid)
        return _team(clouds, found) if found else None


def _team(clouds: Clouds, team: Team) -> TeamView:
    world = clouds.webex.world
    people = [
        Someone(m.person_uuid, m.person.name, m.person.email, m.is_moderator)
        for m in world.members(team.uuid)
    ]
    rooms = world.rooms_of_team.get(team.uuid, {}).values()
    folder = world.folder_of_room.get(team.uuid)
    return TeamView(
        uuid=team.uuid,
        name=team.name,
        creator=team.creator.name,
        created=team.created,
        people=people,
        spaces=[room.title for room in rooms if not room.is_general],
        folder=folder.content_url if folder else "",
    )


def groups(clouds: Clouds) -> list[GroupView]:
    """The newest first."""
    with clouds.microsoft.graph.lock:
        found = [g for g in clouds.tenant.groups.values() if g.deleted is None]
        found.sort(key=lambda g: g.created, reverse=True)
        return [_group(clouds, group) for group in found]


def group(clouds: Clouds, key: str) -> GroupView | None:
    with clouds.microsoft.graph.lock:
        found = clouds.tenant.groups.get(key)
        return _group(clouds, found) if found and found.deleted is None else None


def accounts(clouds: Clouds, key: str) -> tuple[list[Account], list[Account]]:
    """Who is in the group of this id, members and owners, and everybody else in the tenant."""
    with clouds.microsoft.graph.lock:
        group = clouds.tenant.groups[key]
        owners, members = group.rosters["owners"], group.rosters["members"]
        everybody = [
            Account(
                user.object_id,
                user.display_name,
                user.mail,
                member=user.object_id in members,
                owner=user.object_id in owners,
                enabled=user.enabled,
                guest=user.user_type == "Guest",
            )
            for user in clouds.tenant.users.values()
        ]
    everybody.sort(key=lambda account: account.name)
    inside = [account for account in everybody if account.member or account.owner]
    return inside, [account for account in everybody if not account.member]


def _group(clouds: Clouds, group: Group) -> GroupView:
    users = clouds.tenant.users
    return GroupView(
        id=group.id,
        name=group.display_name,
        nickname=group.mail_nickname,
        visibility=group.visibility,
        owners=[users[key].display_name for key in group.owners if key in users],
        members=[users[key].display_name for key in group.members if key in users],
        folder=_folder(clouds, group),
        team=(group.unique_name or "").removeprefix(MARK),
    )


def _folder(clouds: Clouds, group: Group) -> str:
    """pending, ready, or linked."""
    linked = list(clouds.webex.world.folder_of_room.values())
    if any(folder.drive_id == group.drive_id for folder in linked):
        return "linked"
    ready = group.drive_ready_at
    return "ready" if ready is not None and ready <= clouds.microsoft.world.clock.now() else ""


def traffic(clouds: Clouds) -> Traffic:
    graph = clouds.microsoft.graph
    logs = {c.name: list(c.log) for c in (clouds.webex, graph, clouds.microsoft.login)}
    plain = {name: [c for c in log if not c.inner] for name, log in logs.items()}
    latest = sorted((c for calls in plain.values() for c in calls[-_SHOWN_CALLS:]), key=_at)
    return Traffic(
        webex=len(plain["webex"]),
        graph=len(plain["graph"]),
        login=len(plain["login"]),
        writes=clouds.tenant.write_count,
        waiting=len(clouds.webex.outbox),
        latest=[
            CallView(c.cloud, c.method, c.path, c.status, c.at)
            for c in reversed(latest[-_SHOWN_CALLS:])
        ],
    )


def _at(call: object) -> float:
    return float(getattr(call, "at", 0.0))

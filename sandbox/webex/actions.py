"""What people do in Webex, with Webex's rules: the one place where rooms and memberships change.

The HTTP calls and the cloud's Python methods both come here. Every change is told to the
listeners: events and webhooks. Source: https://developer.webex.com/docs/api/v1/team-memberships
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.webex.core import Change, Core, frozen
from sandbox.webex.errors import BadRequest, Conflict
from sandbox.webex.state import Membership, Person, Room, Team


class Actions:
    def __init__(self, core: Core) -> None:
        self.core = core
        self.listeners: list[Callable[[Change], None]] = []

    def _tell(
        self,
        resource: str,
        event: str,
        room: Room,
        actor: Person,
        *,
        member: Membership | None = None,
        by_team_api: bool = False,
        classified: bool = False,
    ) -> None:
        copy = frozen(member) if member else None
        now = self.core.now_ms()
        change = Change(resource, event, room, actor, now, copy, by_team_api, classified)
        for listener in self.listeners:
            listener(change)

    # Teams and rooms

    def create_team(self, creator: Person, name: str, description: str = "") -> Team:
        """A team, its General space, and the creator in it as moderator."""
        world, now = self.core.world, self.core.now_ms()
        uuid = world.new_uuid()
        cluster = self.core.cluster(f"team {uuid}")
        team = Team(uuid, name, description, cluster, creator.uuid, now, world=world)
        world.teams[uuid] = team
        title = name if self.core.switches.general_title == "team" else "General"
        room = self._new_room(uuid, creator, title, team=team)
        room.is_locked = True
        self._tell("rooms", "created", room, creator)
        self.join(room, creator, actor=creator, is_moderator=True)
        return team

    def create_space(
        self,
        creator: Person,
        title: str,
        team: Team | None = None,
        *,
        other: Person | None = None,
        is_locked: bool = False,
    ) -> Room:
        """A moderated (`is_locked`) space has its creator as moderator."""
        if team and not self.core.world.member(team.uuid, creator.uuid):
            raise BadRequest("Only a member of the team can create a space in it.")
        room = self._new_room(self.core.world.new_uuid(), creator, title, team=team)
        room.kind = "direct" if other else "group"
        room.is_locked = is_locked
        self._tell("rooms", "created", room, creator)
        self.join(room, creator, actor=creator, is_moderator=is_locked)
        if other:
            self.join(room, other, actor=creator)
        return room

    def _new_room(self, uuid: str, creator: Person, title: str, *, team: Team | None) -> Room:
        now = self.core.now_ms()
        room = Room(
            uuid=uuid,
            title=title,
            kind="group",
            cluster=self.core.cluster(uuid),
            owner_org=creator.org_uuid,
            creator_uuid=creator.uuid,
            created=now,
            last_activity=now,
            team_uuid=team.uuid if team else None,
            world=self.core.world,
        )
        return self.core.world.keep_room(room)

    def rename_team(self, team: Team, name: str, actor: Person) -> None:
        team.name = name
        if self.core.switches.general_title_follows:
            team.general.title = name
            self.room_changed(team.general, actor)

    def room_changed(self, room: Room, actor: Person, *, classified: bool = False) -> None:
        self._tell("rooms", "updated", room, actor, classified=classified)

    def delete_room(self, room: Room, actor: Person) -> None:
        """A space of a team is archived; any other is gone, with its memberships."""
        if room.team_uuid:
            room.is_read_only = True
            self.room_changed(room, actor)
            return
        self._empty(room, actor)
        self.core.world.forget_room(room)

    def archive_team(self, team: Team, actor: Person, *, on: bool) -> None:
        """Or take it out of the archive. Who is in it stays."""
        for room in self.core.world.rooms_of_team[team.uuid].values():
            room.is_read_only = on
            self.room_changed(room, actor)

    def migrate_team(self, team: Team, cluster: str) -> None:
        """To another geography: all its ids name another cluster from now on."""
        team.cluster = cluster
        for room in self.core.world.rooms_of_team[team.uuid].values():
            room.cluster, room.migrated = cluster, True

    def delete_team(self, team: Team, actor: Person) -> None:
        """The team and all its spaces, the General space last. Webex tells nobody but members."""
        rooms = list(self.core.world.rooms_of_team[team.uuid].values())
        for room in sorted(rooms, key=lambda each: each.is_general):
            self._empty(room, actor)
            self.core.world.forget_room(room)
        del self.core.world.teams[team.uuid], self.core.world.rooms_of_team[team.uuid]

    def _empty(self, room: Room, actor: Person) -> None:
        for member in list(self.core.world.members(room.uuid)):
            self._drop(room, member, actor)

    # Memberships

    def join(
        self,
        room: Room,
        person: Person,
        *,
        actor: Person,
        is_moderator: bool = False,
        by_team_api: bool = False,
    ) -> Membership:
        """Raises Conflict when already there, BadRequest where only team members may be."""
        world = self.core.world
        if world.member(room.uuid, person.uuid):
            raise Conflict("User is already a participant.")
        if self._is_closed_to(room, person):
            raise BadRequest("Only members of the team can be in its spaces.")
        now = self.core.now_ms()
        member = world.keep_member(
            Membership(
                room.uuid, person.uuid, world.next_sequence(), now, is_moderator, world=world
            )
        )
        room.last_activity = now
        self._tell("memberships", "created", room, actor, member=member, by_team_api=by_team_api)
        return member

    def _is_closed_to(self, room: Room, person: Person) -> bool:
        if not room.team_uuid or room.is_general:
            return False
        strict = self.core.switches.team_spaces_need_team_members
        return strict and not self.core.world.member(room.team_uuid, person.uuid)

    def leave(
        self, room: Room, member: Membership, *, actor: Person, by_team_api: bool = False
    ) -> None:
        """Out of the room; out of the General space is out of every space of the team.

        Raises BadRequest for the last moderator of a team.
        """
        if room.kind == "direct":
            raise BadRequest("Nobody can leave a direct space.")
        if room.is_general and self._is_last_moderator(member):
            raise BadRequest(self.core.switches.last_moderator_message)
        if room.is_general:
            self._leave_spaces(room, member.person_uuid, actor)
        self._drop(room, member, actor, by_team_api=by_team_api)

    def _is_last_moderator(self, member: Membership) -> bool:
        others = self.core.world.members(member.room_uuid)
        return member.is_moderator and not any(
            m.is_moderator for m in others if m.person_uuid != member.person_uuid
        )

    def _leave_spaces(self, general: Room, person_uuid: str, actor: Person) -> None:
        for room in list(self.core.world.rooms_of_team[general.uuid].values()):
            member = self.core.world.member(room.uuid, person_uuid)
            if member and not room.is_general:
                self._drop(room, member, actor)

    def _drop(
        self, room: Room, member: Membership, actor: Person, *, by_team_api: bool = False
    ) -> None:
        # Told while the person still counts as somebody who may hear of it.
        self._tell("memberships", "deleted", room, actor, member=member, by_team_api=by_team_api)
        self.core.world.forget_member(member)
        room.last_activity = self.core.now_ms()

    def moderate(
        self, room: Room, member: Membership, on: bool, *, actor: Person, by_team_api: bool = False
    ) -> None:
        """Make somebody a moderator, or no longer. Told only when it changes something."""
        if room.kind == "direct":
            raise BadRequest("A direct space has no moderators.")
        if member.is_moderator == on:
            return
        member.is_moderator = on
        self._tell("memberships", "updated", room, actor, member=member, by_team_api=by_team_api)

    def deactivate_person(self, person: Person) -> None:
        """Nobody signs in with the account any more. Whether it leaves its rooms is a switch."""
        person.account_status = "disabled"
        if self.core.switches.inactive_people_leave_rooms:
            self._leave_all(person)

    def _leave_all(self, person: Person) -> None:
        """Without the rule of the last moderator."""
        world = self.core.world
        for room in world.rooms_with(person.uuid):
            member = world.member(room.uuid, person.uuid)
            assert member
            self._drop(room, member, person)

    def delete_person(self, person: Person) -> None:
        """Out of the directory and of every room; their webhooks stop. No last-moderator rule."""
        world = self.core.world
        self._leave_all(person)
        for webhook in world.webhooks.values():
            if webhook.creator_uuid == person.uuid:
                webhook.status = "inactive"
        world.forget_person(person)

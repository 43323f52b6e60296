"""Everything that exists, indexed so that no call scans the world."""

from __future__ import annotations

import random
import threading
import uuid as uuids

from sandbox.clock import Clock
from sandbox.webex.state import (
    BOTS,
    Event,
    Integration,
    LinkedFolder,
    Membership,
    Message,
    Organization,
    Person,
    Room,
    Team,
    Token,
    Webhook,
    slug,
)


class World:
    """Tables and indexes. Whoever changes them holds `lock`."""

    def __init__(self, rng: random.Random, lock: threading.RLock, clock: Clock) -> None:
        self.random = rng
        self.clock = clock
        self.lock = lock
        self.clear()

    def clear(self) -> None:
        """Nothing exists. What was handed out before goes on referring to this world."""
        self.sequence = 0
        self.organizations: dict[str, Organization] = {}
        self.people: dict[str, Person] = {}
        self.people_of_org: dict[str, list[Person]] = {BOTS: []}
        self.by_email: dict[str, Person] = {}
        self.teams: dict[str, Team] = {}
        self.rooms: dict[str, Room] = {}
        self.rooms_of_team: dict[str, dict[str, Room]] = {}
        self.rooms_of_person: dict[str, dict[str, Room]] = {}
        self._members: dict[str, dict[str, Membership]] = {}
        self._ordered: dict[str, list[Membership]] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.linked_folders: dict[str, LinkedFolder] = {}
        self.folder_of_room: dict[str, LinkedFolder] = {}
        self.tokens: dict[str, Token] = {}
        self.refresh_tokens: dict[str, Token] = {}
        self.integrations: dict[str, Integration] = {}
        self.messages: list[Message] = []
        self.events: dict[str, Event] = {}
        self.events_of_org: dict[str, list[Event]] = {}

    def now_ms(self) -> int:
        return round(self.clock.now() * 1000)

    def new_uuid(self) -> str:
        return str(uuids.UUID(int=self.random.getrandbits(128), version=4))

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence

    # People

    def keep_organization(self, org: Organization) -> Organization:
        self.organizations[org.uuid] = org
        self.people_of_org.setdefault(org.uuid, [])
        return org

    def keep_person(self, person: Person) -> Person:
        if person.email.lower() in self.by_email or person.uuid in self.people:
            raise ValueError(f"{person.email} is taken")
        self.people[person.uuid] = person
        if not person.is_machine:
            self.people_of_org[person.org_uuid].append(person)
        self.by_email[person.email.lower()] = person
        return person

    def free_email(self, name: str, domain: str) -> str:
        email, number = f"{slug(name)}@{domain}", 1
        while email in self.by_email:
            number += 1
            email = f"{slug(name)}{number}@{domain}"
        return email

    def forget_person(self, person: Person) -> None:
        """Gone from the directory. What they created still names them."""
        if not person.is_machine:
            self.people_of_org[person.org_uuid].remove(person)
        self.by_email.pop(person.email.lower(), None)
        person.account_status = "deleted"

    # Rooms and who is in them

    def keep_room(self, room: Room) -> Room:
        self.rooms[room.uuid] = room
        self._members[room.uuid] = {}
        if room.team_uuid:
            self.rooms_of_team.setdefault(room.team_uuid, {})[room.uuid] = room
        return room

    def forget_room(self, room: Room) -> None:
        for person_uuid in self._members.pop(room.uuid):
            del self.rooms_of_person[person_uuid][room.uuid]
        self._ordered.pop(room.uuid, None)
        del self.rooms[room.uuid]
        if room.team_uuid:
            self.rooms_of_team[room.team_uuid].pop(room.uuid, None)
        folder = self.folder_of_room.pop(room.uuid, None)
        if folder:
            del self.linked_folders[folder.id]

    def member(self, room_uuid: str, person_uuid: str) -> Membership | None:
        return self._members.get(room_uuid, {}).get(person_uuid)

    def members(self, room_uuid: str) -> list[Membership]:
        """In the order in which they joined. Not to be changed by the caller."""
        ordered = self._ordered.get(room_uuid)
        if ordered is None:
            ordered = self._ordered[room_uuid] = list(self._members[room_uuid].values())
        return ordered

    def keep_member(self, membership: Membership) -> Membership:
        room = self.rooms[membership.room_uuid]
        self._members[room.uuid][membership.person_uuid] = membership
        self.rooms_of_person.setdefault(membership.person_uuid, {})[room.uuid] = room
        self._ordered.pop(room.uuid, None)
        return membership

    def forget_member(self, membership: Membership) -> None:
        del self._members[membership.room_uuid][membership.person_uuid]
        del self.rooms_of_person[membership.person_uuid][membership.room_uuid]
        self._ordered.pop(membership.room_uuid, None)

    def rooms_with(self, person_uuid: str) -> list[Room]:
        return list(self.rooms_of_person.get(person_uuid, {}).values())

    def has_people_of(self, room: Room, org_uuid: str) -> bool:
        """Whether an organization has to do with a room: it owns it, or has people in it."""
        if room.owner_org == org_uuid:
            return True
        return any(m.person.org_uuid == org_uuid for m in self.members(room.uuid))

    # The rest

    def keep_token(self, token: Token) -> Token:
        self.tokens[token.access_token] = token
        self.refresh_tokens[token.refresh_token] = token
        return token

    def keep_folder(self, folder: LinkedFolder) -> LinkedFolder:
        self.linked_folders[folder.id] = folder
        self.folder_of_room[folder.room_uuid] = folder
        return folder

    def keep_event(self, event: Event) -> Event:
        self.events[event.uuid] = event
        for org_uuid in event.orgs:
            self.events_of_org.setdefault(org_uuid, []).append(event)
        return event

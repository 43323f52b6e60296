"""The whole state as JSON and back, so that a run can go on where the last one stopped."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any, TypeVar

from sandbox.webex.core import Core
from sandbox.webex.delivery import Delivery
from sandbox.webex.state import (
    Event,
    Integration,
    Kept,
    LinkedFolder,
    Membership,
    Organization,
    Person,
    Room,
    Team,
    Token,
    Webhook,
)
from sandbox.webex.world import World

T = TypeVar("T", bound=Kept)
VERSION = 2


def dump(core: Core, outbox: Iterable[Delivery]) -> bytes:
    world = core.world
    members = (m for room in world.rooms.values() for m in world.members(room.uuid))
    state = {
        "version": VERSION,
        "sequence": world.sequence,
        "random": [world.random.getstate(), core.chance.getstate()],
        "switches": asdict(core.switches),
        "integrations": _rows(world.integrations.values()),
        "organizations": _rows(world.organizations.values()),
        "people": _rows(world.people.values()),
        "teams": _rows(world.teams.values()),
        "rooms": _rows(world.rooms.values()),
        "members": _rows(members),
        "webhooks": _rows(world.webhooks.values()),
        "folders": _rows(world.linked_folders.values()),
        "access": _rows(world.tokens.values()),
        "refresh": _rows(world.refresh_tokens.values()),
        "events": _rows(world.events.values()),
        "outbox": [vars(each) | {"body": each.body.decode()} for each in outbox],
    }
    return json.dumps(state, default=sorted).encode()


def load(core: Core, data: bytes) -> list[Delivery]:
    """Replace everything in `core`; returns the outbox."""
    state = json.loads(data)
    if state["version"] != VERSION:
        raise ValueError(f"a snapshot of version {state['version']}")
    world = core.world
    world.clear()
    world.sequence = state["sequence"]
    for source, kept in zip((world.random, core.chance), state["random"], strict=True):
        source.setstate((kept[0], tuple(kept[1]), kept[2]))
    for name, value in state["switches"].items():
        setattr(core.switches, name, tuple(value) if isinstance(value, list) else value)
    _people(world, state)
    _spaces(world, state)
    _access(world, state)
    return [Delivery(**(row | {"body": row["body"].encode()})) for row in state["outbox"]]


def _people(world: World, state: dict[str, Any]) -> None:
    for org in _read(Organization, state["organizations"], world):
        world.keep_organization(org)
    for person in _read(Person, state["people"], world):
        if person.account_status == "deleted":
            world.people[person.uuid] = person
        else:
            world.keep_person(person)


def _spaces(world: World, state: dict[str, Any]) -> None:
    world.teams = {team.uuid: team for team in _read(Team, state["teams"], world)}
    for room in _read(Room, state["rooms"], world):
        world.keep_room(room)
    for member in _read(Membership, state["members"], world):
        world.keep_member(member)
    for folder in _read(LinkedFolder, state["folders"], world):
        world.keep_folder(folder)
    for event in _read(Event, state["events"], world):
        world.keep_event(event)


def _access(world: World, state: dict[str, Any]) -> None:
    for integration in _read(Integration, state["integrations"], world):
        world.integrations[integration.client_id] = integration
    world.webhooks = {each.id: each for each in _read(Webhook, state["webhooks"], world)}
    for token in _read(Token, state["access"], world):
        world.tokens[token.access_token] = token
    for token in _read(Token, state["refresh"], world):
        world.refresh_tokens[token.refresh_token] = token


def _rows(things: Iterable[Kept]) -> list[dict[str, Any]]:
    return [
        {f.name: getattr(thing, f.name) for f in fields(thing) if f.name != "world"}
        for thing in things
    ]


def _read(kind: type[T], rows: list[dict[str, Any]], world: World) -> Iterable[T]:
    return [kind(**row, world=world) for row in rows]

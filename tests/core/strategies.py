"""What hypothesis draws from: uuids, people, identities, ledgers."""

from __future__ import annotations

from hypothesis import strategies as st

from shared.core.ids import NIL, ObjectId, PersonId
from shared.core.ledger import (
    ADD,
    MEMBERS,
    OWNERS,
    REMOVE,
    WEBEX,
    Change,
    Ledger,
    Missing,
    Pending,
)
from shared.core.model import Identity, IdentityState

uuids = st.uuids().map(str).filter(lambda u: u != NIL)
persons = uuids.map(PersonId)
objects = uuids.map(ObjectId)
seconds = st.integers(0, 2**32 - 1)
moments = seconds.map(lambda s: s * 1000)

identities = st.builds(
    Identity,
    person=persons,
    object=st.none() | objects,
    state=st.sampled_from(IdentityState),
    checked=seconds,
    since=seconds,
)
pending_writes = st.builds(
    Pending,
    person=persons,
    object=objects,
    side=st.sampled_from([MEMBERS, OWNERS, WEBEX]),
    op=st.sampled_from([ADD, REMOVE]),
    at=moments,
    answered=moments,
    contradicted=moments,
    seen=moments,
    anew=st.booleans(),
)
sides = st.sampled_from([MEMBERS, OWNERS, WEBEX])
changes = st.builds(Change, persons, objects, sides, st.sampled_from([ADD, REMOVE]))
ledgers = st.builds(
    Ledger,
    baseline=st.dictionaries(persons, objects, max_size=40),
    owners=st.frozensets(objects, max_size=10),
    pending=st.lists(pending_writes, max_size=20).map(lambda ps: {p.key: p for p in ps}),
    led=st.frozensets(objects, max_size=10),
    missing=st.dictionaries(st.builds(Missing, persons, objects, sides), moments, max_size=10),
    refused=st.frozensets(changes, max_size=10),
    over=st.dictionaries(changes, moments, max_size=10),
)


def person(number: int) -> PersonId:
    """A person whose uuid begins differently from the next one's."""
    return PersonId(f"{number % 2**32:08x}-aaaa-4aaa-8aaa-{number:012x}")


def object_id(number: int) -> ObjectId:
    return ObjectId(f"{number * 2654435761 % 2**32:08x}-bbbb-4bbb-8bbb-{number:012x}")

"""Who of a team is a principal in Entra, and why the others are not. Nobody is ever guessed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.core.ids import ObjectId, PersonId
from shared.core.model import Identity, IdentityState, Member

BOT_DOMAIN = "@webex.bot"


@dataclass(frozen=True)
class People:
    """mapped: person to object id, in the order of joining; listed: person to reason code.

    claimed: object ids of those listed, which are theirs or somebody else's.
    """

    mapped: dict[PersonId, ObjectId]
    moderators: tuple[PersonId, ...]
    listed: dict[PersonId, str]
    claimed: frozenset[ObjectId] = frozenset()


def to_resolve(roster: Sequence[Member], org: str) -> list[PersonId]:
    """The members whose identity has to be known: people of our own organization."""
    return [m.person for m in roster if refusal(m, org) is None]


def refusal(member: Member, org: str) -> str | None:
    """The reason code of a member who cannot be anybody in our tenant."""
    if member.email.lower().endswith(BOT_DOMAIN):
        return "bot"
    if member.org and member.org != org:
        return "other_organization"
    return None


def outsiders(roster: Sequence[Member], org: str) -> list[Member]:
    """The members of other organizations: guests, if anything."""
    return [m for m in roster if refusal(m, org) == "other_organization"]


def sort_people(
    roster: Sequence[Member],
    identities: Mapping[PersonId, Identity],
    org: str,
    *,
    guests: bool = False,
) -> People:
    """Who can be added and who is listed. An identity that is not known yet is neither.

    guests: people of other organizations count, where they are guests of the tenant or can be
    invited.
    """
    candidates: dict[PersonId, ObjectId] = {}
    listed: dict[PersonId, str] = {}
    for member in sorted(roster, key=lambda m: (m.joined, m.person)):
        why = refusal(member, org)
        identity = identities.get(member.person)
        guest = guests and why == "other_organization" and bool(identity or member.email)
        if why and not guest:
            listed[member.person] = why
        elif identity is None:
            continue
        elif identity.state is IdentityState.MAPPED and identity.object:
            candidates[member.person] = identity.object
        else:
            listed[member.person] = identity.state.value
    claims = Counter(candidates.values())
    listed |= {p: "claimed_twice" for p, o in candidates.items() if claims[o] > 1}
    mapped = {p: o for p, o in candidates.items() if claims[o] == 1}
    moderators = tuple(m.person for m in roster if m.moderator and m.person in mapped)
    objects = (i.object for p, i in identities.items() if p in listed and i.object)
    return People(mapped, moderators, listed, frozenset(objects))


def is_undecided(
    roster: Sequence[Member],
    identities: Mapping[PersonId, Identity],
    org: str,
    creator: PersonId | None,
) -> bool:
    """Whether the creator or a moderator is one of ours and not looked up yet."""
    return any(
        (m.moderator or m.person == creator)
        and refusal(m, org) is None
        and m.person not in identities
        for m in roster
    )


def roster_digest(roster: Sequence[Member]) -> str:
    """A fingerprint of who is in the team and who moderates; the order does not matter."""
    lines = sorted(f"{m.person}{'*' if m.moderator else ''}" for m in roster)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]

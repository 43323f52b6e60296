"""Histories in words, and what there must be enough of in many of them."""

from __future__ import annotations

from collections import Counter

from shared.core.ledger import ADD, Change
from shared.core.plan import Plan
from tests.core.small_world import OBJECTS, OTHER_OBJECTS, OUTSIDER, PEOPLE

# How often each must have happened in a thousand histories: else they prove less than they say.
# About half of what they do.
FLOORS = {
    "acts in the middle of a look": 25,
    "allowed by an administrator": 55,
    "answers lost": 70,
    "bad reads": 580,
    "deaths after a write": 70,
    "deaths before a write": 130,
    "direction: both": 160,
    "direction: group": 160,
    "direction: team": 160,
    "directions changed": 40,
    "dropped at the end of settling": 25,
    "empty reads": 200,
    "first merges held": 260,
    "held by the brake": 30,
    "kept for being the last moderator": 210,
    "kept for being the last owner": 300,
    "left to a person: added_in_microsoft": 70,
    "left to a person: added_in_webex": 60,
    "left to a person: left_webex": 95,
    "left to a person: removed_in_microsoft": 90,
    "members add": 290,
    "members remove": 330,
    "memberships that went with the ownership": 25,
    "one thing more: is dismissed": 10,
    "one thing more: is dismissed and enlisted": 10,
    "one thing more: is dismissed and leaves": 9,
    "one thing more: is enlisted": 15,
    "one thing more: is enlisted and joins": 15,
    "one thing more: joins": 15,
    "one thing more: joins and is enlisted": 15,
    "one thing more: leaves": 10,
    "one thing more: leaves and comes back": 10,
    "one thing more: leaves and is dismissed": 10,
    "owners add": 145,
    "owners remove": 140,
    "owners swapped in one look": 1,
    "reads of the group that the memory overrode": 380,
    "refusals": 125,
    "refused by an administrator": 20,
    "replicas 0 s behind": 160,
    "replicas 30 s behind": 160,
    "replicas 600 s behind": 160,
    "stale reads": 580,
    "stale reads of owners": 110,
    "webex add": 210,
    "webex remove": 200,
}


def too_rare(counts: Counter[str], histories: int) -> list[str]:
    """What happened less often than it must for the histories to mean something."""
    return [
        f"{what}: {counts[what]}, not {floor * histories // 1_000}"
        for what, floor in FLOORS.items()
        if counts[what] < floor * histories // 1_000
    ]


_NAMES: tuple[str, ...] = (*PEOPLE, *OBJECTS, *OTHER_OBJECTS, OUTSIDER)
_LETTERS = dict(zip(_NAMES, (*"ABCDEFabcdefuvwxyz", "(outsider)"), strict=True))


def lettered(text: str) -> str:
    """People by capitals; principals by small letters, those of the same person by the same."""
    for name, letter in _LETTERS.items():
        text = text.replace(name, letter)
    return text


def in_words(what: object) -> str:
    if isinstance(what, Change):
        return f"{what.person} {'into' if what.op == ADD else 'out of'} {what.side}"
    if isinstance(what, Plan):
        parts = [f"to do: {in_words(what.changes)}" if what.changes else "nothing to do"]
        parts += [f"held ({', '.join(what.why)}): {in_words(what.held)}"] if what.held else []
        said = [f"{k} {v}" for k, v in (*what.listed.items(), *what.others.items())]
        parts += [f"said: {', '.join(said)}"] if said else []
        parts += ["to be read again"] * (what.again is not None)
        return "; ".join(parts)
    if isinstance(what, set | frozenset):
        return ", ".join(sorted(map(in_words, what)))
    if isinstance(what, tuple | list):
        return ", ".join(map(in_words, what))
    return str(what)

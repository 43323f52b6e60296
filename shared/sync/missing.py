"""The group as Microsoft reads it, and one that is not found: too young, or gone.

That it was missed is kept until a look has held what the memory and both sides disagree on.
"""

from __future__ import annotations

from dataclasses import replace

from shared.core import times
from shared.core.errors import NotThere, Permanent, Unavailable
from shared.core.model import Group
from shared.sync import pacing
from shared.sync.record import Book


class GroupGone(Permanent):
    """The group that this row names does not exist any more. It is never made again unasked."""

    code = "group_gone"


def read_group(state: Book) -> Group:
    """Raises GroupGone, Later while the group is young or just restored."""
    team, services = state.team, state.services
    assert team.group_id is not None
    group = services.groups.group(team.group_id)
    if group is None:
        if later := not_there_yet(state):
            raise later
        state.save_team(replace(team, group_missed_at=team.group_missed_at or services.now()))
        raise GroupGone(f"group {team.group_id} does not exist")
    state.remember_group(team.group_id)
    state.group_seen = group
    if group.name and group.name != team.group_name:
        # Due, until it is judged: the look may die before.
        state.save_team(replace(team, group_name=group.name, names_at=services.now()))
    return group


def not_there_yet(state: Book) -> pacing.Later | None:
    """A new group, or one just restored, may be unknown to some of Entra's replicas for minutes."""
    team, now = state.team, state.services.now()
    if now - max(team.group_created, team.group_restored_at) >= times.GROUP_MISSING_PATIENCE:
        return None
    return pacing.Later(now + times.ADDITION_RETRY, "the group is not there yet")


def half_there(state: Book, failure: NotThere) -> pacing.Later | Unavailable:
    """The group was read, and yet not who is in it: another replica answered."""
    why = f"the group is there, its people are not: {failure}"
    return not_there_yet(state) or Unavailable(why, failure.where)

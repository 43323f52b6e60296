"""Whether a group that an administrator names may be the group of a team from before."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.ids import TeamId
from shared.core.model import Group
from shared.core.naming import UNIQUE_PREFIX, unique_name


@dataclass(frozen=True)
class Candidate:
    """A group as it is found. unique_name: "" for none. unified: it is a Microsoft 365 group.
    dynamic: a rule says who is in it. mail: its address, "" for none."""

    group: Group
    unique_name: str = ""
    unified: bool = True
    dynamic: bool = False
    mail: str = ""


def why_not(candidate: Candidate, team: TeamId) -> str:
    """The code of the refusal, "" where nothing is against it."""
    if not candidate.unified:
        return "group_not_unified"
    if candidate.dynamic:
        return "group_dynamic"
    marked = candidate.unique_name.startswith(UNIQUE_PREFIX)
    return "group_taken" if marked and candidate.unique_name != unique_name(team) else ""

"""What a team's page and its group's description say of an end."""

from __future__ import annotations

from shared.admin import restoring
from shared.admin.activity import Standing as Stands
from shared.admin.activity import entry
from shared.core.ids import TeamId
from tests.journeys.standing import ADMIN, Standing

HOUR, DAY = 3_600, 86_400


def reasons(at: Standing) -> list[str]:
    return entry(at.office, TeamId(at.team.uuid)).reasons


def stands(at: Standing) -> Stands:
    return entry(at.office, TeamId(at.team.uuid)).standing


def said(at: Standing) -> str:
    return at.group.description or ""


def restore(at: Standing) -> None:
    restoring.restore(at.office, ADMIN, at.team.uuid)

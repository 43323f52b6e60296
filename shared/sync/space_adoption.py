"""Spaces that an older version remembered as a team's get rows for their folders: once, by a chore.

Newer ones get theirs as they are found (`spaces`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shared.core.space_folders import SpaceFolder
from shared.ports import Services
from shared.sync.lease import want
from shared.webex.protocol import space_id_like

ADOPTION = "cursor:spaces"
# Spaces read at once: about a second's work.
_CHUNK = 100


def adopt_some(services: Services, deadline: int) -> bool:
    """Some more of them; True: there are none left. Nothing while no space is to have a folder.

    The cursor moves after the rows are there; a space that comes twice does no harm. Raises
    Conflict.
    """
    if not services.organizations.settings().gives_spaces_folders:
        return True
    while True:
        kept = services.organizations.kept(ADOPTION)
        if kept and kept.state.get("done"):
            return True
        after = str(kept.state.get("after") or "") if kept else ""
        found, following = services.space_folders.without_rows(after, _CHUNK)
        _adopt(services, found)
        state = {"after": following, "done": not following}
        services.organizations.keep(ADOPTION, kept, state)
        if services.now() >= deadline:
            return not following


def _adopt(services: Services, found: Iterable[SpaceFolder]) -> None:
    found = list(found)
    teams = services.teams.among({folder.team for folder in found})
    for folder in found:
        if folder.team in teams:
            space_id = space_id_like(teams[folder.team].space_id, folder.space)
            services.space_folders.add(replace(folder, space_id=space_id, at=services.now()))
    for uuid, team in teams.items():
        want(services, uuid, team.space_id, low=True)

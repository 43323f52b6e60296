"""`folder:<team uuid>:<space uuid>` rows: the folders of a team's further spaces."""

from __future__ import annotations

from contextlib import suppress

from shared.core.ids import TeamId
from shared.core.model import Versioned
from shared.core.space_folders import SpaceFolder, SpaceState
from shared.ports import Conflict
from shared.storage.tables import Partition, Row, Value


class SpaceFolderRows:
    """The port `SpaceFolders` over one organization's partition of `Teams`."""

    def __init__(self, rows: Partition) -> None:
        self._rows = rows

    def of_team(self, team: TeamId) -> list[Versioned[SpaceFolder]]:
        rows = self._rows.range(f"folder:{team}:", f"folder:{team};")
        return [Versioned(_folder(row), row.etag) for row in rows]

    def add(self, folder: SpaceFolder) -> None:
        if self._rows.get(_key(folder)) is None:
            # Somebody else was quicker: then it is known.
            with suppress(Conflict):
                self._rows.insert(_key(folder), _values(folder))

    def write(self, before: Versioned[SpaceFolder], after: SpaceFolder) -> Versioned[SpaceFolder]:
        return Versioned(after, self._rows.replace(_key(after), _values(after), before.etag))

    def without_rows(self, after: str, limit: int) -> tuple[list[SpaceFolder], str]:
        low = f"space:{after} " if after else "space:"
        rows = list(self._rows.range(low, "space;", limit=limit, only=("team",)))
        found = [
            SpaceFolder(TeamId(row.text("team")), space, "")
            for row in rows
            if (space := row.key.removeprefix("space:")) != row.text("team") and row.text("team")
        ]
        return found, rows[-1].key.removeprefix("space:") if len(rows) == limit else ""


def _key(folder: SpaceFolder) -> str:
    return f"folder:{folder.team}:{folder.space}"


def _values(folder: SpaceFolder) -> dict[str, Value]:
    return {
        "space": folder.space_id,
        "title": folder.title[:1024],
        "name": folder.name,
        "intent_at": folder.intent_at,
        "item": folder.item,
        "url": folder.url,
        "linked_url": folder.linked_url,
        "state": folder.state.value,
        "checked": folder.checked,
        "at": folder.at,
        "tries": folder.tries,
    }


def _folder(row: Row) -> SpaceFolder:
    _, team, space = row.key.split(":")
    return SpaceFolder(
        team=TeamId(team),
        space=space,
        space_id=row.text("space"),
        title=row.text("title"),
        name=row.text("name"),
        intent_at=row.number("intent_at"),
        item=row.text("item"),
        url=row.text("url"),
        linked_url=row.text("linked_url"),
        state=_state(row.text("state")),
        checked=row.number("checked"),
        at=row.number("at"),
        tries=row.number("tries"),
    )


def _state(text: str) -> SpaceState:
    """What a newer version wrote is looked at again."""
    return next((s for s in SpaceState if s.value == text), SpaceState.NONE)

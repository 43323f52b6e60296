"""Which version of the app a table's rows are of: a number in a row of its own, seen to once a
process, when the table is first needed.

A release reads the rows of those before it. The number of a table goes up with a change that an
earlier release would read wrongly, and then the earlier one keeps its hands off the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from shared.core.errors import NewerSchema
from shared.ports import Conflict

if TYPE_CHECKING:
    from azure.data.tables import TableClient

# A table that is not named here has rows of the first kind.
SCHEMAS: Mapping[str, int] = {
    "Audit": 1,
    "Checks": 1,
    "DeadLetters": 1,
    "Directory": 1,
    "Identities": 1,
    "Once": 1,
    "Organizations": 1,
    "Teams": 1,
}
PARTITION = KEY = "schema"
_RACES = 20


def refuse_newer(client: TableClient, table: str, known: int) -> None:
    """Raises NewerSchema where the table is of one. Nothing is written in any case."""
    from azure.core.exceptions import ResourceNotFoundError

    try:
        kept = client.get_entity(PARTITION, KEY)
    except ResourceNotFoundError:
        return
    _refuse_newer(_number(kept["version"]), table, known)


def see_to(client: TableClient, table: str, known: int, make: Callable[[], object]) -> None:
    """Have `known` written down, unless it is. Raises NewerSchema, Conflict; nothing was written
    then.

    make: makes the table, if there is none.
    """
    from azure.core import MatchConditions
    from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
    from azure.data.tables import UpdateMode

    entity = {"PartitionKey": PARTITION, "RowKey": KEY, "version": (known, "Edm.Int64")}
    for _ in range(_RACES):
        try:
            kept = client.get_entity(PARTITION, KEY)
        except ResourceNotFoundError:
            # No table yet; or one of a release that wrote no number: those are of the first kind.
            make()
            kept = None
        version = _number(kept["version"]) if kept is not None else 0
        _refuse_newer(version, table, known)
        if version == known:
            return
        try:
            if kept is None:
                client.create_entity(entity)
            else:
                etag = kept.metadata["etag"]
                condition = MatchConditions.IfNotModified
                client.update_entity(
                    entity, mode=UpdateMode.REPLACE, etag=etag, match_condition=condition
                )
        except HttpResponseError as lost:
            if lost.status_code not in (409, 412):
                raise
            # Somebody else saw to it, perhaps a newer version; or the table is being deleted.
            continue
        return
    raise Conflict(f"the table {table} cannot be made now")


def _refuse_newer(version: int, table: str, known: int) -> None:
    if version > known:
        raise NewerSchema(
            f"the table {table} is of a newer version of this app (its schema is {version},"
            f" this version knows {known}): deploy that version again; nothing was changed"
        )


def _number(value: object) -> int:
    """As the SDK gives a whole number: bare, or with its type."""
    bare = value[0] if isinstance(value, tuple) else value
    return bare if isinstance(bare, int) else 0

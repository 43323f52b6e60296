"""`team:`, `members:`, `space:`, `group:`, `held:` and `preview:` rows of one organization."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from uuid import uuid4

from shared.core import ledger_codec as codec
from shared.core.held import Held, Preview
from shared.core.identity import OTHERS_MAX
from shared.core.ids import GroupId, ObjectId, PersonId, TeamId, pack_uuid, unpack_uuid
from shared.core.ledger import Ledger
from shared.core.marks import Mark
from shared.core.model import Drive, Folder, Name, Names, Status, Team, Versioned
from shared.ports import Conflict, Connected, Label, Space
from shared.storage.planned import held_of, held_values, preview_of, preview_values
from shared.storage.tables import Partition, Row, Step, Value, spread

# Bytes of blobs a row; an entity takes 1 MiB with everything.
_ROW_BYTES = 720 * 1024
_READS = 5
# What reading a row raises that this version did not write.
_UNREADABLE = (ValueError, LookupError)
_LABEL = (
    *("space", "new", "name", "space_title", "group_name"),
    *("status", "reason", "folder", "group", "codes", "others_codes", "spaces"),
)


class TeamRows:
    """The port `Teams` over one organization's partition of `Teams`."""

    def __init__(self, rows: Partition) -> None:
        self._rows = rows

    def read(self, team: TeamId) -> Versioned[Team] | None:
        row = self._rows.get(f"team:{team}")
        return Versioned(_team(row), row.etag) if row else None

    def write(self, before: Versioned[Team] | None, after: Team) -> Versioned[Team]:
        etag = before.etag if before else None
        return Versioned(after, self._rows.put(f"team:{after.uuid}", _values(after), etag))

    def everyone(self) -> Iterator[Team]:
        return (_team(row) for row in self._rows.range("team:", "team;"))

    def labels(self, after: str, limit: int) -> list[Label]:
        rows = self._rows.range(_behind("team:", after), "team;", limit=limit, only=_LABEL)
        return [_label(row) for row in rows]

    def among(self, teams: Collection[TeamId]) -> dict[TeamId, Team]:
        found: dict[TeamId, Team] = {}
        for uuid, row in self._rows.among("team:", teams).items():
            # Unreadable: written by another version, or damaged. The others are there all the same.
            with suppress(*_UNREADABLE):
                found[TeamId(uuid)] = _team(row)
        return found

    def space(self, uuid: str) -> Space | None:
        row = self._rows.get(f"space:{uuid}")
        if row is None:
            return None
        return Space(uuid, row.text("team"), row.number("checked"), row.number("missed"))

    def remember_space(self, space: Space) -> None:
        values: dict[str, Value] = {
            "team": space.team,
            "checked": space.checked,
            "missed": space.missed,
        }
        self._rows.upsert(f"space:{space.uuid}", values)

    def teams_of(self, groups: Collection[GroupId]) -> dict[GroupId, Connected]:
        return {
            GroupId(group): Connected(TeamId(row.text("team")), row.text("space"))
            for group, row in self._rows.among("group:", groups).items()
        }

    def remember_group(self, group: GroupId, team: TeamId, space_id: str) -> None:
        values: dict[str, Value] = {"team": team, "space": space_id}
        row = self._rows.get(f"group:{group}")
        if row is None:
            # Somebody else was quicker: then it is theirs, or the same was said.
            with suppress(Conflict):
                self._rows.insert(f"group:{group}", values)
        elif row.text("team") == team and row.text("space") != space_id:
            self._rows.upsert(row.key, values)

    def free_group(self, group: GroupId, team: TeamId) -> None:
        row = self._rows.get(f"group:{group}")
        if row is not None and row.text("team") == team:
            # A lost race: then somebody has just said whose it is.
            with suppress(Conflict):
                self._rows.delete(row.key, row.etag)

    def held(self, team: TeamId) -> Versioned[Held] | None:
        row = self._rows.get(f"held:{team}")
        return Versioned(held_of(row), row.etag) if row else None

    def hold(
        self, team: TeamId, before: Versioned[Held] | None, after: Held | None
    ) -> Versioned[Held] | None:
        key = f"held:{team}"
        if after is not None:
            etag = before.etag if before else None
            return Versioned(after, self._rows.put(key, held_values(after), etag))
        if before is not None:
            self._rows.delete(key, before.etag)
        return None

    def keep_preview(self, preview: Preview) -> None:
        self._rows.upsert(f"preview:{preview.team}", preview_values(preview))

    def previews(self, after: str, limit: int) -> list[Preview]:
        """As many as there are up to `limit`: those that cannot be read are passed over."""
        found: list[Preview] = []
        while len(found) < limit:
            low, missing = _behind("preview:", after), limit - len(found)
            rows = list(self._rows.range(low, "preview;", limit=missing))
            found += filter(None, map(preview_of, rows))
            if len(rows) < missing:
                break
            after = rows[-1].key.removeprefix("preview:")
        return found

    def ledger(self, team: TeamId) -> Versioned[Ledger]:
        """Rows that belong together carry the same stamp; torn reads are read again."""
        for _ in range(_READS):
            first = self._rows.get(f"members:{team}:0")
            if first is None:
                return Versioned(Ledger(), "")
            others = [self._rows.get(_key(team, n)) for n in range(1, first.number("rows"))]
            rows = [first, *(row for row in others if row)]
            whole = len(rows) == max(1, first.number("rows"))
            if whole and all(row.text("stamp") == first.text("stamp") for row in rows):
                return Versioned(codec.unpack(_blobs(rows)), first.etag)
        raise Conflict(f"members of {team} are being written")

    def write_ledger(
        self, team: TeamId, before: Versioned[Ledger], after: Ledger
    ) -> Versioned[Ledger]:
        rows = _split(codec.pack(after))
        stamp = uuid4().hex
        first: dict[str, Value] = {**rows[0], "rows": len(rows), "stamp": stamp}
        op = "replace" if before.etag else "insert"
        steps = [Step(op, _key(team, 0), first, before.etag)]
        steps += [
            Step("upsert", _key(team, number), {**row, "stamp": stamp})
            for number, row in enumerate(rows[1:], 1)
        ]
        return Versioned(after, self._rows.write(steps)[0])


def _behind(prefix: str, team: str) -> str:
    # A space comes right behind the uuid, and before everything that is longer.
    return f"{prefix}{team} " if team else prefix


def _label(row: Row) -> Label:
    return Label(
        uuid=TeamId(row.key.removeprefix("team:")),
        space_id=row.text("space"),
        new=row.flag("new"),
        names=tuple(
            filter(None, (row.text("name"), row.text("space_title"), row.text("group_name")))
        ),
        status=row.text("status"),
        reason=row.text("reason"),
        folder=row.text("folder"),
        has_group=bool(row.text("group")),
        codes=_codes_in(row, "codes") | _codes_in(row, "others_codes"),
        spaces=_codes_in(row, "spaces"),
    )


def _codes_in(row: Row, name: str) -> frozenset[str]:
    """Of no row more than it can be read for: a list shows those that cannot, too."""
    try:
        found = json.loads(row.text(name) or "[]")
    except ValueError:
        return frozenset()
    return frozenset(map(str, found)) if isinstance(found, list | dict) else frozenset()


def _key(team: TeamId, number: int) -> str:
    return f"members:{team}:{number}"


def _split(blobs: dict[str, bytes]) -> list[dict[str, Value]]:
    """Properties of all blobs, filled into as few rows as the size of a row allows."""
    rows: list[dict[str, Value]] = [{}]
    size = 0
    for name, blob in blobs.items():
        for key, piece in spread(name, blob).items():
            assert isinstance(piece, bytes)
            if size + len(piece) > _ROW_BYTES:
                rows.append({})
                size = 0
            rows[-1][key] = piece
            size += len(piece)
    return rows


def _blobs(rows: list[Row]) -> dict[str, bytes]:
    merged: dict[str, Value] = {}
    for row in rows:
        merged |= row.values
    whole = Row("", merged, "")
    return {name: whole.blob(name) for name in codec.BLOBS}


def _values(team: Team) -> dict[str, Value]:
    values: dict[str, Value] = {
        "space": team.space_id,
        "new": team.new,
        "created": team.created,
        "first_seen": team.first_seen,
        "creator": team.creator or "",
        "name": team.name[:1024],
        "space_title": team.space_title[:1024],
        "status": team.status.value,
        "reason": team.reason,
        "detail": team.detail[:2048],
        "settled": team.settled,
        "roster_digest": team.roster_digest,
        "roster_changed": team.roster_changed,
        "roster_size": team.roster_size,
        "group": team.group_id or "",
        "group_name": team.group_name,
        "nickname": team.nickname,
        "intent_at": team.intent_at,
        "group_created": team.group_created,
        "any_chunk": team.any_chunk,
        "stand_in": team.stand_in or "",
        "folder": team.folder.value,
        "folder_tries": team.folder_tries,
        "wanted_done": team.wanted_done,
        "failures": team.failures,
        "in_group": team.in_group,
        "direction": team.direction,
        "full_at": team.full_at,
        "moderated": team.moderated,
        "held": team.held,
        "settled_at": team.settled_at,
        "tried_at": team.tried_at,
        "spaces": json.dumps(team.spaces) if team.spaces else "",
        "name_code": team.name_code,
        "named_at": team.named_at,
        "archived": team.archived,
        "missed_at": team.missed_at,
        "missed": team.missed,
        "group_missed_at": team.group_missed_at,
        "group_restored_at": team.group_restored_at,
        **({"names": json.dumps(asdict(team.names))} if team.names else {}),
        **({"mark": json.dumps(asdict(team.mark))} if team.mark else {}),
        **_coded("listed", "codes", team.listed.items()),
        **_coded("others", "others_codes", islice(team.others.items(), OTHERS_MAX)),
    }
    if team.drive:
        values |= {
            "drive": team.drive.drive_id,
            "item": team.drive.item_id,
            "folder_url": team.drive.web_url,
        }
    optional = {
        "people_at": team.people_at,
        "folder_at": team.folder_at,
        "names_at": team.names_at,
    }
    return values | {k: v for k, v in optional.items() if v is not None}


def _team(row: Row) -> Team:
    drive = None
    if row.text("drive"):
        drive = Drive(row.text("drive"), row.text("item"), row.text("folder_url"))
    return Team(
        uuid=TeamId(row.key.removeprefix("team:")),
        space_id=row.text("space"),
        new=row.flag("new"),
        created=row.number("created"),
        first_seen=row.number("first_seen"),
        creator=PersonId(row.text("creator")) if row.text("creator") else None,
        name=row.text("name"),
        space_title=row.text("space_title"),
        status=Status(row.text("status")),
        reason=row.text("reason"),
        detail=row.text("detail"),
        settled=row.flag("settled"),
        roster_digest=row.text("roster_digest"),
        roster_changed=row.number("roster_changed"),
        roster_size=row.number("roster_size"),
        group_id=GroupId(row.text("group")) if row.text("group") else None,
        group_name=row.text("group_name"),
        nickname=row.text("nickname"),
        intent_at=row.number("intent_at"),
        group_created=row.number("group_created"),
        any_chunk=row.flag("any_chunk"),
        stand_in=PersonId(row.text("stand_in")) if row.text("stand_in") else None,
        folder=Folder(row.text("folder")),
        folder_tries=row.number("folder_tries"),
        folder_at=row.moment("folder_at"),
        drive=drive,
        people_at=row.moment("people_at"),
        wanted_done=row.number("wanted_done"),
        failures=row.number("failures"),
        listed={PersonId(uuid): code for uuid, code in _codes(row, "listed", "codes")},
        in_group=row.number("in_group"),
        direction=row.text("direction"),
        full_at=row.number("full_at"),
        moderated=row.text("moderated"),
        held=row.flag("held"),
        settled_at=row.number("settled_at"),
        tried_at=row.number("tried_at"),
        spaces=json.loads(row.text("spaces") or "{}"),
        names=_names(row.text("names")),
        name_code=row.text("name_code"),
        named_at=row.number("named_at"),
        names_at=row.moment("names_at"),
        mark=_mark(row.text("mark")),
        archived=row.flag("archived"),
        missed_at=row.number("missed_at"),
        missed=row.number("missed"),
        group_missed_at=_group_missed_at(row),
        group_restored_at=row.number("group_restored_at"),
        others={ObjectId(uuid): code for uuid, code in _codes(row, "others", "others_codes")},
    )


def _group_missed_at(row: Row) -> int:
    """Rows of the version before say it by their reason alone, and not since when."""
    before = "group_missed_at" not in row.values and row.text("reason") == "group_gone"
    return 1 if before else row.number("group_missed_at")


def _names(kept: str) -> Names | None:
    if not kept:
        return None
    sides = json.loads(kept)
    return Names(*(_name(sides[side]) for side in ("team", "group")))


def _name(kept: dict[str, str | int]) -> Name:
    """What a newer version keeps beside it is left out."""
    last, sent, refused, ours = (
        str(kept.get(key, "")) for key in ("last", "sent", "refused", "ours")
    )
    return Name(last, sent, int(kept.get("moved", 0)), refused, ours)


def _mark(kept: str) -> Mark | None:
    if not kept:
        return None
    said = json.loads(kept)
    at, since = int(said.get("at", 0)), int(said.get("since", 0))
    return Mark(str(said.get("text", "")), at, since, said.get("gone") is True)


def _coded(name: str, codes_name: str, listed: Iterable[tuple[str, str]]) -> dict[str, Value]:
    """Uuids with a code each: 17 bytes, and the codes beside them."""
    listed = list(listed)
    codes = sorted({code for _, code in listed})
    packed = b"".join(pack_uuid(uuid) + bytes([codes.index(code)]) for uuid, code in listed)
    return {codes_name: json.dumps(codes), **spread(name, packed)}


def _codes(row: Row, name: str, codes_name: str) -> Iterator[tuple[str, str]]:
    codes: list[str] = json.loads(row.text(codes_name) or "[]")
    packed = row.blob(name)
    for i in range(0, len(packed), 17):
        yield unpack_uuid(packed[i : i + 16]), codes[packed[i + 16]]

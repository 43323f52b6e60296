"""The audit archive: where it is, what its files are called and what stands in their lines.

A file a day and kind, in JSON Lines. Names follow from organization, day and kind alone, so that
what is written again is the same file, and is seen to be there. Days are UTC.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from shared.core.ids import ObjectId, OrgId, PersonId
from shared.core.model import Team

# Of the lines: counted up when the meaning of a name in them changes, not when one is added.
SCHEMA = 1
AUDIT = "audit"
# The state of teams in sixteen files, by the first digit of the team's uuid.
DIGITS = "0123456789abcdef"
TEAMS = tuple(f"teams-{digit}" for digit in DIGITS)


class BadPlace(ValueError):
    """The address cannot be used; the message says why and shows nothing of it."""


@dataclass(frozen=True)
class Place:
    """kind: "blob" or "s3". address: of the container with a folder or without, no slash behind; or
    the bucket. prefix: the folder in the bucket. query: a shared access signature, which is a
    secret. region: of the bucket, "" for what the environment says."""

    kind: str
    address: str
    prefix: str = ""
    query: str = field(default="", repr=False)
    region: str = ""


def parse_place(text: str) -> Place:
    """`https://account.blob.core.windows.net/container/folder`, with a signature behind it or
    without, or `s3://bucket/folder?region=…`. Raises BadPlace."""
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise BadPlace("that is no address.") from error
    path = parts.path.strip("/")
    if parts.username or parts.password or parts.fragment or not parts.netloc:
        raise BadPlace("give an address of a container, or s3://bucket.")
    if parts.scheme == "s3":
        region = parse_qs(parts.query).get("region", [""])[0]
        return Place("s3", parts.netloc, f"{path}/" if path else "", region=region)
    if parts.scheme not in ("https", "http") or not path:
        raise BadPlace("give an address of a container (https://…/container), or s3://bucket.")
    return Place("blob", f"{parts.scheme}://{parts.netloc}/{path}", query=parts.query)


def day_of(moment: int) -> str:
    """Milliseconds to 2026-11-30."""
    return datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()


def start_of(day: str) -> int:
    """The first millisecond of a day."""
    began = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    return round(began.timestamp() * 1000)


def day_after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def name_of(org: OrgId, day: str, kind: str) -> str:
    """kind: AUDIT, or one of TEAMS."""
    return f"organization={org}/date={day}/{kind}.jsonl"


def lines_of(objects: Iterable[Mapping[str, object]]) -> bytes:
    """A line each; nothing at all is a file of no lines."""
    texts = [json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in objects]
    return "".join(f"{text}\n" for text in texts).encode("utf-8", "replace")


def audit_line(
    org: OrgId, key: str, at: int, *, who: str, person: str, what: str, before: str, after: str
) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "kind": "audit",
        "organization": org,
        "id": key,
        "at": _iso(at),
        "who": who,
        "person": person,
        "what": what,
        "before": before,
        "after": after,
    }


def team_line(
    org: OrgId,
    team: Team,
    people: Mapping[PersonId, ObjectId] | None,
    owners: Iterable[ObjectId],
    read: int,
) -> dict[str, object]:
    """people: who is in the team and in the group, None where that could not be read."""
    pairs = None if people is None else [[p, o] for p, o in sorted(people.items())]
    return {
        "schema": SCHEMA,
        "kind": "team",
        "organization": org,
        "team": team.uuid,
        "name": team.name,
        "status": team.status.value,
        "reason": team.reason,
        "direction": team.direction,
        "group": team.group_id or "",
        "group_name": team.group_name,
        "nickname": team.nickname,
        "folder": team.folder.value,
        "folder_url": team.drive.web_url if team.drive else "",
        "people": pairs,
        "owners": sorted(owners),
        "read": _iso(read),
    }


def unreadable_line(org: OrgId, team: str, read: int) -> dict[str, object]:
    """Of a team whose row another version wrote, or that is damaged."""
    return {
        "schema": SCHEMA,
        "kind": "team",
        "organization": org,
        "team": team,
        "unreadable": True,
        "read": _iso(read),
    }


def _iso(moment: int) -> str:
    found = datetime.fromtimestamp(moment / 1000, UTC)
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")

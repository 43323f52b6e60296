"""What lies in a group's document library, and which names SharePoint takes.

Sources: pages "Restrictions and limitations in OneDrive and SharePoint" and "driveItem".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_FORBIDDEN = re.compile(r'["*:<>?/\\|\x00-\x1f]')
_RESERVED = re.compile(r"\.lock|con|prn|aux|nul|com[0-9]|lpt[0-9]|desktop\.ini", re.IGNORECASE)
LONGEST = 255


@dataclass
class DriveItem:
    """A file or a folder. parent: the id of the folder that it lies in, "" for the root. created:
    seconds since the epoch."""

    id: str
    name: str
    created: float
    parent: str = ""
    is_folder: bool = True


@dataclass
class Library:
    """Test code may put, rename, move and remove things, as people do in SharePoint."""

    items: dict[str, DriveItem] = field(default_factory=dict)

    def put(self, item: DriveItem) -> DriveItem:
        self.items[item.id] = item
        return item

    def remove(self, item_id: str) -> DriveItem:
        """Into the recycle bin; `put` takes it out of there, with the same id."""
        return self.items.pop(item_id)

    def rename(self, item: DriveItem, name: str) -> None:
        item.name = name

    def within(self, parent: str = "") -> Iterator[DriveItem]:
        return (item for item in self.items.values() if item.parent == parent)

    def named(self, name: str, parent: str = "") -> DriveItem | None:
        """SharePoint does not tell cases apart."""
        wanted = name.casefold()
        return next((i for i in self.within(parent) if i.name.casefold() == wanted), None)

    def beside(self, name: str, parent: str = "") -> str:
        """A name that is free, with a number as SharePoint adds it."""
        number = 1
        while self.named(f"{name} {number}", parent):
            number += 1
        return f"{name} {number}"


def is_refused(name: str, *, in_root: bool, strict: bool = False) -> bool:
    """strict: the tenant forbids # and % as well."""
    return bool(
        not name
        or len(name.encode("utf-16-le", "surrogatepass")) > 2 * LONGEST
        or _FORBIDDEN.search(name)
        or name != name.strip()
        or name.endswith(".")
        or "_vti_" in name.lower()
        or name.startswith("~$")
        or _RESERVED.fullmatch(name)
        or (in_root and name.lower() == "forms")
        or (strict and not {"#", "%"}.isdisjoint(name))
    )

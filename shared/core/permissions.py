"""Which Microsoft Graph application permissions the app asks for, and for what.

Source: https://learn.microsoft.com/graph/permissions-reference. The texts are shown before the
redirect to Microsoft's dialog, in English and (by the catalogues) in Swedish.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Permission:
    """name: as Microsoft shows it. core: without it there are no groups at all."""

    name: str
    feature: str
    why: str
    touches: str
    without: str
    core: bool = True


PERMISSIONS = (
    Permission(
        "Group.ReadWrite.All",
        "Groups for teams",
        "Create a Microsoft 365 group for each new team, add its people and owners, and read"
        " your rules for groups.",
        "All groups: their names, members and owners. Microsoft offers nothing narrower. The app"
        " changes only groups that it made.",
        "No groups are made.",
    ),
    Permission(
        "User.Read.All",
        "Groups for teams",
        "Find the Microsoft 365 account of each person in a team.",
        "Names and addresses of your users. Nothing of theirs is changed.",
        "No groups are made.",
    ),
    Permission(
        "Sites.Read.All",
        "Linked folders",
        "Find the address of a new group's SharePoint folder, to link it to the team's space.",
        "All SharePoint sites, to read. The app reads a folder's address and opens no file.",
        "Groups are made, and their folders wait.",
        core=False,
    ),
)

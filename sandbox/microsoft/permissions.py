"""Which application permissions each call needs, as data.

Sources: the permissions tables of the API pages and `permissions.json` of
microsoft-graph-devx-content; where the two differ, a switch decides.
"""

from __future__ import annotations

from sandbox.microsoft.switches import Switches

_DIRECTORY_READ = {"Directory.Read.All", "Directory.ReadWrite.All"}
_GROUP_READ = {"Group.Read.All", "Group.ReadWrite.All", *_DIRECTORY_READ}
_MEMBER_READ = {"GroupMember.Read.All", "GroupMember.ReadWrite.All", *_GROUP_READ}
_USER_READ = {"User.Read.All", "User.ReadWrite.All", *_DIRECTORY_READ}
_ORGANIZATION_READ = {
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    *_DIRECTORY_READ,
}
_FILES = {"Files.Read.All", "Files.ReadWrite.All"}
_SITES = {"Sites.Read.All", "Sites.ReadWrite.All", "Sites.FullControl.All"}

NEEDS: dict[str, frozenset[str]] = {
    name: frozenset(permissions)
    for name, permissions in {
        "group.create": {"Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"},
        "group.upsert": {"Group.ReadWrite.All", "Directory.ReadWrite.All"},
        "group.update": {"Group.ReadWrite.All", "Directory.ReadWrite.All"},
        "group.delete": {"Group.ReadWrite.All"},
        "group.restore": {"Group.ReadWrite.All"},
        "group.read": {"Group.ReadBasic.All", *_MEMBER_READ},
        # The page; the permissions data says that Group.ReadBasic.All is enough.
        "group.delta": _MEMBER_READ,
        "members.read": {"GroupMember.ReadBasic.All", *_MEMBER_READ},
        "members.write": {
            "GroupMember.ReadWrite.All",
            "Group.ReadWrite.All",
            "Directory.ReadWrite.All",
        },
        "owners.read": _MEMBER_READ,
        "owners.write": {"Group.ReadWrite.All", "Directory.ReadWrite.All"},
        "memberOf.check": _MEMBER_READ,
        "settings.read": {"GroupSettings.Read.All", "GroupSettings.ReadWrite.All", *_GROUP_READ},
        "user.read": {"User.ReadBasic.All", *_USER_READ},
        "user.delta": _USER_READ,
        "user.delete": {"User.ReadWrite.All", "Directory.ReadWrite.All"},
        "invite": {"User.Invite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"},
        "organization.read": _ORGANIZATION_READ,
        "organization.all": _ORGANIZATION_READ,
        "drive.read": _FILES | _SITES,
        "drive.root": _FILES | _SITES,
        "drive.items": _FILES | _SITES,
        "drive.write": {"Files.ReadWrite.All", "Sites.ReadWrite.All", "Sites.FullControl.All"},
        "site.read": _SITES,
    }.items()
}
READS_WHOLE_USERS = frozenset(_USER_READ)
"""With less, "all other properties will be returned as null" (page "Troubleshooting")."""
BINDS_USERS = frozenset({"Group.ReadWrite.All"} | _USER_READ)
"""Group.Create alone makes empty groups only (page "Create group")."""


def suffice(need: str, held: frozenset[str], switches: Switches) -> bool:
    """Whether the permissions held allow the kind of call."""
    enough = NEEDS[need]
    if need == "drive.root" and switches.drive_root_permission == "files":
        enough = frozenset(_FILES)
    if need == "organization.read" and switches.organization_with_user_read:
        enough = enough | {"User.Read.All"}
    return not enough.isdisjoint(held)

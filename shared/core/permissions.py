"""Which Microsoft Graph application permissions the app asks for, and for what.

Source: https://learn.microsoft.com/graph/permissions-reference. The texts are shown before the
redirect to Microsoft's dialog, in English and (by the catalogues) in Swedish.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.model import OrgSettings


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
        "Create a Microsoft 365 group for each new team, keep its people and owners in step with"
        " the team, and read your rules for groups.",
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

# Asked for only where people of other organizations are invited (`OrgSettings.guests`).
GUESTS = Permission(
    "User.Invite.All",
    "Guests",
    "Invite people of other organizations who are in a team, as guests of your tenant.",
    "New guest accounts. The app mails nobody and changes no account that is there already.",
    "People of other organizations stay out of the groups.",
    core=False,
)

# Asked for only where further spaces get folders of their own (`OrgSettings.space_folders`).
FILES = Permission(
    "Files.ReadWrite.All",
    "Folders for spaces",
    "Make a folder for each further space of a team, in the group's SharePoint site, and rename it"
    " with the space.",
    "All files, to read and write. Microsoft offers nothing narrower. The app makes and renames"
    " folders in the sites of its own groups; it opens, changes and deletes no file.",
    "Only the General space gets a folder.",
    core=False,
)


def asked_besides(settings: OrgSettings) -> tuple[Permission, ...]:
    """What is asked for because of what was chosen. Whether it was granted shows only when it is
    used: no harmless call proves it."""
    chosen = ((GUESTS, settings.guests), (FILES, settings.space_folders))
    return tuple(permission for permission, wanted in chosen if wanted)


# Webex's scopes, by what they are for: https://developer.webex.com/docs/integrations#scopes.
SCOPES = {
    "spark:people_read": "See whose sign-in it is.",
    "spark-compliance:rooms_read": "See that a team was created, and its name.",
    "spark-compliance:memberships_read": "See who is in a team.",
    "spark-compliance:memberships_write": "Add people to a team and take them out, where"
    " Microsoft 365 leads or both sides count.",
    "spark-compliance:teams_read": "See a team's name.",
    "spark-compliance:events_read": "Hear of new teams and of people who join or leave.",
    "spark-compliance:webhooks_read": "See whether Webex still tells this app of new teams.",
    "spark-compliance:webhooks_write": "Ask Webex to tell this app of new teams at once.",
    "identity:people_read": "Read External ID, which is a person's object id in Microsoft Entra.",
    "spark-admin:licenses_read": "Check the messaging entitlement.",
    "spark:rooms_read": "Find the space that a folder belongs to.",
    "spark:rooms_write": "Link the group's folder to the team's space.",
}

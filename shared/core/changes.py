"""What the audit can tell: for each code what was changed; before and after stand in the row.

Of one team, a value is its name and what was decided, `name: part, part`.
"""

from __future__ import annotations

CHANGES = {
    "switch": "The switch",
    "setting_public_groups": "New groups are",
    "setting_direction": "Who leads membership",
    "setting_honour_creation": "Honour who may create groups",
    "setting_link_folders": "Link the group's folder to the team's space",
    "setting_space_folders": "A folder for each further space of a team",
    "setting_default_folder": "The linked folder is",
    "setting_folder_linkers": "Who links folders, in this order",
    "setting_language": "Language of what is written to people",
    "setting_guests": "Invite people of other organizations as guests",
    "setting_mark": "Groups say in their description what looks after them",
    "setting_mark_ends": "When a team ends, its group's description says so",
    "group_restored": "Deleted group restored",
    "setting_limit_remove": "The brake: people removed at once",
    "setting_limit_remove_share": "The brake: percent of a team removed at once",
    "setting_limit_add": "The brake: people added at once",
    "setting_limit_add_share": "The brake: percent of a team added at once",
    "held_allowed": "Changes that waited were allowed",
    "held_refused": "Changes that waited were refused",
    "unrefused": "Refusals of one team dropped",
    "team_direction": "Who leads membership of one team",
    "team_connected": "Team from before connected",
    "dry_run": "Dry run of all teams begun",
    "retry": "Team looked at again (Retry)",
    "replay": "Team looked at again after it was given up on (Replay)",
    "consent": "Microsoft tenant connected",
    "consent_pending": "Consent given by a hand-over link",
    "consent_forgotten": "Consent of a hand-over link forgotten",
    "disconnect": "Microsoft tenant disconnected",
    "leave": "The app is left; its groups are",
    "handover": "Hand-over link made",
    "credential_spaces": "Webex sign-in: see new teams and their people",
    "credential_people": "Webex sign-in: read the directory",
    "credential_folders": "Webex sign-in: link folders",
    "pending_spaces": "Webex sign-in by a hand-over link: see new teams and their people",
    "pending_people": "Webex sign-in by a hand-over link: read the directory",
    "pending_folders": "Webex sign-in by a hand-over link: link folders",
    "tenant_chosen": "Microsoft tenant chosen",
    "audit_started": "Audit of the directory begun",
    "audit_stopped": "Audit of the directory stopped",
    "audit_resumed": "Audit of the directory resumed",
    "alerts_on": "Told in Webex when something goes wrong",
    "alerts_off": "No longer told in Webex when something goes wrong",
    "alert_fall": "Told when so many percent fewer people match",
    "audit_every": "Days between two audits of the directory",
    "prerequisite_confirmed": "Prerequisite confirmed by hand",
    "prerequisite_withdrawn": "Confirmation of a prerequisite withdrawn",
}
# Their values are of one team, see `about`.
ABOUT_TEAMS = frozenset({"held_allowed", "held_refused", "unrefused", "team_direction"})
# What is to become of people, by `ledger.Change.kind`; and of spaces, by `core.space_folders`.
COUNTED = {
    "add members": "To be added to the group: %(count)s",
    "invite members": "To be invited as guests and added to the group: %(count)s",
    "remove members": "To be taken out of the group: %(count)s",
    "add owners": "To become owners of the group: %(count)s",
    "remove owners": "To be owners of the group no longer: %(count)s",
    "add webex": "To be added to the Webex team: %(count)s",
    "remove webex": "To be taken out of the Webex team: %(count)s",
    "make folders": "Folders to be made for further spaces, and linked: %(count)s",
    "change descriptions": "Descriptions of groups to be changed: %(count)s",
    "link folders": "Folders of further spaces to be linked: %(count)s",
}


def about(team: str, *parts: str) -> str:
    """team: its name. parts: words of ours, without a comma or a colon."""
    return f"{team}: {', '.join(parts)}"


def parts_of(value: str) -> tuple[str, list[str]]:
    """The team's name, "" for a value that is not of `about`, and the parts."""
    team, _, parts = value.rpartition(": ")
    return team, parts.split(", ")

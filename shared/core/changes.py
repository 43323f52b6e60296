"""What the audit can tell: for each code what was changed; before and after stand in the row."""

from __future__ import annotations

CHANGES = {
    "switch": "The switch",
    "setting_public_groups": "New groups are",
    "setting_direction": "Who leads membership",
    "setting_honour_creation": "Honour who may create groups",
    "setting_link_folders": "Link the group's folder to the team's space",
    "setting_default_folder": "The linked folder is",
    "setting_folder_linkers": "Who links folders, in this order",
    "setting_language": "Language of what is written to people",
    "retry": "Team looked at again (Retry)",
    "replay": "Team looked at again after it was given up on (Replay)",
    "consent": "Microsoft tenant connected",
    "consent_pending": "Consent given by a hand-over link",
    "consent_forgotten": "Consent of a hand-over link forgotten",
    "disconnect": "Microsoft tenant disconnected",
    "handover": "Hand-over link made",
    "credential_spaces": "Webex sign-in: see new teams and their people",
    "credential_people": "Webex sign-in: read the directory",
    "credential_folders": "Webex sign-in: link folders",
    "pending_spaces": "Webex sign-in by a hand-over link: see new teams and their people",
    "pending_people": "Webex sign-in by a hand-over link: read the directory",
    "pending_folders": "Webex sign-in by a hand-over link: link folders",
    "tenant_chosen": "Microsoft tenant chosen",
    "prerequisite_confirmed": "Prerequisite confirmed by hand",
    "prerequisite_withdrawn": "Confirmation of a prerequisite withdrawn",
}

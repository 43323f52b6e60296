"""What the audit can tell: for each code what was changed; before and after stand in the row."""

from __future__ import annotations

CHANGES = {
    "switch": "The switch",
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

"""What the audit can tell: for each code what was changed; before and after stand in the row."""

from __future__ import annotations

CHANGES = {
    "switch": "The switch",
    "consent": "Microsoft tenant connected",
    "consent_pending": "Consent given by a hand-over link",
    "consent_forgotten": "Consent of a hand-over link forgotten",
    "disconnect": "Microsoft tenant disconnected",
    "handover": "Hand-over link made",
}

"""What the audit can tell: for each code what was changed; before and after stand in the row."""

from __future__ import annotations

CHANGES = {
    "switch": "The switch",
}

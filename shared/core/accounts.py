"""What people are called where it matters who they are."""

from __future__ import annotations

import unicodedata

_LONGEST = 200
# With these a name could be written so that it shows another address behind it.
_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def called(name: str, address: str) -> str:
    """Name and address, or the one that is known: a display name alone is anybody's to choose."""
    shown = "".join(c for c in name if unicodedata.bidirectional(c) not in _TURNS)[:_LONGEST]
    if shown and address and shown != address:
        return f"{shown} ({address[:_LONGEST]})"
    return shown or address[:_LONGEST]

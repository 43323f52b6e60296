"""Names that Microsoft 365 accepts.

Limits: displayName up to 256 characters, mailNickname ASCII up to 64 without ``@ ( ) \\ [ ] " ; :
< > ,`` and space (https://learn.microsoft.com/graph/api/group-post-groups); we stay inside
``[a-z0-9-]``, since the nickname becomes the address of the site.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

DISPLAY_MAX = 256
NICKNAME_MAX = 64
# With prefix and suffix of a naming policy:
# https://learn.microsoft.com/entra/identity/users/groups-naming-policy
POLICY_MAX = 63
# The hyphen and eight hex digits that a nickname ends in.
TAIL = 9
UNNAMED = "Webex team"
UNIQUE_PREFIX = "webex-team-"
# Control characters, lone surrogates, line and paragraph separators.
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Joiners and direction marks: part of emoji and scripts, nothing to see by themselves.
_FORMAT = "Cf"


def unique_name(team: str) -> str:
    """The group's immutable key; whoever holds it is this team's group."""
    return f"{UNIQUE_PREFIX}{team}"


def display_name(name: str) -> str:
    """The team's name without control characters and runs of white space, cut to the limit."""
    printable = "".join(" " if unicodedata.category(c) in _UNPRINTABLE else c for c in name)
    shown = " ".join(printable.split())[:DISPLAY_MAX].rstrip()
    seen = any(c != " " and unicodedata.category(c) != _FORMAT for c in shown)
    return shown if seen else UNNAMED


def mail_nickname(name: str, team: str, *, second: bool = False) -> str:
    """A readable ASCII nickname that always ends in eight hex digits of the team's uuid.

    A name of which nothing readable is left gets a hash. `second` gives another one, for the case
    that a stranger's group holds the first.
    """
    from anyascii import anyascii

    digits = team.replace("-", "")
    tail = f"{digits[8:16]}-{digits[:8]}" if second else digits[:8]
    words = re.findall(r"[a-z0-9]+", anyascii(name).lower())
    room = NICKNAME_MAX - len(tail) - 1
    readable = "-".join(words)[:room].strip("-") or _hash(name)
    return f"{readable}-{tail}"


def fit_policy(wanted: str, given: str, *, tail: int = 0) -> str:
    """What a naming policy made of a name of ours, shortened in our part of it if it is too long.

    `tail` characters at the end of our part stay.
    """
    excess = len(wanted) - POLICY_MAX
    if excess <= 0 or given not in wanted:
        return wanted
    head, end = given[: len(given) - tail], given[len(given) - tail :]
    shorter = head[: max(1, len(head) - excess)].rstrip(" -") + end
    return wanted.replace(given, shorter, 1)


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]

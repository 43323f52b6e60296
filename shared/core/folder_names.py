"""Names for folders that SharePoint takes, made of the titles of spaces.

Not allowed: ``" * : < > ? / \\ |``, white space at either end, a period at the end, ``_vti_``
anywhere, ``~$`` in front, some names that Windows or SharePoint keep for themselves, and "forms" in
the root of a library. ``#`` and ``%`` are allowed unless a tenant forbids them.
Source: https://support.microsoft.com/office/64883a5d-228e-48f5-b3d2-eb39e07630fa.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

# A path takes 400 characters with everything: most of them are left for what lies in the folder.
NAME_MAX = 100
UNNAMED = "Space"
# The hex digits of a space's uuid that tell its folder from others.
_DIGITS = 8
_FORBIDDEN = re.compile(r'["*:<>?/\\|]+')
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d|forms|desktop\.ini|\.lock", re.IGNORECASE)
# Control characters, lone surrogates, line and paragraph separators.
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Joiners and direction marks: nothing to see by themselves.
_FORMAT = "Cf"


def folder_name(title: str) -> str:
    """The title as nearly as SharePoint takes it; never empty."""
    plain = unicodedata.normalize("NFC", title)
    printable = "".join(" " if unicodedata.category(c) in _UNPRINTABLE else c for c in plain)
    allowed = re.sub(r"_vti_", "-vti-", _FORBIDDEN.sub("-", printable), flags=re.IGNORECASE)
    name = _trimmed(_cut(_trimmed(allowed), NAME_MAX))
    if not any(c not in " -._~" and unicodedata.category(c) != _FORMAT for c in name):
        return UNNAMED
    reserved = any(_RESERVED.fullmatch(part) for part in (name, name.partition(".")[0]))
    return _trimmed(_cut(f"{UNNAMED} {name}", NAME_MAX)) if reserved else name


def wishes(title: str, space: str) -> tuple[str, str, str]:
    """Names for the folder of a space, the nicest first.

    The second is only this space's; the third has nothing in it but letters, digits, spaces and a
    hyphen, for a tenant that refuses what others take. space: its uuid.
    """
    name, tail = folder_name(title), f" ({space.replace('-', '')[:_DIGITS]})"
    plain = " ".join(re.findall(r"\w+", name.replace("_", " "))) or UNNAMED
    return (
        name,
        _trimmed(_cut(name, NAME_MAX - len(tail))) + tail,
        f"{UNNAMED} {_cut(plain, NAME_MAX - 2 * len(tail)).strip()}-{tail.strip(' ()')}",
    )


def free(title: str, space: str, taken: Collection[str]) -> str | None:
    """The nicest name that is not taken; taken: `same` of every name in the folder."""
    return next((name for name in wishes(title, space) if same(name) not in taken), None)


def same(name: str) -> str:
    """Two names are one folder's where this is equal: SharePoint does not tell cases apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _trimmed(name: str) -> str:
    """Without what may not stand at the ends, and runs of white space."""
    name = " ".join(name.split())
    while name and (name.startswith("~") or name[-1:] in " ."):
        name = name.removeprefix("~").rstrip(" .").strip()
    return name


def _cut(name: str, most: int) -> str:
    """So many UTF-16 units at most, and no half of a character."""
    raw = name.encode("utf-16-le", "replace")[: 2 * most]
    return raw.decode("utf-16-le", "ignore")

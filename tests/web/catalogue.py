"""Every text that pages show, found where it is written: in templates, and as data in the code."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parents[2]
SWEDISH = ROOT / "shared" / "web" / "locale" / "sv.po"
_OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
_KEYWORDS = ("_", "gettext", "ngettext")

Text = str | tuple[str, ...]


def swedish() -> Catalog:
    with SWEDISH.open("rb") as file:
        return read_po(file, locale="sv", abort_invalid=True)


def templates() -> list[Path]:
    folders = [ROOT / "shared" / "web", *(ROOT / "functions").iterdir()]
    return sorted(file for folder in folders for file in folder.glob("templates/*"))


@lru_cache(maxsize=1)
def in_templates() -> dict[Text, str]:
    """Each text, and a file that it stands in. What takes a plural is a pair."""
    found: dict[Text, str] = {}
    for file in templates():
        with file.open("rb") as source:
            rows = list(babel_extract(source, _KEYWORDS, [], _OPTIONS))
        for _line, _function, message, _comments in rows:
            if message:
                found.setdefault(_text(message), file.name)
    return found


def _text(message: str | tuple[str | None, ...]) -> Text:
    """A text, or the two of a plural; what stands behind them in the call is no text."""
    if isinstance(message, str):
        return message
    texts = tuple(part for part in message if part is not None)
    return texts if len(texts) > 1 else texts[0]


def strings(value: object) -> Iterator[str]:
    """All texts in a value of ours: dataclasses, mappings and sequences of them."""
    if isinstance(value, Enum | Path):
        return
    if isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value):
        for part in dataclasses.fields(value):
            yield from strings(getattr(value, part.name))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, Iterable):
        for part in value:
            yield from strings(part)


def named(module: ModuleType, name: str) -> Iterable[str]:
    return strings(getattr(module, name))


def in_code() -> set[Text]:
    """Texts that stand as data in the code, and are translated where a page shows them."""
    from functions.activity.telling import STANDINGS, UNDECIDED, WHY_HELD
    from functions.activity.trials import DOUBTED, UNDER_WAY, WOULD
    from functions.prereq_check import directory
    from functions.settings.telling import GROUPS
    from shared.admin import choices, holding
    from shared.core import (
        audit_words,
        capabilities,
        changes,
        findings,
        permissions,
        prereqs,
        reasons,
    )
    from shared.web import notices

    found = set(strings([reasons.reason(code) for code in reasons.codes()]))
    asked = (*permissions.PERMISSIONS, permissions.GUESTS, permissions.FILES)
    found |= {text for p in asked for text in (p.feature, p.why, p.touches, p.without)}
    found |= {c.role for c in capabilities.CAPABILITIES.values()}
    found |= set(changes.CHANGES.values()) | set(notices.NOTICES.values())
    found |= findings.sentences() | {findings.SOMEBODY} | set(permissions.SCOPES.values())
    found |= {text for c in prereqs.CHECKS.values() for text in (c.title, c.place)}
    found |= set(prereqs.GROUPS.values()) | set(GROUPS.values())
    found |= {text for c in choices.CHOICES.values() for text in (c.label, c.hint)}
    found |= {words for c in choices.CHOICES.values() for words in c.options.values() if words}
    found |= {choices.UNKNOWN, choices.NO_NUMBER, choices.CHANGED}
    for texts in (choices.LEADERS, changes.COUNTED, WHY_HELD, WOULD, UNDER_WAY, DOUBTED):
        found |= set(texts.values())
    found |= {holding.ORGANIZATION_LEADS, UNDECIDED.sentence}
    found |= {text for w in STANDINGS.values() for text in (w.word, w.sentence)}
    found |= set(strings(audit_words.ABOUT))
    for words in (directory.DOING, directory.OUTCOMES, directory.EVERY):
        found |= set(words.values())
    return set(found)

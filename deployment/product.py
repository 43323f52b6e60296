"""What the code has and the templates name as well: read from the code, so that it is said once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shared.config import SETTINGS

ROOT = Path(__file__).resolve().parents[1]
_FUNCTION = re.compile(r"""@blueprint\.function_name\("(\w+)"\)""")
_QUEUE = re.compile(r"""@blueprint\.queue_(?:trigger|output)\("\w+", "([\w-]+)\"""")
_TABLE = re.compile(r"""\.partition\(\s*"(\w+)",""")
_EVENT = re.compile(r"""log(?:\.failed)?\(\s*(f?)"([^"]+)\"""")


@dataclass(frozen=True)
class Product:
    """events: patterns of the events that are logged; queues with their poison queues."""

    settings: frozenset[str]
    defaults: dict[str, str]
    functions: frozenset[str]
    queues: frozenset[str]
    tables: frozenset[str]
    events: frozenset[str]

    def logs(self, event: str) -> bool:
        return any(re.fullmatch(pattern, event) for pattern in self.events)


def product() -> Product:
    sources = [path.read_text() for path in _sources()]
    return Product(
        settings=frozenset(SETTINGS),
        defaults={name: default for name, (default, _) in SETTINGS.items()},
        functions=_named(_FUNCTION, sources),
        queues=_named(_QUEUE, sources),
        tables=_named(_TABLE, sources),
        events=frozenset(event for text in sources for event in _events(text)),
    )


def _named(pattern: re.Pattern[str], sources: Iterable[str]) -> frozenset[str]:
    return frozenset(name for text in sources for name in pattern.findall(text))


def _sources() -> Iterable[Path]:
    for folder in ("functions", "shared"):
        yield from (ROOT / folder).rglob("*.py")


def _events(source: str) -> Iterable[str]:
    """What an f-string fills in may be any word."""
    for formatted, text in _EVENT.findall(source):
        parts = re.split(r"\{[^}]*\}", text) if formatted else [text]
        yield r"\w+".join(re.escape(part) for part in parts)

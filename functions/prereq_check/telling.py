"""The rows of the prerequisites as a reader sees them: facts in the form of their language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.admin.prerequisites import Row
from shared.core.checks import State
from shared.core.findings import SOMEBODY, WAITS
from shared.core.prereqs import CHECKS, GROUPS
from shared.web import languages


@dataclass(frozen=True)
class Told:
    """A row, and the facts that its sentences are filled with."""

    row: Row
    facts: Mapping[str, object]

    @property
    def id(self) -> str:
        return self.row.check.id

    @property
    def mend(self) -> tuple[str, str] | None:
        """Address and name of the place where it is put right; None where nothing is wrong."""
        if self.row.state is State.MET:
            return None
        check = self.row.check
        if self.waits:
            check = CHECKS.get(str(self.row.result.facts.get("after")), check)
            return f"#{check.id}", check.title
        return check.mend, check.place

    @property
    def waits(self) -> bool:
        return self.row.result.code == WAITS

    @property
    def at(self) -> int:
        """When it was checked; 0 where it was not, or cannot be."""
        told = self.row.state is not State.MANUAL and not self.waits
        return self.row.result.at if told else 0


def groups(rows: Iterable[Row], language: str) -> list[tuple[str, str, list[Told]]]:
    """Cisco's two groups: id, title and rows of each."""
    told = [tell(row, language) for row in rows]
    return [(i, title, [t for t in told if t.row.check.group == i]) for i, title in GROUPS.items()]


def tell(row: Row, language: str) -> Told:
    return Told(row, facts(row.result.facts, language))


def facts(given: Mapping[str, str | int], language: str) -> dict[str, object]:
    """See core.findings for what the names mean. Somebody whose name is not known is nobody's."""
    texts, day = languages.texts(language), languages.day(language)
    shown: dict[str, object] = dict(given)
    for name, fact in given.items():
        if name.endswith("_at"):
            shown[name] = day(int(fact)) if fact else "–"
        elif name == "after":
            check = CHECKS.get(str(fact))
            shown[name] = texts.one(check.title) if check else fact
        elif name == "owner" and not fact:
            shown[name] = texts.one(SOMEBODY)
    return shown


def plain(row: Row, language: str) -> dict[str, object]:
    """A row for machines. `at`, `confirmed_at`: ISO 8601, null for never."""
    texts, check, result = languages.texts(language), row.check, row.result
    filled = languages.filled(language, facts(result.facts, language))
    return {
        "id": check.id,
        "group": check.group,
        "title": texts.one(check.title),
        "state": result.state.value,
        "code": result.code,
        "blocking": check.blocking,
        "blocks": row.blocks,
        "sentence": " ".join(texts.one(s) % filled for s in row.sentences),
        "at": languages.iso(result.at) if result.at else None,
        "mend": check.mend,
        "confirmed_by": row.confirmed_by or None,
        "confirmed_at": languages.iso(row.confirmed_at) if row.confirmed_at else None,
    }

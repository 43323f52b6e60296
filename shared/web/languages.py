"""The reader's language: which one, its texts, and how it writes numbers and dates.

English stands in the code; Swedish in `locale/sv.po`, read when it is first needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from shared.web.answers import Cookie
from shared.web.visit import Visit

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog
    from babel.support import Translations

LANGUAGES = {"en": "English", "sv": "Svenska"}
DEFAULT = "en"
COOKIE = "language"
_YEAR = 365 * 24 * 3600
_SWEDISH = Path(__file__).parent / "locale" / "sv.po"
# English as the rest of Europe writes it: the day before the month, a clock of 24 hours.
_REGIONS = {"en": "en_GB", "sv": "sv_SE"}


def chosen(visit: Visit) -> str:
    """What the reader chose or the browser prefers; "" where neither names one of ours."""
    cookie = visit.cookies.get(COOKIE, "")
    return cookie if cookie in LANGUAGES else preferred(visit.headers.get("accept-language", ""))


def preferred(header: str) -> str:
    """The best of ours in an Accept-Language header (RFC 9110 §12.5.4), or ""."""
    best, weight = "", 0.0
    for part in header[:500].split(","):
        tag, _, parameters = part.partition(";")
        name, quality = tag.strip().lower().partition("-")[0], _quality(parameters)
        if name in LANGUAGES and quality > weight:
            best, weight = name, quality
    return best


def _quality(parameters: str) -> float:
    name, _, text = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    digits = text.strip()
    return float(digits) if digits.replace(".", "", 1).isdecimal() and digits.isascii() else 0.0


def remember(language: str) -> Cookie:
    return Cookie(COOKIE, language, _YEAR)


@dataclass(frozen=True)
class Texts:
    """A language's texts. `ours`: every text that we wrote, as it stands in the code."""

    translations: Translations
    ours: frozenset[str]

    def one(self, text: str) -> str:
        """As markup. What is not in the catalogue is not our text: it is shown, but escaped."""
        from markupsafe import escape

        return self.translations.gettext(text) if text in self.ours else str(escape(text))

    def many(self, one: str, many: str, count: int) -> str:
        return self.translations.ngettext(one, many, count)


@lru_cache(maxsize=len(LANGUAGES))
def texts(language: str) -> Texts:
    """English stands in the code and translates to itself; what is ours, any catalogue tells."""
    from babel.support import Translations

    catalogue = _catalogue()
    ids = (message.id for message in catalogue if message.id)
    ours = frozenset(i if isinstance(i, str) else i[0] for i in ids)
    read = Translations(_compiled(catalogue)) if language == "sv" else Translations()
    return Texts(read, ours)


def _catalogue() -> Catalog:
    from babel.messages.pofile import read_po

    with _SWEDISH.open("rb") as file:
        return read_po(file, locale="sv")


def _compiled(catalogue: Catalog) -> BytesIO:
    """The form that gettext reads, which so is no file that can be forgotten."""
    from babel.messages.mofile import write_mo

    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return compiled


def number(language: str) -> Callable[[float], str]:
    def form(value: float) -> str:
        from babel.numbers import format_decimal

        return format_decimal(value, locale=_REGIONS[language])

    return form


def day(language: str) -> Callable[[int], str]:
    def form(at: int) -> str:
        """at: milliseconds. In UTC, like every time here."""
        from babel.dates import format_date

        return format_date(_date(at), format="long", locale=_REGIONS[language])

    return form


def moment(language: str) -> Callable[[int], str]:
    def form(at: int) -> str:
        """at: milliseconds. The zone is named: administrators sit in different ones."""
        from babel.dates import format_datetime

        pattern = "d MMMM y 'kl'. HH:mm 'UTC'" if language == "sv" else "d MMMM y, HH:mm 'UTC'"
        return format_datetime(_time(at), pattern, locale=_REGIONS[language])

    return form


def iso(at: int) -> str:
    """For machines: the datetime attribute. at: milliseconds."""
    return _time(at).isoformat(timespec="seconds")


def filled(language: str, facts: Mapping[str, object]) -> dict[str, str]:
    """Facts as a sentence shows them: numbers in the language's form, all else as it is.

    A number whose name ends in `_at` is a time in milliseconds and becomes a date.
    """
    return {name: _fact(language, name, value) for name, value in facts.items()}


def _fact(language: str, name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if name.endswith("_at"):
        return day(language)(int(value))
    return number(language)(value)


def _time(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def _date(at: int) -> date:
    return _time(at).date()

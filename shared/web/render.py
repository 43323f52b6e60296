"""Templates, filled in the reader's language. One environment a language, made at first use."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from shared.web import languages
from shared.web.notices import Notice
from shared.web.session import Session

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent
_FUNCTIONS = _HERE.parents[1] / "functions"


@dataclass(frozen=True)
class Frame:
    """What every page shows around its own content. who: None where nobody is signed in.

    path, query: of this page, so that it can be shown in another language.
    """

    language: str
    path: str = "/"
    query: Mapping[str, str] = field(default_factory=dict)
    who: Session | None = None
    notice: Notice | None = None

    @property
    def style(self) -> str:
        return f"/style.css?v={asset_version('style.css')}"

    @property
    def script(self) -> str:
        return f"/script.js?v={asset_version('script.js')}"

    @property
    def languages(self) -> list[tuple[str, str, str]]:
        """Code, name and address of this page in each language."""
        return [(code, name, self._here(code)) for code, name in languages.LANGUAGES.items()]

    def _here(self, language: str) -> str:
        # One slash in front: two would name another host.
        path = "/" + quote(self.path.lstrip("/\\"))
        return f"{path}?{urlencode({**self.query, 'language': language})}"


def render(template: str, facts: Mapping[str, object], frame: Frame) -> bytes:
    """Raises jinja2's errors: a fact that is missing is a mistake of ours, never blank."""
    page = environment(frame.language).get_template(template)
    # A provider's name that was cut within a character is no UTF-8.
    return page.render({**facts, "frame": frame}).encode("utf-8", "replace")


@lru_cache(maxsize=len(languages.LANGUAGES))
def environment(language: str) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folders = [_HERE / "templates", *sorted(_FUNCTIONS.glob("*/templates"))]
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    _speak(made, language)
    return made


def _speak(made: Environment, language: str) -> None:
    """Teach it a language: texts, numbers, dates."""
    texts = languages.texts(language)
    made.install_gettext_callables(texts.one, texts.many, newstyle=True)  # type: ignore[attr-defined]
    made.filters["number"] = languages.number(language)
    made.filters["date"] = languages.day(language)
    made.filters["moment"] = languages.moment(language)
    made.filters["iso"] = languages.iso
    made.globals["tell"] = _tell(language)


def _tell(language: str) -> object:
    def tell(sentence: str, facts: Mapping[str, object]) -> object:
        """One of our sentences, translated, with its facts filled in and escaped."""
        from markupsafe import Markup

        text = languages.texts(language).one(sentence)
        return Markup(text) % languages.filled(language, facts)  # noqa: S704 - ours; facts are escaped

    return tell


@lru_cache(maxsize=8)
def asset(name: str) -> bytes:
    """style.css or script.js."""
    return (_HERE / name).read_bytes()


def version_of(body: bytes) -> str:
    """Changes whenever the file does, so that a browser may keep it for a year."""
    return hashlib.sha256(body).hexdigest()[:12]


def asset_version(name: str) -> str:
    return version_of(asset(name))

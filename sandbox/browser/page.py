"""One answer, as the visitor has it before them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from sandbox.browser.document import Document
from sandbox.browser.form import Form


@dataclass(frozen=True)
class Page:
    """headers: names in lower case. asked, posted: the request's headers and body.

    ours: whether the app under test answered, not a provider.
    """

    method: str
    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: str = field(repr=False)
    ours: bool = False
    set_cookies: tuple[str, ...] = field(default=(), repr=False)
    asked: Mapping[str, str] = field(default_factory=dict, repr=False)
    posted: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path or "/"

    @property
    def location(self) -> str:
        """Where it sends the browser, in full; "" for nowhere."""
        to = self.headers.get("location", "")
        return urljoin(self.url, to) if to and 300 <= self.status < 400 else ""

    @cached_property
    def document(self) -> Document:
        return Document(self.body)

    @property
    def title(self) -> str:
        return self.document.title

    @property
    def language(self) -> str:
        return self.document.language

    @property
    def text(self) -> str:
        """All that is read on it, with single spaces."""
        return self.document.text

    @property
    def heading(self) -> str:
        return self.document.heading

    @property
    def headings(self) -> list[str]:
        return [text for _, text in self.document.headings]

    @property
    def said(self) -> str:
        """What its status region says."""
        return self.document.status

    @property
    def links(self) -> dict[str, str]:
        return self.document.links

    @property
    def forms(self) -> list[Form]:
        return self.document.forms

    @property
    def buttons(self) -> list[str]:
        return [button.name for form in self.forms for button in form.buttons]

    @property
    def tables(self) -> list[list[list[str]]]:
        return self.document.tables

"""What a page says, as somebody who reads it finds it: headings, links, forms, tables, status."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.browser.element import parse
from sandbox.browser.form import Form


class Document:
    """`html` as a browser's user sees it."""

    def __init__(self, html: str) -> None:
        self.root = parse(html)

    @property
    def language(self) -> str:
        html = self.root.first("html")
        return html["lang"] if html else ""

    @property
    def title(self) -> str:
        title = self.root.first("title")
        return title.text if title else ""

    @property
    def text(self) -> str:
        return (self.root.first("body") or self.root).text

    @property
    def heading(self) -> str:
        h1 = self.root.first("h1")
        return h1.text if h1 else ""

    @property
    def headings(self) -> list[tuple[int, str]]:
        found = self.root.all("h1", "h2", "h3", "h4", "h5", "h6")
        return [(int(each.tag[1]), each.text) for each in found]

    @property
    def status(self) -> str:
        """What the page's live regions say."""
        regions = self.root.all(role="status") + self.root.all(role="alert")
        return " ".join(filter(None, (each.text for each in regions)))

    @property
    def links(self) -> dict[str, str]:
        """Addresses by what the link is called; the first of each name."""
        found: dict[str, str] = {}
        for each in self.root.all("a"):
            if "href" in each.attrs:
                found.setdefault(each.name, each["href"])
        return found

    @property
    def forms(self) -> list[Form]:
        return [Form(each, self.root) for each in self.root.all("form")]

    @property
    def tables(self) -> list[list[list[str]]]:
        """For each table its rows of texts, headings included."""
        return [
            [[cell.text for cell in row.all("td", "th")] for row in table.all("tr")]
            for table in self.root.all("table")
        ]

    def form(self, what: str, fields: Mapping[str, str] | None = None) -> Form:
        """By a button's name or its beginning, or by its action (whole, or without the query).

        Of several, the one whose hidden fields and buttons hold what `fields` say. Raises KeyError.
        """
        ways: tuple[Callable[[Form], bool], ...] = (
            lambda form: any(b.name == what for b in form.buttons),
            lambda form: form.button(what) is not None,
            lambda form: what in (form.action, form.action.partition("?")[0]),
        )
        for meant in ways:
            for each in filter(meant, self.forms):
                if each.agrees(fields or {}):
                    return each
        there = [(f.action, [b.name for b in f.buttons], f.names) for f in self.forms]
        raise KeyError(f"no form {what!r} with {dict(fields or {})}; there are {there}")

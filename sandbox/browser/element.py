"""A page's elements, as a forgiving parser finds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = (
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "wbr",
)
_UNSEEN = ("script", "style", "template", "head")
# An element that ends where another of these begins.
_CLOSED_BY = {
    "li": {"li"},
    "option": {"option", "optgroup"},
    "button": {"button"},
    "tr": {"tr", "tbody", "thead", "tfoot"},
    "td": {"td", "th", "tr", "tbody"},
    "th": {"td", "th", "tr", "tbody"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "p": {"p", "div", "ul", "ol", "table", "form", "section", "h1", "h2", "h3", "dl", "fieldset"},
}


@dataclass(eq=False)
class Element:
    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)
    parent: Element | None = field(default=None, repr=False)

    def __getitem__(self, name: str) -> str:
        return self.attrs.get(name, "")

    def walk(self) -> Iterator[Element]:
        """Itself and everything within, in the order of the page."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, *tags: str, **attrs: str) -> list[Element]:
        """By tags and attributes; an underscore stands for the dash in an attribute's name."""
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            each
            for each in self.walk()
            if (not tags or each.tag in tags)
            and all(each.attrs.get(name) == value for name, value in wanted.items())
        ]

    def first(self, *tags: str, **attrs: str) -> Element | None:
        return next(iter(self.all(*tags, **attrs)), None)

    @property
    def text(self) -> str:
        """What is read, with single spaces."""
        return " ".join(" ".join(self._pieces()).split())

    @property
    def name(self) -> str:
        """What a control is called, whether it shows text or is named otherwise."""
        return self.text or self["aria-label"] or self["value"] or self["title"]

    def _pieces(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in _UNSEEN:
                yield from child._pieces()


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#document")
        self._at = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while tag in _CLOSED_BY.get(self._at.tag, ()) and self._at.parent:
            self._at = self._at.parent
        element = Element(tag, {n: v if v is not None else "" for n, v in attrs}, parent=self._at)
        self._at.children.append(element)
        if tag not in _VOID:
            self._at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID and tag in ("svg", "path", "use", "circle", "rect"):
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        there: Element | None = self._at
        while there and there.tag != tag:
            there = there.parent
        if there and there.parent:
            self._at = there.parent

    def handle_data(self, data: str) -> None:
        self._at.children.append(data)


def parse(html: str) -> Element:
    """The whole page, in an element of its own."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root

"""What a page says, as somebody who reads it finds it: headings, links, forms, tables, status."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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


@dataclass(frozen=True)
class Form:
    element: Element
    root: Element = field(repr=False)

    @property
    def action(self) -> str:
        return self.element["action"]

    @property
    def method(self) -> str:
        return (self.element["method"] or "get").upper()

    @property
    def buttons(self) -> list[Element]:
        return [e for e in self._controls() if _submits(e)]

    def button(self, name: str) -> Element | None:
        """By what it is called, or how that begins."""
        exact = (b for b in self.buttons if b.name == name)
        begins = (b for b in self.buttons if b.name.startswith(f"{name} "))
        return next(exact, None) or next(begins, None)

    def agrees(self, fields: Mapping[str, str]) -> bool:
        """Whether somebody could send `fields` with it: none is missing, or fixed otherwise."""
        return self.names >= set(fields) and all(
            any(e["value"] == fields[name] for e in controls)
            for name, controls in self._fixed().items()
            if name in fields
        )

    def _fixed(self) -> dict[str, list[Element]]:
        """Hidden fields and buttons, by name, where nothing can be typed under that name."""
        fixed: dict[str, list[Element]] = {}
        typed = set()
        for element in self._controls():
            if element["type"] == "hidden" or _submits(element):
                fixed.setdefault(element["name"], []).append(element)
            else:
                typed.add(element["name"])
        return {name: held for name, held in fixed.items() if name and name not in typed}

    @property
    def names(self) -> set[str]:
        return {e["name"] for e in self._controls() if e["name"]}

    def values(self) -> list[tuple[str, str]]:
        """What a browser would send if nobody touched anything, buttons left out."""
        return [
            pair
            for element in self._controls()
            if element["name"] and "disabled" not in element.attrs and not _submits(element)
            for pair in _sent(element)
        ]

    def _controls(self) -> list[Element]:
        """Those within, and those anywhere that name this form."""
        own, form_id = self.element, self.element["id"]
        tags = ("input", "button", "select", "textarea")
        inside = [e for e in own.all(*tags) if e["form"] in ("", form_id)]
        outside = self.root.all(*tags, form=form_id) if form_id else []
        return inside + [e for e in outside if e not in inside]


def _submits(element: Element) -> bool:
    kind = element["type"] or ("submit" if element.tag == "button" else "text")
    return element.tag in ("button", "input") and kind in ("submit", "image")


def _sent(element: Element) -> list[tuple[str, str]]:
    name = element["name"]
    if element.tag == "select":
        options = element.all("option")
        chosen = [o for o in options if "selected" in o.attrs]
        if not chosen and "multiple" not in element.attrs:
            chosen = options[:1]
        return [(name, o.attrs.get("value", o.text)) for o in chosen]
    if element.tag == "textarea":
        return [(name, "".join(c for c in element.children if isinstance(c, str)))]
    if element["type"] in ("checkbox", "radio"):
        checked = "checked" in element.attrs
        return [(name, element.attrs.get("value", "on"))] if checked else []
    return [] if element["type"] in ("button", "reset") else [(name, element["value"])]


class Document:
    """`html` as a browser's user sees it."""

    def __init__(self, html: str) -> None:
        builder = _Builder()
        builder.feed(html)
        builder.close()
        self.root = builder.root

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

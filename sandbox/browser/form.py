"""A form, and what a browser would send with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.browser.element import Element


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

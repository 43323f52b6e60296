"""What a form of the page says, read with care."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Form = Mapping[str, Sequence[str]]
LONGEST_NAME = 256


class BadForm(Exception):
    """Something in the form cannot be; the text says what."""


def text(form: Form, name: str) -> str:
    values = form.get(name) or [""]
    return values[0].strip()


def name_in(form: Form) -> str:
    name = text(form, "name")
    if not name or len(name) > LONGEST_NAME:
        raise BadForm(f"A name has 1 to {LONGEST_NAME} characters.")
    return name


def number(form: Form, name: str, least: float, most: float) -> float:
    try:
        value = float(text(form, name) or least)
    except ValueError:
        raise BadForm(f"{name}: not a number.") from None
    if not least <= value <= most:
        raise BadForm(f"{name}: from {least:g} to {most:g}.")
    return value


def yes(form: Form, name: str) -> bool:
    """A button's 1 or 0."""
    return text(form, name) == "1"

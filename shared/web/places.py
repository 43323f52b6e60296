"""Our own pages that a sign-in may lead to. Nothing else is ever followed from a query or form."""

from __future__ import annotations

HOME = "/"
PLACES = frozenset(
    (
        HOME,
        "/prerequisites",
        "/permissions",
        "/credentials",
        "/authorized",
        "/settings",
        "/activity",
    )
)


def known_place(text: str) -> str:
    """`text` if it is one of our pages, else the start page: no open redirect."""
    return text if text in PLACES else HOME


def sign_in_first(path: str) -> str:
    """The address that asks for a sign-in and leads back to `path` afterwards."""
    place = known_place(path)
    return HOME if place == HOME else f"{HOME}?next={place}"

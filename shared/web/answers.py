"""What a handler answers. It knows no templates and no Azure; the kit renders and sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cookie:
    """value "" forgets it. age: seconds; None lasts as long as the browser is open."""

    name: str
    value: str = field(repr=False)
    age: int | None = None


@dataclass(frozen=True)
class Page:
    """template: a file's name; facts: what it is filled with.

    leaves: this page has a form whose answer leads to a provider (see web.headers).
    """

    template: str
    facts: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    cookies: tuple[Cookie, ...] = ()
    leaves: bool = False


@dataclass(frozen=True)
class Redirect:
    """303, so that a POST is followed by a GET. to: our own path, or a provider's address.

    notice: a code of web.notices, told once on the next page.
    """

    to: str
    cookies: tuple[Cookie, ...] = ()
    notice: str = ""


@dataclass(frozen=True)
class Data:
    """JSON."""

    value: object
    status: int = 200


@dataclass(frozen=True)
class File:
    """A file of ours, the same for everybody."""

    body: bytes
    media: str


@dataclass(frozen=True)
class Download:
    """A file for the reader alone, in pieces as they are made. name: as it is saved, ASCII."""

    name: str
    media: str
    pieces: Iterable[bytes]


Answer = Page | Redirect | Data | File | Download

"""What goes to the browser, when everything is decided."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Plain:
    """headers: in the order to send; Set-Cookie may come more than once."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)

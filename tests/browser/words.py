"""What the pages' buttons and links are called, as the seeds' administrators know them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    sign_in: str
    card: str
    view_prerequisites: str
    next: str
    authorize: str
    go_to_settings: str
    edit_settings: str
    switch: str
    on: str
    off: str


WORDS = {
    "en": Words(
        sign_in="Sign in with Webex",
        card="Groups integration",
        view_prerequisites="View prerequisites",
        next="Next",
        authorize="Authorize",
        go_to_settings="Go to settings",
        edit_settings="Edit settings",
        switch="Enable Microsoft 365 Groups Integration",
        on="On",
        off="Off",
    ),
    "sv": Words(
        sign_in="Logga in med Webex",
        card="Integrering av grupper",
        view_prerequisites="Visa förutsättningar",
        next="Nästa",
        authorize="Auktorisera",
        go_to_settings="Gå till inställningar",
        edit_settings="Redigera inställningar",
        switch="Aktivera Microsoft 365-gruppintegrering",
        on="På",
        off="Av",
    ),
}

"""Bugs about the folders of a team's further spaces, and their links."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from shared.core import times
from shared.core.model import LinkedFolder
from shared.core.space_folders import Item, SpaceFolder, SpaceState
from shared.sync import space_folders
from shared.sync.space_items import Root
from shared.sync.space_links import Links
from shared.sync.space_rows import Rows
from simulation import spaces
from simulation.mutants.planting import Mutant
from simulation.mutants.seeds import LONG, Swap, always

_UNHEARD = always({**LONG, "acts": 4, "length": 400.0}, {"unheard": 0.4})
_LIFE = always({**LONG, "acts": 4, "length": 400.0})


def _spaces() -> list[Swap]:
    """Seeds in which spaces are to have folders."""
    return [*_LIFE(), (spaces, "SHARE", 1.0)]


def _chosen() -> list[Swap]:
    """The same, and the setting is turned off and on."""
    return [*_spaces(), (spaces, "CHOSEN", 1.0)]


def _unheard() -> list[Swap]:
    """The same, and often nobody hears of a write."""
    return [*_UNHEARD(), (spaces, "SHARE", 1.0)]


def _doubles() -> list[Swap]:
    def make_again(self: Root, folder: SpaceFolder) -> SpaceFolder:
        return self.make(replace(folder, name="", intent_at=0), folder.title)

    return [
        (Root, "_is_made", lambda _self, _folder, _item: False),
        (Root, "_make_again", make_again),
    ]


def _overwrites() -> list[Swap]:
    leads, keep = Links.leads_to, Links.keep_current

    def keep_current(self: Links, folder: SpaceFolder, link: LinkedFolder) -> SpaceFolder:
        if not leads(self, link, folder.item):
            self._as_somebody(folder, 1, partial(self._relink, folder, link))
        return keep(self, folder, link)

    return [
        (Links, "leads_to", lambda _self, _link, _item: True),
        (Links, "keep_current", keep_current),
    ]


def _makes_anew() -> list[Swap]:
    def follow(self: Root, folder: SpaceFolder, _there: Item, title: str) -> SpaceFolder:
        return self.make(replace(folder, item="", url="", name="", intent_at=0), title)

    return [(Root, "follow", follow)]


def _gives_up() -> list[Swap]:
    return [(space_folders, "step", lambda _tries: times.FULL_EVERY)]


def _forgets_the_link() -> list[Swap]:
    """A space with a folder is looked at weekly, whether or not it is linked."""
    own = space_folders._Round._put_off

    def put_off(self: Any, space: str, why: SpaceState, pause: int) -> None:
        has_folder = bool(self.rows.by_space[space].value.item)
        own(self, space, why, times.FULL_EVERY if has_folder else pause)

    return [(space_folders._Round, "_put_off", put_off)]


def _writes_all_the_same() -> list[Swap]:
    return [(Rows, "write", lambda self, send: self.state.held.write(send))]


MUTANTS = (
    Mutant("folder doubled", "what nobody heard of is looked for", 5, _doubles, amid=_unheard),
    Mutant("link overwritten", "another link stays", 6, _overwrites, sweep=True, amid=_spaces),
    Mutant("another folder", "a folder follows", 2, _makes_anew, sweep=True, amid=_spaces),
    Mutant("site given up", "what is not ready is tried again", 10, _gives_up, amid=_spaces),
    Mutant("setting ignored", "off is off at once", 40, _writes_all_the_same, amid=_chosen),
    Mutant("link forgotten", "a folder gets its link", 15, _forgets_the_link, amid=_unheard),
)

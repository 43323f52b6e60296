"""What an administrator chooses beside the switch: one form, every field with its words.

A form carries what each field showed when it was opened. Only what somebody changed is written, so
that two administrators at once do not undo each other's changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any

from shared.admin.ports import Actor, Office
from shared.core.capabilities import CAPABILITIES
from shared.core.model import OrgSettings
from shared.sync.waking import waking

# Who links folders, as their sign-ins are called.
LINKERS = {name: CAPABILITIES[name].role for name in ("folders", "spaces", "people")}


@dataclass(frozen=True)
class Choice:
    """One field. name: of the field, and (as setting_<name>) of the audit.

    options: the values that a form may carry, each with its words. hint: what it does, and when.
    """

    name: str
    label: str
    hint: str
    options: Mapping[str, str]
    read: Callable[[OrgSettings], str] = field(repr=False)
    write: Callable[[OrgSettings, str], OrgSettings] = field(repr=False)


@dataclass(frozen=True)
class Mistake:
    """Why a field was not taken. now: the value that another administrator gave it meanwhile."""

    sentence: str
    now: str = ""


class NotTaken(Exception):
    """Nothing was saved. mistakes: by the field's name."""

    def __init__(self, mistakes: Mapping[str, Mistake]) -> None:
        super().__init__(", ".join(mistakes))
        self.mistakes = mistakes


UNKNOWN = "Choose one of these."
CHANGED = "Somebody else changed this while you had the page open. Save again if yours shall count."


def _flag(name: str, label: str, hint: str, yes: tuple[str, str], no: tuple[str, str]) -> Choice:
    """A yes or no; each with its value in the form and its words."""
    return Choice(
        name,
        label,
        hint,
        dict((yes, no)),
        lambda s: yes[0] if getattr(s, name) else no[0],
        lambda s, text: _with(s, name, text == yes[0]),
    )


def _text(name: str, label: str, hint: str, options: Mapping[str, str]) -> Choice:
    return Choice(
        name,
        label,
        hint,
        options,
        lambda s: str(getattr(s, name)),
        lambda s, text: _with(s, name, text),
    )


def _with(settings: OrgSettings, name: str, value: Any) -> OrgSettings:
    return replace(settings, **{name: value})


_YES = ("yes", "Yes")
_NO = ("no", "No")
_ORDERS = {",".join(order): "" for order in permutations(LINKERS)}

CHOICES = {
    choice.name: choice
    for choice in (
        _flag(
            "public_groups",
            "New groups are",
            "Counts for groups that are made from now on.",
            ("public", "Public: everybody in your organization can join them"),
            ("private", "Private: only the team's people get in"),
        ),
        _text(
            "direction",
            "Who leads membership",
            "This version adds people to groups and removes nobody, whatever is chosen here.",
            {
                "both": "Team and group: a change on either side counts",
                "group": "The Microsoft 365 group",
                "team": "The Webex team",
            },
        ),
        _flag(
            "honour_creation",
            "Honour who may create groups",
            "Yes: where Microsoft 365 lets only certain people create groups, a team gets one if"
            " its creator is among them.",
            _YES,
            _NO,
        ),
        _flag(
            "link_folders",
            "Link the group's folder to the team's space",
            "Folders that are linked stay linked.",
            _YES,
            _NO,
        ),
        _flag(
            "default_folder",
            "The linked folder is",
            "Counts for folders that are linked from now on.",
            ("default", "The space's default folder: what is shared in the space lands there"),
            ("reference", "A reference folder beside the space's own"),
        ),
        Choice(
            "folder_linkers",
            "Who links folders, in this order",
            "Which Webex account may link folders differs between organizations. They are tried one"
            " after the other.",
            _ORDERS,
            lambda s: ",".join(s.folder_linkers),
            lambda s, text: replace(s, folder_linkers=tuple(filter(None, text.split(",")))),
        ),
        _text(
            "language",
            "Language of what is written to people",
            "Also of these pages, for browsers that prefer neither of the two.",
            {"": "The reader's own", "en": "English", "sv": "Svenska"},
        ),
    )
}


def words(name: str, value: str) -> tuple[str, ...]:
    """What a value is called, in English: one text, or several for an order."""
    if name == "folder_linkers":
        return tuple(LINKERS.get(part, part) for part in value.split(",") if part)
    choice = CHOICES.get(name)
    return (choice.options.get(value, value) if choice else value,)


def save(office: Office, actor: Actor, typed: Mapping[str, str], shown: Mapping[str, str]) -> bool:
    """Take what was changed; False if that was nothing. All or nothing: raises NotTaken.

    typed: by field, as the form has it. shown: what each field showed when the form was opened; a
    field without it counts as changed.
    """
    wanted = {n: typed[n] for n in CHOICES if n in typed and typed[n] != shown.get(n)}
    seen: list[OrgSettings] = []

    def change(current: OrgSettings) -> OrgSettings:
        seen.append(current)
        return _changed(current, wanted, shown)

    if not wanted:
        return False
    with waking(office.services, *wanted):
        after = office.services.organizations.save_settings(change)
    told = [c for c in CHOICES.values() if c.read(seen[-1]) != c.read(after)]
    for choice in told:
        before = choice.read(seen[-1])
        office.record(actor, f"setting_{choice.name}", before, choice.read(after))
    return bool(told)


def _changed(
    current: OrgSettings, wanted: Mapping[str, str], shown: Mapping[str, str]
) -> OrgSettings:
    mistakes: dict[str, Mistake] = {}
    after = current
    for name, value in wanted.items():
        choice = CHOICES[name]
        now = choice.read(current)
        if value not in choice.options and value != now:
            mistakes[name] = Mistake(UNKNOWN)
        elif now not in (value, shown.get(name, now)):
            mistakes[name] = Mistake(CHANGED, now)
        else:
            after = choice.write(after, value)
    if mistakes:
        raise NotTaken(mistakes)
    return after

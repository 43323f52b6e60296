"""What an administrator chooses beside the switch: one form, every field with its words.

A form carries what each field showed when it was opened. Only what somebody changed is written, so
that two administrators at once do not undo each other's changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any, TypeVar

from shared.admin.ports import Actor, Office
from shared.core.capabilities import CAPABILITIES
from shared.core.model import Direction, Limits, Marks, OrgSettings
from shared.sync.waking import waking

_Values = TypeVar("_Values", OrgSettings, Limits)
# Who leads membership, of the organization or of one team.
LEADERS = {
    Direction.BOTH.value: "Team and group: a change on either side counts",
    Direction.GROUP.value: "The Microsoft 365 group",
    Direction.TEAM.value: "The Webex team",
}
# Who links folders, as their sign-ins are called.
LINKERS = {name: CAPABILITIES[name].role for name in ("folders", "spaces", "people")}


@dataclass(frozen=True)
class Choice:
    """One field. name: of the field, and (as setting_<name>) of the audit.

    options: the values that a form may carry, each with its words. highest: of a whole number from
    0, which has no options. hint: what it does, and when. wakes: the key of `sync.waking`, "" for
    the name.
    """

    name: str
    label: str
    hint: str
    options: Mapping[str, str]
    read: Callable[[OrgSettings], str] = field(repr=False)
    write: Callable[[OrgSettings, str], OrgSettings] = field(repr=False)
    highest: int | None = None
    wakes: str = ""

    def understand(self, typed: str) -> str | None:
        """The value as it is kept; None for what is no value of this field."""
        if self.highest is None:
            return typed if typed in self.options else None
        number = int(typed) if _DIGITS.fullmatch(typed.strip()) else -1
        return str(number) if 0 <= number <= self.highest else None

    @property
    def mistake(self) -> Mistake:
        """What is said of anything else."""
        if self.highest is None:
            return Mistake(UNKNOWN)
        return Mistake(NO_NUMBER, facts={"highest": self.highest})


@dataclass(frozen=True)
class Mistake:
    """Why a field was not taken. facts: of the sentence. now: the value that another administrator
    gave it meanwhile."""

    sentence: str
    now: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


class NotTaken(Exception):
    """Nothing was saved. mistakes: by the field's name."""

    def __init__(self, mistakes: Mapping[str, Mistake]) -> None:
        super().__init__(", ".join(mistakes))
        self.mistakes = mistakes


UNKNOWN = "Choose one of these."
NO_NUMBER = "Give a whole number from 0 to %(highest)s."
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


def _number(name: str, label: str, highest: int) -> Choice:
    """One of the brake's numbers: `limit_<name>` is `limits.<name>`."""
    return Choice(
        f"limit_{name}",
        label,
        _BRAKE,
        {},
        lambda s: str(getattr(s.limits, name)),
        lambda s, text: replace(s, limits=_with(s.limits, name, int(text))),
        highest,
        "limits",
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


def _with(values: _Values, name: str, value: Any) -> _Values:
    return replace(values, **{name: value})


_YES = ("yes", "Yes")
_NO = ("no", "No")
_DIGITS = re.compile(r"[0-9]{1,9}")
_PEOPLE, _PERCENT = 5_000, 1_000
_BRAKE = (
    "What is more waits on the team's page, with the names, until you allow or refuse it; so does"
    " whatever would empty the team or the group. Each team, each look and each kind of change is"
    " judged by itself. 0 people: every such change waits. A percentage counts only for more than"
    " five people. Who becomes or stops being an owner is not counted. A new team's own people"
    " never wait."
)
_ORDERS = {",".join(order): "" for order in permutations(LINKERS)}

CHOICES = {
    choice.name: choice
    for choice in (
        _flag(
            "public_groups",
            "New groups are",
            "Counts for groups that are made from now on. Whoever joins a public group is also put"
            " into the Webex team, unless the team leads.",
            ("public", "Public: everybody in your organization can join them"),
            ("private", "Private: only the team's people get in"),
        ),
        _text(
            "direction",
            "Who leads membership",
            "Team and group: whoever joins or leaves on one side joins or leaves on the other. The"
            " group: changes in Microsoft 365 go to Webex, changes in Webex are listed. The team:"
            " changes in Webex go to Microsoft 365, changes in Microsoft 365 are listed. The"
            " group's owners follow the team's moderators, unless the group leads. A team can be"
            " given another leader on its own page. What is listed now is made when the other side"
            " counts again: people are then added and removed, in every team, as far as the brake"
            " lets through.",
            LEADERS,
        ),
        _flag(
            "guests",
            "Invite people of other organizations as guests",
            "Yes: everybody of another organization who is or comes into a team with a group gets a"
            " guest account in your tenant. Needs a tenant that allows guests in groups, and"
            " User.Invite.All: add it to the app registration, save Yes here, then press Authorize"
            " on the page Permissions. No: nobody more is invited; guests who are in a group stay,"
            " and their accounts too.",
            _YES,
            _NO,
        ),
        _number("remove", "The brake: people removed at once", _PEOPLE),
        _number("remove_share", "The brake: percent of a team removed at once", _PERCENT),
        _number("add", "The brake: people added at once", _PEOPLE),
        _number("add_share", "The brake: percent of a team added at once", _PERCENT),
        _text(
            "mark",
            "Groups say in their description what looks after them",
            "One sentence in square brackets: that people are kept in step with a Webex team, since"
            " when, and the address of the team's page here. What people write beside it is left"
            " alone; who takes it out of one group has it stay out. Written when the group is read"
            " anyway, within a week. No: it is taken out again.",
            {
                Marks.MADE.value: "Those that this app made",
                Marks.ALL.value: "Also those that were there and were connected",
                Marks.NONE.value: "No",
            },
        ),
        _flag(
            "mark_ends",
            "When a team ends, its group's description says so",
            "Yes: when the team is archived or deleted in Webex, the sentence in the description"
            " says that, in every team's group. No: the group stays as it is. In either case"
            " nobody is removed, and nothing is deleted or archived.",
            _YES,
            _NO,
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
            "space_folders",
            "A folder for each further space of a team",
            "Yes: every other space of a team with a group gets a folder of its own in the group's"
            " site and is linked to it; spaces of before, too, once somebody joins them. Everybody"
            " in the group can open all of these folders. A space's new name reaches its folder"
            " within a week. Needs Files.ReadWrite.All: add it to the app registration, save Yes"
            " here, then press Authorize on the page Permissions. No: folders that are there stay,"
            " and stay linked. Counts only where the group's folder is linked.",
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
    with waking(office.services, *sorted({CHOICES[n].wakes or n for n in wanted})):
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
    for name, typed in wanted.items():
        choice = CHOICES[name]
        now = choice.read(current)
        # A newer version's value is none of ours, and may stay.
        value = now if typed == now else choice.understand(typed)
        if value is None:
            mistakes[name] = choice.mistake
        elif now not in (value, shown.get(name, now)):
            mistakes[name] = Mistake(CHANGED, now)
        else:
            after = choice.write(after, value)
    if mistakes:
        raise NotTaken(mistakes)
    return after

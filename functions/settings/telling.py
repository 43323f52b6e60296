"""What the settings page shows, as values for its template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.admin.choices import CHANGED, CHOICES, LEADERS, Choice, Mistake, words
from shared.admin.holding import NO_LEADER, ORGANIZATION_LEADS
from shared.admin.ports import Change, Office
from shared.admin.prerequisites import Row
from shared.core.capabilities import CAPABILITIES, Capability, missing
from shared.core.changes import ABOUT_TEAMS, CHANGES, COUNTED, parts_of
from shared.core.credential import Credential
from shared.core.model import OrgSettings
from shared.core.prereqs import CHECKS
from shared.core.reasons import reason
from shared.core.wording import Reason

_SWITCH = {"on": "On", "off": "Off"}
# What becomes of groups that the app made, when it is left.
GROUPS = {"kept": "kept and remembered", "released": "kept and forgotten"}
_LONGEST = 60


@dataclass(frozen=True)
class Field:
    """One choice in the form. value: what it shows now, typed or kept. was: what it was opened
    with. options: each value with its words, several for an order; a kept value that is none of
    ours is one more; none of a number. mistake: why it was not taken."""

    choice: Choice
    value: str
    was: str
    options: tuple[tuple[str, tuple[str, ...]], ...]
    mistake: Mistake | None = None

    @property
    def unknown(self) -> str:
        """What was typed, where it means nothing."""
        wrong = self.mistake is not None and self.mistake.sentence != CHANGED
        return self.value[:_LONGEST] if wrong else ""

    @property
    def now(self) -> tuple[str, ...]:
        """The words of what somebody else chose meanwhile."""
        told = self.mistake is not None and self.mistake.sentence == CHANGED
        return words(self.choice.name, self.was) if told else ()


@dataclass(frozen=True)
class SignIn:
    """label: what it is for. state: "none", "ended", "scopes" or "kept". wished: scopes that were
    not granted, and that nothing stops without."""

    capability: Capability
    label: str
    state: str
    owner: str = ""
    since: int = 0
    failed: int = 0
    wished: tuple[str, ...] = ()


@dataclass(frozen=True)
class Word:
    """A piece of a value. ours: a text of ours, to be translated, with these facts in it."""

    text: str
    ours: bool
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One line of the audit. label: "" for a change that this version does not know."""

    at: int
    who: str
    label: str
    code: str
    before: tuple[Word, ...]
    after: tuple[Word, ...]


def obstacle(settings: OrgSettings, waiting: Iterable[Row]) -> Reason | None:
    """Why the switch cannot go on."""
    if list(waiting):
        return reason("prerequisites_unmet")
    return None if settings.tenant else reason("no_tenant")


def fields(
    settings: OrgSettings, typed: Mapping[str, str], mistakes: Mapping[str, Mistake]
) -> list[Field]:
    return [_field(c, c.read(settings), typed, mistakes.get(c.name)) for c in CHOICES.values()]


def _field(choice: Choice, kept: str, typed: Mapping[str, str], mistake: Mistake | None) -> Field:
    strange = kept not in choice.options and choice.highest is None
    values = [*choice.options, *([kept] if strange else [])]
    options = tuple((value, words(choice.name, value)) for value in values)
    return Field(choice, typed.get(choice.name, kept), kept, options, mistake)


def sign_ins(office: Office) -> list[SignIn]:
    """Of every capability that somebody signs in for."""
    return [_sign_in(c, office.credentials.read(c.id)) for c in CAPABILITIES.values() if c.scopes]


def _sign_in(capability: Capability, kept: Credential | None) -> SignIn:
    label = CHANGES[f"credential_{capability.id}"]
    if kept is None:
        return SignIn(capability, label, "none")
    state = "kept"
    if kept.failed:
        state = "ended"
    elif missing(capability.id, kept.scopes):
        state = "scopes"
    wished = tuple(s for s in capability.wishes if kept.scopes and s not in kept.scopes)
    return SignIn(capability, label, state, kept.owner_called, kept.since, kept.failed, wished)


def lines(changes: Iterable[Change]) -> list[Line]:
    return [
        Line(
            change.at,
            change.who,
            CHANGES.get(change.what, ""),
            change.what,
            _words(change.what, change.before),
            _words(change.what, change.after),
        )
        for change in changes
    ]


def _words(what: str, value: str) -> tuple[Word, ...]:
    """A value of ours in words; anything else as it stands, since somebody else wrote it."""
    name = what.removeprefix("setting_")
    if what == "switch" and value in _SWITCH:
        return (Word(_SWITCH[value], ours=True),)
    if what == "leave" and value in GROUPS:
        return (Word(GROUPS[value], ours=True),)
    if what.startswith("prerequisite_") and value in CHECKS:
        return (Word(CHECKS[value].title, ours=True),)
    if name != what and name in CHOICES and value in CHOICES[name].options:
        return tuple(Word(text, ours=True) for text in words(name, value))
    if what in ABOUT_TEAMS and value:
        return _about(value)
    return (Word(value, ours=False),) if value else ()


def _about(value: str) -> tuple[Word, ...]:
    """A team's name, and what was decided of it."""
    team, parts = parts_of(value)
    return (*((Word(team, ours=False),) if team else ()), *map(_part, parts))


def _part(part: str) -> Word:
    kind, _, number = part.rpartition(" ")
    if kind in COUNTED and number.isdecimal():
        return Word(COUNTED[kind], ours=True, facts={"count": int(number)})
    told = {NO_LEADER: ORGANIZATION_LEADS, **LEADERS}.get(part)
    return Word(told or part, ours=told is not None)

"""What people do in Webex, and what goes wrong. Every act takes the form's fields and says what it
did."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.console import spells
from sandbox.console.arrivals import Arrivals
from sandbox.console.form import BadForm, Form, name_in, number, text, yes
from sandbox.webex import Person, Refused, Team

MOST_PEOPLE = 600
THROTTLE_SECONDS = 30.0


class Acts:
    def __init__(self, clouds: Clouds, arrivals: Arrivals) -> None:
        self._clouds = clouds
        self._webex = clouds.webex
        self._arrivals = arrivals
        self._random = random.Random()

    # Teams

    def create_team(self, form: Form) -> str:
        name, creator = name_in(form), self._person(text(form, "who"))
        people = self._chosen(form, but={creator.uuid})
        pause = number(form, "pause", 0.0, 60.0)
        team = self._webex.create_team(creator, name)
        self._arrivals.send(team, people, pause=pause)
        return f"{creator.name} created the team “{name}”; {_told(people)} on the way."

    def add_people(self, uuid: str, form: Form) -> str:
        team = self._team(uuid)
        inside = {person.uuid for person in self._webex.people_of(team)}
        people = self._chosen(form, but=inside)
        if not people:
            raise BadForm("Say who, or how many.")
        self._arrivals.send(team, people, pause=number(form, "pause", 0.0, 60.0))
        return f"{_told(people)} on the way to “{team.name}”."

    def remove_person(self, uuid: str, form: Form) -> str:
        """Somebody else takes a person out: the one who made the team."""
        team, person = self._team(uuid), self._person(text(form, "who"))
        _tried(lambda: self._webex.remove_member(team, person))
        return f"{person.name} was taken out of “{team.name}”."

    def leave(self, uuid: str, form: Form) -> str:
        """The person goes."""
        team, person = self._team(uuid), self._person(text(form, "who"))
        _tried(lambda: self._webex.remove_member(team, person, actor=person))
        return f"{person.name} left “{team.name}”."

    def moderate(self, uuid: str, form: Form) -> str:
        """Make somebody a moderator, or no longer."""
        team, person, on = self._team(uuid), self._person(text(form, "who")), yes(form, "on")
        _tried(lambda: self._webex.set_moderator(team, person, on))
        word = "moderates" if on else "no longer moderates"
        return f"{person.name} {word} “{team.name}”."

    def rename_team(self, uuid: str, form: Form) -> str:
        team, name = self._team(uuid), name_in(form)
        self._webex.rename_team(team, name)
        return f"The team is called “{name}” now. The app does not follow new names yet."

    def create_space(self, form: Form, uuid: str = "") -> str:
        """An ordinary space, or one of a team."""
        title = name_in(form)
        if uuid:
            team = self._team(uuid)
            self._webex.create_space(team.creator, title, team)
            return f"“{team.name}” has a space “{title}” now. It needs no group of its own."
        creator = self._person(text(form, "who"))
        self._webex.create_space(creator, title)
        return f"{creator.name} created the space “{title}”. It is no team, so no group comes."

    # Switches and faults

    def set_faults(self, form: Form) -> str:
        # All are read before any is set: a wrong one changes nothing.
        lose, duplicate = number(form, "lose", 0, 100), number(form, "duplicate", 0, 100)
        drive, lag = number(form, "drive", 0, 3600), number(form, "lag", 0, 600)
        slow = number(form, "slow", 0, 6)
        webex, microsoft = self._webex.switches, self._clouds.microsoft.switches
        webex.org_rooms_webhook = "fires" if text(form, "webhooks") == "on" else "silent"
        webex.lose, webex.duplicate = lose / 100, duplicate / 100
        microsoft.drive_delay_seconds, microsoft.read_lag_seconds = drive, lag
        spells.slow_down(self._clouds.microsoft.graph, slow)
        return "Set."

    def throttle(self, form: Form) -> str:
        clouds = {"graph": self._clouds.microsoft.graph, "webex": self._webex}
        cloud = clouds.get(text(form, "cloud"))
        if cloud is None:
            raise BadForm("There is no such cloud.")
        spells.throttle(cloud, THROTTLE_SECONDS)
        return f"For {THROTTLE_SECONDS:g} seconds every call to {cloud.name} is answered with 429."

    # Who

    def _team(self, uuid: str) -> Team:
        team = self._webex.world.teams.get(uuid)
        if team is None:
            raise BadForm("This team is gone.")
        return team

    def _person(self, who: str) -> Person:
        """By uuid or e-mail address."""
        people = self._webex.world
        person = people.people.get(who) or people.by_email.get(who.strip().lower())
        if person is None:
            raise BadForm(f"There is nobody {who[:80]!r}: choose a name from the list.")
        return person

    def _chosen(self, form: Form, *, but: set[str]) -> list[Person]:
        """Those named, the problem cases if asked for, then others up to the number given."""
        named = [self._person(each) for each in form.get("person", ()) if each.strip()]
        if "problems" in form:
            special = [*(problem.name for problem in world.PROBLEMS), world.PREFIXED]
            named += [world.person(self._webex, each) for each in special]
        people = {p.uuid: p for p in named if p.uuid not in but}
        others = [
            p
            for p in world.ordinary_people(self._webex)
            if p.uuid not in but and p.uuid not in people
        ]
        count = round(number(form, "count", 0, MOST_PEOPLE))
        chosen = [*people.values(), *self._random.sample(others, min(count, len(others)))]
        if people:
            self._random.shuffle(chosen)
        return chosen


def _tried(act: Callable[[], None]) -> None:
    try:
        act()
    except Refused as refused:
        raise BadForm(f"Webex refuses: {refused}") from refused


def _told(people: Sequence[Person]) -> str:
    if len(people) == 1:
        return f"{people[0].name} is"
    return f"{len(people) or 'no'} people are"

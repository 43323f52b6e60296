"""A team that has long settled, and life after that: people come and go on either side.

Folders are out of it, so that every call is about people. Time passes in steps of the watch, or
straight to whatever is due next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sandbox.kit import Call, Fault
from sandbox.microsoft.state import Group
from sandbox.webex.state import Person, Team
from shared.admin import again, holding
from shared.admin.ports import Actor, Office
from shared.core.held import Held
from shared.core.ids import OrgId, PersonId, TeamId
from shared.core.ledger import Ledger
from shared.core.model import Direction, OrgSettings, Status
from shared.core.model import Team as TeamRow
from shared.sync.lease import want
from tests.journeys.stage import Stage

ADMIN = Actor(PersonId(""), "an administrator")
# Asked of the whole tenant, whatever the number of teams.
_POLLS = ("/v1/events", "/groups/delta")
# Seconds between two runs of the chores, which are the dearest part of passing time.
_CHORES = 60.0
# More looks in a row than any change causes.
_ROUNDS = 300
# Within so many seconds a change is heard of, also where reads are half a minute late.
_HEARD = 80.0


@dataclass
class Standing:
    """One settled team of people whom both sides know. `people` are those of the beginning."""

    stage: Stage
    team: Team
    people: list[Person]

    # What people do

    def join(self, *people: Person) -> None:
        """In Webex."""
        for person in people:
            self.stage.webex.add_member(self.team, person)

    def leave(self, *people: Person) -> None:
        """In Webex."""
        for person in people:
            self.stage.webex.remove_member(self.team, person)

    def enlist(self, *people: Person) -> None:
        """In Microsoft 365."""
        self.group.add("members", *(str(p.external_id) for p in people))

    def dismiss(self, *people: Person) -> None:
        """In Microsoft 365."""
        self.group.drop("members", *(str(p.external_id) for p in people))

    def newcomers(self, count: int = 1, *, known: bool = True) -> list[Person]:
        """Whom both clouds have under one address. known: we have met them before."""
        return newcomers(self.stage, count, known=known)

    # What came of it

    @property
    def group(self) -> Group:
        found = self.stage.group_of(self.team)
        assert found is not None
        return found

    @property
    def row(self) -> TeamRow:
        return self.stage.row(self.team)

    @property
    def ledger(self) -> Ledger:
        return self.stage.ledger(self.team)

    @property
    def held(self) -> Held | None:
        found = self.stage.services.teams.held(TeamId(self.team.uuid))
        return found.value if found else None

    def is_in(self, person: Person) -> tuple[bool, bool]:
        """In the team, in the group."""
        return (
            person in self.stage.webex.people_of(self.team),
            person.external_id in self.group.members,
        )

    def differences(self, people: Iterable[Person]) -> list[str]:
        """What is not as it should be once both sides are exactly these people: nothing is left to
        do, to wait for or to tell. Bots are nobody."""
        people, team = set(people), set(self.stage.webex.people_of(self.team))
        people, team = ({p for p in each if not p.is_bot} for each in (people, team))
        wanted = {str(p.external_id): p.name for p in people}
        group = set(self.group.members)
        row = self.row
        listed = {p: code for p, code in row.listed.items() if code != "bot"}
        awaited = [p for p in self.ledger.pending.values() if not p.seen]
        return [
            *(f"{p.name} is not in the team" for p in people - team),
            *(f"{p.name} is in the team" for p in team - people),
            *(f"{wanted[o]} is not in the group" for o in wanted.keys() - group),
            *(f"{o} is in the group" for o in group - wanted.keys()),
            *(f"{p} is listed: {code}" for p, code in listed.items()),
            *(f"{o} is listed: {code}" for o, code in row.others.items()),
            *(f"awaited: {p.side} {p.op} {p.object}" for p in awaited),
            *([f"{row.status.value} {row.reason}"] if row.status is not Status.COMPLETE else []),
            *(["something is held"] if self.held else []),
        ]

    def ask(self) -> None:
        """Somebody wants everything looked at."""
        want(self.stage.services, self.team.uuid, self.team.general.id, whole=True)

    # What administrators do

    def decide(self, decision: str) -> None:
        """On the team's page, with what waits before their eyes."""
        held = self.held
        assert held is not None
        holding.decide(self.office, ADMIN, self.team.uuid, decision, holding.mark(held))

    def lead(self, direction: Direction) -> None:
        """Of this team alone."""
        assert holding.lead(self.office, ADMIN, self.team.uuid, direction.value, self.row.direction)

    def retry(self) -> None:
        again.retry(self.office, ADMIN, self.team.uuid)

    @property
    def office(self) -> Office:
        return self.stage.wiring.office(OrgId(self.stage.org.uuid))


def newcomers(stage: Stage, count: int = 1, *, known: bool = True) -> list[Person]:
    people = [_newcomer(stage) for _ in range(count)]
    if known:
        stage.know(people)
    return people


def _newcomer(stage: Stage) -> Person:
    user = stage.tenant.add_user(f"Newcomer {len(stage.tenant.users):04d}")
    return stage.org.add_person(user.display_name, user.mail, external_id=user.object_id)


def standing(
    stage: Stage, count: int = 12, *, moderators: int = 2, webhook: bool = True, name: str = "Team"
) -> Standing:
    """Switches the stage on if it is not, and lets a team settle."""
    change(stage, link_folders=False)
    if not stage.services.organizations.settings().on:
        stage.turn_on(webhook=webhook)
    people = newcomers(stage, count)
    team = stage.team(people[0], people[1:], name)
    for person in people[1:moderators]:
        stage.webex.set_moderator(team, person, True)
    settled = Standing(stage, team, people)
    live(stage, 40)
    live(stage, 300, step=60)
    live(stage, 60)
    later(stage, 7200)

    assert not (left := settled.differences(people)), left
    return settled


def employ_bot(stage: Stage) -> Person:
    """The app has a bot from now on; it is in no team yet."""
    bot = stage.webex.add_bot("Robo")
    token = stage.webex.issue_bot_token(bot).access_token
    stage.redeploy(webex_bot_token=token)
    return bot


def change(stage: Stage, **changes: object) -> OrgSettings:
    """The organization's settings are other ones from now on; nobody is woken."""
    rows = stage.services.organizations
    return rows.save_settings(lambda s: replace(s, **changes))  # type: ignore[arg-type]


def live(stage: Stage, seconds: float, *, step: float = 10) -> None:
    """Let time pass: deliveries, both timers, the worker, every `step` seconds."""
    end = stage.clock.now() + seconds
    chores = 0.0
    while True:
        stage.webex.deliver(stage.post)
        stage.watch()
        if stage.clock.now() >= chores:
            stage.tidy()
            chores = stage.clock.now() + _CHORES
        stage.drain()
        left = end - stage.clock.now()
        if left <= 0:
            return
        stage.clock.advance(min(step, left))


def later(stage: Stage, seconds: float, live: Callable[..., None] = live) -> None:
    """Let time pass: what has just happened is heard of, then from look to look at one go.

    live: how time passes while it is lived through. There is nothing to hear of after a look that
    has written nothing.
    """
    end = stage.clock.now() + seconds
    hearing = _HEARD
    for _ in range(_ROUNDS):
        before = _writes(stage)
        live(stage, max(0.0, min(hearing, end - stage.clock.now())), step=20)
        hearing = _HEARD if _writes(stage) > before else 0.0
        due = stage.services.looks.due(round(end * 1000), 1)
        if not due or stage.clock.now() >= end:
            break
        stage.clock.advance(max(0.0, due[0].at / 1000 - stage.clock.now()))
    else:
        raise AssertionError("it never rests")
    stage.clock.advance(end - stage.clock.now())
    live(stage, 0)


def _writes(stage: Stage) -> int:
    """Calls to either cloud that may have changed something."""
    calls = (*stage.webex.log, *stage.microsoft.graph.log)
    return sum(call.method != "GET" for call in calls)


@dataclass
class Tally:
    """The calls about teams since it was made, the tenant-wide polls left out."""

    stage: Stage

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self._webex = len(self.stage.webex.log)
        self._graph = len(self.stage.microsoft.graph.log)

    @property
    def webex(self) -> list[Call]:
        return _of_teams(self.stage.webex.log[self._webex :])

    @property
    def graph(self) -> list[Call]:
        """Calls as they cross the wire: a batch is one."""
        calls = self.stage.microsoft.graph.log[self._graph :]
        return _of_teams([c for c in calls if not c.inner])

    @property
    def reads(self) -> int:
        return len([c for c in (*self.webex, *self.graph) if c.method == "GET"])

    @property
    def webex_writes(self) -> int:
        return len([c for c in self.webex if c.method != "GET" and "/memberships" in c.path])

    @property
    def graph_writes(self) -> int:
        """Parts of a batch count each; refused and throttled ones too."""
        calls = self.stage.microsoft.graph.log[self._graph :]
        return len([c for c in calls if c.method != "GET" and not c.path.endswith("$batch")])

    @property
    def looks(self) -> int:
        """How often somebody read who is in a team."""
        return len([c for c in self.webex if c.path == "/v1/memberships" and c.method == "GET"])


def _of_teams(calls: list[Call]) -> list[Call]:
    return [c for c in calls if not c.path.endswith(_POLLS) and "/webhooks" not in c.path]


def made_unheard(stage: Stage) -> Standing:
    """A team of three, Alpha, whose group was made a moment ago, and whose create was not heard."""
    stage.turn_on(webhook=False)
    lost = Fault("lost", method="PATCH", path="/v1.0/groups.uniqueName", times=1)
    stage.microsoft.graph.faults.append(lost)
    at = Standing(stage, stage.team(stage.person(), stage.people(2), "Alpha"), [])
    while not stage.groups_of(at.team):
        live(stage, 10)
    return at

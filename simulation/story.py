"""What people do in one seed: who is there, what they change on either side, what administrators
press, and which of the providers' unconfirmed sides this world has.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random

from sandbox.microsoft.state import Group
from sandbox.webex.delivery import Delivery
from sandbox.webex.errors import Refused as WebexRefused
from sandbox.webex.state import Person, Team
from shared.core.ids import OrgId, TenantId
from shared.core.keyring import webhook_secret
from shared.core.model import Direction
from shared.sync import switch
from simulation.administrator import Administrator
from simulation.connecting import Connecting
from simulation.ends import Ends
from simulation.marks import Marks
from simulation.renames import Renames
from simulation.spaces import Spaces
from simulation.universe import PUBLIC_URL, Firm, Universe

TEAM, GROUP = "team", "group"


@dataclass
class Act:
    """What somebody did about a person: where, and whether it was to be there or not."""

    at: float
    side: str
    there: bool


@dataclass(eq=False)
class Saga:
    """One team and what people did about whom. disowned: accounts whose ownership somebody took."""

    firm: Firm
    team: Team
    acts: dict[str, list[Act]] = field(default_factory=dict)
    disowned: set[str] = field(default_factory=set)

    def did(self, person: Person, at: float, side: str, there: bool) -> None:
        self.acts.setdefault(person.uuid, []).append(Act(at, side, there))


Deed = Callable[[Saga, Person], None]


@dataclass
class Plot:
    """What is drawn for a seed before it begins. calm: nothing goes wrong; grown: the teams have
    settled before anything does. length: seconds in which things happen."""

    firms: int
    people: int
    teams: int
    webhook: bool
    grown: bool
    acts: int
    length: float
    directions: list[Direction]
    switches_press: bool
    forged: bool
    outage: str

    @staticmethod
    def drawn(draw: Random) -> Plot:
        firms = 2 if draw.random() < 0.25 else 1
        return Plot(
            firms=firms,
            people=draw.choice((*range(4, 13), 45)),
            teams=draw.choice((1, 1, 2)),
            webhook=draw.random() < 0.6,
            grown=draw.random() < 0.5,
            acts=draw.randint(3, 10),
            length=draw.choice((40.0, 120.0, 400.0)),
            directions=[
                draw.choice((Direction.BOTH, Direction.BOTH, Direction.TEAM, Direction.GROUP))
                for _ in range(firms)
            ],
            switches_press=draw.random() < 0.15,
            forged=draw.random() < 0.3,
            outage=draw.choice(("", "", "", "", "webex", "graph", "storage")),
        )


class Story:
    """Plays a plot in a universe."""

    def __init__(
        self,
        universe: Universe,
        plot: Plot,
        post: Callable[[Delivery], None] = lambda _: None,
        replay: Callable[[], None] = lambda: None,
        *,
        draws_providers: bool = True,
    ) -> None:
        self.post, self.replay = post, replay
        self.universe, self.plot, self.draw = universe, plot, universe.draw
        self.sagas: list[Saga] = []
        self.old: list[Team] = []
        self.administrator = Administrator(universe, self.sagas)
        self.renames, self.ends, self.marks = Renames(universe), Ends(universe), Marks(universe)
        self.spaces, self.connecting = Spaces(universe), Connecting(universe)
        self.administrator.also = self.ends.bring_back
        if draws_providers:
            _draw_providers(universe, self.draw)
        else:
            self.spaces.drawn = False

    def begin(self, *, known: bool = False) -> None:
        """Everybody is there, the product is set up, and the switch is On. known: everybody's
        identity is kept already; else it is drawn."""
        universe = self.universe
        self.spaces.prepare()
        for firm, direction in zip(universe.firms, self.plot.directions, strict=True):
            for _ in range(self.plot.people):
                universe.person(firm)
            universe.install(
                firm,
                direction=direction.value,
                mark_ends=self.ends.told,
                **self.spaces.settings,
            )
            self.spaces.sign_in(firm)
            if known or self.draw.random() < 0.7:
                universe.know(firm)
            self.old.append(universe.webex.create_team(firm.people[0], "From before"))
            self.connecting.prepare(self, firm, self.old[-1])
        universe.scheduler.at += 5.0
        for firm in universe.firms:
            if self.plot.webhook:
                universe.register_webhook(firm)
            self.turn_on(firm)
        universe.scheduler.at += 5.0

    def turn_on(self, firm: Firm) -> None:
        universe = self.universe
        switch.turn_on(universe.services(firm), TenantId(firm.tenant.tenant_id))
        if firm.on_since is None:
            firm.on_since = universe.scheduler.at

    # Teams

    def found_teams(self) -> None:
        """Made by people, who then bring others in one by one."""
        for firm in self.universe.firms:
            for _ in range(self.plot.teams):
                after = self.draw.uniform(0, 20)
                self.universe.scheduler.spawn(partial(self._found, firm), "people", after=after)

    def _found(self, firm: Firm) -> None:
        creator, *others = self.draw.sample(firm.people, self.draw.randint(2, len(firm.people) - 1))
        team = self.universe.webex.create_team(creator, f"Team {len(self.sagas)}")
        saga = Saga(firm, team)
        self.sagas.append(saga)
        saga.did(creator, self.universe.scheduler.at, TEAM, True)
        for person in others:
            self.universe.scheduler.sleep(self.draw.expovariate(0.5))
            self._join(saga, person)
        if self.universe.bot and not self.ends.is_gone(saga):
            self.universe.webex.add_member(team, self.universe.bot, moderator=True)
        for person in others[:1]:
            if self.draw.random() < 0.5:
                with suppress(WebexRefused):
                    self.universe.webex.set_moderator(team, person, True)

    # Life

    def live(self) -> None:
        """Acts at their moments, drawn when each begins."""
        plot, spawn = self.plot, self.universe.scheduler.spawn
        for _ in range(plot.acts):
            spawn(self._act, "people", after=self.draw.uniform(0, plot.length))
        if plot.switches_press:
            for _ in range(2):
                spawn(
                    self.administrator.press,
                    "administrator",
                    after=self.draw.uniform(0, plot.length),
                )
        if plot.forged:
            for deed in (self._forge, self._forge, self._forge, self.replay):
                spawn(deed, "somebody", after=self.draw.uniform(0, plot.length))
        if self.administrator.crowd_leaves:
            spawn(self._crowd, "people", after=0.7 * plot.length)
        for also in (self.renames, self.ends, self.marks, self.spaces, self.connecting):
            also.begin(self, plot.length)
        if plot.outage:
            spawn(self._outage, "outage", after=self.draw.uniform(0, plot.length / 2))

    def _outage(self) -> None:
        seconds = self.draw.choice((20.0, 120.0, 900.0))
        self.universe.chaos.outages[self.plot.outage] = self.universe.scheduler.at + seconds
        self.universe.chaos.counts["outage"] += 1
        self.universe.scheduler.note(f"{self.plot.outage} is down for {seconds:.0f} s")

    def _act(self) -> None:
        if not self.there:
            return
        saga = self.draw.choice(self.there)
        person = self.draw.choice(saga.firm.people)
        act = self.draw.choice(self._acts(saga.firm))
        act(saga, person)

    def _acts(self, firm: Firm) -> list[Deed]:
        """Mostly on the side that leads: what is done on the other one is listed, not followed."""
        leads = self.plot.directions[self.universe.firms.index(firm)]
        webex: list[Deed] = [
            self._join,
            self._leave,
            self._join,
            self._leave,
            self._moderate,
            self._come_back,
        ]
        group: list[Deed] = [self._enlist, self._dismiss, self._enlist, self._dismiss, self._regret]
        both = [*webex, *group, self._exodus, self._burst, self._burst]
        if leads is Direction.BOTH or self.draw.random() < 0.15:
            return both
        return webex if leads is Direction.TEAM else group

    def _burst(self, saga: Saga, _: Person) -> None:
        """Several people within a few seconds, on either side."""
        for person in self.draw.sample(saga.firm.people, 3):
            self.draw.choice((self._join, self._leave, self._enlist, self._dismiss))(saga, person)
            self.universe.scheduler.sleep(self.draw.expovariate(0.3))

    def _crowd(self) -> None:
        """Everybody but the first goes, in Webex or in Microsoft 365: too many not to ask. Or seven
        do, which is too many in some teams and not in others."""
        away = self._leave if self.universe.seed % 2 else self._dismiss
        for saga in sorted(self.there, key=lambda s: len(self.people_of(s)))[-1:]:
            for person in self.people_of(saga)[1 : 8 if self.universe.seed % 4 > 1 else None]:
                away(saga, person)

    def _exodus(self, saga: Saga, _: Person) -> None:
        """Nearly everybody leaves at once."""
        for person in self.people_of(saga)[1:]:
            self._leave(saga, person)

    @property
    def there(self) -> list[Saga]:
        """Teams that nobody has deleted."""
        return [saga for saga in self.sagas if not self.ends.is_gone(saga)]

    def people_of(self, saga: Saga) -> list[Person]:
        """Who is in a team; nobody in one that was deleted."""
        return [] if self.ends.is_gone(saga) else self.universe.webex.people_of(saga.team)

    def _join(self, saga: Saga, person: Person) -> None:
        if self.ends.is_gone(saga):
            return
        with suppress(WebexRefused):
            self.universe.webex.add_member(saga.team, person)
            saga.did(person, self.universe.scheduler.at, TEAM, True)

    def _leave(self, saga: Saga, person: Person) -> None:
        if person not in self.people_of(saga):
            return
        with suppress(WebexRefused):
            self.universe.webex.remove_member(saga.team, person)
            saga.did(person, self.universe.scheduler.at, TEAM, False)

    def _come_back(self, saga: Saga, person: Person) -> None:
        """Out and in again, or in and out: within the lag of everything."""
        first, second = (self._leave, self._join)
        if person not in self.people_of(saga):
            first, second = second, first
        first(saga, person)
        self.universe.scheduler.sleep(self.draw.uniform(1.0, 40.0))
        second(saga, person)

    def _moderate(self, saga: Saga, person: Person) -> None:
        there = self.people_of(saga)
        if person in there:
            moderating = self.universe.webex.moderators_of(saga.team)
            on = person not in moderating
            if on or len(moderating) > 1:
                with suppress(WebexRefused):
                    self.universe.webex.set_moderator(saga.team, person, on)

    def _enlist(self, saga: Saga, person: Person) -> None:
        group = self.group_of(saga)
        if group is not None and person.external_id not in group.members:
            group.add("members", str(person.external_id))
            saga.did(person, self.universe.scheduler.at, GROUP, True)

    def _dismiss(self, saga: Saga, person: Person) -> None:
        group, account = self.group_of(saga), str(person.external_id)
        if group is None or account not in group.members:
            return
        if account in group.owners:
            if len(group.owners) == 1:
                return
            group.drop("owners", account)
            saga.disowned.add(account)
        group.drop("members", account)
        saga.did(person, self.universe.scheduler.at, GROUP, False)

    # Whoever knows the address of the webhook

    def _forge(self) -> None:
        """A delivery that Webex has not sent, or not to this organization."""
        firm = self.draw.choice(self.universe.firms)
        room = self.draw.choice([saga.team for saga in self.there] or self.old).general
        body = json.dumps(
            {
                "resource": "rooms",
                "event": "created",
                "orgId": firm.org.id,
                "data": {"id": room.id, "type": "group"},
            }
        ).encode()
        keyring = self.universe.settings.keyring
        others = [f.id for f in self.universe.firms if f is not firm] or [OrgId("0" * 8)]
        secret = self.draw.choice(["", "guessed", webhook_secret(keyring, "v1", others[0])])
        signature = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
        headers = {"X-Spark-Signature": signature} if secret else {}
        delivery = Delivery(
            self.universe.scheduler.at,
            0,
            f"{PUBLIC_URL}/webhooks/{firm.id}/v1/rooms",
            headers,
            body,
            "nobody's",
        )
        self.universe.chaos.counts["forged"] += 1
        self.post(delivery)

    def _regret(self, saga: Saga, person: Person) -> None:
        """Out of the group and into it again, or the other way round, soon after."""
        group = self.group_of(saga)
        if group is None or person.external_id in group.owners:
            return
        first, second = self._dismiss, self._enlist
        if person.external_id not in group.members:
            first, second = second, first
        first(saga, person)
        self.universe.scheduler.sleep(self.draw.uniform(1.0, 60.0))
        second(saga, person)

    def group_of(self, saga: Saga) -> Group | None:
        group = self.universe.watcher.group_of(saga.team.uuid)
        return group if group is not None and group.deleted is None else None


def _draw_providers(universe: Universe, draw: Random) -> None:
    """Both sides of what nobody has confirmed."""
    graph, webex = universe.microsoft.switches, universe.webex.switches
    graph.read_lag_seconds = draw.choice((0.0, 0.0, 5.0, 30.0, 100.0))
    graph.read_lag_random = draw.random() < 0.7
    universe.watcher.lag = graph.read_lag_seconds
    graph.replication_seconds = draw.choice((0.0, 0.0, 8.0, 45.0))
    graph.upsert_binds = draw.choice(("add", "refuse"))
    graph.upsert_blind_seconds = 0.0
    graph.alternate_key_get = draw.random() < 0.7
    graph.names_missing_object = draw.random() < 0.5
    graph.says_do_not_exist = draw.random() < 0.5
    graph.removing_absent = draw.choice((404, 400))
    graph.absent_names_group = draw.random() < 0.5
    graph.members_query_is_advanced = draw.random() < 0.3
    graph.batch_parallel_conflicts = draw.random() < 0.4
    graph.owner_removal_takes_member = draw.random() < 0.2
    graph.delta_delay_seconds = draw.choice((0.0, 0.0, 20.0, 90.0))
    graph.delta_unites = draw.random() < 0.5
    graph.delta_replays = draw.random() < 0.3
    graph.page_drift = draw.random() < 0.3
    webex.clusters = draw.choice(("us", "regional", "mixed"))
    webex.event_lag_seconds = draw.choice((3.0, 3.0, 20.0))
    webex.event_lag_jitter_seconds = draw.choice((0.0, 0.0, 10.0))
    webex.events_newest_first = draw.random() < 0.5
    webex.empty_pages = draw.random() < 0.3
    webex.membership_page_cap = draw.choice((500, 500, 3))
    webex.membership_ids_in_one_form = draw.random() < 0.3
    webex.general_title = draw.choice(("team", "General"))
    webex.webex_signature = draw.random() < 0.7
    webex.data_team_id = draw.random() < 0.5
    webex.bare_org_id = draw.random() < 0.5
    webex.lose = draw.choice((0.0, 0.1, 0.4))
    webex.duplicate = draw.choice((0.0, 0.2))
    webex.reorder = draw.choice((0.0, 0.3))
    webex.webhook_retries = draw.choice((0, 0, 2))

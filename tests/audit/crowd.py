"""People of every class in both directories, and the audit as the timer plays it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sandbox.kit import Call
from sandbox.webex.state import Person
from shared.admin import watching
from shared.audit import cursor
from shared.audit.ports import Desk
from shared.core.audit import Listed, Outcome, Run, Verdict
from shared.core.ids import OrgId
from tests.journeys.stage import Stage

MINUTE = 60


@dataclass
class Crowd:
    """watched: the timer also looks for what went wrong, which asks the providers.

    expected: the class of everybody whose class is known, by uuid. The stage's own officer and
    administrator have no External ID.
    """

    stage: Stage
    count: int
    watched: bool = False
    expected: dict[str, Verdict] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._made = 0
        if not self.watched:
            kept_rows = self.stage.services.organizations
            kept_rows.keep(watching.ROW, None, {"at": 10**13})
        # `messaging` can only be told where licences are: the stage's sign-in lacks that scope.
        token = self.stage.webex.issue_token(
            self.stage.admin,
            {"identity:people_read", "spark-admin:licenses_read"},
            client_id="integration",
        )
        rows = self.stage.wiring.credentials(OrgId(self.stage.org.uuid))
        kept = rows.read("people")
        assert kept is not None
        rows.write(
            "people",
            replace(kept, access_token=token.access_token, refresh_token=token.refresh_token),
        )
        for person in (self.stage.officer, self.stage.admin):
            self.expected[person.uuid] = Verdict.MISSING
        makers = list(MAKERS.items())
        for number in range(self.count):
            verdict, make = makers[number % len(makers)]
            for person in make(self):
                self.expected[person.uuid] = verdict

    # People

    def new_id(self) -> str:
        """The same ones for the same seed."""
        return self.stage.tenant.ids.uuid()

    def name(self) -> str:
        self._made += 1
        return f"Person {self._made:06d}"

    def person(self, external_id: str | None, **facts: object) -> Person:
        person = self.stage.org.add_person(self.name(), external_id=external_id)
        for name, value in facts.items():
            setattr(person, name, value)
        return person

    def account(self, name: str = "", **facts: object) -> str:
        """Somebody in Entra by the Webex user's own address; the object id."""
        user = self.stage.tenant.add_user(name or f"Account {self.new_id()}")
        for field_name, value in facts.items():
            setattr(user, field_name, value)
        return user.object_id

    def twin(self, external_id: Callable[[str], str | None], **facts: object) -> Person:
        """Somebody with an account of the same address; External ID as it is made of its id."""
        name = self.name()
        email = f"{name.lower().replace(' ', '.')}@example.com"
        object_id = self.account(mail=email.upper())
        person = self.stage.org.add_person(name, email, external_id=external_id(object_id))
        for field_name, value in facts.items():
            setattr(person, field_name, value)
        return person

    # The audit

    @property
    def desk(self) -> Desk:
        return self.stage.wiring.directory(OrgId(self.stage.org.uuid))

    def tick(self) -> None:
        self.stage.app.invoke_timer("directory_audit")

    def watch(self) -> None:
        """What the timer asks besides, once an hour: for a while all calls are the audit's."""
        watching.look(self.stage.wiring.office(OrgId(self.stage.org.uuid)))

    def run(self, minutes: int = 60) -> Run:
        """A run to its end; begun at once."""
        before = len(self.desk.results.runs(100))
        for _ in range(minutes):
            self.tick()
            runs = self.desk.results.runs(100)
            if len(runs) > before:
                return runs[0]
            self.stage.clock.advance(MINUTE)
        raise AssertionError("the audit did not end")

    def finish(self, minutes: int = 60) -> Run:
        """Until no run is under way."""
        for _ in range(minutes):
            self.tick()
            state = cursor.read(self.desk.staging)[1]
            if state and state.outcome != Outcome.RUNNING:
                return self.desk.results.runs(1)[0]
            self.stage.clock.advance(MINUTE)
        raise AssertionError("the audit did not end")

    def a_day_later(self) -> None:
        self.stage.clock.advance(36 * 3600)

    def found(self, run: Run | None = None) -> dict[str, Verdict]:
        """Everybody's class, by the lists."""
        listed = self.listed(run)
        assert all(n == 1 for n in Counter(each.person for each in listed).values())
        return {each.person: each.verdict for each in listed}

    def listed(self, run: Run | None = None, by: str = "name") -> list[Listed]:
        last = run or self.desk.results.runs(1)[0]
        assert last.outcome is Outcome.COMPLETE, last
        return [
            listed
            for verdict in Verdict
            for _, listed in self.desk.results.people(last.id, verdict, by=by)
        ]

    def graph_pages(self) -> list[Call]:
        return [c for c in self.stage.graph_calls() if c.path.startswith("/v1.0/users")]

    def scim_pages(self) -> list[Call]:
        return [c for c in self.stage.webex.log if c.path.endswith("/v2/Users")]


def _same(object_id: str) -> str:
    return object_id


def _duplicates(crowd: Crowd) -> list[Person]:
    first = crowd.twin(_same)
    return [first, crowd.person(first.external_id)]


def _wrong(crowd: Crowd) -> list[Person]:
    """By turns another's object id, and one that nobody has."""
    other = crowd.account() if crowd._made % 2 else crowd.new_id()
    return [crowd.twin(lambda _: other)]


_STATES = ("pending", "disabled", "fraud")
MAKERS: dict[Verdict, Callable[[Crowd], list[Person]]] = {
    Verdict.MATCHED: lambda c: [c.twin(_same)],
    Verdict.PREFIXED: lambda c: [c.twin(lambda o: f"entra:{o}")],
    Verdict.WRONG_OBJECT_ID: _wrong,
    Verdict.DUPLICATE: _duplicates,
    Verdict.MISSING: lambda c: [c.twin(lambda _: None)],
    Verdict.NOT_A_GUID: lambda c: [c.person(f"E{c._made}")],
    Verdict.NOT_IN_TENANT: lambda c: [c.person(c.new_id())],
    Verdict.DISABLED: lambda c: [c.person(c.account(enabled=False))],
    Verdict.GUEST: lambda c: [c.person(c.account(user_type="Guest"))],
    Verdict.NOT_ACTIVE: lambda c: [c.twin(_same, account_status=_STATES[c._made % 3])],
    Verdict.NO_MESSAGING: lambda c: [c.twin(_same, messaging=False)],
    Verdict.NOT_A_PERSON: lambda c: [c.person(None, user_type="room")],
}

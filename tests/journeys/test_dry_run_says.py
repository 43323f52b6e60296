"""A dry run of one team says exactly what the next look does, why, and changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from sandbox.webex.state import Person
from shared.admin.holding import REFUSE
from shared.core.held import Evidence, Preview
from shared.core.ids import TeamId
from shared.core.ledger import ADD, MEMBERS, OWNERS, REMOVE, WEBEX
from shared.core.model import Direction, Status
from shared.sync.preview import preview
from tests.journeys.stage import Stage, nudge
from tests.journeys.standing import Standing, change, later, live, newcomers, standing

Make = Callable[..., Stage]
# Somebody's name, the side, the operation.
Act = tuple[str, str, str]
DAY = 86_400


@pytest.fixture
def at(make_stage: Make) -> Standing:
    return standing(make_stage(), webhook=False)


def say(at: Standing) -> Preview:
    services = at.stage.services
    return preview(services, services.organizations.settings(), TeamId(at.team.uuid))


def acts(found: Preview) -> set[Act]:
    said = [(n.name, n.change.side, n.change.op) for n in found.changes]
    assert len(said) == len(set(said))
    return set(said)


def rows(at: Standing) -> dict[str, object]:
    """All that is kept of teams."""
    found = at.stage.wiring.tables.partition("Teams", at.stage.org.uuid).range(" ", "~")
    return {row.key: (row.values, row.etag) for row in found}


@dataclass
class Watcher:
    """What has become of people since it was made."""

    at: Standing
    before: dict[str, set[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.before = self._state()

    def _state(self) -> dict[str, set[str]]:
        stage = self.at.stage
        names = {str(u.object_id): u.display_name for u in stage.tenant.users.values()}
        group = stage.group_of(self.at.team)
        return {
            WEBEX: {p.name for p in stage.webex.people_of(self.at.team)},
            MEMBERS: {names[o] for o in group.members} if group else set(),
            OWNERS: {names[o] for o in group.owners} if group else set(),
        }

    def acts(self) -> set[Act]:
        now = self._state()
        return set(self._between(now, self.before, ADD)) | set(
            self._between(self.before, now, REMOVE)
        )

    @staticmethod
    def _between(more: dict[str, set[str]], less: dict[str, set[str]], op: str) -> Iterator[Act]:
        for side, names in more.items():
            yield from ((name, side, op) for name in names - less[side])


def say_and_look(at: Standing) -> tuple[Preview, set[Act]]:
    """What it says, with proof that nothing was written; and what the next look did then."""
    before, stage = rows(at), at.stage
    webex, graph = len(stage.webex.log), len(stage.microsoft.graph.log)
    found = say(at)

    calls = [*stage.webex.log[webex:], *stage.microsoft.graph.log[graph:]]
    assert {c.method for c in calls} == {"GET"}
    assert rows(at) == before

    watcher = Watcher(at)
    stage.work(nudge(stage, at.team.general.id))
    return found, watcher.acts()


def of(found: Preview, person: Person) -> Evidence:
    [evidence] = [e for e in found.people if e.person == person.uuid]
    return evidence


# Each situation


def nothing(at: Standing) -> None:
    del at


def joined(at: Standing) -> None:
    at.join(*at.newcomers(2))


def enlisted(at: Standing) -> None:
    at.enlist(*at.newcomers(2, known=False))


def left(at: Standing) -> None:
    at.leave(*at.people[-2:])
    at.stage.work(nudge(at.stage, at.team.general.id))
    at.stage.clock.advance(130)


def dismissed(at: Standing) -> None:
    at.dismiss(*at.people[-2:])
    at.stage.work(nudge(at.stage, at.team.general.id))
    at.stage.clock.advance(130)


def all_at_once(at: Standing) -> None:
    at.leave(at.people[-1])
    at.dismiss(at.people[-2])
    at.stage.work(nudge(at.stage, at.team.general.id))
    at.stage.clock.advance(130)
    joined(at)
    enlisted(at)


def another_moderates(at: Standing) -> None:
    at.stage.webex.set_moderator(at.team, at.people[4], True)


def one_moderates_no_more(at: Standing) -> None:
    at.stage.webex.set_moderator(at.team, at.people[1], False)
    at.stage.work(nudge(at.stage, at.team.general.id))
    at.stage.clock.advance(130)


def an_owner_left(at: Standing) -> None:
    at.leave(at.people[1])
    at.stage.work(nudge(at.stage, at.team.general.id))
    at.stage.clock.advance(130)


def missed_once(at: Standing) -> None:
    at.leave(at.people[-1])
    at.dismiss(at.people[-2])


def joined_where_the_group_leads(at: Standing) -> None:
    change(at.stage, direction=Direction.GROUP.value)
    all_at_once(at)


def joined_where_the_team_leads(at: Standing) -> None:
    change(at.stage, direction=Direction.TEAM.value)
    all_at_once(at)


def without_webex(at: Standing) -> None:
    stranger = at.stage.tenant.add_user("Sam Stranger")
    at.group.add("members", stranger.object_id)


def of_elsewhere(at: Standing) -> None:
    elsewhere = at.stage.webex.add_organization("Elsewhere")
    at.join(elsewhere.add_person("Eve"))


SITUATIONS: dict[Callable[[Standing], None], int] = {
    nothing: 0,
    joined: 2,
    enlisted: 2,
    left: 2,
    dismissed: 2,
    all_at_once: 6,
    another_moderates: 1,
    one_moderates_no_more: 1,
    an_owner_left: 2,
    missed_once: 0,
    joined_where_the_group_leads: 3,
    joined_where_the_team_leads: 3,
    without_webex: 0,
    of_elsewhere: 0,
}


@pytest.mark.parametrize("happen", SITUATIONS, ids=lambda s: s.__name__.replace("_", " "))
def test_it_says_what_the_next_look_does(at: Standing, happen: Callable[[Standing], None]) -> None:
    happen(at)
    at.stage.clock.advance(35)

    found, done = say_and_look(at)

    assert acts(found) == done
    assert len(done) == SITUATIONS[happen]
    assert found.counts == Counter(f"{op} {side}" for _, side, op in done)
    assert found.listed == Counter([*at.row.listed.values(), *at.row.others.values()])
    assert (found.held, found.failure, found.creates) == (False, "", False)
    assert found.direction == at.stage.services.organizations.settings().direction
    assert found.team_read == found.group_read == found.at


def test_after_a_look_there_is_nothing_left_to_say(at: Standing) -> None:
    all_at_once(at)
    at.stage.clock.advance(35)
    say_and_look(at)

    assert acts(say(at)) == set()


@pytest.mark.parametrize("settled", [False, True])
def test_of_a_team_without_a_group_it_says_who_would_be_in_it(
    make_stage: Make, settled: bool
) -> None:
    stage = make_stage()
    change(stage, link_folders=False)
    stage.turn_on(webhook=False)
    people = newcomers(stage, 30)
    nobody = stage.person("Nora", mapped=False)
    team = stage.team(people[0], [*people[1:], nobody])
    stage.webex.set_moderator(team, people[1], True)
    at = Standing(stage, team, [*people, nobody])
    change(stage, honour_creation=True)
    allowed = stage.tenant.add_security_group("May create", [])
    stage.tenant.group_settings["EnableGroupCreation"] = "False"
    stage.tenant.group_settings["GroupCreationAllowedGroupId"] = allowed
    live(stage, 600 if settled else 20)
    assert stage.group_of(team) is None
    assert say(at).failure == "creator_may_not_create"
    change(stage, honour_creation=False)
    stage.clock.advance(35)

    before = rows(at)
    found = say(at)
    assert rows(at) == before
    at.ask()
    watcher = Watcher(at)
    later(stage, 300)

    assert found.creates
    assert found.group_read == 0
    assert acts(found) == watcher.acts()
    assert found.counts == {"add members": 30, "add owners": 2}
    assert found.listed == {"no_object_id": 1}
    assert of(found, nobody).code == "no_object_id"


# What waits


def test_what_the_brake_would_hold_it_says_and_the_next_look_holds(at: Standing) -> None:
    gone = at.people[-7:]
    at.leave(*gone)
    at.stage.work(nudge(at.stage, at.team.general.id))
    at.stage.clock.advance(130)

    found, done = say_and_look(at)

    assert found.held
    assert done == set()
    assert at.held
    assert {n.name for n in at.held.changes} == {p.name for p in gone}
    assert set(found.changes) == set(at.held.changes)
    assert found.listed == {"waits_for_brake": 7}


def test_of_guests_it_says_that_they_would_be_invited(at: Standing) -> None:
    elsewhere = at.stage.webex.add_organization("Elsewhere")
    eve = elsewhere.add_person("Eve")
    change(at.stage, guests=True)
    at.join(eve)
    found = say(at)

    assert found.counts == {"invite members": 1}
    assert found.listed == {}
    assert found.unknown == 0
    assert [c.kind for c in of(found, eve).changes] == ["invite members"]


def test_whom_it_misses_for_the_first_time_it_says_too(at: Standing) -> None:
    at.stage.turn_off()
    at.leave(*at.people[-2:])
    at.dismiss(at.people[-3])
    at.stage.clock.advance(3 * DAY)
    found = say(at)

    assert found.counts == {}
    assert found.doubted == {"remove members": 2, "remove webex": 1}
    at.stage.turn_on(webhook=False)
    later(at.stage, 3600)
    assert at.differences(at.people[:-3]) == []
    assert say(at).doubted == {}


def test_whom_nobody_has_looked_up_yet_it_counts(make_stage: Make) -> None:
    stage = make_stage()
    at = standing(stage)
    people = [stage.person(f"New {n}") for n in range(200)]
    at.join(*people)
    found = say(at)

    assert found.unknown > 0
    assert found.counts["add members"] + found.unknown == 200


def test_of_a_new_team_that_nobody_could_own_it_says_that_it_waits(make_stage: Make) -> None:
    stage = make_stage()
    stage.turn_on(webhook=False)
    nora = stage.person("Nora", mapped=False)
    team = stage.team(nora, [])
    live(stage, 20)
    found = say(Standing(stage, team, [nora]))

    assert (found.waiting, found.creates, found.counts) == (True, False, {})


def test_what_was_refused_it_lists(at: Standing) -> None:
    at.leave(*at.people[-7:])
    later(at.stage, 3600)
    at.decide(REFUSE)
    later(at.stage, 3600)

    found, done = say_and_look(at)

    assert acts(found) == done == set()
    assert found.listed == {"refused_by_admin": 7}
    assert not found.held


# Off, and where it cannot be said


def test_off_it_says_what_on_would_do(at: Standing) -> None:
    at.stage.turn_off()
    [ada] = at.newcomers()
    at.join(ada)
    before = rows(at)

    found = say(at)
    assert rows(at) == before
    at.stage.turn_on(webhook=False)
    watcher = Watcher(at)
    later(at.stage, 3600)

    assert acts(found) == watcher.acts() == {(ada.name, MEMBERS, ADD)}


def test_of_a_group_that_is_gone_it_says_so(at: Standing) -> None:
    from shared.core.errors import Permanent

    at.stage.tenant.delete_group(at.group)
    before = rows(at)

    with pytest.raises(Permanent) as failure:
        say(at)
    assert failure.value.code == "group_gone"
    assert rows(at) == before


# The evidence


def test_the_evidence_of_somebody_in_step(at: Standing) -> None:
    found = say(at)
    ada, bob = at.people[0], at.people[5]

    assert len(found.people) == len(at.people)
    seen = of(found, bob)
    assert (seen.name, seen.object) == (bob.name, bob.external_id)
    assert (seen.in_team, seen.in_group, seen.known) == (True, True, True)
    assert (seen.moderator, seen.owner) == (False, False)
    assert (of(found, ada).moderator, of(found, ada).owner) == (True, True)
    assert (seen.state, seen.code) == ("mapped", "")
    assert (seen.changes, seen.pending, seen.missing) == ((), (), {})
    [joined_at] = [m.created for m in at.stage.webex.world.members(at.team.uuid) if m.person == bob]
    assert seen.joined == joined_at
    assert 0 < seen.checked <= at.stage.clock.now()


def test_the_evidence_of_somebody_new(at: Standing) -> None:
    ada, eve = at.newcomers(2)
    at.join(ada)
    at.enlist(eve)
    found = say(at)

    one, other = of(found, ada), of(found, eve)
    assert (one.in_team, one.in_group, one.known) == (True, False, False)
    assert [(c.side, c.op) for c in one.changes] == [(MEMBERS, ADD)]
    assert (other.in_team, other.in_group, other.known) == (False, True, False)
    assert [(c.side, c.op) for c in other.changes] == [(WEBEX, ADD)]
    assert other.name == eve.name
    assert other.joined == 0


def test_the_evidence_of_somebody_who_is_missed_and_then_taken_out(at: Standing) -> None:
    bob = at.people[-1]
    at.leave(bob)
    at.stage.work(nudge(at.stage, at.team.general.id))
    missed_at = at.stage.services.now()
    at.stage.clock.advance(60)
    once = of(say(at), bob)
    at.stage.clock.advance(70)
    twice = of(say(at), bob)
    at.stage.microsoft.switches.read_lag_seconds = 30
    at.stage.work(nudge(at.stage, at.team.general.id))
    written = of(say(at), bob)

    assert (once.in_team, once.in_group, once.known) == (False, True, True)
    assert once.missing == twice.missing == {WEBEX: missed_at}
    assert once.changes == ()
    assert [(c.side, c.op) for c in twice.changes] == [(MEMBERS, REMOVE)]
    # Read stale: still there, but for what we wrote.
    assert written.in_group
    assert [(p.side, p.op) for p in written.pending] == [(MEMBERS, REMOVE)]
    assert written.changes == ()


def test_the_evidence_of_whoever_is_listed(at: Standing) -> None:
    nora = at.stage.person("Nora", mapped=False)
    elsewhere = at.stage.webex.add_organization("Elsewhere")
    eve = elsewhere.add_person("Eve")
    stranger = at.stage.tenant.add_user("Sam Stranger")
    at.join(nora, eve)
    at.group.add("members", stranger.object_id)
    found = say(at)

    assert (of(found, nora).code, of(found, nora).state) == ("no_object_id", "no_object_id")
    assert of(found, eve).code == "other_organization"
    [sam] = [e for e in found.people if e.object == stranger.object_id]
    assert (sam.name, sam.person, sam.code) == ("Sam Stranger", None, "not_in_webex")
    assert (sam.in_team, sam.in_group) == (False, True)
    assert found.listed == {"no_object_id": 1, "other_organization": 1, "not_in_webex": 1}
    assert at.row.status is Status.COMPLETE

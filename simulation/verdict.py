"""What must be true once everything has come to rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sandbox.microsoft.state import Group
from sandbox.webex.state import Person
from shared.core.ids import ObjectId, PersonId, TeamId
from shared.core.model import Direction, Status
from shared.core.model import Team as TeamRow
from simulation.renames import wrong_names
from simulation.story import GROUP, TEAM, Act, Saga, Story
from simulation.universe import Universe
from simulation.watcher import PREFIX

# Acts about one person this far apart have nothing to do with each other; a replica's lag and the
# age of a contradiction lie below.
APART = 20 * 60.0
# Seconds after which a look has seen who is in a new group.
SEEN = 300.0
# What somebody is told of who is on one side alone because the other one leads: whether they are in
# the team (else in the group), and the side on which they themselves have made it so.
_NOT_FOLLOWED = {
    Direction.GROUP: {"left_webex": (False, TEAM), "added_in_webex": (True, TEAM)},
    Direction.TEAM: {"removed_in_microsoft": (True, GROUP), "added_in_microsoft": (False, GROUP)},
}


def judge(story: Story) -> None:
    """Write down what does not hold."""
    universe = story.universe
    for saga in story.sagas:
        for promise, what in _wrong_with(universe, story, saga):
            universe.watcher.broken(promise, f"{saga.team.name}: {what}")
    written = universe.written()
    for secret in universe.secrets():
        if secret in written:
            universe.watcher.broken("I10", f"{secret[:4]}… stands in a row, a line or a message")
    for what in story.connecting.wrong(story):
        universe.watcher.broken("connecting", what)
    for team in story.old:
        if team.uuid in universe.watcher.asked:
            continue
        for firm in universe.firms:
            if firm.tenant.groups_named(PREFIX + team.uuid):
                universe.watcher.broken("no group for a team from before", team.name)


def _wrong_with(universe: Universe, story: Story, saga: Saga) -> Iterator[tuple[str, str]]:
    services = universe.truth(saga.firm)
    kept = services.teams.read(TeamId(saga.team.uuid))
    groups = story.connecting.groups_of(saga)
    if story.ends.has_ended(saga):
        yield from _ended(story, saga, groups, kept.value if kept else None)
        return
    if (
        not groups
        and saga.team.created < saga.firm.on_again * 1000
        and not (kept and kept.value.new)
    ):
        # Nobody had seen it when the switch went off: at the next On it is one from before.
        return
    shown_empty = universe.was_shown_empty(saga.team.uuid)
    if not groups and kept and (shown_empty or _is_empty(universe, saga)):
        # Everybody left before there was a group, or so Webex said again and again, and nobody
        # could own one: it waits for a person, and for the next day.
        if kept.value.status is not Status.NEEDS_PERSON:
            yield "I2", f"nobody is in it, and it rests as {kept.value.status.value}"
        return
    if len(groups) != 1 or kept is None:
        yield "I2", f"{len(groups)} groups, {'a' if kept else 'no'} row"
        return
    [group], row = groups, kept.value
    if row.group_id != group.id:
        yield "I3", f"the row names {row.group_id}, the group is {group.id}"
    if services.dead_letters.read(TeamId(saga.team.uuid)):
        yield "I2", "it is still a dead letter"
    if row.status not in (Status.COMPLETE, Status.WAITING):
        yield "I2", f"it rests as {row.status.value} {row.reason} {row.detail[:200]}"
    yield from _people(universe, story, saga, group, row)
    yield from _beside(story, saga, group, row)


def _ended(
    story: Story, saga: Saga, groups: Sequence[Group], row: TeamRow | None
) -> Iterator[tuple[str, str]]:
    """One side is gone: the other is as it was."""
    for what in story.ends.wrong_with(saga, groups, row):
        yield "ends", what
    if row is None or not row.group_id:
        return
    for group in (group for group in groups if group.deleted is None):
        for what in story.marks.wrong_with(story, saga, group, row):
            yield "marks", what


def _beside(story: Story, saga: Saga, group: Group, row: TeamRow) -> Iterator[tuple[str, str]]:
    """What is not about people."""
    for what in wrong_names(story, saga, group, row):
        yield "names", what
    for what in story.marks.wrong_with(story, saga, group, row):
        yield "marks", what
    for what in story.spaces.wrong_with(story, saga, group, row):
        yield "spaces", what
    if wrong := story.ends.wrong_archive(saga, row):
        yield "ends", wrong


def _people(
    universe: Universe, story: Story, saga: Saga, group: Group, row: TeamRow
) -> Iterator[tuple[str, str]]:
    direction = story.plot.directions[universe.firms.index(saga.firm)]
    team = {p.uuid for p in universe.webex.people_of(saga.team)}
    for person in saga.firm.people:
        in_team, in_group = person.uuid in team, person.external_id in group.members
        acts = saga.acts.get(person.uuid, [])
        last = acts[-1] if acts else None
        # What was so before a first look at a team and its group is no change; and what somebody
        # has allowed since is how it is to be.
        holds = story.administrator.holds
        first = holds.first.get(saga.team.uuid, 0.0)
        known = last and last.at > max(first, holds.allowed_at(saga.team.uuid, person))
        # What was read before is done after somebody has undone it: no lease can prevent that.
        known = known and (saga.team.uuid, person.uuid) not in universe.watcher.late
        known = known and not (last and _is_unseen(last, story, saga, group))
        wanted = last.there if last and known and is_clear(acts) else None
        code = _code(row, person)
        if not code and universe.was_left_out(group.id, str(person.external_id)):
            # The last look would have told this of who was added to the group alone, and was not
            # shown them.
            code = "added_in_microsoft"
        rightly = _is_rightly(code, direction, person, in_team, story, saga, group)
        if in_team != in_group and not rightly:
            yield (
                "I2",
                (
                    f"{person.name} is {'' if in_team else 'not '}in the team and"
                    f" {'' if in_group else 'not '}in the group {code}"
                ),
            )
        elif (
            in_team == in_group
            and wanted is not None
            and in_team != wanted
            and _leads(direction, last.side if last else "")
        ):
            yield "I6", f"{person.name} should be {'in' if wanted else 'out'}"
    # Only a member is made an owner; who is missing in the group has been told of above.
    there = {p.external_id for p in universe.webex.moderators_of(saga.team)}
    moderators = there & {*group.members}
    owners = set(group.owners)
    # Who made the team owns the group until a look has seen them moderate.
    wrong = (owners ^ moderators) - {saga.team.creator.external_id}
    wrong -= {p.external_id for p in saga.firm.people if _code(row, p)}
    # A known gap: who was taken out of the members alone goes on owning the group.
    wrong -= {o for o in owners - {*group.members} if _is_out(universe, saga, o)}
    # Who owned a group before it was a team's goes on owning it.
    wrong -= owners & story.connecting.owned_before(group)
    # The version before did not keep who owned the group for moderating the team.
    wrong -= owners if saga.firm.outdated else set()
    # Where nobody but our bot moderates, somebody stands in.
    if not moderators:
        wrong -= {p.external_id for p in saga.firm.people if p.uuid == row.stand_in}
    refused = story.administrator.holds.was_refused
    wrong -= {p.external_id for p in saga.firm.people if refused(saga.team.uuid, p)}
    # Whose ownership somebody took is not made an owner again.
    wrong -= saga.disowned - owners
    if direction is not Direction.GROUP and wrong:
        users = saga.firm.tenant.users
        names = [users[str(o)].display_name for o in wrong]
        yield "I2", f"owners are not who moderates: {', '.join(names)}"


def _is_empty(universe: Universe, saga: Saga) -> bool:
    """Whether none of the organization's people is in the team: its bot at most."""
    inside = {p.uuid for p in universe.webex.people_of(saga.team)}
    return inside.isdisjoint(p.uuid for p in saga.firm.people)


def _is_out(universe: Universe, saga: Saga, account: str) -> bool:
    """Whether whoever carries this account is not in the team."""
    return all(p.external_id != account for p in universe.webex.people_of(saga.team))


def _is_unseen(act: Act, story: Story, saga: Saga, group: Group) -> bool:
    """Of a team that was connected long after people had joined it: whoever is taken out of the new
    group at once may never have been put there, for all that a look has seen."""
    connected = saga.team.uuid in story.connecting.asked
    return connected and act.side == GROUP and act.at - group.created < SEEN


def is_clear(acts: Sequence[Act]) -> bool:
    """Whether the last act says how it is to be: what was done on one side counts in its order, and
    what was done on both is far enough apart."""
    last = acts[-1]
    return all(act.side == last.side or last.at - act.at > APART for act in acts)


def _code(row: TeamRow, person: Person) -> str:
    """What the administrator is told about somebody."""
    account = ObjectId(str(person.external_id))
    return row.listed.get(PersonId(person.uuid)) or row.others.get(account, "")


def _is_rightly(
    code: str,
    direction: Direction,
    person: Person,
    in_team: bool,
    story: Story,
    saga: Saga,
    group: Group,
) -> bool:
    """Whether somebody may stay on one side alone, for the reason that is told."""
    if code == "refused_by_admin":
        return story.administrator.holds.was_refused(saga.team.uuid, person)
    if code == "last_moderator":
        return story.universe.webex.moderators_of(saga.team) == [person]
    if code == "last_owner":
        return group.owners == [person.external_id]
    is_in_team, side = _NOT_FOLLOWED.get(direction, {}).get(code, (None, ""))
    there = in_team if side == TEAM else not in_team
    acts = [act for act in saga.acts.get(person.uuid, ()) if act.side == side]
    return in_team is is_in_team and bool(acts) and acts[-1].there == there


def _leads(direction: Direction, side: str) -> bool:
    return direction is Direction.BOTH or direction.value == {TEAM: "team", GROUP: "group"}.get(
        side
    )

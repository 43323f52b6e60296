"""Which change of a name is followed, and over random histories that it comes to rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

import pytest

from shared.core import naming, times
from shared.core.model import Direction, Name, Names
from shared.core.names import (
    GROUP,
    REFUSED,
    TEAM,
    Verdict,
    agreed,
    born,
    judge,
    refused,
    sending,
)

NOW = 1_790_000_000_000
KNOWN = Names(Name("Alpha"), Name("GRP Alpha"))
HISTORIES = 3_000
MINUTE, HOUR = times.MINUTE, times.HOUR


def said(team: str, group: str, leads: Direction = Direction.BOTH, known: Names = KNOWN) -> Verdict:
    return judge(known, team, group, leads, NOW)


def test_what_a_policy_puts_around_a_name_is_no_change() -> None:
    assert said("Alpha", "GRP Alpha") == Verdict(KNOWN)


def test_a_renamed_team_names_the_group_and_a_renamed_group_the_team() -> None:
    renamed, regrouped = said("Beta", "GRP Alpha"), said("Alpha", "Beta")

    assert (renamed.to, renamed.name) == (GROUP, "Beta")
    assert (regrouped.to, regrouped.name) == (TEAM, "Beta")


@pytest.mark.parametrize("leads", Direction)
def test_of_two_renames_the_teams_counts_unless_the_group_leads(leads: Direction) -> None:
    both = said("Beta", "Gamma", leads)

    led = leads is Direction.GROUP
    assert (both.to, both.name) == ((TEAM, "Gamma") if led else (GROUP, "Beta"))


def test_a_change_on_the_side_that_does_not_lead_is_told_and_forgets_nothing() -> None:
    team_leads = said("Alpha", "Beta", Direction.TEAM)
    group_leads = said("Beta", "GRP Alpha", Direction.GROUP)

    assert team_leads == Verdict(KNOWN, code="name_team_leads")
    assert group_leads == Verdict(KNOWN, code="name_group_leads")


def test_both_called_the_same_by_people_is_nothing_to_do() -> None:
    same = said("Beta", "Beta")

    assert (same.to, same.names.team.last, same.names.group.last) == ("", "Beta", "Beta")


def test_a_read_soon_after_our_own_write_is_not_believed_against_it() -> None:
    written = agreed(sending(KNOWN, GROUP, "Beta", NOW), "Beta", "Beta", NOW)

    early = judge(written, "Beta", "GRP Alpha", Direction.BOTH, NOW + 9 * MINUTE)
    late = judge(written, "Beta", "GRP Alpha", Direction.BOTH, NOW + 10 * MINUTE)

    assert (early.to, early.later) == ("", NOW + 10 * MINUTE)
    assert (late.to, late.name) == (TEAM, "GRP Alpha")


def test_a_rename_right_after_the_group_was_made_is_believed_at_once() -> None:
    new = born("Alpha", "GRP Alpha")

    assert judge(new, "Beta", "GRP Alpha", Direction.BOTH, NOW).name == "Beta"
    assert judge(new, "Alpha", "Beta", Direction.BOTH, NOW).to == TEAM


def test_a_name_whose_answer_was_lost_is_ours_when_it_is_seen() -> None:
    lost = sending(KNOWN, TEAM, "Beta", NOW)

    seen = judge(lost, "Beta", "Beta", Direction.BOTH, NOW + MINUTE)

    assert (seen.to, seen.names.team.last, seen.names.team.sent) == ("", "Beta", "")


def test_a_name_of_ours_that_was_seen_stays_ours_when_another_is_sent_after_it() -> None:
    """The second never arrives; the group's last name is people's, and the team's is not."""
    lost = sending(KNOWN, TEAM, "Beta", NOW)
    seen = judge(lost, "Beta", "Gamma", Direction.BOTH, NOW + MINUTE)
    assert (seen.to, seen.name) == (TEAM, "Gamma")
    again = sending(seen.names, TEAM, "Gamma", NOW + MINUTE)

    later = judge(again, "Beta", "Gamma", Direction.BOTH, NOW + HOUR)

    assert (later.to, later.name) == (TEAM, "Gamma")


def test_a_name_that_may_have_arrived_is_sent_over_when_the_rename_is_taken_back() -> None:
    lost = sending(KNOWN, GROUP, "Beta", NOW)

    back = judge(lost, "Alpha", "GRP Alpha", Direction.BOTH, NOW + MINUTE)

    assert (back.to, back.name) == (GROUP, "GRP Alpha")


def test_what_was_refused_is_not_sent_again_until_somebody_asks() -> None:
    no = refused(KNOWN, TEAM, "Beta")

    quiet = judge(no, "Alpha", "Beta", Direction.BOTH, NOW + HOUR)
    asked = judge(no, "Alpha", "Beta", Direction.BOTH, NOW + HOUR, again=True)
    other = judge(no, "Alpha", "Gamma", Direction.BOTH, NOW + HOUR)
    back = judge(no, "Alpha", "GRP Alpha", Direction.BOTH, NOW + HOUR)

    assert (quiet.to, quiet.code) == ("", REFUSED[TEAM])
    assert (asked.to, other.name) == (TEAM, "Gamma")
    assert (back.code, back.names.team.refused) == ("", "")


def test_a_name_that_could_not_be_read_tells_nothing() -> None:
    assert said("", "Beta") == Verdict(KNOWN, code=None)
    assert said("Beta", "") == Verdict(KNOWN, code=None)


# Random histories: people rename on both sides, reads of the group are behind, answers are lost,
# the worker dies, a policy asks for a prefix and a suffix.


@dataclass
class World:
    """Both names with their past, and the worker's memory of them."""

    draw: Random
    leads: Direction
    writable: bool
    prefix: str
    suffix: str
    lag: int
    now: int = NOW
    team: list[tuple[int, str]] = field(default_factory=lambda: [(NOW - HOUR, "Alpha")])
    group: list[tuple[int, str]] = field(default_factory=list)
    known: Names = field(default_factory=Names)
    code: str = ""
    people: dict[str, tuple[int, str]] = field(default_factory=dict)
    writes: Counter[str] = field(default_factory=Counter)
    calm: bool = False

    def __post_init__(self) -> None:
        named = f"{self.prefix}Alpha{self.suffix}"
        self.group.append((NOW - HOUR, named))
        self.known = born("Alpha", named)

    def rename(self, side: str, name: str) -> None:
        past = self.team if side == TEAM else self.group
        past.append((self.now, name))
        self.people[side] = (self.now, name)

    def seen(self, side: str) -> str:
        past = self.team if side == TEAM else self.group
        behind = self.draw.uniform(0, self.lag) if side == GROUP else 0
        return next(name for at, name in reversed(past) if at <= self.now - behind or at < NOW)

    def look(self) -> int | None:
        verdict = judge(
            self.known, team := self.seen(TEAM), group := self.seen(GROUP), self.leads, self.now
        )
        self.known = verdict.names
        if verdict.code is not None:
            self.code = verdict.code
        if not verdict.to:
            return verdict.later
        if verdict.to == TEAM and not self.writable:
            self.known, self.code = refused(self.known, TEAM, verdict.name), REFUSED[TEAM]
            return None
        name = self._made(verdict)
        self.known = sending(self.known, verdict.to, name, self.now)
        luck = 1.0 if self.calm else self.draw.random()
        if luck < 0.15:
            return self.now + MINUTE
        (self.team if verdict.to == TEAM else self.group).append((self.now, name))
        self.writes[verdict.to] += 1
        if luck < 0.3:
            return self.now + MINUTE
        pair = (name, group) if verdict.to == TEAM else (team, name)
        self.known = agreed(self.known, *pair, self.now)
        return None

    def _made(self, verdict: Verdict) -> str:
        if verdict.to == TEAM:
            return verdict.name
        name = verdict.name
        name = name if name.startswith(self.prefix) else self.prefix + name
        return naming.fit_policy(
            name if name.endswith(self.suffix) else name + self.suffix, verdict.name
        )

    def rest(self) -> int:
        """Looks until nothing is due, as the worker would; how many there were."""
        self.calm = True
        for number in range(40):
            self.now += MINUTE if number else 11 * MINUTE
            later = self.look()
            sent = self.known.team.sent or self.known.group.sent
            if later is None and not sent:
                return number + 1
            self.now = max(self.now, later or 0)
        raise AssertionError("it never rests")


def play(seed: int) -> World:
    draw = Random(seed)
    world = World(
        draw,
        draw.choice(list(Direction)),
        draw.random() < 0.6,
        draw.choice(("", "", "GRP ", "Ö-")),
        draw.choice(("", "", " (Webex)")),
        draw.choice((0, MINUTE, times.REPLICAS_APART - 1)),
    )
    for number in range(draw.randint(1, 6)):
        world.now += round(draw.choice((5, 60, 600, 7200)) * 1000 * draw.random())
        name = draw.choice((f"Name {number}", f"Name {number}  wide", "Alpha", "N" * 200))
        world.rename(draw.choice((TEAM, GROUP)), name)
        for _ in range(draw.randint(0, 3)):
            world.now += round(draw.uniform(5_000, 120_000))
            world.look()
    world.rest()
    return world


def judged(world: World) -> str:
    """What is wrong with how it rests, "" for nothing."""
    team, group = world.team[-1][1], world.group[-1][1]
    known = world.known
    made = world._made(Verdict(known, GROUP, naming.display_name(team)))
    alike = team == naming.display_name(group) or group in (made, naming.display_name(team))
    if not world.code:
        if not alike:
            return "they differ and nobody is told"
        return "" if (known.team.last, known.group.last) == (team, group) else "remembered wrongly"
    allowed = {
        Direction.BOTH: {"team_not_renamed"},
        Direction.GROUP: {"team_not_renamed", "name_group_leads"},
        Direction.TEAM: {"name_team_leads"},
    }[world.leads]
    if world.code not in allowed or (world.code == "team_not_renamed" and world.writable):
        return f"{world.code} is told without a reason"
    return "" if not alike else f"{world.code} is told of names that agree"


def test_whatever_happens_the_names_agree_at_rest_or_somebody_is_told() -> None:
    counts: Counter[str] = Counter()
    for seed in range(HISTORIES):
        world = play(seed)
        wrong = judged(world)
        assert not wrong, f"seed {seed}: {wrong}: {world.team[-1]} {world.group[-1]} {world.known}"
        counts += world.writes + Counter([world.code or "agreed"])
        writes = Counter(world.writes)
        for _ in range(20):
            world.now += times.DAY
            assert world.look() is None
        assert world.writes == writes, f"seed {seed}: it writes though nobody has renamed anything"

    assert all(counts[each] > HISTORIES // 40 for each in (TEAM, GROUP, "agreed"))
    assert all(counts[each] for each in ("team_not_renamed", "name_group_leads", "name_team_leads"))


@pytest.mark.parametrize("leads", Direction)
@pytest.mark.parametrize("behind", [0, 5 * MINUTE])
def test_two_renames_within_one_look_come_to_the_same_whichever_was_first(
    leads: Direction, behind: int
) -> None:
    for seed in range(200):
        ends = set()
        for first, second in ((TEAM, GROUP), (GROUP, TEAM)):
            world = World(Random(seed), leads, True, "GRP ", "", behind)
            world.calm = True
            world.rename(first, f"By {first}")
            world.now += 10_000
            world.rename(second, f"By {second}")
            world.now += 10_000
            world.look()
            world.rest()
            ends.add((world.team[-1][1], world.group[-1][1]))

        led = leads is Direction.GROUP
        assert ends == {("By group", "By group") if led else ("By team", "GRP By team")}

"""One seed, one run: build, hurt, rest, judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from sandbox.microsoft.timeline import Change
from simulation.chaos import Mix
from simulation.hosts import Hosts
from simulation.presence import Violation
from simulation.promises import Promises
from simulation.story import Plot, Story
from simulation.universe import START, Firm, Universe
from simulation.upsets import Upsets, Upsetting
from simulation.verdict import is_clear, judge

# It rests when nothing is due within this; a longer wait is for a person, or the weekly look.
RESTS = 3600.0 * 20
# Looks in a row after the last fault that no history needs.
ROUNDS = 400
GROWING = 450.0
# Seconds from the end of all trouble to the last effect. A quarter of an hour is the age of a
# contradiction: so long a write of which nothing was heard is believed.
RESTED = 1200.0
# So much longer for a team whose group has lost everybody: a read that shows nobody is believed the
# seventh time.
EMPTIED = 1200.0
# After an outage and nothing else; and the share of seeds that are so.
RECOVERED = 900.0
ALONE = 0.08
# Of all calls, so many may fail and so many may be a process's last before anything is given up.
# Calls to storage are not repeated here as the SDK does it: this is as harsh as far more. A death
# takes all looks of its process along, and five looks in a row that come to nothing are what giving
# up waits for: of some thirty calls in each, one in fifty that fails comes to that now and then.
LITTLE, DEATHS = 0.01, 0.001
DAY = 86400.0
# Seconds of the weekly look in which things go wrong.
WEEKLY = 300.0


@dataclass(frozen=True)
class Outcome:
    """What one seed came to. rested: seconds from the end of the trouble to the last change.
    recovered: where an outage was all the trouble, seconds from its end, or from what people did
    after that, to the last change; else None. Who undoes what we have written before we see it is
    believed when no replica can be to blame, outage or not, and does not count; nor does whom
    people have moved on both sides, one soon after the other."""

    seed: int
    violations: tuple[Violation, ...]
    counts: Counter[str]
    digest: int
    rested: float
    ios: int
    lines: tuple[str, ...] = ()
    recovered: float | None = None

    def broken(self, promise: str, what: str) -> Outcome:
        """With another violation."""
        return replace(self, violations=(*self.violations, Violation(promise, 0.0, what)))


def play(seed: int, *, over_ports: bool, sweep: bool = False, keep: bool = False) -> Outcome:
    """Run one seed. keep: with its whole trace."""
    run = Run(seed, over_ports)
    universe = run.universe
    run.begin()
    run.live()
    rested, recovered = run.come_back()
    _judge_giving_up(universe, run.plot)
    run.upsetting.count()
    _let_days_pass(universe, run.hosts, run.story, sweep=sweep)
    judge(run.story)
    universe.close()
    return Outcome(
        seed,
        tuple(universe.watcher.violations),
        universe.chaos.counts + universe.watcher.ours,
        universe.scheduler.digest,
        rested,
        universe.chaos.ios,
        tuple(_told(line) for line in universe.scheduler.trace) if keep else (),
        recovered,
    )


class Run:
    """Everything of one seed, and its three parts.

    emptied: teams whose group has lost everybody.
    """

    def __init__(self, seed: int, over_ports: bool) -> None:
        self._draw = Random(f"plot {seed}")
        plot, self.outage = Plot.drawn(self._draw), _drawn_outage(seed)
        if self.outage:
            plot = replace(plot, outage=self.outage, switches_press=False)
        self.plot = plot
        self.universe = Universe(seed, over_ports=over_ports, firms=plot.firms)
        Promises(self.universe)
        self.emptied: set[str] = set()
        self.universe.watcher.on_group.append(self._group_changed)
        self.hosts = Hosts(self.universe, skip_idle=True)
        post = partial(self.hosts.post, genuine=False)
        self.story = Story(self.universe, plot, post, self.hosts.replay)
        if self.outage:
            self.story.ends.blind = False
            self.story.spaces.troubles = False
        upsets = Upsets() if self.outage else Upsets.drawn(seed)
        self.upsetting = Upsetting(self.universe, self.story, upsets)

    def begin(self) -> None:
        """The product is set up and On, and teams are made; some have grown before trouble."""
        universe = self.universe
        self.story.begin()
        self.upsetting.part_sign_ins()
        self.hosts.start()
        self.story.found_teams()
        universe.chaos.mix = Mix.drawn(self._draw)
        if self.outage:
            universe.chaos.mix = Mix()
            universe.webex.switches.lose = 0.0
        if self.plot.grown:
            universe.scheduler.run(universe.scheduler.at + GROWING)
            rest(universe, self.hosts, self.story)
            self.upsetting.before_life()

    def live(self) -> None:
        """People act, and everything goes wrong, until nothing does any more."""
        scheduler, chaos = self.universe.scheduler, self.universe.chaos
        chaos.calm = False
        self.story.live()
        self.upsetting.live()
        if self.story.administrator.attentive:
            scheduler.spawn(self.story.administrator.go_round, "administrator")
        scheduler.run(scheduler.at + self.plot.length + 60.0)
        self._up = chaos.outages.get(self.outage, 0.0)
        scheduler.run(max(scheduler.at, self._up))
        chaos.calm = True
        chaos.outages.clear()
        self.universe.webex.switches.lose = 0.0

    def come_back(self) -> tuple[float, float | None]:
        """Until all is at rest. How long that took: `rested` and `recovered` of the outcome."""
        universe, story = self.universe, self.story
        over = universe.scheduler.at
        others = (self.upsetting, story.ends, story.marks, story.spaces, story.connecting)
        while story.administrator.pressing or any(other.under_way for other in others):
            universe.scheduler.run(universe.scheduler.at + 30.0)
        rest(universe, self.hosts, story)
        over = max(over, *(other.over for other in others))
        rested = max(0.0, _rested(universe, story, over))
        emptied = {each for each in universe.watcher.last_effects if each[0] in self.emptied}
        if rested > RESTED + EMPTIED or _rested(universe, story, over, emptied) > RESTED:
            universe.watcher.broken("coming back", f"it took {rested:.0f} s")
        return rested, self._recovered() if self.outage else None

    def _group_changed(self, firm: Firm, change: Change) -> None:
        group = firm.tenant.groups[change.group]
        if change.what == "members" and not group.members:
            self.emptied.add(self.universe.watcher.team_of(group))

    def _recovered(self) -> float:
        universe = self.universe
        universe.chaos.counts["outage alone"] += 1
        over = max(self._up, universe.watcher.last_act)
        unclear = {
            (saga.team.uuid, who)
            for saga in self.story.sagas
            for who, acts in saga.acts.items()
            if not is_clear(acts)
        }
        but = universe.watcher.undone | unclear
        recovered = max(0.0, _rested(universe, self.story, over, but))
        if recovered > RECOVERED:
            what = f"{self.outage} was back, it took {recovered:.0f} s"
            universe.watcher.broken("coming back", what)
        return recovered


def _drawn_outage(seed: int) -> str:
    """What is down in this seed while nothing else goes wrong; "" for a seed of any other kind."""
    draw = Random(f"outage {seed}")
    return draw.choice(("webex", "graph", "storage")) if draw.random() < ALONE else ""


def rest(universe: Universe, hosts: Hosts, story: Story) -> None:
    """Until nothing is due for a long time; administrators see to what waits for them."""
    scheduler = universe.scheduler
    for _ in range(ROUNDS):
        scheduler.run(scheduler.at + 40.0)
        seen_to = story.administrator.see_to_everything()
        if hosts.is_busy() or universe.webex.postman.outbox:
            continue
        if universe.is_waking or universe.reads_again:
            continue
        heard = universe.watcher.last_change + universe.hearing
        if scheduler.at < heard or any(universe.heard_until(f) < heard for f in universe.firms):
            continue
        if seen_to:
            continue
        due, decision = universe.next_work(), story.administrator.returns_at
        if decision is None and (due is None or due > scheduler.at + RESTS):
            return
        scheduler.at = max(scheduler.at, min(m for m in (due, decision) if m is not None))
    universe.watcher.broken("I11", "it never rests")


def _let_days_pass(universe: Universe, hosts: Hosts, story: Story, *, sweep: bool) -> None:
    """sweep: until the weekly look. A team's new name is found within a day; after another one
    nothing is left to do."""
    for days in [8] * sweep + [1, 1] * story.renames.drawn:
        whole = days > 1 and story.spaces.drawn
        if whole:
            story.spaces.before_the_week(story)
        universe.scheduler.at += days * DAY
        if whole and story.spaces.troubles:
            _hurt(universe)
        rest(universe, hosts, story)


def _hurt(universe: Universe) -> None:
    """What is found weekly meets what goes wrong, too."""
    chaos, scheduler = universe.chaos, universe.scheduler
    chaos.calm = False
    scheduler.run(scheduler.at + WEEKLY)
    chaos.calm = True


def _rested(
    universe: Universe, story: Story, over: float, but: Collection[tuple[str, str]] = ()
) -> float:
    """Seconds to the last effect, from the end of the trouble or from what was allowed after it.
    but: people of teams, what is done about whom does not count."""
    decided = story.administrator.decided
    return max(
        (
            at - max(over, decided.get(team, 0.0))
            for (team, who), at in universe.watcher.last_effects.items()
            if (team, who) not in but
        ),
        default=0.0,
    )


def _judge_giving_up(universe: Universe, plot: Plot) -> None:
    """Where little goes wrong nothing is given up."""
    mix, chaos, watcher = universe.chaos.mix, universe.chaos, universe.watcher
    # Who is frozen for longer than a lease is as good as dead.
    deaths = mix.dies_before + mix.dies_after + mix.frozen
    if plot.outage or _share(mix) > LITTLE or deaths > DEATHS:
        return
    given_up, poison = watcher.ours["given up"], chaos.counts["poison"]
    if given_up or poison:
        watcher.broken("given up too soon", f"{given_up} teams, {poison} messages")


def _share(mix: Mix) -> float:
    """Of calls that fail."""
    return mix.refused + mix.lost + mix.throttled + mix.slow


def _told(line: tuple[float, str, str]) -> str:
    at, who, text = line
    seconds = at - START
    minutes = int(seconds // 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds % 60:06.3f} {who:<14} {text}"

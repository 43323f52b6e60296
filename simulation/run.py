"""One seed, one run: build, hurt, rest, judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from simulation.chaos import Mix
from simulation.hosts import Hosts
from simulation.promises import Promises
from simulation.story import Plot, Story
from simulation.universe import START, Universe
from simulation.verdict import judge
from simulation.watcher import Violation

# It rests when nothing is due within this; a longer wait is for a person, or the weekly look.
RESTS = 3600.0 * 20
# Looks in a row after the last fault that no history needs.
ROUNDS = 400
GROWING = 450.0
# Seconds from the end of all trouble to the last effect. A quarter of an hour is the age of a
# contradiction: so long a write of which nothing was heard is believed.
RESTED = 1200.0
# After an outage and nothing else; and the share of seeds that are so.
RECOVERED = 900.0
ALONE = 0.08
# Of all calls, so many may fail and so many may be a process's last before anything is given up.
# Calls to storage are not repeated here as the SDK does it: this is as harsh as far more.
LITTLE, DEATHS = 0.025, 0.005
DAY = 86400.0


@dataclass(frozen=True)
class Outcome:
    """What one seed came to. rested: seconds from the end of the trouble to the last change.
    recovered: where an outage was all the trouble, seconds from its end, or from what people did
    after that, to the last change; else None. Who undoes what we have written before we see it is
    believed when no replica can be to blame, outage or not, and does not count."""

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
    draw = Random(f"plot {seed}")
    plot, outage = Plot.drawn(draw), _drawn_outage(seed)
    if outage:
        plot = replace(plot, outage=outage, switches_press=False)
    universe = Universe(seed, over_ports=over_ports, firms=plot.firms)
    Promises(universe)
    hosts = Hosts(universe, skip_idle=True)
    story = Story(universe, plot, partial(hosts.post, genuine=False), hosts.replay)
    story.begin()
    hosts.start()
    story.found_teams()
    universe.chaos.mix = Mix.drawn(draw)
    if outage:
        universe.chaos.mix = Mix()
        universe.webex.switches.lose = 0.0
    scheduler = universe.scheduler
    if plot.grown:
        scheduler.run(scheduler.at + GROWING)
        rest(universe, hosts, story)
    universe.chaos.calm = False
    story.live()
    if story.administrator.attentive:
        scheduler.spawn(story.administrator.go_round, "administrator")
    scheduler.run(scheduler.at + plot.length + 60.0)
    up = universe.chaos.outages.get(outage, 0.0)
    scheduler.run(max(scheduler.at, up))
    universe.chaos.calm = True
    universe.chaos.outages.clear()
    universe.webex.switches.lose = 0.0
    over = scheduler.at
    while story.administrator.pressing:
        scheduler.run(scheduler.at + 30.0)
    rest(universe, hosts, story)
    rested = max(0.0, _rested(universe, story, over))
    if rested > RESTED:
        universe.watcher.broken("coming back", f"it took {rested:.0f} s")
    recovered = None
    if outage:
        universe.chaos.counts["outage alone"] += 1
        over = max(up, universe.watcher.last_act)
        recovered = max(0.0, _rested(universe, story, over, universe.watcher.undone))
        if recovered > RECOVERED:
            universe.watcher.broken("coming back", f"{outage} was back, it took {recovered:.0f} s")
    _judge_giving_up(universe, plot)
    if sweep:
        scheduler.at += 8 * DAY
        rest(universe, hosts, story)
    judge(story)
    universe.close()
    return Outcome(
        seed,
        tuple(universe.watcher.violations),
        universe.chaos.counts + universe.watcher.ours,
        scheduler.digest,
        rested,
        universe.chaos.ios,
        tuple(_told(line) for line in scheduler.trace) if keep else (),
        recovered,
    )


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
        if hosts.is_busy() or universe.is_waking or universe.webex.postman.outbox:
            continue
        heard = universe.watcher.last_change + universe.hearing
        if scheduler.at < heard or any(universe.heard_until(f) < heard for f in universe.firms):
            continue
        if seen_to:
            continue
        due, decision = universe.next_due(), story.administrator.returns_at
        if decision is None and (due is None or due > scheduler.at + RESTS):
            return
        scheduler.at = max(scheduler.at, min(m for m in (due, decision) if m is not None))
    universe.watcher.broken("I11", "it never rests")


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
    if plot.outage or _share(mix) > LITTLE or mix.dies_before + mix.dies_after > DEATHS:
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

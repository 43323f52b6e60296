"""Throttled at each call and at every fifth, and answers lost after their effect: ours and peers.

Ours runs whole in virtual time; the peers, who sleep by themselves, over HTTP in real time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench import peers
from bench.peers import PEERS, Run
from bench.slow import SlowStage, fault
from bench.table import Chart, Goal, Wide
from bench.world import World, serving
from sandbox.kit import Call, Cloud

THROTTLE, LOST = "throttle", "lost"
EVERY = 5
SIZE, QUICK = 500, 20
PATIENCE = 900
ATTEMPTS = 5
Strike = Callable[[SlowStage], None]
OURS = (
    "Everybody known; Retry-After is one second. Seconds are from the team's creation to its"
    " complete group, in virtual",
    "time at 35 ms a call, with what ours lets pass on purpose and with its timer's ten.",
)
BESIDE = (
    "Ours in virtual time, and without help: the next look is its own. The peers' seconds are those"
    " of their work; a peer",
    f"that fails is begun anew, {ATTEMPTS} times at most.",
)


@dataclass(frozen=True)
class Story:
    """What became of one team. seconds: until complete. early: calls that came too soon."""

    wrong: str
    seconds: float
    graph: int
    webex: int
    positions: tuple[int, int]
    told: float
    early: int


def measure(storage: str, *, quick: bool = False) -> Iterator[Wide]:
    yield throttled(QUICK if quick else SIZE)
    if not quick:
        with serving(storage) as world:
            yield beside(world)


def tell(size: int, strike: Strike = lambda stage: None) -> Story:
    """A new team of so many known people, with what `strike` does to the clouds."""
    stage = SlowStage()
    # What the first look of all asks for all teams is asked already.
    stage.known_team(2)
    stage.run(60)
    graph, webex = len(stage.microsoft.graph.log), len(stage.webex.log)
    team, _ = stage.known_team(size)
    began = stage.clock.now()
    strike(stage)
    while stage.wrong(team) and stage.clock.now() < began + PATIENCE:
        stage.run(1)
    calls = stage.calls(graph, webex)
    writes = [c.at for c in calls if c.cloud != "webex" and c.method != "GET"]
    refused = [c for c in calls if c.status == 429]
    return Story(
        stage.wrong(team),
        max(writes, default=began + PATIENCE) - began,
        len([c for c in calls if c.cloud != "webex" and not c.inner]),
        len([c for c in calls if c.cloud == "webex"]),
        (
            len([c for c in calls if c.cloud != "webex"]),
            len([c for c in calls if c.cloud == "webex"]),
        ),
        float(len(refused)),
        sum(_is_early(call, calls) for call in refused),
    )


def _is_early(refused: Call, calls: Iterable[Call]) -> bool:
    """Whether the same was asked again before its second was over."""
    return any(
        c.method == refused.method
        and c.path == refused.path
        and c.cloud == refused.cloud
        and refused.at < c.at < refused.at + 0.999
        for c in calls
    )


def at_each(size: int, kind: str, clean: Story) -> list[Story]:
    """One story for each call of either cloud."""
    graph, webex = clean.positions

    def one(of: Callable[[SlowStage], Cloud], at: int) -> Story:
        return tell(size, lambda stage: of(stage).faults.append(fault(kind, at=at)))

    return [
        *(one(lambda stage: stage.microsoft.graph, at) for at in range(1, graph + 1)),
        *(one(lambda stage: stage.webex, at) for at in range(1, webex + 1)),
    ]


def every_fifth(size: int, kind: str) -> Story:
    def strike(stage: SlowStage) -> None:
        for cloud in (stage.microsoft.graph, stage.webex):
            cloud.faults.append(fault(kind, every=EVERY))

    return tell(size, strike)


def throttled(size: int) -> Wide:
    """Ours alone."""
    clean = tell(size)
    each, lost = at_each(size, THROTTLE, clean), at_each(size, LOST, clean)
    fifth, fifth_lost = every_fifth(size, THROTTLE), every_fifth(size, LOST)
    rows = [
        _row("nothing goes wrong", [clean]),
        _row(f"429 at each of {len(each)} calls in turn", each),
        _row(f"429 at every {EVERY}th call", [fifth]),
        _row(f"answer lost at each of {len(lost)} calls in turn", lost),
        _row(f"answer lost at every {EVERY}th call", [fifth_lost]),
    ]
    slow = [story for story in (*each, fifth) if story.seconds > _limit(clean, story)]
    early = sum(story.early for story in (*each, fifth))
    wrong = [story.wrong for story in (*each, *lost, fifth, fifth_lost) if story.wrong]
    worst = max((s.seconds - _limit(clean, s) for s in slow), default=0.0)
    return Wide(
        f"A new team of {size} under faults, ours, virtual time",
        ("", "runs", "right", "seconds at most", "429 at most", "asked too early"),
        rows,
        OURS,
        [
            Goal(
                f"429 at each of {len(each)} calls in turn and at every {EVERY}th, {size} people",
                "complete, <= clean + 1.2 x sum of Retry-After, nothing early",
                f"{len(wrong)} incomplete, {len(slow)} of {len(each) + 1} slower"
                f"{f' (by {worst:.0f} s at most)' if slow else ''}, {early} early",
                not wrong and not slow and not early,
                "a write that is refused is not waited out in the call: the team is due again, and"
                " the timer that finds it runs every ten seconds",
            ),
            Goal(
                f"answers lost at each of {len(lost)} calls in turn and at every {EVERY}th",
                "one group, complete",
                f"{len(wrong)} wrong of {len(lost) + 1}",
                not wrong,
            ),
        ],
        [
            Chart(
                "faults",
                f"Seconds to a complete group of {size} people",
                "seconds, at most, 35 ms a call",
                ("seconds",),
                [(row[0], [float(row[3])]) for row in rows],
            )
        ],
        wrong=bool(wrong),
    )


def _limit(clean: Story, story: Story) -> float:
    """Rounded up by what the clock's step can add."""
    return clean.seconds + 1.2 * story.told + 0.5


def _row(what: str, stories: Sequence[Story]) -> tuple[str, ...]:
    wrong = sorted({story.wrong for story in stories if story.wrong})
    return (
        f"WRONG ({'; '.join(wrong)}): {what}" if wrong else what,
        str(len(stories)),
        str(sum(not story.wrong for story in stories)),
        f"{max(story.seconds for story in stories):.1f}",
        f"{max(story.told for story in stories):.0f}",
        str(sum(story.early for story in stories)),
    )


def beside(world: World) -> Wide:
    """The peers: every fifth call with 50 people, each call in turn with 5."""
    rows = [_our_row()]
    for side in PEERS:
        throttle, lost = (
            peers.theirs(
                world, side, 50, known=True, attempts=ATTEMPTS, faults=_struck(world, kind, EVERY)
            )
            for kind in (THROTTLE, LOST)
        )
        _heal(world)
        each = [_in_turn(world, side, kind) for kind in (THROTTLE, LOST)]
        wrong = throttle.wrong or lost.wrong or any(run.wrong for runs in each for run in runs)
        rows.append(
            (
                f"WRONG (see right): {side}" if wrong else side,
                f"{throttle.wrong or 'right'}, {throttle.wall:.0f} s",
                f"{lost.wrong or 'right'}, begun {min(ATTEMPTS, 1 + len(lost.errors))} times",
                *(f"{sum(not run.wrong for run in runs)} of {len(runs)}" for runs in each),
            )
        )
    return Wide(
        "The same beside the peers",
        (
            "",
            f"50 people, 429 at every {EVERY}th",
            f"50 people, lost at every {EVERY}th",
            "5 people, 429 at each call: right",
            "5 people, lost at each call: right",
        ),
        rows,
        BESIDE,
    )


def _our_row() -> tuple[str, ...]:
    throttle, lost = (every_fifth(50, kind) for kind in (THROTTLE, LOST))
    clean = tell(5)
    each = [at_each(5, kind, clean) for kind in (THROTTLE, LOST)]
    wrong = throttle.wrong or lost.wrong or any(s.wrong for stories in each for s in stories)
    return (
        "WRONG (see right): ours" if wrong else "ours",
        f"{throttle.wrong or 'right'}, {throttle.seconds:.0f} s from creation",
        f"{lost.wrong or 'right'}, {lost.seconds:.0f} s from creation",
        *(f"{sum(not s.wrong for s in stories)} of {len(stories)}" for stories in each),
    )


def _in_turn(world: World, side: str, kind: str) -> list[Run]:
    """A team of five for each call that a clean run makes."""
    clean = peers.theirs(world, side, 5, known=True)
    runs = []
    for cloud, number in (
        (world.clouds.microsoft.graph, clean.counts.graph),
        (world.clouds.webex, clean.counts.webex),
    ):
        for at in range(1, number + 1):

            def strike(cloud: Cloud = cloud, at: int = at) -> None:
                cloud.faults[:] = [fault(kind, at=at)]

            found = peers.theirs(world, side, 5, known=True, attempts=ATTEMPTS, faults=strike)
            runs.append(found)
            _heal(world)
    return runs


def _struck(world: World, kind: str, every: int) -> Callable[[], None]:
    def strike() -> None:
        for cloud in (world.clouds.microsoft.graph, world.clouds.webex):
            cloud.faults[:] = [fault(kind, every=every)]

    return strike


def _heal(world: World) -> None:
    for cloud in (world.clouds.microsoft.graph, world.clouds.webex):
        cloud.faults.clear()

"""The journey: which scene is played when, and what is said at the end."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from sandbox.console import spells
from sandbox.demo import connect, crowd, ends
from sandbox.demo.ends import ENDS, End
from sandbox.demo.life import CHANGES, Change, live
from sandbox.demo.pages import People
from sandbox.demo.refusals import (
    check_untouched,
    forge,
    join_team_from_before,
    make_team_from_before,
    play_off,
)
from sandbox.demo.scenes import Line, Playing, Scene, playing
from sandbox.demo.stage import Stage, stage
from sandbox.demo.table import table
from sandbox.supervise import Steps

# The first of 500 makes the people known: 500 look-ups at 300 a minute. The second has it easy.
SMALL = (
    Scene("5 people, by webhook", 5, 1.0, 120),
    Scene("5 people, by events alone", 5, 1.0, 120, heard=False),
    Scene("5 people, delivered twice", 5, 1.0, 120, doubled=True),
    Scene("9 people, by webhook, 6 with problems", 9, 0.5, 240, problems=True),
    Scene("50 people, by webhook, 6 with problems", 50, 0.3, 180, problems=True),
    Scene("50 people, by events alone", 50, 0.3, 180, heard=False),
)
LARGE_BY_WEBHOOK = Scene("500 people, by webhook", 500, 0.05, 300)
LARGE_BY_EVENTS = Scene("500 people, by events alone", 500, 0.05, 300, heard=False)
THROTTLED_BY_GRAPH = Scene("20 people, Graph throttles", 20, 0.2, 180)
THROTTLED_BY_WEBEX = Scene("20 people, Webex throttles", 20, 0.2, 180)
SPELL_SECONDS = 25.0


def run_demo(say: Steps) -> int:
    """0 if everything is right, 1 if not."""
    folder = Path(tempfile.mkdtemp(prefix="demo-"))
    ok = False
    try:
        with stage(folder, say) as here:
            lines = _play_all(here, say)
            total = here.tally.all()
            throttled = {c: here.tally.answered(c, 429) for c in ("webex", "graph")}
        ok = not any(line.wrong for line in lines)
        print(f"\n{table(lines)}\n", flush=True)
        print(
            f"In all: {total.webex} Webex requests ({throttled['webex']} throttled),"
            f" {total.graph} Graph requests ({throttled['graph']} throttled),"
            f" {total.writes} directory writes."
        )
        say("Everything is right." if ok else "Something is wrong: see the table.")
    finally:
        if ok:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"Logs are kept in {folder / 'logs'}")
    return 0 if ok else 1


def _play_all(here: Stage, say: Steps) -> list[Line]:
    from_before, to_connect = make_team_from_before(here, say), connect.make(here, say)
    time.sleep(1.5)  # Webex's clock has whole seconds; the team must be older than the switch
    people = People(here, say)
    ends.ask_for_files(here)
    steps = people.set_up()
    if any(step.wrong for step in steps):
        return steps
    ends.choose(here)
    time.sleep(1)
    # Nobody is removed before a team has settled, five minutes after it was seen: these begin first
    # and come to their end last, and all else is played meanwhile.
    leaving = Playing("many leave", lambda: crowd.gather_and_leave(here, say))
    lives = [_living(here, change, say) for change in CHANGES]
    ending = [_ending(here, what, people, say) for what in ENDS]
    connecting = Playing(connect.NAME, lambda: connect.connect(here, to_connect, people, say))
    small = [playing(here, scene, say) for scene in SMALL]
    forged = forge(here, say)
    join_team_from_before(here, from_before, say)
    large = playing(here, LARGE_BY_WEBHOOK, say)
    lines = [*steps, forged, *(scene.end() for scene in small), large.end()]
    lines += _throttle(here, say)
    lines += [each.end() for each in (*ending, connecting)]
    off, made_while_off = play_off(here, people, say)
    lines.append(off)
    left = leaving.end()
    held, allowed = crowd.hold(here, left, say), crowd.release(here, left, people, say)
    lines += [*(life.end() for life in lives), held, allowed]
    return [*lines, *(check_untouched(here, team) for team in (from_before, made_while_off))]


def _living(here: Stage, change: Change, say: Steps) -> Playing[Line]:
    return Playing(change.name, lambda: live(here, change, say))


def _ending(here: Stage, what: End, people: People, say: Steps) -> Playing[Line]:
    return Playing(what.name, lambda: ends.end(here, what, people, say))


def _throttle(here: Stage, say: Steps) -> list[Line]:
    """The second team of 500, while each cloud in turn will not answer for a while."""
    large = playing(here, LARGE_BY_EVENTS, say)
    clouds = here.clouds
    lines: list[Line] = []
    for cloud, scene in (
        (clouds.microsoft.graph, THROTTLED_BY_GRAPH),
        (clouds.webex, THROTTLED_BY_WEBEX),
    ):
        spells.throttle(cloud, SPELL_SECONDS)
        say(f"For {SPELL_SECONDS:g} s {cloud.name} answers 429 to everything")
        before = here.tally.answered(cloud.name, 429)
        line = playing(here, scene, say).end()
        if here.tally.answered(cloud.name, 429) == before:
            line.wrong.append("nothing was throttled")
        lines.append(line)
    return [large.end(), *lines]

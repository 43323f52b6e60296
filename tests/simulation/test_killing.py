"""Real processes, killed with SIGKILL: after whatever they died of, both sides agree again."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests

from sandbox.clouds.server import Server
from sandbox.kit import Request, Response
from sandbox.process import Child
from sandbox.storage import ROOT
from simulation.killing.ground import Ground
from simulation.killing.hurry import SPEED, HurriedClock
from simulation.killing.rounds import Rounds, play
from simulation.killing.wire import Trap, Wires

THREE, SEED_OF_THREE = 3, 4
FIFTY, SEED_OF_FIFTY = 50, 1


def test_three_deaths_break_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    outcome, ground = play(tmp_path, THREE, SEED_OF_THREE, told.append)

    assert outcome.violations == [], "\n".join(told)
    assert (len(outcome.kills), ground.hosts) == (THREE, THREE + 1)
    assert ground.witness.ours["group"] >= 1


@pytest.mark.slow
def test_fifty_deaths_break_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    outcome, ground = play(tmp_path, FIFTY, SEED_OF_FIFTY, told.append)

    assert outcome.violations == [], "\n".join(told)
    assert (len(outcome.kills), ground.hosts) == (FIFTY, FIFTY + 1)
    died_at = [where for where in outcome.kills if where.startswith(("before ", "after "))]
    assert len(died_at) > FIFTY / 3
    assert outcome.resets >= 5
    for what in ("group", "group added", "group removed", "team added"):
        assert ground.witness.ours[what] >= 1, what


def test_nothing_is_left_when_whoever_kills_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulation.killing", f"--logs={tmp_path}"]
    child = Child(command, cwd=ROOT)
    try:
        eventually(lambda: "round 1:" in child.log() or child.exit_code is not None, 90)
        children = children_of(child.pid)
        os.kill(child.pid, signal.SIGKILL)

        assert len(children) == 2
        assert eventually(lambda: not children & {pid for pid, _ in processes()}, 20)
    finally:
        child.stop()


# The checker


def test_a_team_without_its_group_and_a_token_in_a_log_are_violations(tmp_path: Path) -> None:
    with Ground(tmp_path) as ground:
        rounds = Rounds(ground, 1, lambda _: None)
        rounds.act(1, Random(1), "found")
        token = next(iter(ground.clouds.webex.world.tokens))
        (tmp_path / "host-1.log").write_text(f"Authorization: Bearer {token}\n")
        rounds.judge()
        found = [str(v) for v in ground.witness.violations]

    assert found == [
        "I2: Team 1: 0 groups, no row",
        f"I10: {token[:4]}… stands in a row, a line or a message",
    ]


def test_whoever_is_moved_without_a_reason_is_a_violation(tmp_path: Path) -> None:
    with Ground(tmp_path) as ground:
        webex, tenant = ground.clouds.webex, ground.clouds.tenant
        creator, member, stranger = ground.firm.people[:3]
        accounts = [str(p.external_id) for p in (creator, member)]
        team = webex.create_team(creator, "Ours")
        webex.add_member(team, member)
        ground.clock.skip(3600.0)

        def as_the_app() -> None:
            name = f"webex-team-{team.uuid}"
            owners = accounts[:1]
            group = tenant.add_group(
                "Ours", "ours", owners=owners, members=accounts, unique_name=name
            )
            group.drop("members", accounts[1])
            webex.add_member(team, stranger)
            tenant.add_group("Ours", "ours2", owners=owners, members=accounts, unique_name=name)

        in_another_thread(as_the_app)
        found = [str(v) for v in ground.witness.violations]

    assert found == [
        f"I7: {member.name} was taken out of the group and was not gone there at all",
        f"never a wrong person: {stranger.name} was put into the team"
        " and was not on the other side",
        f"I1: a second group for the team {team.uuid}",
    ]


def test_what_people_did_on_one_side_may_be_done_on_the_other(tmp_path: Path) -> None:
    with Ground(tmp_path) as ground:
        webex, tenant = ground.clouds.webex, ground.clouds.tenant
        creator, member = ground.firm.people[:2]
        accounts = [str(p.external_id) for p in (creator, member)]
        team = webex.create_team(creator, "Ours")
        webex.add_member(team, member)
        name, owners = f"webex-team-{team.uuid}", accounts[:1]
        made: list[Any] = []
        in_another_thread(
            lambda: made.append(
                tenant.add_group("Ours", "ours", owners=owners, members=accounts, unique_name=name)
            )
        )
        ground.clock.skip(3600.0)
        webex.remove_member(team, member)
        ground.clock.skip(150.0)
        in_another_thread(lambda: made[0].drop("members", accounts[1]))
        violations = list(ground.witness.violations)
        ours = dict(ground.witness.ours)

    assert violations == []
    assert ours == {"group": 1, "group added": 2, "group removed": 1}


def test_whoever_is_removed_too_soon_or_as_the_last_owner_is_a_violation(tmp_path: Path) -> None:
    with Ground(tmp_path) as ground:
        webex, tenant = ground.clouds.webex, ground.clouds.tenant
        creator, member = ground.firm.people[:2]
        accounts = [str(p.external_id) for p in (creator, member)]
        team = webex.create_team(creator, "Ours")
        webex.add_member(team, member)
        name, owners = f"webex-team-{team.uuid}", accounts[:1]
        made: list[Any] = []
        in_another_thread(
            lambda: made.append(
                tenant.add_group("Ours", "ours", owners=owners, members=accounts, unique_name=name)
            )
        )
        webex.remove_member(team, member)
        in_another_thread(lambda: made[0].drop("members", accounts[1]))
        in_another_thread(lambda: made[0].drop("owners", accounts[0]))
        found = [str(v) for v in ground.witness.violations]

    assert found == [
        f"I7: {member.name} was taken out of the group and was not gone there for long enough",
        f"settling: {member.name} was taken out of the group before the team had settled",
        f"I7: {creator.name} was the last owner",
    ]


def test_who_moderates_and_does_not_own_the_group_is_a_violation(tmp_path: Path) -> None:
    """A look of the product itself has made the group and its row; then its owners are changed."""
    with Ground(tmp_path) as ground:
        rounds = Rounds(ground, 1, lambda _: None)
        ground.start_host()
        ground.wait_for_host()
        rounds.act(1, Random(1), "found")
        ground.rest()
        rounds.judge()
        in_order = list(ground.witness.violations)
        [saga] = rounds.sagas
        group = ground.clouds.tenant.group_by_unique_name(f"webex-team-{saga.team.uuid}")
        assert group is not None
        creator = str(saga.team.creator.external_id)
        other = next(account for account in group.members if account != creator)
        ground.killing()()
        ground.bury()
        group.add("owners", other)
        rounds.judge()
        found = [str(v) for v in ground.witness.violations]

    assert in_order == []
    [owner] = [p.name for p in ground.firm.people if p.external_id == other]
    assert found == [f"I2: Team 1: owners are not who moderates: {owner}"]


def test_two_groups_of_one_team_under_any_name_are_a_violation(tmp_path: Path) -> None:
    with Ground(tmp_path) as ground:
        rounds = Rounds(ground, 1, lambda _: None)
        rounds.act(1, Random(1), "found")
        [saga] = rounds.sagas
        digits = saga.team.uuid[:8]
        for nickname in (f"team-{digits}", f"team-{digits}-2"):
            ground.clouds.tenant.add_group("Ours", nickname)
        rounds.judge()
        found = [str(v) for v in ground.witness.violations]

    assert "I1: 2 groups carry the digits of Team 1" in found


def test_what_signs_deliveries_must_not_stand_in_a_message(tmp_path: Path) -> None:
    with Ground(tmp_path) as ground:
        rounds = Rounds(ground, 1, lambda _: None)
        [webhook] = ground.clouds.webex.world.webhooks.values()
        with ground.queue() as queue:
            queue.create_queue()
            queue.send_message(base64.b64encode(f"{{{webhook.secret}}}".encode()).decode())
        rounds.judge()
        found = [str(v) for v in ground.witness.violations]

    assert found == [f"I10: {webhook.secret[:4]}… stands in a row, a line or a message"]


def test_what_is_done_once_all_is_at_rest_is_a_violation(tmp_path: Path) -> None:
    with Ground(tmp_path) as ground:
        rounds = Rounds(ground, 1, lambda _: None)
        tenant = ground.clouds.tenant
        rounds.judge_rest(lambda _: None)
        still = list(ground.witness.violations)
        rounds.judge_rest(lambda _: in_another_thread(lambda: tenant.add_group("Ours", "ours")))
        found = [str(v) for v in ground.witness.violations]

    assert still == []
    assert found == ["I11: done after all was at rest: {'group': 1}"]


# The wires


@pytest.mark.parametrize(("after", "effects"), [(False, 0), (True, 1)])
def test_a_trap_resets_before_or_after_the_effect(after: bool, effects: int) -> None:
    struck = threading.Event()
    with counting() as (port, calls), Wires({"cloud": port}) as wires:
        url = f"http://127.0.0.1:{wires.ports['cloud']}"
        trap = Trap("cloud", "POST /thing", 1, after, strike=struck.set)
        wires.set_traps(trap)
        read = get(f"{url}/thing")
        # The body may be on its way still when the reset comes.
        with pytest.raises(requests.ConnectionError, match=r"reset|Broken pipe|closed connection"):
            requests.post(f"{url}/thing/1", data=b"x", timeout=5)
        again = requests.post(f"{url}/thing/2", data=b"x", timeout=5).status_code

    posts = [call for call in calls if call.startswith("POST /thing/1")]
    assert (read, again, len(posts)) == (200, 200, effects)
    assert struck.is_set()
    assert trap.what == [f"{'after' if after else 'before'} cloud POST /thing/1"]


def test_every_open_connection_can_be_reset_and_the_next_one_works() -> None:
    with counting() as (port, _), Wires({"cloud": port}) as wires:
        with socket.create_connection(("127.0.0.1", wires.ports["cloud"]), 5) as waiting:
            waiting.sendall(b"GET /thing HTTP/1.1\r\nHost: x\r\n\r\n")
            first = waiting.recv(1)
            wires.reset_all()
            with pytest.raises(ConnectionResetError):
                while waiting.recv(1 << 16):
                    pass
        again = get(f"http://127.0.0.1:{wires.ports['cloud']}/thing")

    assert (first, again) == (b"H", 200)


# The clock


def test_whoever_opens_the_clock_has_the_same_time_that_runs_faster(tmp_path: Path) -> None:
    first = HurriedClock.begin(tmp_path / "clock")
    second = HurriedClock(tmp_path / "clock")
    shown = first.now()
    first.sleep(SPEED / 10)
    slept = second.now()
    first.skip(3600.0)
    skipped = second.now()

    assert slept - shown >= SPEED / 10 * 0.9
    assert skipped - slept >= 3600.0


# The clouds behind sockets


def test_an_answer_carries_its_cloud_s_own_time_and_no_other() -> None:
    """The app takes the Date of Webex's answers for the time up to which it has seen events."""
    own = {"date": "Mon, 21 Sep 2026 14:13:25 GMT"}
    with serving(lambda _: Response(200, {}, own)) as port:
        told = fetched(f"http://127.0.0.1:{port}/").headers["Date"]
    with serving(lambda _: Response(204)) as port:
        of_the_machine = fetched(f"http://127.0.0.1:{port}/").headers["Date"]

    # Two headers of a name would come joined by a comma.
    assert told == own["date"]
    assert parsedate_to_datetime(of_the_machine).tzinfo is not None


def test_the_clouds_of_the_ground_tell_the_hurried_time(tmp_path: Path) -> None:
    with Ground(tmp_path) as ground:
        ground.clock.skip(7 * 86_400.0)
        before = ground.clock.now()
        address = f"http://127.0.0.1:{ground.wires.ports['webex']}/v1/people/me"
        told = parsedate_to_datetime(fetched(address).headers["Date"]).timestamp()

    # It tells whole seconds.
    assert before - 1.0 <= told <= before + 3600.0


# How it is done


@contextmanager
def serving(handle: Callable[[Request], Response]) -> Iterator[int]:
    """The port of a server that answers with this."""
    server = Server(handle)
    server.start()
    try:
        yield server.server_port
    finally:
        server.stop()


@contextmanager
def counting() -> Iterator[tuple[int, list[str]]]:
    """A server that answers everything; its port, and what reached it."""
    calls: list[str] = []

    def handle(request: Request) -> Response:
        calls.append(f"{request.method} {request.path}")
        return Response(200, {})

    with serving(handle) as port:
        yield port, calls


def fetched(url: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=5)


def get(url: str) -> int:
    return fetched(url).status_code


def in_another_thread(act: Callable[[], object]) -> None:
    thread = threading.Thread(target=act)
    thread.start()
    thread.join(10)


def eventually(what: Callable[[], Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s")


def children_of(parent: int) -> set[int]:
    return {pid for pid, its_parent in processes() if its_parent == parent}


def processes() -> list[tuple[int, int]]:
    """Process and parent of everything that runs; zombies do not."""
    table = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split() for line in table.splitlines())
    return [(int(pid), int(parent)) for pid, parent, stat in rows if not stat.startswith("Z")]

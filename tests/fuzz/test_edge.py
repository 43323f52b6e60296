"""A bounded number of what `./dev fuzz` sends by the million, and that a broken promise is seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzz.__main__ import main, replay
from fuzz.target import Target, pure
from fuzz.targets import TARGETS
from fuzz.trial import Trial, seeds, told
from fuzz.world import World
from shared import wiring

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_every_promise_is_kept_whatever_is_sent(name: str) -> None:
    target = TARGETS[name]
    with target.opened() as check:
        bounded = settings(
            max_examples=target.steady,
            # What an input does in a world stays done: a smaller one would meet another world.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        bounded(given(target.inputs)(check))()


def _refuses_sevens(numbers: list[int]) -> None:
    assert 7 not in numbers


_PLANTED = pure("planted", st.lists(st.integers(0, 9)), _refuses_sevens)


def _first_failure(target: Target) -> tuple[bytes, str]:
    with target.opened() as check:
        trial = Trial(target, check)
        for data in seeds(1, 500):
            try:
                trial.send(data)
            except AssertionError as error:
                return data, told(trial, error)
    raise AssertionError("a planted failure was not found")


def test_a_broken_promise_is_told_with_its_input_and_can_be_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, story = _first_failure(_PLANTED)
    kept = tmp_path / "planted-0"
    kept.write_bytes(data)

    assert replay(_PLANTED, kept) == 1
    shown = capsys.readouterr().out
    for text in (story, shown):
        assert "planted fails for\n[" in text
        assert "7" in text.splitlines()[1]
        assert "AssertionError" in text


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("retry-after", "retry-after-0123"),
        ("forms-read", "forms-read-0123"),
        ("link", "link-timeout-0123"),
    ],
)
def test_an_input_that_is_in_order_is_replayed_as_such(
    name: str, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / file
    kept.write_bytes(b"")

    assert main(["--replay", str(kept)]) == 0
    assert f"{name} keeps its promises" in capsys.readouterr().out


def test_what_is_stored_for_a_stranger_and_a_session_in_their_browser_are_seen() -> None:
    world = World()
    world.begin(world.nobody)
    world.assert_left_alone(world.nobody)
    world.comes(world.admin)
    stored = list(world.rows.written)
    with pytest.raises(AssertionError, match="session-"):
        world.assert_left_alone(world.nobody)
    world.begin(world.nobody)
    world.nobody.jar.kept |= world.admin.jar.kept
    with pytest.raises(AssertionError):
        world.assert_left_alone(world.nobody)
    wiring.install(None)

    assert {table for table, _, _ in stored} == {"Once"}


def test_what_an_answer_brought_is_told_from_that_its_state_is_used() -> None:
    world = World()
    world.rows.written[:] = [("Once", "org", "session-1"), ("Once", "org", "state-1")]
    world.assert_nothing_kept(spent=True)
    with pytest.raises(AssertionError, match="state-1"):
        world.assert_nothing_kept(spent=False)
    world.rows.written.append(("Organizations", "org", "credential:spaces"))
    with pytest.raises(AssertionError, match="credential"):
        world.assert_nothing_kept(spent=True)
    wiring.install(None)


def test_the_same_bytes_make_the_same_input() -> None:
    one, other = Trial(_PLANTED, lambda _: None), Trial(_PLANTED, lambda _: None)
    for data in seeds(3, 50):
        one.send(data)
        other.send(data)

        assert one.last == other.last


def test_a_process_of_its_own_sends_as_many_as_it_was_asked_for(tmp_path: Path) -> None:
    arguments = ["retry-after", "200", "1", str(tmp_path / "found"), str(tmp_path)]
    answer = subprocess.run(
        [sys.executable, "-m", "fuzz.lone", *arguments],
        cwd=ROOT,
        env=os.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    tally = json.loads(answer.stdout.splitlines()[-1])

    assert answer.returncode == 0
    assert (tally["inputs"], tally["failure"]) == (200, "")

from __future__ import annotations

import random
from dataclasses import replace
from uuid import uuid4

import pytest

from shared.core import times
from shared.core.look import Look, begin, fail, finish, park, renew, want
from shared.core.model import Versioned
from shared.ports import Conflict
from shared.storage.looks import LookRows
from shared.storage.tables import Partition

NOW = 1_700_000_000_000


def _index(rows: Partition) -> dict[str, int]:
    """Team to `at`, as the due rows say."""
    return {r.key.split(":")[2]: int(r.key.split(":")[1]) for r in rows.range("due:", "due;")}


def _rows(rows: Partition) -> dict[str, int]:
    """Team to `at`, as the look rows say."""
    looks = {r.key.split(":")[1]: r.moment("at") for r in rows.range("look:", "look;")}
    return {uuid: at for uuid, at in looks.items() if at is not None}


def _team() -> str:
    return str(uuid4())


def test_every_field_comes_back(rows: Partition) -> None:
    look = Look(
        space_id="Y2lzY29",
        at=NOW,
        ready=NOW + 1,
        wanted=3,
        lease_owner="w",
        lease_until=NOW + 60_000,
        tries=2,
        last=NOW - 1,
        seen=NOW - 2,
        epoch=9,
        low=True,
        parked=True,
        sighted=True,
        dead=True,
        whole=True,
    )
    looks, team = LookRows(rows), _team()
    written = looks.write(team, None, look)

    assert looks.read(team) == written == Versioned(look, written.etag)


def test_never_is_not_the_same_as_zero(rows: Partition) -> None:
    looks, team = LookRows(rows), _team()
    looks.write(team, None, Look("s"))
    kept = looks.read(team)

    assert kept
    assert (kept.value.at, kept.value.ready) == (None, None)
    assert _index(rows) == {}


def test_the_index_moves_with_the_row(rows: Partition) -> None:
    looks, team = LookRows(rows), _team()
    first = looks.write(team, None, Look("s", at=NOW, ready=NOW))
    second = looks.write(team, first, replace(first.value, at=NOW + 5))
    assert _index(rows) == {team: NOW + 5}
    third = looks.write(team, second, replace(second.value, wanted=1))
    assert _index(rows) == {team: NOW + 5}
    looks.write(team, third, park(third.value))

    assert _index(rows) == {}


def test_a_stale_write_leaves_row_and_index_as_they_were(rows: Partition) -> None:
    looks, team = LookRows(rows), _team()
    stale = looks.write(team, None, Look("s", at=NOW))
    looks.write(team, stale, replace(stale.value, at=NOW + 5))

    with pytest.raises(Conflict):
        looks.write(team, stale, replace(stale.value, at=NOW + 9))
    with pytest.raises(Conflict):
        looks.write(team, None, Look("s", at=NOW + 9))
    with pytest.raises(Conflict):
        looks.remove(team, stale)
    assert _index(rows) == _rows(rows) == {team: NOW + 5}


def test_removing_takes_the_index_along(rows: Partition) -> None:
    looks, team = LookRows(rows), _team()
    looks.remove(team, looks.write(team, None, Look("s", at=NOW)))

    assert looks.read(team) is None
    assert _index(rows) == {}


def test_the_oldest_are_due_first_and_no_more_than_asked_for(rows: Partition) -> None:
    looks = LookRows(rows)
    teams = [_team() for _ in range(8)]
    for number, team in enumerate(teams):
        looks.write(team, None, Look(f"s{number}", at=NOW - 1_000 * number))

    assert [d.uuid for d in looks.due(NOW, 3)] == [teams[7], teams[6], teams[5]]
    assert [d.space_id for d in looks.due(NOW, 1)] == ["s7"]
    assert len(looks.due(NOW, 100)) == 8


def test_due_means_at_or_before(rows: Partition) -> None:
    looks, team = LookRows(rows), _team()
    looks.write(team, None, Look("s", at=NOW))

    assert looks.due(NOW - 1, 10) == []
    assert [(d.uuid, d.at) for d in looks.due(NOW, 10)] == [(team, NOW)]


def test_nudged_teams_move_on_more_than_fit_in_one_transaction(rows: Partition) -> None:
    looks = LookRows(rows)
    teams = [_team() for _ in range(70)]
    for team in teams:
        looks.write(team, None, Look("s", at=NOW, ready=NOW))
    moved = looks.postpone(looks.due(NOW, 200), NOW + 60_000)

    assert {d.uuid for d in moved} == set(teams)
    assert _index(rows) == _rows(rows) == dict.fromkeys(teams, NOW + 60_000)
    kept = looks.read(teams[0])
    assert kept
    assert kept.value.ready == NOW


def test_a_lost_race_leaves_one_team_as_it_was_and_moves_the_rest(rows: Partition) -> None:
    looks = LookRows(rows)
    teams = [_team() for _ in range(5)]
    written = {team: looks.write(team, None, Look("s", at=NOW, ready=NOW)) for team in teams}
    due = looks.due(NOW, 10)
    begun = begin(written[teams[2]].value, NOW, "w", 1)
    assert begun
    held = looks.write(teams[2], written[teams[2]], begun)
    moved = looks.postpone(due, NOW + 90_000)

    assert {d.uuid for d in moved} == set(teams) - {teams[2]}
    assert looks.read(teams[2]) == held
    assert _index(rows) == _rows(rows)
    assert _index(rows)[teams[2]] == NOW + times.LEASE


def test_the_same_due_rows_are_moved_once_by_two_watchers(rows: Partition) -> None:
    looks = LookRows(rows)
    looks.write(_team(), None, Look("s", at=NOW))
    due = looks.due(NOW, 10)

    assert len(looks.postpone(due, NOW + 60_000)) == 1
    assert looks.postpone(due, NOW + 61_000) == []
    assert _index(rows) == _rows(rows)


def test_a_row_that_was_removed_meanwhile_is_not_made_again(rows: Partition) -> None:
    looks, team = LookRows(rows), _team()
    written = looks.write(team, None, Look("s", at=NOW))
    due = looks.due(NOW, 10)
    looks.remove(team, written)

    assert looks.postpone(due, NOW + 60_000) == []
    assert looks.read(team) is None
    assert _index(rows) == {}


def _change(rng: random.Random, look: Look, now: int) -> Look:
    ahead = now + rng.choice([0, 1_000, 90_000])
    choices = [
        want(look, now),
        want(look, now, ahead, low=True),
        begin(look, now, "w", 1) or look,
        renew(look, now),
        finish(look, now, rng.choice([None, ahead]), look.wanted),
        fail(look, now)[0],
        park(look),
        replace(look, parked=False),
    ]
    return rng.choice(choices)


@pytest.mark.parametrize("seed", range(4))
def test_row_and_index_agree_after_any_sequence(rows: Partition, seed: int) -> None:
    """Writers with what they read a while ago, and a watcher with an old list of due rows."""
    rng = random.Random(seed)
    looks, now = LookRows(rows), NOW
    teams = [_team() for _ in range(3)]
    memory: dict[str, list[Versioned[Look] | None]] = {team: [None] for team in teams}
    due = looks.due(now, 10)
    for step in range(120):
        now += rng.choice([1, 5_000, 61_000])
        team = rng.choice(teams)
        memory[team].append(looks.read(team))
        before = rng.choice(memory[team][-3:])
        try:
            if rng.random() < 0.05 and before:
                looks.remove(team, before)
            else:
                start = before.value if before else Look("s")
                looks.write(team, before, _change(rng, start, now))
        except Conflict:
            pass
        if step % 7 == 0:
            looks.postpone(due, now + times.NUDGE_PAUSE)
            due = looks.due(now, 10)

        assert _index(rows) == _rows(rows)

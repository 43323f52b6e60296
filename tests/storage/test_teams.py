from __future__ import annotations

from dataclasses import fields, replace
from uuid import uuid4

import pytest

from shared.core.identity import OTHERS_MAX
from shared.core.ids import GroupId, TeamId
from shared.core.ledger import MEMBERS, OWNERS, Ledger, Pair, answered, sending
from shared.core.marks import Mark
from shared.core.model import Drive, Folder, Name, Names, Status, Team, Versioned
from shared.ports import Conflict, Connected, Space
from shared.storage.tables import OverLimit, Partition
from shared.storage.teams import TeamRows
from tests.core.strategies import object_id, person
from tests.storage.conftest import Eye

NOW = 1_700_000_000_000
CODES = ["other_organization", "bot", "no_object_id", "claimed_twice", "unknown_to_tenant"]


def _new_id() -> TeamId:
    return TeamId(str(uuid4()))


def _full(team: TeamId) -> Team:
    return Team(
        uuid=team,
        space_id="Y2lzY29",
        new=True,
        created=NOW - 9,
        first_seen=NOW,
        creator=person(1),
        name="Åre 🚀",
        space_title="Åre 2 🚀",
        status=Status.NEEDS_PERSON,
        reason="name_refused",
        detail="The name 'x' is refused.",
        settled=True,
        roster_digest="d" * 32,
        roster_changed=NOW + 1,
        roster_size=5_000,
        group_id=GroupId(str(uuid4())),
        group_name="Åre",
        nickname="are-6f9619ff",
        intent_at=NOW + 2,
        group_created=NOW + 3,
        any_chunk=True,
        stand_in=person(2),
        folder=Folder.FOREIGN,
        folder_tries=4,
        folder_at=NOW + 4,
        drive=Drive("b!x", "01ABC", "https://acme.sharepoint.com/sites/are"),
        people_at=NOW + 5,
        wanted_done=6,
        failures=7,
        listed={person(n): CODES[n % len(CODES)] for n in range(5_000)},
        in_group=8,
        direction="group",
        full_at=NOW + 6,
        moderated="m" * 32,
        held=True,
        settled_at=NOW + 7,
        others={object_id(n): CODES[n % 2] for n in range(2_000)},
        names=Names(Name("Före", "Nytt", 5), Name("GRP Före", moved=7, refused="Ö", ours="Nyare")),
        archived=True,
        missed_at=NOW + 11,
        missed=13,
        group_missed_at=NOW + 12,
        group_restored_at=NOW + 13,
        mark=Mark("[Märkt]", NOW + 9, NOW + 10, gone=True),
        name_code="team_not_renamed",
        named_at=1_700_000_000_010,
        names_at=1_700_000_000_011,
        tried_at=NOW + 8,
        spaces={"linked": 3, "space_folder_foreign": 1},
    )


def _pairs(people: int) -> list[Pair]:
    return [Pair(person(n), object_id(n)) for n in range(people)]


def test_every_field_comes_back_with_five_thousand_listed(rows: Partition) -> None:
    teams, team = TeamRows(rows), _full(_new_id())
    plain = Team(uuid=team.uuid, space_id="", new=False, created=0, first_seen=0)
    written = teams.write(None, team)

    assert teams.read(team.uuid) == written == Versioned(team, written.etag)
    for field in fields(Team):
        if field.name != "uuid":
            assert getattr(team, field.name) != getattr(plain, field.name), "the test forgot it"


def test_no_more_others_are_kept_than_a_row_takes(rows: Partition) -> None:
    """Beside as many who are listed, and the longest texts."""
    teams = TeamRows(rows)
    team = replace(
        _full(_new_id()),
        name="x" * 10_000,
        space_title="x" * 10_000,
        detail="x" * 10_000,
        listed={person(n): CODES[n % len(CODES)] for n in range(20_000)},
        others={object_id(n): CODES[n % 2] for n in range(OTHERS_MAX + 1)},
    )
    teams.write(None, team)
    kept = teams.read(team.uuid)

    assert kept
    assert kept.value.listed == team.listed
    assert list(kept.value.others.items()) == list(team.others.items())[:OTHERS_MAX]


def test_a_row_of_the_version_before_is_read_with_defaults(rows: Partition) -> None:
    teams, full = TeamRows(rows), _full(_new_id())
    teams.write(None, full)
    row = rows.get(f"team:{full.uuid}")
    assert row
    new = {"direction", "full_at", "moderated", "held", "settled_at", "others_codes", "tried_at"}
    new |= {f"others{n}" for n in range(4)}
    rows.upsert(row.key, {k: v for k, v in row.values.items() if k not in new})
    kept = teams.read(full.uuid)

    assert kept
    assert kept.value == replace(
        full,
        direction="",
        full_at=0,
        moderated="",
        held=False,
        settled_at=0,
        others={},
        tried_at=0,
    )


def test_a_group_that_the_version_before_called_gone_counts_as_missed(rows: Partition) -> None:
    teams, full = TeamRows(rows), replace(_full(_new_id()), reason="group_gone")
    teams.write(None, full)
    row = rows.get(f"team:{full.uuid}")
    assert row
    rows.upsert(row.key, {k: v for k, v in row.values.items() if k != "group_missed_at"})
    kept = teams.read(full.uuid)

    assert kept
    assert kept.value.group_missed_at > 0
    teams.write(kept, replace(kept.value, group_missed_at=0))
    after = teams.read(full.uuid)
    assert after
    assert after.value.group_missed_at == 0


def test_a_bare_team_comes_back_and_never_is_not_zero(rows: Partition) -> None:
    teams = TeamRows(rows)
    bare = Team(uuid=_new_id(), space_id="s", new=False, created=1, first_seen=2, people_at=None)
    asked = replace(bare, uuid=_new_id(), people_at=0, folder_at=0)
    teams.write(None, bare)
    teams.write(None, asked)

    assert [kept.value for kept in (teams.read(bare.uuid), teams.read(asked.uuid)) if kept] == [
        bare,
        asked,
    ]


@pytest.mark.parametrize("name", ["x" * 10_000, "🚀" * 5_000, "a\ud800b", "\x00"])
def test_no_name_and_no_detail_makes_the_row_fail(rows: Partition, name: str) -> None:
    teams = TeamRows(rows)
    team = replace(_full(_new_id()), name=name, space_title=name, detail=name)
    teams.write(None, team)

    assert teams.read(team.uuid)


def test_a_later_write_takes_away_what_is_no_more(rows: Partition) -> None:
    teams, full = TeamRows(rows), _full(_new_id())
    bare = Team(uuid=full.uuid, space_id="s", new=True, created=1, first_seen=2, people_at=None)
    teams.write(teams.write(None, full), bare)
    kept = teams.read(full.uuid)

    assert kept
    assert kept.value == bare


def test_a_stale_write_of_a_team_is_a_conflict(rows: Partition) -> None:
    teams, team = TeamRows(rows), _full(_new_id())
    stale = teams.write(None, team)
    newest = teams.write(stale, replace(team, failures=0))

    with pytest.raises(Conflict):
        teams.write(stale, replace(team, failures=1))
    with pytest.raises(Conflict):
        teams.write(None, team)
    assert teams.read(team.uuid) == newest


def test_everyone_is_every_team_and_no_other_row(rows: Partition) -> None:
    teams = TeamRows(rows)
    made = [_full(_new_id()) for _ in range(3)]
    for team in made:
        teams.write(None, team)
        teams.remember_space(Space(str(team.uuid), team.uuid, NOW))
        teams.write_ledger(team.uuid, teams.ledger(team.uuid), Ledger({person(1): object_id(1)}))

    assert {t.uuid for t in teams.everyone()} == {t.uuid for t in made}


def test_a_space_is_remembered_as_a_teams_or_nobodys(rows: Partition) -> None:
    teams, team = TeamRows(rows), _new_id()
    ours, nobodys = Space(str(uuid4()), team, NOW, 2), Space(str(uuid4()), "", NOW)
    for space in (replace(ours, missed=1), ours, nobodys):
        teams.remember_space(space)

    assert teams.space(ours.uuid) == ours
    assert teams.space(nobodys.uuid) == nobodys
    assert teams.space(str(uuid4())) is None


@pytest.mark.parametrize("people", [0, 1, 5_000, 20_000])
def test_a_ledger_of_any_size_comes_back(rows: Partition, people: int) -> None:
    teams, team, pairs = TeamRows(rows), _new_id(), _pairs(people)
    ledger = answered(sending(Ledger(), pairs, MEMBERS, NOW), pairs, MEMBERS, NOW)
    ledger = answered(ledger, pairs[:100], OWNERS, NOW)
    written = teams.write_ledger(team, teams.ledger(team), ledger)

    assert teams.ledger(team) == written
    assert teams.ledger(team).value == ledger


def test_a_large_ledger_lies_in_several_rows_and_shrinks_again(rows: Partition) -> None:
    teams, team, pairs = TeamRows(rows), _new_id(), _pairs(20_000)
    large = answered(sending(Ledger(), pairs, MEMBERS, NOW), pairs, MEMBERS, NOW)
    first = teams.write_ledger(team, teams.ledger(team), large)
    assert len(list(rows.range("members:", "members;"))) > 1
    small = Ledger({person(1): object_id(1)})
    second = teams.write_ledger(team, first, small)

    assert teams.ledger(team) == second
    assert teams.ledger(team).value == small
    third = teams.write_ledger(team, second, large)
    assert teams.ledger(team) == third


def test_a_stale_write_of_a_ledger_is_a_conflict_and_tears_nothing(rows: Partition) -> None:
    teams, team = TeamRows(rows), _new_id()
    stale = teams.write_ledger(team, teams.ledger(team), Ledger(dict(_pairs(25_000))))
    kept = teams.write_ledger(team, stale, Ledger(dict(_pairs(24_000))))

    with pytest.raises(Conflict):
        teams.write_ledger(team, stale, Ledger())
    with pytest.raises(Conflict):
        teams.write_ledger(team, Versioned(Ledger(), ""), Ledger())
    assert teams.ledger(team) == kept


def test_a_ledger_that_is_written_while_it_is_read_is_read_again(
    watched: Partition, eye: Eye
) -> None:
    teams, team = TeamRows(watched), _new_id()
    large, larger = (Ledger(dict(_pairs(n))) for n in (25_000, 26_000))
    before = teams.write_ledger(team, teams.ledger(team), large)
    eye.calls.clear()

    def write_meanwhile(_method: str, url: str) -> bool:
        second_row = url.replace("%3A", ":").find(f"members:{team}:1") >= 0
        if second_row:
            teams.write_ledger(team, before, larger)
        return second_row

    eye.before = write_meanwhile

    assert teams.ledger(team).value == larger


def test_rows_that_do_not_belong_together_are_no_ledger(rows: Partition) -> None:
    teams, team = TeamRows(rows), _new_id()
    teams.write_ledger(team, teams.ledger(team), Ledger(dict(_pairs(25_000))))
    second = rows.get(f"members:{team}:1")
    assert second
    rows.upsert(second.key, {**second.values, "stamp": "another"})

    with pytest.raises(Conflict):
        teams.ledger(team)


def test_a_ledger_of_which_a_row_is_missing_is_no_ledger(rows: Partition) -> None:
    """Half a baseline would make strangers of people who were removed on purpose."""
    teams, team = TeamRows(rows), _new_id()
    teams.write_ledger(team, teams.ledger(team), Ledger(dict(_pairs(25_000))))
    second = rows.get(f"members:{team}:1")
    assert second
    rows.delete(second.key, second.etag)

    with pytest.raises(Conflict):
        teams.ledger(team)


def test_a_ledger_beyond_one_transaction_is_refused_by_us(rows: Partition) -> None:
    """A transaction takes 4 MiB, and binary values travel in base64."""
    teams, team, pairs = TeamRows(rows), _new_id(), _pairs(45_000)
    ledger = answered(sending(Ledger(), pairs, MEMBERS, NOW), pairs, MEMBERS, NOW)

    with pytest.raises(OverLimit):
        teams.write_ledger(team, Versioned(Ledger(), ""), ledger)


def test_labels_are_a_page_of_teams_in_order_with_what_a_list_is_searched_by(
    rows: Partition,
) -> None:
    teams = TeamRows(rows)
    kept = sorted(str(uuid4()) for _ in range(5))
    for uuid in kept:
        teams.write(None, replace(_full(TeamId(uuid)), name="A", group_name="G"))
    rows.insert(f"look:{kept[0]}", {"space": "s"})

    first = teams.labels("", 3)
    rest = teams.labels(first[-1].uuid, 3)

    assert [label.uuid for label in first + rest] == kept
    assert {"A", "G"} <= set(first[0].names)
    assert first[0].status in {status.value for status in Status}


def test_a_row_of_another_version_is_left_out_and_the_others_come(rows: Partition) -> None:
    teams = TeamRows(rows)
    good, strange = (_full(_new_id()) for _ in range(2))
    for team in (good, strange):
        teams.write(None, team)
    row = rows.get(f"team:{strange.uuid}")
    assert row is not None
    rows.upsert(row.key, {**row.values, "status": "from the future"})

    assert teams.among([good.uuid, strange.uuid]) == {good.uuid: good}
    assert {label.status for label in teams.labels("", 10)} == {"from the future", good.status}


def _group() -> GroupId:
    return GroupId(str(uuid4()))


def test_a_group_is_found_by_its_id_and_unknown_ones_are_left_out(rows: Partition) -> None:
    teams, group, team = TeamRows(rows), _group(), _new_id()
    teams.remember_group(group, team, "Y2lzY29")
    teams.remember_group(group, team, "Y2lzY29")

    assert teams.teams_of([group, _group()]) == {group: Connected(team, "Y2lzY29")}
    assert teams.teams_of([]) == {}


def test_a_group_goes_over_to_no_other_team(rows: Partition) -> None:
    teams, group, team = TeamRows(rows), _group(), _new_id()
    teams.remember_group(group, team, "first")
    teams.remember_group(group, _new_id(), "other")
    teams.remember_group(group, team, "first by another name")

    assert teams.teams_of([group]) == {group: Connected(team, "first by another name")}


def test_of_two_who_remember_a_group_at_once_the_first_keeps_it(
    watched: Partition, eye: Eye
) -> None:
    teams, group, ours, theirs = TeamRows(watched), _group(), _new_id(), _new_id()

    def rival(method: str, _url: str) -> bool:
        if method != "GET":
            teams.remember_group(group, theirs, "theirs")
        return method != "GET"

    eye.before = rival
    teams.remember_group(group, ours, "ours")

    assert teams.teams_of([group]) == {group: Connected(theirs, "theirs")}


def test_a_page_of_changed_groups_among_many_costs_a_bounded_number_of_reads(
    watched: Partition, eye: Eye
) -> None:
    teams = TeamRows(watched)
    known = {_group(): Connected(_new_id(), f"space {n}") for n in range(200)}
    for group, connected in known.items():
        teams.remember_group(group, connected.team, connected.space_id)
    asked = [*list(known)[:20], *(_group() for _ in range(20))]
    eye.calls.clear()

    assert teams.teams_of(asked) == dict(list(known.items())[:20])
    assert len(eye.calls) <= 1 + len(asked)
    assert all(method == "GET" for method, _ in eye.calls)
    assert not any("%20or%20" in url for _, url in eye.calls), "an or scans the partition"

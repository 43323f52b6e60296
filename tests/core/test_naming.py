from __future__ import annotations

import re
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core import naming
from shared.core.naming import display_name, mail_nickname, unique_name

TEAM = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
LEGAL = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Lone surrogates too: JSON can carry them.
names = st.text(st.characters(codec=None), max_size=400)


@settings(max_examples=300, deadline=None)
@given(names, st.uuids(), st.booleans())
def test_any_name_gives_a_legal_nickname_with_the_teams_mark(
    name: str, team: UUID, second: bool
) -> None:
    nickname = mail_nickname(name, str(team), second=second)

    assert nickname.isascii()
    assert LEGAL.fullmatch(nickname)
    assert len(nickname) <= 64
    assert nickname.endswith(f"-{team.hex[:8]}")
    assert not nickname.startswith("-")


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("Marketing", "marketing-"),
        ("R&D (Åre)", "r-d-are-"),
        ("Москва проект", "moskva-proekt-"),
        ("Ελλάδα", "ellada-"),
        ("Straße", "strasse-"),
        ("x" * 300, "x" * 55 + "-"),
    ],
)
def test_a_name_in_any_script_stays_readable(name: str, begins: str) -> None:
    assert mail_nickname(name, TEAM) == f"{begins}6f9619ff"


def test_nothing_readable_gives_a_hash_of_its_own() -> None:
    one, other = mail_nickname("!!!", TEAM), mail_nickname("???", TEAM)

    assert re.fullmatch(r"[0-9a-f]{8}-6f9619ff", one)
    assert one != other


def test_the_second_nickname_is_another_one() -> None:
    assert mail_nickname("A", TEAM) == "a-6f9619ff"
    assert mail_nickname("A", TEAM, second=True) == "a-8b864d01-6f9619ff"


@settings(max_examples=200, deadline=None)
@given(names)
def test_any_name_gives_a_display_name_within_the_limit(name: str) -> None:
    shown = display_name(name)

    assert 0 < len(shown) <= 256
    assert shown == " ".join(shown.split())
    assert shown.encode("utf-8")
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", shown)
    assert display_name(shown) == shown


def test_a_good_name_is_kept_as_it_is() -> None:
    assert display_name("R&D – Ångström 🚀 «x»") == "R&D – Ångström 🚀 «x»"


@pytest.mark.parametrize("name", ["", "  ", "\n\t\x00", "\ud800", "\u200b\u200d", "\ufeff"])
def test_a_name_that_nobody_can_see_is_replaced(name: str) -> None:
    assert display_name(name) == naming.UNNAMED


def test_the_unique_name_needs_no_quoting() -> None:
    assert re.fullmatch(r"[a-z0-9-]+", unique_name(TEAM))

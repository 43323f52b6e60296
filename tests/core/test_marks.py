"""The mark in a group's description: kept current in its place, and people's words left alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core import times
from shared.core.marks import DESCRIPTION_MAX, Mark, Verdict, judge, of_earlier, placed, text

NOW = 1_790_000_000_000
LONG_AGO = NOW - times.HOUR
MARK = text(LONG_AGO, "https://app.example/activity?team=1", "en")
NEW = text(LONG_AGO, "https://elsewhere.example/activity?team=1", "en")
THERE = Mark(MARK, LONG_AGO, LONG_AGO)
EARLIER = (
    'Created for the Webex team "A "quoted" one". Members follow the team; managed by Webex Teams'
    " to Microsoft 365 Groups."
)
# People's own words may be anything but a mark of ours.
words = st.text(st.characters(codec="utf-8"), max_size=200).map(str.strip)


def test_it_says_what_since_when_and_where_to_ask() -> None:
    assert "kept in step with the team since 2026-09-21" in MARK
    assert "https://app.example/activity?team=1" in MARK
    assert "Webex administrators" in text(NOW, "", "en")
    assert "sedan 2026-09-21" in text(NOW, "", "sv")


def test_an_unknown_language_is_english() -> None:
    assert text(NOW, "", "") == text(NOW, "", "en") == text(NOW, "", "fi")


@settings(max_examples=200, deadline=None)
@given(words, words)
def test_words_on_either_side_of_it_stay_as_they_are(before: str, after: str) -> None:
    found = judge(THERE, f"{before}\n{MARK}\n{after}", NEW, NOW)

    assert found.description == f"{before}\n{NEW}\n{after}"


@settings(max_examples=200, deadline=None)
@given(words)
def test_it_is_put_behind_what_people_wrote_and_taken_out_again(own: str) -> None:
    added = judge(Mark(), own, MARK, NOW).description

    assert added == f"{own} {MARK}".strip()
    assert placed(added, "") == own


def test_what_is_there_already_is_not_written() -> None:
    assert judge(THERE, f"Ours. {MARK}", MARK, NOW) == Verdict(THERE)


def test_who_takes_it_out_has_it_stay_out() -> None:
    gone = judge(THERE, "Our words", MARK, NOW)
    later = judge(gone.mark, "Our words", NEW, NOW + times.DAY)

    assert (gone.description, later.description, later.mark.gone) == (None, None, True)


def test_a_read_soon_after_our_write_proves_nothing() -> None:
    fresh = Mark(NEW, NOW - times.MINUTE, LONG_AGO)

    assert judge(fresh, "Our words", NEW, NOW) == Verdict(fresh)
    assert judge(fresh, f"Our words {MARK}", NEW, NOW) == Verdict(fresh)


def test_what_a_replica_shows_of_the_mark_that_we_have_just_taken_out_is_not_there() -> None:
    """The setting wants it again: it is written when no replica can be behind any more, and not
    taken for taken out by a person then."""
    fresh = Mark("", NOW - times.MINUTE, LONG_AGO)
    at_once = judge(fresh, f"Our words {MARK}", MARK, NOW)
    assert (at_once.mark, at_once.description) == (fresh, None)
    assert at_once.later is not None

    later = judge(at_once.mark, "Our words", MARK, at_once.later)
    assert later.description == f"Our words {MARK}"


def test_it_comes_back_where_a_person_or_the_setting_brings_it_back() -> None:
    gone = Mark(since=LONG_AGO, gone=True)

    by_hand = judge(gone, f"Words {MARK}", NEW, NOW)
    off = judge(gone, "Words", "", NOW)
    on = judge(off.mark, "Words", MARK, NOW)

    assert by_hand.description == f"Words {NEW}"
    assert on.description == f"Words {MARK}"


def test_without_the_setting_it_is_taken_out() -> None:
    assert judge(THERE, f"Words {MARK} more", "", NOW).description == "Words more"


def test_peoples_words_are_not_cut_for_it() -> None:
    full = "w" * (DESCRIPTION_MAX - 10)

    assert judge(Mark(), full, MARK, NOW) == Verdict(Mark())


def test_what_the_version_before_wrote_becomes_the_mark() -> None:
    known = of_earlier(f"{EARLIER} Our words", LONG_AGO)

    assert judge(known, f"{EARLIER} Our words", MARK, NOW).description == f"{MARK} Our words"


def test_what_was_taken_out_under_the_version_before_stays_out() -> None:
    known = of_earlier("Our words", LONG_AGO)

    assert judge(known, "Our words", MARK, NOW).description is None


@pytest.mark.parametrize("other", ["[Something else: x]", "Webex Teams to Microsoft 365 Groups"])
def test_what_only_looks_like_it_is_peoples(other: str) -> None:
    assert judge(Mark(), other, MARK, NOW).description == f"{other} {MARK}"

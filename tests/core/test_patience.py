from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.patience import LONGEST, retry_after

# Wed, 21 Oct 2015 07:28:00 GMT
THEN = 1_445_412_480.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("5", 5.0),
        ("2.128", 2.128),
        (" 7 ", 7.0),
        ("3600", 3600.0),
        ("-4", 0.0),
        ("999999999", LONGEST),
        ("Wed, 21 Oct 2015 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2015 07:28:30 +0000", 30.0),
        ("Wed, 21 Oct 2015 09:28:30 +0200", 30.0),
        ("Wed, 21 Oct 2015 07:28:30 -0000", 30.0),
        ("Wed, 21 Oct 2015 07:28:30", 30.0),
        ("Wed, 21 Oct 2015 07:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
    ],
)
def test_numbers_fractions_and_dates_are_understood(header: str, seconds: float) -> None:
    assert retry_after(header, THEN) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "header",
    [None, "", "soon", "nan", "inf", "-inf", "1e999", "Wed, 99 Foo 2015", "5 seconds", "{}"],
)
def test_what_says_nothing_is_none(header: str | None) -> None:
    assert retry_after(header, THEN) is None


@given(st.text(max_size=60), st.floats(0, 4e9))
def test_any_header_is_a_bounded_wait_or_none(header: str, now: float) -> None:
    wait = retry_after(header, now)

    assert wait is None or 0 <= wait <= LONGEST


@given(
    st.from_regex(r"(Mon, )?\d{1,3} [A-Z][a-z]{2} \d{1,5} \d{1,3}:\d{1,2}(:\d\d)? ?[+-]?\w{0,5}"),
)
def test_any_date_is_a_bounded_wait_or_none(header: str) -> None:
    wait = retry_after(header, THEN)

    assert wait is None or 0 <= wait <= LONGEST

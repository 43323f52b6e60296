"""What comes from the browser is a Visit or a refusal, never anything else."""

from __future__ import annotations

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import wiring
from shared.core.reasons import Refusal
from shared.web.answers import Data
from shared.web.azure import answer
from shared.web.entry import Lobby
from shared.web.visit import MAX_FORM, Visit, read_cookies, read_form
from tests.web.kit import wiring_for

FORM = "application/x-www-form-urlencoded"
_MEDIA = st.sampled_from([FORM, f"{FORM}; charset=utf-8", "text/plain", "multipart/form-data", ""])


@given(_MEDIA | st.text(), st.binary(max_size=200))
def test_a_body_is_a_form_or_refused(media: str, body: bytes) -> None:
    try:
        form = read_form(media, body)
    except Refusal as refusal:
        assert refusal.code == "bad_form"
    else:
        assert all(isinstance(text, str) for pair in form.items() for text in pair)


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=10))
def test_what_a_browser_encodes_is_read_back(fields: dict[str, str]) -> None:
    from urllib.parse import urlencode

    clean = {n: v for n, v in fields.items() if "\0" not in v and n.isascii()}

    assert read_form(FORM, urlencode(clean).encode()) == clean


@pytest.mark.parametrize(
    "body",
    [
        b"a=1&a=2",
        b"a=%ff%fe",
        "a=å".encode(),
        b"a=%00",
        b"a",
        b"&".join(b"f%d=1" % n for n in range(51)),
        b"a=" + b"x" * MAX_FORM,
    ],
    ids=["twice", "not utf-8", "not encoded", "nul", "no value", "51 fields", "too large"],
)
def test_a_form_that_no_page_of_ours_sends_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal, match="bad_form"):
        read_form(FORM, body)


@given(st.text())
def test_any_cookie_header_can_be_read(header: str) -> None:
    found = read_cookies(header)

    assert all(name == name.strip(" \t") for name in found)


def test_a_neighbours_later_cookie_does_not_hide_ours() -> None:
    assert read_cookies("session=ours; other; session=theirs") == {"session": "ours"}


@pytest.mark.parametrize("space", ["\u2000", "\u00a0", "\u0085", "\u3000", "\x1c"])
def test_a_name_that_only_looks_like_ours_is_another_cookie(space: str) -> None:
    assert "__Host-session" not in read_cookies(f"{space}__Host-session=theirs")


_TEXTS = st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=20), max_size=4)


def _echo(_lobby: Lobby, visit: Visit) -> Data:
    return Data({"query": dict(visit.query), "form": dict(visit.form)})


@given(
    method=st.sampled_from(["GET", "POST", "HEAD"]),
    path=st.text(max_size=30),
    headers=_TEXTS,
    query=_TEXTS,
    route=_TEXTS,
    body=st.binary(max_size=60),
)
def test_a_request_of_any_kind_is_answered_and_never_by_a_fault(
    method: str,
    path: str,
    headers: dict[str, str],
    query: dict[str, str],
    route: dict[str, str],
    body: bytes,
) -> None:
    wiring.install(wiring_for())
    url = f"https://app.example/{path}"
    request = func.HttpRequest(
        method, url, headers=headers, params=query, route_params=route, body=body
    )

    try:
        sent = answer(request, public=_echo)
    finally:
        wiring.install(None)

    assert sent.status_code in (200, 303)

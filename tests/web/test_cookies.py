"""Names and attributes of cookies, on https and on a loopback address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.answers import Cookie, Data, Redirect
from shared.web.entry import Lobby, serve
from shared.web.sealed import Sealer
from shared.web.visit import Visit
from tests.web.kit import all_of, visit, wiring_for

LOOPBACK = "http://127.0.0.1:7071"


def _set(*cookies: Cookie) -> list[str]:
    def handler(_lobby: Lobby, _visit: Visit) -> Redirect:
        return Redirect("/", cookies)

    return all_of(serve(wiring_for(), visit(), public=handler), "Set-Cookie")


def test_on_https_no_other_host_can_set_our_cookies_and_no_script_can_read_them() -> None:
    assert _set(Cookie("session", "abc")) == [
        "__Host-session=abc; Path=/; HttpOnly; SameSite=Lax; Secure"
    ]


def test_on_a_loopback_address_cookies_work_without_https() -> None:
    def handler(_lobby: Lobby, _visit: Visit) -> Redirect:
        return Redirect("/", (Cookie("session", "abc", 60),))

    answer = serve(wiring_for(PUBLIC_URL=LOOPBACK), visit(), public=handler)

    assert all_of(answer, "Set-Cookie") == [
        "session=abc; Max-Age=60; Path=/; HttpOnly; SameSite=Lax"
    ]


def test_forgetting_takes_effect_at_once() -> None:
    assert _set(Cookie("session", "", 60)) == [
        "__Host-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure"
    ]


def test_a_name_is_set_once_in_an_answer() -> None:
    (only,) = _set(Cookie("session", "new"), Cookie("session", ""))

    assert only.startswith("__Host-session=;")


@pytest.mark.parametrize(
    ("url", "sent", "seen"),
    [
        ("https://app.example", {"__Host-session": "a", "session": "b"}, {"session": "a"}),
        ("https://app.example", {"session": "b"}, {}),
        (LOOPBACK, {"session": "b", "__Host-session": "a"}, {"session": "b"}),
    ],
)
def test_on_https_a_cookie_without_the_prefix_is_nobodys(
    url: str, sent: dict[str, str], seen: dict[str, str]
) -> None:
    def handler(_lobby: Lobby, visit: Visit) -> Data:
        return Data(dict(visit.cookies))

    answer = serve(wiring_for(PUBLIC_URL=url), visit(cookies=sent), public=handler)

    assert answer.body.decode() == str(seen).replace("'", '"')


@given(st.text(), st.integers(0, 2**32))
def test_what_is_sealed_passes_a_host_that_percent_encodes_values(text: str, now: int) -> None:
    from urllib.parse import quote

    sealed = Sealer(wiring_for().settings.keyring).seal("label", {"text": text}, now)

    assert quote(sealed, safe="-_.~") == sealed

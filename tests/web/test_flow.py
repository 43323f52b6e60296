"""A way out to a provider and back is used once, soon, in one browser, for one purpose."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.keyring import parse_keyring
from shared.core.reasons import Refusal
from shared.web import flow
from shared.web.sealed import Broken, Expired, Sealer
from shared.web.visit import Visit
from tests.web.kit import visit

NOW = 1_790_000_000.0
OLD, NEW = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
SEALER = Sealer(parse_keyring(f"v1:{OLD}"))


def _back(purpose: str, cookie: str, state: str) -> Visit:
    query = {"state": state} if state else {}
    return visit(query=query, cookies={f"flow-{purpose}": cookie} if cookie else {})


def test_what_we_set_out_with_comes_back() -> None:
    started, cookie = flow.begin(SEALER, "webex-signin", NOW, {"next": "/settings"})

    back = _back("webex-signin", cookie.value, started.state)
    assert flow.resume(SEALER, "webex-signin", back, NOW + 599) == started


def test_a_state_is_worth_nothing_without_its_cookie() -> None:
    started, _ = flow.begin(SEALER, "webex-signin", NOW, {})

    with pytest.raises(Refusal, match="state_elsewhere"):
        flow.resume(SEALER, "webex-signin", _back("webex-signin", "", started.state), NOW)


def test_another_browsers_state_is_refused() -> None:
    _, mine = flow.begin(SEALER, "webex-signin", NOW, {})
    theirs, _ = flow.begin(SEALER, "webex-signin", NOW, {})

    back = _back("webex-signin", mine.value, theirs.state)
    with pytest.raises(Refusal, match="state_elsewhere"):
        flow.resume(SEALER, "webex-signin", back, NOW)


def test_a_cookie_of_one_purpose_opens_for_no_other() -> None:
    started, cookie = flow.begin(SEALER, "webex-signin", NOW, {})

    back = _back("microsoft-consent", cookie.value, started.state)
    with pytest.raises(Refusal, match="state_elsewhere"):
        flow.resume(SEALER, "microsoft-consent", back, NOW)


def test_after_ten_minutes_it_is_too_late() -> None:
    started, cookie = flow.begin(SEALER, "webex-signin", NOW, {})

    back = _back("webex-signin", cookie.value, started.state)
    with pytest.raises(Refusal, match="state_expired"):
        flow.resume(SEALER, "webex-signin", back, NOW + 601)


def test_a_callback_without_a_state_is_refused() -> None:
    _, cookie = flow.begin(SEALER, "webex-signin", NOW, {})

    with pytest.raises(Refusal, match="state_missing"):
        flow.resume(SEALER, "webex-signin", _back("webex-signin", cookie.value, ""), NOW)


@given(st.text(max_size=200))
def test_nothing_that_we_did_not_seal_opens(text: str) -> None:
    with pytest.raises(Broken):
        SEALER.open("session", text, NOW, 60)


def test_a_changed_or_shortened_cookie_does_not_open() -> None:
    sealed = SEALER.seal("session", {"org": "a"}, NOW)
    changed = [
        sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :] for at in (9, 40)
    ]

    for text in [*changed, sealed[:-4], sealed[4:]]:
        with pytest.raises(Broken):
            SEALER.open("session", text, NOW, 60)


def test_a_seal_from_the_future_does_not_open() -> None:
    sealed = SEALER.seal("session", {}, NOW + 600)

    with pytest.raises(Expired):
        SEALER.open("session", sealed, NOW, 60)


def test_an_older_key_still_opens_and_a_dropped_one_does_not() -> None:
    sealed = SEALER.seal("session", {"org": "a"}, NOW)
    both, only_new = (parse_keyring(text) for text in (f"v2:{NEW},v1:{OLD}", f"v2:{NEW}"))

    assert Sealer(both).open("session", sealed, NOW, 60) == {"org": "a"}
    with pytest.raises(Broken):
        Sealer(only_new).open("session", sealed, NOW, 60)


def test_states_and_secrets_stay_out_of_what_is_printed() -> None:
    started, cookie = flow.begin(SEALER, "webex-signin", NOW, {"verifier": "very-secret"})

    printed = f"{started!r} {cookie!r}"
    assert started.state not in printed
    assert "very-secret" not in printed
    assert cookie.value not in printed

"""What must not become a session: answers of others, tokens that prove nothing, oddities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.browser.page import Page
from sandbox.kit import Fault
from sandbox.webex import Person
from sandbox.webex.oidc import Spoil
from shared import wiring
from tests.journeys.stage import APP_URL, Stage
from tests.pages.rows import rows_of
from tests.pages.steps import WEBEX_SIGN_IN as CALLBACK
from tests.pages.steps import copy_of, refused_with, sign_in, signed_in
from tests.pages.visitor import ELSEWHERE, Visitor
from tests.stage_storage import storage_for


def back_from_webex(visitor: Visitor, person: Person) -> str:
    """Sign in at Webex; the address of the way back, which is not followed."""
    visitor.post("/authorize/signin")
    return visitor.press(f"Sign in and allow as {person.name}", stop=CALLBACK).location


def changed(address: str, **changes: str) -> str:
    """None of a name where it is changed to ""."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query)) | changes
    kept = {name: value for name, value in query.items() if value}
    return urlunsplit(parts._replace(query=urlencode(kept)))


def value_of(address: str, name: str) -> str:
    return dict(parse_qsl(urlsplit(address).query))[name]


# State


def test_an_answer_without_state_is_refused(visitor: Visitor, full_admin: Person) -> None:
    back = back_from_webex(visitor, full_admin)

    assert refused_with(visitor.get(changed(back, state=""))) == "state_missing"
    assert not signed_in(visitor)


def test_an_answer_with_another_state_is_refused(visitor: Visitor, full_admin: Person) -> None:
    back = back_from_webex(visitor, full_admin)

    for state in ("x" * 43, value_of(back, "state")[:-1], value_of(back, "state") + "x"):
        assert refused_with(visitor.get(changed(back, state=state))) == "state_elsewhere"


def test_an_answer_that_comes_late_is_refused(
    stage: Stage, visitor: Visitor, full_admin: Person
) -> None:
    back = back_from_webex(visitor, full_admin)
    stage.clock.advance(601)

    assert refused_with(visitor.get(back)) == "state_expired"


def test_another_browser_s_answer_is_refused(
    stage: Stage, visitor: Visitor, full_admin: Person
) -> None:
    """An attacker sends a link with an answer of his own, to sign somebody in as himself."""
    attacker = Visitor(stage)
    back = back_from_webex(attacker, full_admin)

    assert refused_with(visitor.get(back, source=ELSEWHERE)) == "state_elsewhere"
    visitor.post("/authorize/signin")
    assert refused_with(visitor.get(back, source=ELSEWHERE)) == "state_elsewhere"
    assert not signed_in(visitor)


def test_an_answer_that_is_sent_twice_counts_once(
    stage: Stage, visitor: Visitor, full_admin: Person
) -> None:
    back = back_from_webex(visitor, full_admin)
    thief = copy_of(stage, visitor)
    visitor.get(back)

    assert refused_with(visitor.get(back)) == "state_elsewhere"
    assert refused_with(thief.get(back)) == "code_refused"
    assert signed_in(visitor)
    assert not signed_in(thief)


def test_a_fresh_code_does_not_bring_a_spent_state_back(
    stage: Stage, visitor: Visitor, full_admin: Person
) -> None:
    asked = visitor.post("/authorize/signin", stop="/v1/authorize").location
    thief = copy_of(stage, visitor)
    visitor.get(asked)
    visitor.press("Sign in and allow as Adam Admin")
    thief.get(asked)

    assert refused_with(thief.press("Sign in and allow as Adam Admin")) == "state_used"
    assert not signed_in(thief)


def test_an_answer_for_one_step_is_none_for_another(
    stage: Stage, visitor: Visitor, full_admin: Person
) -> None:
    """Another provider's, and another purpose's at the same provider."""
    back = back_from_webex(visitor, full_admin)
    for path in (
        "/authorize/webex/credential",
        "/authorize/microsoft/consent",
        "/authorize/microsoft/signin",
    ):
        page = visitor.get(back.replace(CALLBACK, path))

        assert refused_with(page) == "state_elsewhere"
    assert refused_with(visitor.get(back)) == ""


def test_a_flow_s_cookie_under_another_step_s_name_is_no_flow(
    visitor: Visitor, full_admin: Person
) -> None:
    back = back_from_webex(visitor, full_admin)
    flow = visitor.cookie("flow-webex-signin")
    assert flow
    name = "__Host-flow-webex-credential"
    visitor.jar.kept[flow.host, flow.path, name] = replace(flow, name=name)

    page = visitor.get(back.replace(CALLBACK, "/authorize/webex/credential"))

    assert refused_with(page) == "state_elsewhere"


def test_of_two_tabs_the_later_attempt_counts(visitor: Visitor, full_admin: Person) -> None:
    first = back_from_webex(visitor, full_admin)
    second = back_from_webex(visitor, full_admin)

    page = visitor.get(first)

    assert refused_with(page) == "state_elsewhere"
    assert visitor.get(second).path == "/"
    assert signed_in(visitor)


# The code


def test_a_code_of_another_sign_in_is_refused(
    stage: Stage, visitor: Visitor, full_admin: Person
) -> None:
    """The code was stolen from somebody; the verifier in this browser does not fit it."""
    stolen = value_of(back_from_webex(Visitor(stage), full_admin), "code")
    back = back_from_webex(visitor, full_admin)

    assert refused_with(visitor.get(changed(back, code=stolen))) == "code_refused"
    assert not signed_in(visitor)


@pytest.mark.parametrize("code", ["", "no such code", "x" * 5000, "öäå", "'; DROP TABLE"])
def test_a_code_that_is_none_is_refused(visitor: Visitor, full_admin: Person, code: str) -> None:
    back = back_from_webex(visitor, full_admin)

    assert refused_with(visitor.get(changed(back, code=code))) == "code_refused"


def test_a_code_that_webex_never_answers_for_is_not_tried_again(
    stage: Stage, visitor: Visitor, full_admin: Person
) -> None:
    stage.webex.faults.append(Fault("lost", path="/access_token", times=1))
    back = back_from_webex(visitor, full_admin)

    assert refused_with(visitor.get(back)) == "provider_silent"
    assert refused_with(visitor.get(back)) == "code_refused"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("access_denied", "webex_declined"),
        ("invalid_scope", "scopes_refused"),
        ("server_error", "webex_error"),
        ("<script>alert(1)</script>", "webex_error"),
        ("\r\nSet-Cookie: a=b", "webex_error"),
    ],
)
def test_an_error_counts_though_a_code_came_with_it(
    visitor: Visitor, full_admin: Person, error: str, code: str
) -> None:
    back = back_from_webex(visitor, full_admin)
    page = visitor.get(changed(back, error=error, error_description="<b>markup</b>"))

    assert refused_with(page) == code
    assert "<script>alert" not in page.body and "<b>markup" not in page.body
    assert not signed_in(visitor)


@pytest.mark.parametrize("name", ["state", "code"])
def test_a_name_that_is_there_twice_is_no_answer(
    visitor: Visitor, full_admin: Person, name: str
) -> None:
    back = back_from_webex(visitor, full_admin)
    page = visitor.get(f"{back}&{name}={value_of(back, name)}")

    assert refused_with(page) in ("state_elsewhere", "code_refused")
    assert not signed_in(visitor)


# The id_token


@pytest.mark.parametrize("spoil", [how for how in get_args(Spoil) if how])
def test_an_id_token_that_proves_nothing_signs_nobody_in(
    stage: Stage, visitor: Visitor, full_admin: Person, spoil: Spoil
) -> None:
    stage.webex.oidc.spoil = spoil
    page = sign_in(visitor, full_admin)

    assert refused_with(page) == "id_token_refused"
    assert not signed_in(visitor)
    assert not rows_of(stage)
    assert sign_in(visitor, full_admin).path == "/"


@pytest.mark.parametrize("host", ["idbroker.webex.com.evil.example", "evil.example", "webex.com"])
def test_an_issuer_elsewhere_is_refused(
    stage: Stage, visitor: Visitor, full_admin: Person, host: str
) -> None:
    stage.webex.switches.issuer = f"https://{host}/idb"

    assert refused_with(sign_in(visitor, full_admin)) == "id_token_refused"


def test_a_discovery_document_that_names_another_host_is_not_followed(
    stage: Stage, visitor: Visitor, full_admin: Person
) -> None:
    stage.webex.switches.discovery_issuer = "https://evil.example/idb"

    assert refused_with(sign_in(visitor, full_admin)) == "provider_silent"
    assert not signed_in(visitor)


def test_webex_s_keys_are_read_once_in_a_while_and_anew_for_an_unknown_one(
    stage: Stage, full_admin: Person
) -> None:
    def read() -> int:
        return len([c for c in stage.webex.log if c.path == "/v1/verification"])

    sign_in(Visitor(stage), full_admin)
    sign_in(Visitor(stage), full_admin)
    assert read() == 1

    stage.webex.oidc.spoil = "unknown_key"
    sign_in(Visitor(stage), full_admin)

    assert read() == 2


# Forms


def test_another_site_cannot_send_somebody_to_sign_in_or_out(
    stage: Stage, visitor: Visitor, full_admin: Person
) -> None:
    assert refused_with(visitor.post("/authorize/signin", source=ELSEWHERE)) == "cross_site"
    sign_in(visitor, full_admin)
    assert refused_with(visitor.post("/authorize/signout", source=ELSEWHERE)) == "cross_site"
    assert signed_in(visitor)


@pytest.mark.parametrize(
    "body", [b"next=%ff%fe", b"next=" + b"x" * 20_000, b"\xff\xfe\x00", b"next=/&next=/", b"next"]
)
def test_a_form_that_is_none_is_refused(visitor: Visitor, body: bytes) -> None:
    assert refused_with(visitor.post("/authorize/signin", body)) == "bad_form"


def test_a_callback_is_no_form(visitor: Visitor, full_admin: Person) -> None:
    back = back_from_webex(visitor, full_admin)

    visitor.strict = False
    assert visitor.post(back).status in (404, 405)


# Anything at all

texts = st.text(max_size=60)


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.sampled_from(["state", "code", "error", "error_description", "iss", "next", "language"])
        | texts.filter(bool),
        texts,
        max_size=6,
    )
)
def test_whatever_comes_back_the_answer_is_a_refusal_and_repeats_nothing(
    odd_stage: Stage, query: dict[str, str]
) -> None:
    visitor = Visitor(odd_stage)
    back = back_from_webex(visitor, odd_stage.admin)
    marked = {name: f"<q>{value}" for name, value in query.items()}
    given_state = {} if "state" in query else {"state": value_of(back, "state")}
    page: Page = visitor.get(f"{CALLBACK}?{urlencode({**marked, **given_state})}")

    assert page.status in (200, 403, 404)
    assert "<q>" not in page.body
    assert visitor.cookie("session") is None


@pytest.fixture(scope="module")
def odd_stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """One for all examples."""
    yield Stage(storage_for(request), 0, False)
    wiring.install(None)


def test_the_address_of_this_app_is_what_is_registered() -> None:
    from tests.journeys.stage import WEBEX_CALLBACKS

    assert CALLBACK in WEBEX_CALLBACKS
    assert APP_URL.startswith("https://")

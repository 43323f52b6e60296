"""Whatever a browser sends to the sign-ins: an answer in our words, nothing kept or echoed."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import wiring
from shared.core.capabilities import CAPABILITIES
from tests.journeys.stage import Stage
from tests.pages.steps import office, sign_in
from tests.pages.visitor import Visitor
from tests.stage_storage import storage_for

MARK = "<q>'\""
PATHS = (
    "/authorize/signin",
    "/authorize/webex",
    "/authorize/service-app",
    "/authorize/confirm",
    "/authorize/forget",
)
names = st.sampled_from(
    ["capability", "step", "since", "pending", "client_id", "client_secret", "refresh_token"]
)
values = st.sampled_from(["spaces", "people", "folders", "microsoft", "0", "1", ""]) | st.text(
    max_size=80
)


@pytest.fixture(scope="module")
def odd(request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """A signed-in administrator, one for all examples."""
    visitor = Visitor(Stage(storage_for(request), 0, False))
    sign_in(visitor, visitor.stage.admin)
    yield visitor
    wiring.install(None)


@settings(max_examples=60)
@given(st.sampled_from(PATHS), st.dictionaries(names | st.text(max_size=9), values, max_size=6))
def test_a_form_with_anything_in_it(odd: Visitor, path: str, form: dict[str, str]) -> None:
    marked = {name: value + MARK if len(value) > 9 else value for name, value in form.items()}
    page = odd.post(path, marked, stop="/v1/authorize")

    assert page.status in (200, 303, 403, 422)
    assert MARK not in page.body
    assert_nothing_kept(odd.stage)


@settings(max_examples=40)
@given(st.sampled_from(PATHS), st.binary(max_size=200))
def test_a_form_of_any_bytes(odd: Visitor, path: str, body: bytes) -> None:
    page = odd.post(path, body, stop="/v1/authorize")

    assert page.status in (200, 303, 403, 422)
    assert_nothing_kept(odd.stage)


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.sampled_from(["state", "code", "error", "capability", "org"]) | st.text(max_size=9),
        st.text(max_size=60).map(lambda text: MARK + text),
        max_size=5,
    )
)
def test_an_answer_of_webex_with_anything_in_it(odd: Visitor, query: dict[str, str]) -> None:
    out = odd.post("/authorize/webex", {"capability": "spaces"}, stop="/v1/authorize").location
    state = parse_qs(urlsplit(out).query)["state"][0]
    page = odd.get(f"/authorize/webex/credential?{urlencode({'state': state, **query})}")

    assert page.status in (200, 403)
    assert MARK not in page.body
    assert_nothing_kept(odd.stage)


def assert_nothing_kept(stage: Stage) -> None:
    kept = office(stage).credentials

    assert not [c for c in CAPABILITIES if kept.read(c) or kept.pending(c)]

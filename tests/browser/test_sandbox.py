"""The sandbox's own pages: the console, and the providers' pages that refuse."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.reader import Reader
from tests.browser.real import Party, Real


def test_the_console_is_fit_for_everybody(
    reader: Callable[..., Reader], real: Real, party: Party
) -> None:
    somebody = reader(thorough=True)
    team = real.clouds.webex.create_team(party.ordinary, "Project X")
    ids = [party.ordinary.external_id or ""]
    group = real.clouds.tenant.add_group("Project X", "project-x", owners=ids, members=ids)
    for path in ("/", f"/teams/{team.uuid}", f"/groups/{group.id}"):
        somebody.open(real.urls["console"] + path)


def test_the_providers_refusals_are_fit_for_everybody(
    reader: Callable[..., Reader], real: Real, party: Party
) -> None:
    somebody = reader(thorough=True)
    somebody.expected_error = 400
    somebody.open(f"{real.urls['webex']}/v1/authorize?client_id=nobody")
    asked = f"{party.tenant.tenant_id}/v2.0/adminconsent?client_id=nobody&redirect_uri=x"
    somebody.open(f"{real.urls['login']}/{asked}")

    assert somebody.heading == "Sign in"

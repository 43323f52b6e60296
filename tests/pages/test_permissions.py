"""The note about permissions: everything that is asked for, why, and how it is taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.browser.page import Page
from sandbox.microsoft.state import Tenant
from shared.core.capabilities import CAPABILITIES
from shared.core.permissions import FILES, GUESTS, PERMISSIONS, SCOPES
from tests.pages import steps
from tests.pages.checklist import Checklist, down

PATH = "/permissions"


def state(page: Page, permission: str) -> str:
    """The word beside a permission, "" for none."""
    row = page.document.root.first("tr", id=permission)
    assert row is not None
    found = [e.text for e in row.all("span") if e["class"].startswith("state ")]
    return found[0] if found else ""


@pytest.fixture
def several(checklist: Checklist) -> Tenant:
    return checklist.tenant("Fabrikam")


# What it says


def test_every_permission_with_feature_reason_reach_and_what_stops(checklist: Checklist) -> None:
    page = checklist.visitor.get(PATH)
    rows = page.tables[0]

    assert page.heading == "Read the note about permissions"
    assert rows[0] == ["Permission", "For", "Why", "What it touches", "Without it"]
    for permission, row in zip(PERMISSIONS, rows[1:], strict=True):
        assert row[0].startswith(permission.name)
        assert row[1:] == [
            permission.feature,
            permission.why,
            permission.touches,
            permission.without,
        ]


def test_inviting_guests_is_asked_for_where_it_is_chosen(checklist: Checklist) -> None:
    organizations = steps.office(checklist.stage).services.organizations
    before = checklist.visitor.get(PATH).text
    organizations.save_settings(lambda s: replace(s, guests=True))

    page = checklist.visitor.get(PATH)
    link = checklist.visitor.press("Make a hand-over link")

    assert GUESTS.name not in before
    assert page.tables[0][-1][1:] == [GUESTS.feature, GUESTS.why, GUESTS.touches, GUESTS.without]
    assert state(page, GUESTS.name) == ""
    assert f"- {GUESTS.name}: {GUESTS.why}" in link.body


def test_writing_files_is_asked_for_where_further_spaces_get_folders(checklist: Checklist) -> None:
    organizations = steps.office(checklist.stage).services.organizations
    before = checklist.visitor.get(PATH).text
    organizations.save_settings(lambda s: replace(s, space_folders=True))

    page = checklist.visitor.get(PATH)
    link = checklist.visitor.press("Make a hand-over link")

    assert FILES.name not in before
    assert page.tables[0][-1][1:] == [FILES.feature, FILES.why, FILES.touches, FILES.without]
    assert f"- {FILES.name}: {FILES.why}" in link.body


def test_every_scope_that_is_asked_of_webex(checklist: Checklist) -> None:
    page = checklist.visitor.get(PATH)

    for capability in CAPABILITIES.values():
        assert not capability.scopes or capability.role in page.text
        for scope in capability.asked:
            assert scope in page.text
            assert SCOPES[scope] in page.text


@pytest.mark.parametrize(
    "words",
    [
        "You enter your password in Microsoft's own dialog. The app never sees it.",
        "Global Administrator or Privileged Role Administrator",
        "Unverified",
        "Groups work without Sites.Read.All; folders then wait.",
        "A feature that needs more asks again",
        "Enterprise applications, this app, Permissions, Revoke; or Properties, Delete.",
        "The switch stops everything at once.",
    ],
)
def test_what_an_administrator_must_know_before_they_leave(
    checklist: Checklist, words: str
) -> None:
    assert words in checklist.visitor.get(PATH).text


def test_the_application_can_be_recognised_in_the_dialog(checklist: Checklist) -> None:
    page = checklist.visitor.get(PATH)

    assert checklist.stage.application.client_id in page.text
    assert checklist.stage.tenant.tenant_id in page.text


def test_in_swedish(checklist: Checklist) -> None:
    checklist.visitor.language = "sv"

    page = checklist.visitor.get(PATH)

    assert page.heading == "Läs anteckningen om behörigheter"
    assert "Auktorisera" in page.buttons
    assert "Microsoft-klientorganisation" in page.text
    assert "samtycke" not in page.text


# How it stands


def test_before_consent_no_permission_has_a_state(checklist: Checklist) -> None:
    page = checklist.visitor.get(PATH)

    assert {state(page, p.name) for p in PERMISSIONS} == {""}
    assert "Not granted yet." in page.text


def test_after_consent_each_permission_shows_what_was_proven(ready: Checklist) -> None:
    page = ready.visitor.get(PATH)

    assert {state(page, p.name) for p in PERMISSIONS} == {"Met"}


def test_a_new_permission_that_is_needed_is_asked_for_again(ready: Checklist) -> None:
    ready.grant("Group.ReadWrite.All", "User.Read.All")
    ready.again()

    page = ready.visitor.get(PATH)

    assert state(page, "Sites.Read.All") == "Needs attention"
    assert state(page, "User.Read.All") == "Met"
    assert "New permission needed by linked folders: Sites.Read.All." in page.text
    assert "Authorize" in page.buttons


def test_a_permission_that_all_depends_on_is_not_met(ready: Checklist) -> None:
    ready.stage.clock.advance(11 * 60)
    ready.grant("Group.ReadWrite.All", "Sites.Read.All")
    ready.again()

    assert state(ready.visitor.get(PATH), "User.Read.All") == "Not met"


def test_it_is_there_when_microsoft_is_not(ready: Checklist) -> None:
    ready.stage.clock.advance(16 * 60)
    for cloud in (ready.stage.microsoft.login, ready.stage.microsoft.graph):
        down(cloud)

    page = ready.visitor.get(PATH)

    assert page.status == 200
    assert "does not answer" in page.text


# Authorize


def test_authorize_leads_to_microsofts_dialog(checklist: Checklist) -> None:
    checklist.visitor.get(PATH)

    page = checklist.visitor.press("Authorize")

    assert not page.ours
    assert page.url.startswith("https://login.microsoftonline.com/")
    assert checklist.stage.tenant.tenant_id in page.url


def test_authorize_does_not_wait_for_webex(checklist: Checklist) -> None:
    """The Microsoft administrator need not wait for the compliance officer."""
    assert checklist.found("webex_officer") == ("not_met", "no_sign_in")

    assert "Authorize" in checklist.visitor.get(PATH).buttons


def test_authorize_waits_for_the_tenant_and_says_so(checklist: Checklist, several: Tenant) -> None:
    page = checklist.visitor.get(PATH)
    button = page.document.root.first("button", id="authorize")
    why = page.document.root.first("p", id="blocked")

    assert button is not None
    assert (button["aria-disabled"], button["type"]) == ("true", "button")
    assert why is not None
    assert button["aria-describedby"] == "blocked"
    assert why.text.startswith("Authorize waits for the Microsoft tenant.")
    assert page.links["Go to the prerequisites"] == "/prerequisites#m365_tenant"
    assert "disabled" not in button.attrs


def test_authorize_no_longer_waits_once_the_tenant_is_named(
    checklist: Checklist, several: Tenant
) -> None:
    checklist.visitor.get(PATH)
    checklist.visitor.post("/prerequisites/tenant", {"tenant": several.domain})

    assert "Authorize" in checklist.visitor.get(PATH).buttons


def test_from_the_prerequisites_to_the_success_page(checklist: Checklist) -> None:
    checklist.stage.person()
    checklist.sign_in_both()

    checklist.visitor.get("/prerequisites")
    checklist.visitor.follow("Next")
    checklist.visitor.press("Authorize")
    page = steps.at_microsoft(checklist.visitor, checklist.stage.global_admin)

    assert page.path == "/authorized"
    assert page.links["Go to settings"] == "/settings"


# Somebody else


def test_the_link_for_the_microsoft_administrator_comes_with_a_text_that_says_why(
    checklist: Checklist,
) -> None:
    page = checklist.visitor.get(PATH)
    assert page.document.root.first("textarea") is None

    page = checklist.visitor.press("Make a hand-over link")

    link, field = (page.document.root.first(id=i) for i in ("link", "forward"))
    assert link is not None and field is not None
    assert "readonly" in field.attrs
    for permission in PERMISSIONS:
        assert f"- {permission.name}: {permission.why}" in field.text
    assert checklist.stage.application.client_id in field.text
    assert link["value"] in field.text
    button = page.document.root.first("button", data_copy="forward")
    assert button is not None
    assert "hidden" in button.attrs


def test_a_hand_over_link_for_the_microsoft_administrator(checklist: Checklist) -> None:
    checklist.visitor.get(PATH)

    page = checklist.visitor.press("Make a hand-over link")

    assert page.status == 200
    assert f"/handover/{checklist.stage.org.uuid}/" in page.body

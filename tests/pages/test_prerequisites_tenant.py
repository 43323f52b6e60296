"""Naming the Microsoft tenant: asked once, and only where it is not known."""

from __future__ import annotations

import pytest

from sandbox.browser.page import Page
from sandbox.microsoft.state import Tenant
from shared.core.ids import NIL
from tests.pages import steps
from tests.pages.checklist import PATH, Checklist, down
from tests.pages.visitor import ELSEWHERE

FORM = f"{PATH}/tenant"


@pytest.fixture
def other(checklist: Checklist) -> Tenant:
    """A second tenant that is served, so that one must be named."""
    return checklist.tenant("Fabrikam")


def name(checklist: Checklist, given: str) -> Page:
    return checklist.visitor.post(FORM, {"tenant": given})


def error(page: Page) -> str:
    """What stands beside the field."""
    found = page.document.root.first("p", id="tenant-error")
    return found.text if found else ""


def fields(page: Page) -> list[str]:
    return [each["id"] for each in page.document.root.all("input", name="tenant")]


def test_where_one_tenant_is_served_nobody_is_asked(checklist: Checklist) -> None:
    page = checklist.visitor.get(PATH)

    assert fields(page) == []
    assert checklist.row("m365_tenant")["state"] == "met"


def test_where_one_is_connected_nobody_is_asked(ready: Checklist) -> None:
    ready.tenant("Fabrikam")

    page = ready.visitor.get(PATH)

    assert fields(page) == []
    assert "disconnect this one in the settings" in page.text


@pytest.mark.parametrize(
    "given", ["fabrikam.example", "  FABRIKAM.example ", "fabrikam.example.", "the id", "THE ID"]
)
def test_a_tenant_is_found_by_domain_or_id(checklist: Checklist, other: Tenant, given: str) -> None:
    given = {"the id": other.tenant_id, "THE ID": other.tenant_id.upper()}.get(given, given)
    checklist.visitor.get(PATH)

    page = checklist.visitor.press("Use this tenant", tenant=given)

    assert page.path == PATH
    assert "The Microsoft tenant is chosen." in page.said
    assert steps.settings(checklist.stage).chosen == other.tenant_id
    assert steps.settings(checklist.stage).tenant is None
    assert checklist.found("m365_tenant") == ("met", "found")
    assert checklist.found("m365_permissions") == ("attention", "not_asked")


def test_the_tenant_that_was_named_is_the_one_that_is_asked_for_consent(
    checklist: Checklist, other: Tenant
) -> None:
    name(checklist, other.domain)

    page = checklist.visitor.post("/authorize/microsoft", stop="nowhere")

    assert f"/{other.tenant_id}/" in page.url


def test_choosing_is_in_the_audit_once(checklist: Checklist, other: Tenant) -> None:
    for _ in range(2):
        name(checklist, other.domain)

    changes = steps.office(checklist.stage).audit.latest(10)
    chosen = [c for c in changes if c.what == "tenant_chosen"]
    assert [(c.who, c.before, c.after) for c in chosen] == [(steps.ADAM, "", other.domain)]


def test_another_may_be_named_until_one_is_connected(checklist: Checklist, other: Tenant) -> None:
    name(checklist, other.domain)
    name(checklist, checklist.stage.tenant.domain)

    assert steps.settings(checklist.stage).chosen == checklist.stage.tenant.tenant_id


@pytest.mark.parametrize(
    "given",
    [
        "",
        "   ",
        "contoso",
        "common",
        "organizations",
        "consumers",
        NIL,
        "fabrikam.example/../x",
        "fabrikam.example?x=1",
        "fabrikam.example#x",
        "user@fabrikam.example",
        "https://fabrikam.example",
        "%2e%2e/fabrikam.example",
        "fabrikam.example\r\nX-Evil: yes",
        "fabrikam.example\nx",
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>.example',
        "{{7*7}}.example",
        "a" * 300 + ".example",
        "\u202efabrikam.example\u200b\u0301/",
    ],
)
def test_what_is_no_name_is_refused_beside_the_field_and_asked_of_nobody(
    checklist: Checklist, other: Tenant, given: str
) -> None:
    checklist.visitor.get(PATH)
    since = len(checklist.stage.microsoft.login.log)

    page = name(checklist, given)

    assert page.status == 422
    assert error(page).startswith("This is no tenant's name.")
    assert len(checklist.stage.microsoft.login.log) == since
    assert steps.settings(checklist.stage).chosen is None
    assert "<script>alert" not in page.body
    assert "<img src=x" not in page.body


def test_what_was_typed_stands_in_the_field_still(checklist: Checklist, other: Tenant) -> None:
    page = name(checklist, 'a"b<c>.example')
    field = page.document.root.first("input", id="tenant-name")

    assert field is not None
    assert field["value"] == 'a"b<c>.example'
    assert field["aria-invalid"] == "true"
    assert "tenant-error" in field["aria-describedby"]
    assert page.title.startswith("Not taken")


def test_a_tenant_that_does_not_exist(checklist: Checklist, other: Tenant) -> None:
    page = name(checklist, "nobody.example")

    assert (page.status, steps.settings(checklist.stage).chosen) == (422, None)
    assert "knows no tenant by the name nobody.example" in error(page)


def test_a_tenant_of_another_cloud_is_named_and_refused(
    checklist: Checklist, other: Tenant
) -> None:
    checklist.stage.microsoft.switches.graph_host = "microsoftgraph.chinacloudapi.cn"

    page = name(checklist, other.domain)

    assert page.status == 422
    assert "Microsoft 365 China (21Vianet)" in error(page)
    assert steps.settings(checklist.stage).chosen is None


def test_a_tenant_that_is_not_served(checklist: Checklist, other: Tenant) -> None:
    checklist.tenant("Stranger", served=False)

    page = name(checklist, "stranger.example")

    assert page.status == 422
    assert "MICROSOFT_TENANT_IDS" in error(page)
    assert steps.settings(checklist.stage).chosen is None


def test_a_tenant_of_another_organization(checklist: Checklist, other: Tenant) -> None:
    elsewhere = checklist.stage.webex.add_organization("Elsewhere")
    steps.serve(checklist.stage, organizations=[elsewhere])
    theirs = steps.office(checklist.stage, elsewhere)
    theirs.bind(next(t for t in theirs.settings.tenants if t == other.tenant_id))

    page = name(checklist, other.domain)

    assert page.status == 422
    assert "connected to another Webex organization" in error(page)
    assert steps.settings(checklist.stage).chosen is None


def test_a_connected_organization_keeps_its_tenant(ready: Checklist) -> None:
    other = ready.tenant("Fabrikam")

    page = name(ready, other.domain)

    assert page.status == 422
    assert steps.settings(ready.stage).tenant == ready.stage.tenant.tenant_id
    assert steps.settings(ready.stage).chosen == ready.stage.tenant.tenant_id
    assert "connected to another tenant already" in page.text


def test_when_entra_does_not_answer_nothing_is_chosen(checklist: Checklist, other: Tenant) -> None:
    down(checklist.stage.microsoft.login)

    page = name(checklist, other.domain)

    assert page.status == 422
    assert "Microsoft Entra ID does not answer" in error(page)
    assert steps.settings(checklist.stage).chosen is None


def test_another_site_cannot_choose(checklist: Checklist, other: Tenant) -> None:
    page = checklist.visitor.post(FORM, {"tenant": other.domain}, source=ELSEWHERE)

    assert steps.refused_with(page)
    assert steps.settings(checklist.stage).chosen is None


@pytest.mark.parametrize(
    "body", [b"tenant=a.example&tenant=b.example", b"tenant=%ff%fe", b"tenant=" + b"a" * 20_000]
)
def test_a_form_that_cannot_be_read_is_refused(
    checklist: Checklist, other: Tenant, body: bytes
) -> None:
    page = checklist.visitor.post(FORM, body)

    assert steps.refused_with(page) == "bad_form"


def test_the_refusal_is_told_in_swedish(checklist: Checklist, other: Tenant) -> None:
    checklist.visitor.language = "sv"

    page = name(checklist, "ingen.example")

    assert "Microsoft känner ingen klientorganisation med namnet ingen.example." in error(page)

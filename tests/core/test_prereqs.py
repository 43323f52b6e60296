"""The prerequisites' rules: order, names of tenants, and what is found from what was read."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core import capabilities, findings, judging, prereqs
from shared.core.checks import Result, State
from shared.core.ids import NIL, ObjectId, OrgId, TenantId
from shared.core.judging import Found, Matches
from shared.core.permissions import PERMISSIONS, SCOPES
from shared.core.prereqs import CHECKS

OURS = OrgId("11111111-1111-4111-8111-111111111111")
THEIRS = OrgId("22222222-2222-4222-8222-222222222222")
TENANT = TenantId("33333333-3333-4333-8333-333333333333")
IDS = [ObjectId(f"44444444-4444-4444-8444-{n:012d}") for n in range(4)]
ALL = {p.name: True for p in PERMISSIONS}
CORE = {p.name: p.core for p in PERMISSIONS}


def permissions(
    proven: Mapping[str, bool] | None,
    *,
    connected: bool = True,
    just_now: bool = False,
    link_folders: bool = True,
) -> Found:
    return judging.judge_permissions(
        proven, connected=connected, just_now=just_now, link_folders=link_folders
    )


def creation(
    *,
    everybody: bool = False,
    some: bool = False,
    honoured: bool = True,
    naming: str = "",
    blocked: int = 0,
) -> Found:
    return judging.judge_creation(
        everybody=everybody, some=some, honoured=honoured, naming=naming, blocked=blocked
    )


def tenant(found: tuple[TenantId, str] | None, holder: OrgId | None = None) -> Found:
    return judging.judge_tenant("contoso.example", found, {TENANT}, holder, OURS)


def identities(count: int, *, of: int, whole: bool = False, asked: bool = True) -> Found:
    return judging.judge_identities(Matches(count, of, 4812, whole, asked))


SPACES = capabilities.CAPABILITIES["spaces"].scopes
PEOPLE = capabilities.CAPABILITIES["people"].scopes
# Every judgement: the check, what is found, and the code that it must be.
JUDGED: list[tuple[str, Found, str]] = [
    ("m365_tenant", tenant((TENANT, judging.GLOBAL)), "found"),
    ("m365_tenant", tenant((TENANT, judging.GLOBAL), OURS), "connected"),
    ("m365_tenant", tenant((TENANT, judging.GLOBAL), THEIRS), "taken"),
    ("m365_tenant", tenant(None), "unknown"),
    ("m365_tenant", tenant((TENANT, "graph.microsoft.us")), "other_cloud"),
    ("m365_tenant", tenant((TENANT, "graph.new.example")), "other_cloud"),
    ("m365_tenant", tenant((TenantId(THEIRS), judging.GLOBAL)), "not_served"),
    ("m365_permissions", permissions(None, connected=False), "not_asked"),
    ("m365_permissions", permissions(None), "taken_back"),
    ("m365_permissions", permissions(ALL), "all"),
    ("m365_permissions", permissions(ALL, connected=False), "not_connected"),
    ("m365_permissions", permissions({}, connected=False), "not_connected"),
    ("m365_permissions", permissions(CORE), "more_wanted"),
    ("m365_permissions", permissions(CORE, just_now=True), "more_wanted"),
    ("m365_permissions", permissions(CORE, link_folders=False), "all"),
    ("m365_permissions", permissions({**ALL, "User.Read.All": False}), "missing"),
    ("m365_permissions", permissions({}, just_now=True), "not_yet"),
    ("m365_groups", judging.judge_groups({"exchange", "sharepoint", "yammer"}), "enabled"),
    ("m365_groups", judging.judge_groups({"exchange"}), "lacking"),
    ("m365_groups", judging.judge_groups(None), "unsaid"),
    ("m365_creation", creation(everybody=True), "everybody"),
    ("m365_creation", creation(everybody=True, honoured=False), "everybody"),
    ("m365_creation", creation(some=True), "some"),
    ("m365_creation", creation(), "nobody"),
    ("m365_creation", creation(some=True, honoured=False), "ignored"),
    ("m365_creation", creation(some=True, naming="GRP_[GroupName]"), "some+naming"),
    ("m365_creation", creation(everybody=True, blocked=2), "everybody+words"),
    ("m365_creation", creation(naming="GRP_[GroupName]", blocked=2), "nobody+naming+words"),
    ("m365_users", judging.judge_users(1), "some"),
    ("m365_users", judging.judge_users(0), "none"),
    ("webex_officer", judging.judge_scopes("spaces", "Olga", 1, SPACES), "ready"),
    ("webex_officer", judging.judge_scopes("spaces", "Olga", 1, ()), "ready"),
    ("webex_officer", judging.judge_scopes("spaces", "", 0, ()), "works"),
    ("webex_officer", judging.judge_scopes("spaces", "Olga", 1, SPACES[:-2]), "slow"),
    ("webex_officer", judging.judge_scopes("spaces", "Olga", 1, SPACES[1:]), "scopes"),
    ("webex_people", judging.judge_scopes("people", "Adam", 1, PEOPLE), "ready"),
    ("webex_people", judging.judge_scopes("people", "Adam", 1, PEOPLE[:2]), "part"),
    ("webex_people", judging.judge_scopes("people", "Adam", 1, PEOPLE[:1]), "scopes"),
    ("webex_messaging", judging.judge_licences([("Advanced Messaging", 5, 2)]), "licensed"),
    ("webex_messaging", judging.judge_licences([("Messaging", 5, 0)]), "unused"),
    ("webex_messaging", judging.judge_licences([("Meeting - Basic", 5, 2)]), "unsaid"),
    ("webex_messaging", judging.judge_licences([]), "unsaid"),
    ("webex_active", judging.judge_accounts(["active"] * 3, whole=True), "all"),
    ("webex_active", judging.judge_accounts(["active", "pending"], whole=False), "some"),
    ("webex_active", judging.judge_accounts(["pending", "disabled"], whole=True), "none"),
    ("webex_active", judging.judge_accounts([], whole=True), "nobody"),
    ("webex_active", judging.judge_accounts([], whole=False), "unseen"),
    ("webex_external_id", identities(100, of=100), "all+sample"),
    ("webex_external_id", identities(97, of=100), "some+sample"),
    ("webex_external_id", identities(0, of=100), "none_of_few+sample"),
    ("webex_external_id", identities(0, of=299), "none_of_few+sample"),
    ("webex_external_id", identities(0, of=300), "none_of_many+sample"),
    ("webex_external_id", identities(0, of=1, whole=True), "none+sample"),
    ("webex_external_id", identities(100, of=100, asked=False), "shaped+sample"),
    ("webex_external_id", identities(0, of=100, asked=False), "none_of_few+sample"),
    ("webex_external_id", identities(0, of=0, whole=True), "nobody"),
    ("webex_external_id", identities(0, of=0), "unseen"),
]


@pytest.mark.parametrize(("check_id", "answer", "code"), JUDGED)
def test_what_was_read_leads_to_what_is_found(check_id: str, answer: Found, code: str) -> None:
    assert answer.code == code


@pytest.mark.parametrize(("check_id", "answer", "code"), JUDGED)
def test_every_sentence_is_filled_by_what_was_found(
    check_id: str, answer: Found, code: str
) -> None:
    for finding in findings.found(check_id, answer.code):
        sentence = finding.sentence % answer.facts

        assert "%(" not in sentence


def test_ninety_seven_of_a_hundred_in_a_sample() -> None:
    answer = identities(97, of=100)

    assert answer.facts == {"matching": 97, "count": 100, "total": 4812}


def test_only_a_national_cloud_that_is_known_has_a_name() -> None:
    assert "GCC High" in str(tenant((TENANT, "graph.microsoft.us")).facts["cloud"])
    assert tenant((TENANT, "graph.new.example")).facts["cloud"] == "graph.new.example"


def test_groups_name_what_the_plan_lacks() -> None:
    assert judging.judge_groups({"exchange"}).facts == {"lacking": "SharePoint Online"}


def test_an_external_id_counts_only_if_it_holds_exactly_one_object_id() -> None:
    texts = [None, "", "e12345", IDS[0].upper(), f"id:{IDS[1]}", f"{IDS[2]} {IDS[3]}", NIL]

    assert judging.object_ids(texts) == [IDS[0], IDS[1]]


def test_only_a_test_earns_the_green_tick() -> None:
    """What an administrator confirms stays in its own state."""
    for check_id in ("ecm_microsoft", "ecm_linked_folders", "ecm_tenant_name"):
        states = {f.state for f in findings.findings(check_id).values()}

        assert State.MET not in states


def test_whatever_is_not_met_stops_and_whatever_is_met_does_not() -> None:
    for check_id in CHECKS:
        for finding in findings.findings(check_id).values():
            assert finding.stops or finding.state is not State.NOT_MET
            assert not finding.stops or finding.state in (State.NOT_MET, State.ATTENTION)


def test_advice_never_blocks() -> None:
    result = findings.result("webex_active", "none", 0)

    assert result.state is State.NOT_MET
    assert not findings.blocks(result)


def test_a_code_of_a_newer_version_counts_as_never_checked() -> None:
    result = Result("m365_users", State.MET, "code of next year", 5)

    assert [f.sentence for f in findings.found(result.id, result.code)] == ["Not checked yet."]
    assert findings.blocks(result)


def test_every_check_comes_after_those_it_needs() -> None:
    order = list(CHECKS)
    for check in CHECKS.values():
        for before in (*check.after, *check.uses):
            assert order.index(before) < order.index(check.id)


def test_stages_ask_nothing_before_what_it_needs() -> None:
    seen: set[str] = set()
    for stage in prereqs.stages(CHECKS):
        for check_id in stage:
            assert set(CHECKS[check_id].after) | set(CHECKS[check_id].uses) <= seen
        seen |= set(stage)

    assert seen == set(CHECKS)


def test_one_check_brings_along_what_it_depends_on() -> None:
    assert prereqs.with_predecessors(["m365_users"]) == {
        "m365_users",
        "m365_permissions",
        "m365_tenant",
    }
    with pytest.raises(KeyError):
        prereqs.with_predecessors(["m365_weather"])


def test_the_groups_are_ciscos_and_each_is_in_one_piece() -> None:
    titles = [prereqs.GROUPS[check.group] for check in CHECKS.values()]

    assert list(dict.fromkeys(titles)) == ["Microsoft 365 requirements", "Webex requirements"]
    assert titles == sorted(titles)


def test_every_row_is_mended_at_a_place_of_ours_or_the_providers() -> None:
    ours = ("/prerequisites#", "/permissions", "/credentials#")
    theirs = ("entra.microsoft.com", "admin.microsoft.com", "admin.webex.com", "help.webex.com")
    for check in CHECKS.values():
        assert check.mend.startswith(ours + tuple(f"https://{host}/" for host in theirs))


def test_every_scope_that_is_asked_for_is_explained() -> None:
    asked = {s for c in capabilities.CAPABILITIES.values() for s in c.asked}

    assert asked == set(SCOPES)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
        ("  Contoso.Example. ", "contoso.example"),
        ("Räksmörgås.example", "xn--rksmrgs-5wao1o.example"),
        (TENANT.upper(), TENANT),
    ],
)
def test_a_tenant_is_named_by_domain_or_id(given: str, name: str) -> None:
    assert prereqs.tenant_name(given) == name


@pytest.mark.parametrize(
    "given",
    [
        "",
        " ",
        ".",
        "contoso",
        "common",
        "organizations",
        "consumers",
        NIL,
        "contoso..example",
        "-contoso.example",
        "contoso.example/../evil",
        "contoso.example/x",
        "contoso.example?x=1",
        "contoso.example#x",
        "contoso.example@evil.example",
        "https://contoso.example",
        "contoso.example:443",
        "contoso.example\r\nX: y",
        "contoso.example\0",
        "%2e%2e.example",
        "127.0.0.1",
        "<b>.example",
        "a b.example",
        f"{'a' * 64}.example",
        ".".join(["a" * 60] * 5),
    ],
)
def test_anything_else_is_no_name(given: str) -> None:
    assert prereqs.tenant_name(given) is None


@given(st.text(max_size=300))
def test_a_name_holds_nothing_that_could_leave_its_place_in_an_address(given: str) -> None:
    name = prereqs.tenant_name(given)

    assert name is None or re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name, re.ASCII)

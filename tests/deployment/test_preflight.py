from __future__ import annotations

import re
from typing import Any

import pytest

from deployment.costs import ALERT_RULE, SIZES, Choices, flood, month, table
from deployment.preflight import PYTHON, main, required
from deployment.product import ROOT
from deployment.templates import read_template
from tests.deployment.conftest import Azure

GIVEN = {
    "AZURE_ENV_NAME": "groups",
    "AZURE_LOCATION": "swedencentral",
    "WEBEX_ORG_IDS": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
    "MICROSOFT_TENANT_IDS": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    "WEBEX_CLIENT_ID": "C1",
    "MICROSOFT_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
}


def told(subscription: Azure, capsys: pytest.CaptureFixture[str], **state: Any) -> str:
    """What is wrong with this environment and subscription. Nothing is made."""
    subscription.put(**{"environment": GIVEN, **state})

    assert main([]) == 1
    assert subscription.state["ups"] == 0
    return capsys.readouterr().err


def test_where_everything_is_ready_azd_goes_up(
    subscription: Azure, capfd: pytest.CaptureFixture[str]
) -> None:
    subscription.put(environment=GIVEN)

    assert main([]) == 0
    assert subscription.state["ups"] == 1
    said = capfd.readouterr().out
    assert "US dollars a month" in said
    assert "./dev entra --apply --client-id 11111111-2222-4333-8444-555555555555" in said


def test_a_check_only_looks(subscription: Azure, capsys: pytest.CaptureFixture[str]) -> None:
    subscription.put(environment=GIVEN)

    assert main(["--check"]) == 0
    assert subscription.state["ups"] == 0
    assert "Everything is ready." in capsys.readouterr().out


@pytest.mark.parametrize("name", [name for name in GIVEN if name not in ("AZURE_ENV_NAME",)])
def test_what_is_not_given_is_named_with_how_to_give_it(
    subscription: Azure, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    without = {key: value for key, value in GIVEN.items() if key != name}

    assert f"azd env set {name} VALUE" in told(subscription, capsys, environment=without)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"AUDIT_ARCHIVE_URL": "backup"}, "AUDIT_ARCHIVE_URL: give an address of a container"),
        ({"AUDIT_ARCHIVE_URL": "http://kept.example/audit"}, "AUDIT_ARCHIVE_URL"),
        ({"AUDIT_ARCHIVE_URL": "https://[kept/audit"}, "AUDIT_ARCHIVE_URL"),
        ({"AUDIT_ARCHIVE_URL": "s3://kept"}, "azd env set AUDIT_ARCHIVE_S3 true"),
        ({"AUDIT_ARCHIVE_S3": "true"}, "AUDIT_ARCHIVE_S3 is true"),
        (
            {"AUDIT_ARCHIVE_S3": "TRUE", "AUDIT_ARCHIVE_URL": "https://a.example/kept"},
            "AUDIT_ARCHIVE_S3 is true",
        ),
        (
            {"AUDIT_ARCHIVE_S3": "true", "AUDIT_ARCHIVE_URL": "s3://kept"},
            "requirements-s3.txt",
        ),
    ],
)
def test_an_archive_that_could_not_be_written_is_told(
    subscription: Azure,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, str],
    expected: str,
) -> None:
    assert expected in told(subscription, capsys, environment=GIVEN | given)


def test_an_archive_in_azure_is_ready(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = {"AUDIT_ARCHIVE_URL": "https://kept.example/audit", "AUDIT_ARCHIVE_S3": "false"}
    subscription.put(environment=GIVEN | kept)

    assert main(["--check"]) == 0


def test_everything_that_is_required_is_known_beforehand() -> None:
    assert set(required()) == set(GIVEN)
    assert all(required().values())


def test_a_region_without_flex_consumption_is_told(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = GIVEN | {"AZURE_LOCATION": "antarctica"}

    assert "These do: swedencentral, westeurope" in told(
        subscription, capsys, environment=environment
    )


def test_a_region_without_our_python_is_told(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = GIVEN | {"AZURE_LOCATION": "westeurope"}

    assert f"does not offer Python {PYTHON}" in told(subscription, capsys, environment=environment)


def test_somebody_elses_group_is_not_deployed_into(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    groups = {"rg-groups": {"azd-env-name": "other"}}

    assert "azd env new NAME" in told(subscription, capsys, groups=groups)


def test_our_own_group_is_deployed_into_again(subscription: Azure) -> None:
    subscription.put(environment=GIVEN, groups={"rg-groups": {"azd-env-name": "groups"}})

    assert main(["--check"]) == 0


def test_a_deleted_vault_is_to_be_had_back(
    subscription: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    vault = {"name": "kv-abc", "properties": {"tags": {"azd-env-name": "groups"}}}

    said = told(subscription, capsys, deleted_vaults=[vault])
    assert "az keyvault recover --name kv-abc" in said


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        ({"signed_in": False}, "az login"),
        ({"azd_signed_in": False}, "azd auth login"),
        ({"environment": {}}, "azd env new NAME"),
    ],
)
def test_what_is_missing_around_it_is_told(
    subscription: Azure, capsys: pytest.CaptureFixture[str], state: dict[str, Any], remedy: str
) -> None:
    assert remedy in told(subscription, capsys, **state)


def test_a_tool_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert main([]) == 1
    assert "az is not installed" in capsys.readouterr().err


def test_python_is_the_templates_own() -> None:
    text = (ROOT / "infra" / "app" / "functions.bicep").read_text()

    assert re.search(r"name: 'python'\s+version: '([\d.]+)'", text)[1] == PYTHON  # type: ignore[index]


def test_more_costs_more() -> None:
    small, medium, large = (sum(month(size, Choices()).values()) for size in SIZES)
    ready = [sum(month(SIZES[0], Choices(ready_http=n)).values()) for n in (0, 1, 2)]

    assert small < medium < large
    assert ready == sorted(ready)
    assert month(SIZES[0], Choices(private=True))["private networking"] > 0


def test_choices_are_those_of_the_environment() -> None:
    given = {"INSTANCE_MEMORY_MB": "512", "ALWAYS_READY_HTTP": "0", "PRIVATE_NETWORKING": "true"}

    assert Choices.of(given) == Choices(512, 0, 1, private=True)
    assert Choices.of({"MAXIMUM_INSTANCE_COUNT": "100"}) == Choices(most_instances=100)
    assert Choices.of({}) == Choices()


def test_every_alert_of_the_template_is_paid_for() -> None:
    (alerts,) = [
        one.value
        for one in read_template(ROOT / "infra", "app/alerts.bicep").every("var")
        if one.name == "alerts"
    ]

    assert isinstance(alerts, list)
    assert month(SIZES[0], Choices())["alerts"] == len(alerts) * ALERT_RULE


def test_what_a_flood_costs_is_said_and_is_capped_by_the_choice() -> None:
    assert f"{flood(Choices()):.2f} dollars an hour" in table(Choices())
    assert flood(Choices(most_instances=80)) == 2 * flood(Choices())
    assert flood(Choices(512)) == flood(Choices()) / 4


def test_the_page_has_the_prices_of_the_model() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text()
    months = [f"{sum(month(size, Choices()).values()):.0f}" for size in SIZES]

    assert "{} dollars for 500 people, {} for 5,000 and {} for 50,000".format(*months) in page
    assert f"{flood(Choices()):.2f} dollars an hour, {24 * flood(Choices()):.0f} a day" in page

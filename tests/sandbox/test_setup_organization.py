"""./dev setup, with a clear sentence for every wrong input."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sandbox import setup_organization as setup
from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.clouds.server import Server
from sandbox.installation import new_master_keys

STRANGE = "00000000-0000-4000-8000-00000000beef"
Told = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def clouds() -> Clouds:
    return Clouds()


@pytest.fixture(autouse=True)
def environment(
    monkeypatch: pytest.MonkeyPatch, azurite: str, clouds: Clouds, request: pytest.FixtureRequest
) -> None:
    """An app of this world, in a storage account of the tests and with an organization of its own
    only in name: the rows are those of the sandbox's organization."""
    server = Server(clouds.webex.handle)
    server.start()
    request.addfinalizer(server.stop)
    settings = {
        "AzureWebJobsStorage": azurite,
        "MASTER_KEYS": new_master_keys(),
        "WEBEX_ORG_IDS": world.ORGANIZATION,
        "MICROSOFT_TENANT_IDS": world.TENANT,
        "WEBEX_API_URL": server.url,
        "PUBLIC_URL": f"http://127.0.0.1:9/{uuid4().hex}",
        "WEBEX_CLIENT_ID": world.INTEGRATION_ID,
        "WEBEX_CLIENT_SECRET": world.INTEGRATION_SECRET,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch, clouds: Clouds) -> dict[str, str]:
    issued = world.issue_tokens(clouds.webex)
    for name, value in issued.items():
        monkeypatch.setenv(name, value)
    return issued


def run(*arguments: str, organization: str = world.ORGANIZATION) -> int:
    return setup.main(["--organization", organization, *arguments])


def test_it_is_set_up_in_one_go_and_again(
    capsys: Told, tokens: dict[str, str], clouds: Clouds
) -> None:
    first = run("--tenant", world.TENANT, "--on", "--webhooks", "--show")
    told = capsys.readouterr().out
    again = run("--on", "--webhooks")

    assert (first, again) == (0, 0)
    assert "On, since" in told
    assert "registered already" in capsys.readouterr().out
    assert len(clouds.webex.webhooks) == 1
    assert not any(token in told for token in tokens.values())


def test_a_moved_app_takes_its_webhook_along(
    capsys: Told, tokens: dict[str, str], clouds: Clouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("--webhooks")
    monkeypatch.setenv("PUBLIC_URL", "https://elsewhere.example")
    moved = run("--webhooks")

    assert moved == 0
    assert "points to this app now" in capsys.readouterr().out
    (webhook,) = clouds.webex.webhooks.values()
    assert webhook.target_url.startswith("https://elsewhere.example/webhooks/")


def test_another_applications_webhook_is_left_alone(
    capsys: Told, tokens: dict[str, str], clouds: Clouds
) -> None:
    run("--webhooks")
    (webhook,) = clouds.webex.webhooks.values()
    webhook.target_url = "https://somebody.example/hook"
    code = run("--webhooks")
    told = capsys.readouterr().err
    clouds.webex.webhooks.clear()

    assert code == 1
    assert "Another application has" in told


def test_off_is_off(capsys: Told, tokens: dict[str, str]) -> None:
    run("--tenant", world.TENANT, "--on")
    code = run("--off", "--show")

    assert code == 0
    assert f"Organization {world.ORGANIZATION}: Off." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "changed", "sentence"),
    [
        ([], {}, "Nothing to do"),
        (["--tenant", "contoso", "--on"], {}, "'contoso' is not a GUID"),
        (["--tenant", STRANGE, "--on"], {}, "add it to MICROSOFT_TENANT_IDS"),
        (["--webhooks"], {"PUBLIC_URL": ""}, "PUBLIC_URL is empty"),
        (["--show"], {"MASTER_KEYS": ""}, "MASTER_KEYS is empty"),
        (["--show"], {"WEBEX_ORG_IDS": STRANGE}, "add it to WEBEX_ORG_IDS"),
        (["--show"], {"AzureWebJobsStorage": ""}, "AzureWebJobsStorage is empty"),
        (["--show"], {"WEBEX_PEOPLE_REFRESH_TOKEN": "x"}, "without WEBEX_PEOPLE_TOKEN"),
    ],
)
def test_wrong_input_is_told_in_a_sentence(
    capsys: Told,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    changed: dict[str, str],
    sentence: str,
) -> None:
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    code = run(*arguments)

    assert code == 2
    assert sentence in capsys.readouterr().err


def test_an_organization_that_is_no_uuid_is_told(capsys: Told) -> None:
    assert run("--show", organization="Example") == 2
    assert "'Example' is not a uuid" in capsys.readouterr().err


def test_a_token_that_webex_refuses_is_told_with_what_to_do(
    capsys: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBEX_SPACES_TOKEN", "no-such-token")
    run("--off")
    code = run("--tenant", world.TENANT, "--on")
    told = capsys.readouterr().err

    assert code == 1
    assert "Sign in to Webex again" in told
    assert "no-such-token" not in told

from __future__ import annotations

import pytest

from deployment.agreement import secrets_of
from deployment.cli import Cli, Problem
from deployment.product import ROOT
from deployment.templates import read_folder
from deployment.vault import ASKED, main, see_to, wanted
from shared.core.keyring import parse_keyring
from tests.deployment.conftest import Azure

NAMES = ["master-keys", "webex-client-secret"]


def az() -> Cli:
    return Cli.find("az", "")


def never(seconds: float) -> None:
    raise AssertionError("nothing to wait for")


def test_an_empty_vault_gets_master_keys_and_what_somebody_gives(subscription: Azure) -> None:
    missing = see_to(az(), "kv-x", NAMES, lambda what: "from the page\n", never)

    secrets = subscription.state["secrets"]
    assert missing == []
    assert parse_keyring(secrets["master-keys"])
    assert secrets["webex-client-secret"] == "from the page"


def test_what_is_there_is_left(subscription: Azure) -> None:
    subscription.put(secrets={"master-keys": "1:old", "webex-client-secret": "old"})

    assert see_to(az(), "kv-x", NAMES, lambda what: "new", never) == []
    assert subscription.state["secrets"] == {"master-keys": "1:old", "webex-client-secret": "old"}


def test_a_certificate_is_not_asked_for_but_imported(subscription: Azure) -> None:
    """A terminal cuts a line after 4,095 characters."""
    names = ["microsoft-client-certificate"]

    assert see_to(az(), "kv-x", names, lambda what: "cut off", never) == names
    assert subscription.state["secrets"] == {}


def test_where_nobody_is_there_to_ask_it_says_what_is_missing(
    subscription: Azure, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AZURE_KEY_VAULT_NAME", "kv-x")

    assert main() == 1
    assert "webex-client-secret is missing" in capsys.readouterr().err
    assert set(subscription.state["secrets"]) == {"master-keys"}


def test_outside_azd_its_environment_is_read(
    subscription: Azure, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AZURE_KEY_VAULT_NAME", raising=False)
    subscription.put(environment={"AZURE_KEY_VAULT_NAME": "kv-x", "WEBEX_BOT": "true"})

    assert main() == 1
    assert "webex-bot-token is missing" in capsys.readouterr().err


def test_before_there_is_a_vault_it_says_so(
    subscription: Azure, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AZURE_KEY_VAULT_NAME", raising=False)
    subscription.put(environment={"AZURE_ENV_NAME": "groups"})

    assert main() == 1
    assert "azd provision" in capsys.readouterr().err


def test_a_new_role_is_waited_for(subscription: Azure) -> None:
    waits: list[float] = []
    subscription.put(unready=2, secrets={"master-keys": "1:old"})

    assert see_to(az(), "kv-x", ["master-keys"], None, waits.append) == []
    assert len(waits) == 2
    assert subscription.state["secrets"] == {"master-keys": "1:old"}


def test_a_vault_that_stays_shut_is_never_taken_for_empty(subscription: Azure) -> None:
    subscription.put(unready=1000)

    with pytest.raises(Problem, match="Key Vault Secrets Officer"):
        see_to(az(), "kv-x", NAMES, None, lambda seconds: None)
    assert subscription.state["secrets"] == {}


def test_master_keys_that_were_deleted_are_recovered_not_made_anew(subscription: Azure) -> None:
    subscription.put(deleted_secrets=["master-keys"])

    with pytest.raises(Problem, match="az keyvault secret recover"):
        see_to(az(), "kv-x", NAMES, None, never)
    assert subscription.state["secrets"] == {}


def test_no_secret_is_an_argument(subscription: Azure) -> None:
    see_to(az(), "kv-x", NAMES, lambda what: "s3cret", never)

    words = [word for call in subscription.state["calls"] for word in call]
    kept = subscription.state["secrets"]
    assert not [word for word in words for value in kept.values() if value in word]


def test_with_every_choice_the_vault_holds_what_the_templates_refer_to() -> None:
    choices = {"WEBEX_BOT": "true", "AUDIT_ARCHIVE_S3": "true"}
    kinds = ({"MICROSOFT_CREDENTIAL": kind} for kind in ("secret", "certificate"))
    every = {name for kind in kinds for name in wanted(choices | kind)}

    assert every == secrets_of(read_folder(ROOT / "infra"))
    assert every - {"master-keys"} == set(ASKED)
    assert wanted({}) == NAMES

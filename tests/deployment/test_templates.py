"""The templates are whole, and what is wrong with a faulted copy is told."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from deployment.checks import SKIPPED, main, problems, verdict, written
from deployment.templates import read_folder

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"

# What is planted: the file, what stands there, what is put in its place, and what is told.
FAULTS = {
    "a brace is lost": ("app/identity.bicep", "tags: tags\n}", "tags: tags\n", "is no Bicep"),
    "a name is misspelt": (
        "app/functions.bicep",
        "serverFarmId: plan.id",
        "serverFarmId: plam.id",
        "nothing is called plam",
    ),
    "a parameter is forgotten": (
        "main.bicep",
        "    redundancy: storageRedundancy\n",
        "",
        "asks for redundancy",
    ),
    "a parameter of a module is misspelt": (
        "main.bicep",
        "    email: alertEmail",
        "    mail: alertEmail",
        "has no parameter mail",
    ),
    "a module comes from a registry": (
        "main.bicep",
        "'app/identity.bicep'",
        "'br/public:avm/res/managed-identity/user-assigned-identity:0.4.1'",
        "None from a registry",
    ),
    "an output is misspelt": (
        "main.bicep",
        "identity.outputs.clientId",
        "identity.outputs.clientID",
        "identity has no output clientID",
    ),
    "a version has a slip": (
        "app/storage.bicep",
        "blobServices@2025-06-01",
        "blobServices@2025-06-11",
        "used in several versions",
    ),
    "a version is no date": (
        "app/identity.bicep",
        "@2024-11-30",
        "@2024-13-30",
        "no version that is a date",
    ),
    "keys are let in": (
        "app/storage.bicep",
        "allowSharedKeyAccess: false",
        "allowSharedKeyAccess: true",
        "allowSharedKeyAccess of storage",
    ),
    "plain http is let in": (
        "app/functions.bicep",
        "    httpsOnly: true\n",
        "",
        "httpsOnly of app",
    ),
    "an output gives a key away": (
        "app/storage.bicep",
        "output id string = storage.id",
        "output id string = storage.listKeys().keys[0].value",
        "gives a secret away",
    ),
    "a secret is a parameter": (
        "main.bicep",
        "param webexClientId string\n",
        "param webexClientId string\n@secure()\nparam webexClientSecret string = ''\n",
        "secrets go into the vault",
    ),
    "a secret is a setting": (
        "app/functions.bicep",
        "MASTER_KEYS: '@Microsoft.KeyVault(SecretUri=${secretUri}/master-keys/)'",
        "MASTER_KEYS: '1:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY='",
        "MASTER_KEYS is to be a reference",
    ),
    "a role is too much": (
        "app/roles.bicep",
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Contributor is more than the app needs",
    ),
    "a role's name is another's": (
        "app/roles.bicep",
        "guid(vault.id, identityPrincipalId, keyVaultSecretsUser)",
        "guid(vault.id, identityPrincipalId, keyVaultSecretsOfficer)",
        "the name is not guid",
    ),
    "a setting is misspelt": (
        "app/functions.bicep",
        "WEBEX_ORG_IDS:",
        "WEBEX_ORG_ID:",
        "not given its setting WEBEX_ORG_IDS",
    ),
    "a key of the archive is no reference": (
        "app/functions.bicep",
        "'@Microsoft.KeyVault(SecretUri=${secretUri}/aws-secret-access-key/)'",
        "auditArchiveUrl",
        "AWS_SECRET_ACCESS_KEY is to be a reference",
    ),
    "an always-ready function is misspelt": (
        "app/functions.bicep",
        "function:sync_team'",
        "function:sync-team'",
        "function:sync-team is neither",
    ),
    "a queue is misspelt": ("app/storage.bicep", "'nudges'", "'nudge'", "queueNames is"),
    "a table is forgotten": ("app/storage.bicep", "  'Once'\n", "", "tableNames is"),
    "an alert waits for nothing": (
        "app/alerts.bicep",
        "== 'dead letter'",
        "== 'dead-letter'",
        "nothing logs 'dead-letter'",
    ),
    "a figure is of nothing": (
        "app/workbook.json",
        "'group created'",
        "'group made'",
        "nothing logs 'group made'",
    ),
    "a default is another": (
        "main.parameters.json",
        "${INSTANCE_MEMORY_MB=2048}",
        "${INSTANCE_MEMORY_MB=4096}",
        "instanceMemoryMB has the default",
    ),
    "an address is another than the code's": (
        "main.bicep",
        "param webexApiUrl string = 'https://webexapis.com'",
        "param webexApiUrl string = 'https://api.ciscospark.com'",
        "webexApiUrl has the default",
    ),
    "a parameter is used by nothing": (
        "main.bicep",
        "\n// --- Who is told",
        "\nparam budget int = 5\n\n// --- Who is told",
        "budget is not used",
    ),
    "tags are forgotten": ("app/identity.bicep", "  tags: tags\n}", "}", "has no tags"),
}


def faulted(folder: Path, name: str, old: str, new: str) -> Path:
    copy = folder / "infra"
    shutil.copytree(INFRA, copy)
    text = (copy / name).read_text()
    assert old in text
    (copy / name).write_text(text.replace(old, new, 1))
    return copy


def test_the_templates_are_whole() -> None:
    assert written(INFRA, read_folder(INFRA)) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_told(fault: str, tmp_path: Path) -> None:
    name, old, new, told = FAULTS[fault]
    folder = faulted(tmp_path, name, old, new)

    found = written(folder, read_folder(folder))

    assert [each for each in found if told in each], found


def test_the_check_fails_and_names_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    folder = faulted(tmp_path, "app/storage.bicep", "'nudges'", "'nudge'")

    assert main([str(folder)]) == 1
    assert "queueNames is" in capsys.readouterr().out


def test_a_folder_without_templates_is_a_problem(tmp_path: Path) -> None:
    assert list(problems(tmp_path))


def report(**changes: Any) -> dict[str, Any]:
    """What checkov says where it finds just what we leave."""
    there = sum(len(template.resources()) for template in read_folder(INFRA))
    failed = [found(check) for check in SKIPPED]
    results = {"failed_checks": failed, "parsing_errors": [], **changes}
    return {"results": results, "summary": {"resource_count": changes.get("seen", there)}}


def found(check: str) -> dict[str, str]:
    return {"check_id": check, "file_path": "/x", "resource": "r", "check_name": "Ensure that"}


def test_what_checkov_finds_beside_the_reasoned_list_is_a_problem() -> None:
    failed = [found(check) for check in (*SKIPPED, "CKV_AZURE_999")]
    templates = read_folder(INFRA)

    assert list(verdict(report(), templates)) == []
    told = list(verdict(report(failed_checks=failed), templates))
    assert told == ["/x: r: Ensure that (CKV_AZURE_999)"]


def test_a_reason_that_is_needed_no_longer_is_a_problem() -> None:
    failed = [found(check) for check in SKIPPED if check != "CKV_AZURE_13"]

    told = list(verdict(report(failed_checks=failed), read_folder(INFRA)))

    assert told == ["checkov no longer finds CKV_AZURE_13: its reason to be left is gone."]


def test_checkov_is_not_believed_where_it_did_not_read_everything() -> None:
    templates = read_folder(INFRA)

    assert list(verdict(report(parsing_errors=["/main.bicep"]), templates))
    assert list(verdict(report(seen=3), templates))
    assert list(verdict({"said": "out of memory"}, templates))


AZ = """#!/bin/sh
case "$*" in
  *storage.bicep*) echo "storage.bicep(3,1): Error BCP037" >&2; exit 1 ;;
esac
"""


def test_a_compiler_that_is_installed_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    az = tmp_path / "az"
    az.write_text(AZ)
    az.chmod(az.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])

    told = list(problems(INFRA))

    assert told == ["app/storage.bicep: storage.bicep(3,1): Error BCP037"]


def test_the_parameters_file_holds_names_of_azds_environment_alone() -> None:
    parameters = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]

    assert all(each["value"].startswith("${") for each in parameters.values())

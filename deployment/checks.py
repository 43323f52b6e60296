"""What is wrong with the templates: python -m deployment.checks [--checkov PROGRAM] [FOLDER]

Four looks, from the quick to the thorough: is it Bicep and does it hold together (rules.py), does
it agree with the code (agreement.py), does checkov find it safe, and does the compiler take it,
where one is installed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from deployment import agreement
from deployment.product import ROOT, product
from deployment.rules import RULES
from deployment.templates import Template, read_folder

PUBLIC = "Webex and browsers must reach the app; who they are is judged by the app itself."
NOT_ON_FLEX = "There is no such thing in the Flex Consumption plan."
ONLY_SETTINGS = "Looked for among the app's settings, where it never stands."

# What checkov finds and we leave, each with its reason.
SKIPPED: Mapping[str, str] = {
    "CKV_AZURE_13": "The pages have a sign-in of their own, with Webex; Azure's knows only Entra.",
    "CKV_AZURE_17": "Neither Webex nor an administrator's browser has a certificate to show.",
    "CKV_AZURE_35": "Private networking is a choice (privateNetworking); keys are off either way.",
    "CKV_AZURE_63": NOT_ON_FLEX,
    "CKV_AZURE_65": NOT_ON_FLEX,
    "CKV_AZURE_66": NOT_ON_FLEX,
    "CKV_AZURE_80": ONLY_SETTINGS,
    "CKV_AZURE_88": "The app keeps no files.",
    "CKV_AZURE_109": "Private networking is a choice (privateNetworking); roles decide either way.",
    "CKV_AZURE_206": "The redundancy is a parameter, which checkov does not follow.",
    "CKV_AZURE_212": "Flex Consumption scales by itself; always-ready instances are a parameter.",
    "CKV_AZURE_213": NOT_ON_FLEX,
    "CKV_AZURE_222": PUBLIC,
    "CKV_AZURE_225": "Zone redundancy of Flex Consumption is not offered in every region.",
}


def main(args: Sequence[str]) -> int:
    checkov = args[1] if args[:1] == ["--checkov"] else ""
    rest = list(args[2:] if checkov else args)
    folder = Path(rest[0]) if rest else ROOT / "infra"
    found = list(problems(folder, checkov))
    for each in found:
        print(each)
    print(f"{len(read_folder(folder))} templates, {len(found)} problems")
    return 1 if found else 0


def problems(folder: Path, checkov: str = "") -> Iterator[str]:
    """A sentence a problem. checkov: the program to ask, if any."""
    templates = read_folder(folder)
    if not templates:
        yield f"There are no templates in {folder}."
    yield from written(folder, templates)
    if checkov:
        yield from verdict(_asked(checkov, folder), templates)
    yield from _compiled(templates)


def written(folder: Path, templates: Sequence[Template]) -> list[str]:
    """What our own rules find."""
    found = [each for rule in RULES for each in rule(templates)]
    return found + agreement.problems(folder, templates, product())


def _asked(checkov: str, folder: Path) -> dict[str, Any]:
    command = [checkov, "--framework", "bicep", "--skip-download", "--output", "json"]
    answer = subprocess.run(
        [*command, "--directory", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
    )
    try:
        report = json.loads(answer.stdout)
    except ValueError:
        return {"said": (answer.stdout + answer.stderr).strip()[-500:]}
    return report if isinstance(report, dict) else {"said": "several reports"}


def verdict(report: Mapping[str, Any], templates: Sequence[Template]) -> Iterator[str]:
    """checkov exits with 0 on a file that it cannot parse, so what it saw is counted."""
    results = report.get("results")
    if not isinstance(results, dict):
        yield f"checkov gave no report: {report.get('said', '')}"
        return
    for path in results.get("parsing_errors", []):
        yield f"checkov cannot read {path}."
    seen, there = report["summary"]["resource_count"], _resources(templates)
    if seen < there:
        yield f"checkov saw {seen} resources; there are {there}."
    failed = results["failed_checks"]
    for one in failed:
        if one["check_id"] not in SKIPPED:
            yield f"{one['file_path']}: {one['resource']}: {one['check_name']} ({one['check_id']})"
    for skipped in sorted(set(SKIPPED) - {one["check_id"] for one in failed}):
        yield f"checkov no longer finds {skipped}: its reason to be left is gone."


def _resources(templates: Sequence[Template]) -> int:
    return sum(len(template.resources()) for template in templates)


def _compiled(templates: Sequence[Template]) -> Iterator[str]:
    """Nothing where no compiler is installed."""
    az = shutil.which("az")
    if az is None or _run(az, "bicep", "version").returncode:
        return
    for template in templates:
        answer = _run(az, "bicep", "build", "--stdout", "--file", str(template.path))
        if answer.returncode:
            yield f"{template.name}: {answer.stderr.strip()}"


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

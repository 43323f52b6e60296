"""What a cold start imports. Counted in modules, since a module is what a cold start pays for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("requests", "msal", "azure.identity", "azure.data.tables", "tenacity", "cryptography")
EXTRA = ("boto3", "botocore")
# What only pages need. azure.functions brings werkzeug, and with it markupsafe.
PAGES = ("jinja2", "babel", "jwt", "oauthlib", "shared.web.azure", "shared.web.render")
PURE = ("shared.core", "shared.webex.protocol", "shared.config")
# The packages on the way to a module are loaded with it.
PACKAGES = {"functions", "shared", "shared.webex"}


def loaded_by(module: str, *, beside: str = "") -> list[str]:
    """The modules that a fresh interpreter has loaded, without those that `beside` loads."""
    before = f"import {beside}" if beside else ""
    code = f"import json, sys; {before}\na = set(sys.modules)\nimport {module}\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}print(json.dumps(sorted(set(sys.modules) - a)))"],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    modules: list[str] = json.loads(done.stdout)
    return modules


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def test_the_app_loads_no_heavy_module_before_it_needs_one() -> None:
    modules = loaded_by("function_app")

    heavy = [m for m in modules if within(m, (*HEAVY, *EXTRA))]
    assert "functions.sync_team.blueprint" in modules
    assert not heavy, f"function_app loads {heavy}"


def test_the_app_loads_nothing_that_only_pages_need() -> None:
    modules = loaded_by("function_app", beside="azure.functions")

    pages = [m for m in modules if within(m, (*PAGES, "markupsafe"))]
    assert "functions.home.blueprint" in modules
    assert not pages, f"function_app loads {pages}"


def test_the_webhook_imports_azure_functions_the_standard_library_and_pure_modules_alone() -> None:
    modules = loaded_by("functions.team_created.blueprint", beside="azure.functions")

    own = ("functions.team_created", *PURE)
    strange = [
        m
        for m in modules
        if not within(m, own)
        and m not in PACKAGES
        and m.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert "functions.team_created.handler" in modules
    assert not strange, f"team_created loads {strange}"

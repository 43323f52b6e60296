from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DEV = ROOT / "dev"


def test_an_old_python_can_read_the_script_and_say_that_it_is_too_old() -> None:
    ast.parse(DEV.read_text(), feature_version=(3, 8))


def test_an_unknown_command_shows_what_there_is() -> None:
    answer = subprocess.run(
        [sys.executable, str(DEV), "rnu"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )

    assert answer.returncode == 2
    assert "./dev run [--fresh] [--ready] [--demo] [--only-app]" in answer.stderr


def test_every_requirement_is_an_exact_pin_that_the_constraints_repeat() -> None:
    constraints = _pins(ROOT / "constraints.txt")
    required = set[str]().union(*(_pins(path) for path in ROOT.glob("requirements*.txt")))

    assert required
    assert required <= constraints


@pytest.mark.parametrize("folder", ["sandbox/azurite", "tests/browser/node"])
def test_a_lock_file_names_no_place_to_download_from(folder: str) -> None:
    lock = (ROOT / folder / "package-lock.json").read_text()

    assert '"resolved"' not in lock


def _pins(path: Path) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return {
        re.sub(r"\s", "", line).lower() for line in lines if line and not line.startswith("-r ")
    }

from __future__ import annotations

from pathlib import Path

import pytest

from deployment.audit import main

REPORT = """{"dependencies": [
 {"name": "msal", "version": "1.39.0", "vulns": []},
 {"name": "jinja2", "version": "3.1.6", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1.7"]}]},
 {"name": "yarl", "skip_reason": "not found"}
]}"""


def pip_audit(folder: Path, script: str) -> str:
    program = folder / "pip-audit"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def test_what_is_found_is_named_and_fails_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([pip_audit(tmp_path, f"cat <<'END'\n{REPORT}\nEND\nexit 1")]) == 0

    said = capsys.readouterr().out
    assert "warning: jinja2 3.1.6: PYSEC-1, mended in 3.1.7" in said
    assert "warning: not looked up: yarl" in said
    assert "2 of 3 packages were audited." in said


def test_a_service_that_does_not_answer_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([pip_audit(tmp_path, "echo no such host >&2; exit 1")]) == 0

    assert "warning: nothing was audited: no such host" in capsys.readouterr().out

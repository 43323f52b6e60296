"""What pages are made of goes to Azure with the code."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_file_of_a_page_stays_behind() -> None:
    lines = (ROOT / ".funcignore").read_text().splitlines()
    ignored = [line for line in lines if line and not line.startswith("#")]
    files = [f for kind in ("html", "po", "css", "js", "svg") for f in _product(kind)]

    behind = [
        str(file)
        for file in files
        if any(fnmatch(part, pattern) for part in file.parts for pattern in ignored)
    ]
    assert files
    assert behind == []


def _product(kind: str) -> list[Path]:
    folders = (ROOT / "shared", ROOT / "functions")
    return [f.relative_to(ROOT) for folder in folders for f in folder.rglob(f"*.{kind}")]

"""What the documents promise is there."""

from __future__ import annotations

from pathlib import Path

from shared.core.reasons import codes

ROOT = Path(__file__).resolve().parents[1]


def test_the_operations_page_says_what_to_do_for_every_code() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()

    assert sorted(code for code in codes() if f"`{code}`" not in page) == []

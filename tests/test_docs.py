"""What the documents promise is there."""

from __future__ import annotations

import re
from pathlib import Path

from shared.core.reasons import codes

ROOT = Path(__file__).resolve().parents[1]


def test_the_operations_page_says_what_to_do_for_every_code() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()

    assert sorted(code for code in codes() if f"`{code}`" not in page) == []


def test_the_operations_page_says_what_to_do_about_every_alert() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    section = page.partition("## The alerts")[2].partition("\n## ")[0]
    alerts = (ROOT / "infra" / "app" / "alerts.bicep").read_text().partition("var alerts")[2]
    names = re.findall(r"^    name: '([\w-]+)'$", alerts, re.MULTILINE)

    assert len(names) > 8
    assert [name for name in names if f"`{name}`" not in section] == []


def test_every_test_that_a_document_names_is_there() -> None:
    named = {
        (file, name)
        for page in (ROOT / "docs").rglob("*.md")
        for file, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page.read_text())
    }

    assert len(named) > 10
    for file, name in sorted(named):
        assert (ROOT / file).exists(), file
        assert f"def {name}(" in (ROOT / file).read_text() or not name, f"{file}::{name}"


def test_every_link_within_a_page_leads_to_a_heading() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        text = page.read_text()
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        places = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}

        assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= places, page


def test_every_picture_that_a_document_shows_is_there() -> None:
    shown = {
        (page.parent / name).resolve()
        for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
        for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text())
    }

    assert shown
    assert [str(each) for each in shown if not each.exists()] == []


def test_what_deploys_is_listed_and_what_is_listed_is_there() -> None:
    listed = set(re.findall(r"(\w+\.py)", (ROOT / "deployment" / "__init__.py").read_text()))
    there = {path.name for path in (ROOT / "deployment").glob("*.py")} - {"__init__.py"}

    assert listed == there

"""axe-core finds barriers on a page: https://github.com/dequelabs/axe-core."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.node import npm_packages
from sandbox.storage import STATE_DIR

if TYPE_CHECKING:
    from playwright.sync_api import Page

PACKAGE = Path(__file__).with_name("node")
# WCAG 2.2 AA and what axe-core holds for good practice besides.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def script() -> str:
    """Raises SetupError."""
    found = npm_packages(PACKAGE, STATE_DIR, "axe-core", "axe-core for the browser tests")
    return (found / "node_modules" / "axe-core" / "axe.min.js").read_text()


def violations(page: Page) -> list[str]:
    """What a person with a disability would stumble over; for each the rule and the elements."""
    # Run by the browser itself, so the page's Content-Security-Policy is not in its way.
    page.evaluate(script())
    found: list[dict[str, Any]] = page.evaluate(
        "rules => axe.run({runOnly: rules, resultTypes: ['violations']}).then(r => r.violations)",
        RULES,
    )
    return [
        f"{each['id']}: {each['help']}: " + "; ".join(node["html"][:200] for node in each["nodes"])
        for each in found
    ]

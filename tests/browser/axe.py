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


# Of pages that were found without fault, and how they were shown.
_fine: set[tuple[str, str]] = set()


def violations(page: Page, how: str) -> list[str]:
    """What a person with a disability would stumble over; for each the rule and the elements.

    how: it is shown, its colours for instance. A page that differs from one without fault by its
    words alone is not asked about again: no rule reads them.
    """
    skeleton: str = page.evaluate(_SKELETON)
    if (how, skeleton) in _fine:
        return []
    # Run by the browser itself, so the page's Content-Security-Policy is not in its way.
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(script())
    found: list[dict[str, Any]] = page.evaluate(
        "rules => axe.run({runOnly: rules, resultTypes: ['violations']}).then(r => r.violations)",
        RULES,
    )
    if not found:
        _fine.add((how, skeleton))
    return [
        f"{each['id']}: {each['help']}: " + "; ".join(node["html"][:200] for node in each["nodes"])
        for each in found
    ]


# Elements and attributes, and where there is text; not which, nor where a link leads outside the
# page. Rules compare labels, so what one is taken from keeps its words, and read what the page says
# of its own view. So do buttons, whose size follows from their words.
_SKELETON = r"""() => {
  const copy = document.documentElement.cloneNode(true);
  copy.querySelectorAll('script').forEach(e => e.remove());
  const names = [...copy.querySelectorAll('[aria-labelledby]')]
    .flatMap(e => e.getAttribute('aria-labelledby').trim().split(/\s+/));
  const labels = ['[aria-label]', 'button', ...names.map(n => '#' + CSS.escape(n))].join(',');
  const texts = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.data.trim() && !text.parentElement.closest(labels)) text.data = 'x';
  }
  for (const e of copy.querySelectorAll('*')) {
    for (const name of ['href', 'action', 'datetime', 'nonce'])
      if (e.hasAttribute(name) && !e.getAttribute(name).startsWith('#')) e.setAttribute(name, 'x');
    if (e.matches('input[type=hidden]')) e.setAttribute('value', 'x');
  }
  return copy.outerHTML;
}"""

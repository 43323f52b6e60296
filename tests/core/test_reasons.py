"""Every code that a row may carry has a sentence and a remedy, and no sentence is left over."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from shared.core.capabilities import CAPABILITIES
from shared.core.model import Folder, IdentityState
from shared.core.reasons import codes, reason

SHARED = Path(__file__).resolve().parents[2] / "shared"
FILES = sorted((SHARED / "core").glob("*.py")) + sorted((SHARED / "sync").glob("*.py"))
# Whoever refuses a visit, wherever it is done.
REFUSERS = sorted(
    p for part in ("functions", "shared") for p in (SHARED.parent / part).rglob("*.py")
)
# The last one is in the log and in an alert only: no page of an administrator's shows it.
NO_REASON = {"", IdentityState.MAPPED.value, Folder.LINKED.value, "archive_refused"}


def _text(node: ast.AST | None) -> Iterator[str]:
    """The strings that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _text(node.body)
        yield from _text(node.orelse)


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    return node.id if isinstance(node, ast.Name) else ""


def _codes_of(node: ast.AST) -> Iterator[str]:
    """Codes where they are given: `code =`, `blocked=`, `listed[...] =`, `return` of a code."""
    if isinstance(node, ast.Assign) and _name(node.targets[0]) in ("code", "listed", "why"):
        yield from _text(node.value)
    if isinstance(node, ast.DictComp):
        yield from _text(node.value)
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg in ("blocked", "reason"):
                yield from _text(keyword.value)
        if _name(node.func) in ("fromkeys", "GroupRefused"):
            for argument in node.args:
                yield from _text(argument)
    if isinstance(node, ast.FunctionDef) and node.name in ("refusal", "may_create", "_code"):
        for inner in ast.walk(node):
            if isinstance(inner, ast.Return):
                yield from _text(inner.value)


def _refusals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) == "Refusal" and node.args:
            yield from _text(node.args[0])


def _used() -> set[str]:
    trees = [ast.parse(file.read_text()) for file in FILES if file.name != "reasons.py"]
    found = {code for tree in trees for node in ast.walk(tree) for code in _codes_of(node)}
    found |= {code for file in REFUSERS for code in _refusals(ast.parse(file.read_text()))}
    enums = {state.value for kind in (IdentityState, Folder) for state in kind}
    return (found | enums) - NO_REASON


def test_every_code_in_the_source_has_a_reason() -> None:
    used = _used()

    assert {"owner_limit", "nobody_mapped", "group_gone", "claimed_twice", "bot"} <= used
    assert used <= codes()


def _written() -> set[str]:
    """Every text in the code: a code may come out of a table, or be a class's own."""
    files = [file for file in REFUSERS if file.name != "reasons.py"]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_no_reason_is_left_over() -> None:
    written = _written()
    by_capability = {f"lacks_role_{c}" for c in CAPABILITIES if "lacks_role_" in written}

    assert codes() <= _used() | by_capability | written


def test_every_reason_is_a_sentence_and_says_what_to_do() -> None:
    for code in codes():
        told = reason(code)

        assert told.sentence.endswith(".")
        assert told.remedy.endswith(".")
        assert told.sentence[0].isupper()


def test_a_newer_versions_code_still_gets_a_sentence() -> None:
    assert reason("from_the_future") == reason("unexpected_refusal")

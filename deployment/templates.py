"""Bicep templates as values. The grammar is tree-sitter's: it is quick, and needs no compiler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import tree_sitter
import tree_sitter_bicep


@dataclass(frozen=True)
class Expression:
    """Whatever is worked out at deployment, as it is written."""

    text: str


Value: TypeAlias = "str | int | Expression | Sequence[Value] | Mapping[str, Value] | None"
Object: TypeAlias = Mapping[str, Value]

KINDS = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "output_declaration": "output",
}


@dataclass(frozen=True)
class Declaration:
    """of: type@version of a resource, path of a module, type of the rest ("" for a variable).

    value: the body of a resource or module (of one, where it is a loop); a default; what an output
    says. given: whether there is any. conditional: `if` or `existing`.
    """

    kind: str
    name: str
    of: str
    value: Value
    given: bool
    existing: bool
    conditional: bool
    decorators: str
    text: str
    line: int

    @property
    def type(self) -> str:
        return self.of.partition("@")[0]

    @property
    def version(self) -> str:
        return self.of.partition("@")[2]

    @property
    def body(self) -> Object:
        return self.value if isinstance(self.value, Mapping) else {}

    def at(self, *path: str) -> Value:
        """What lies at this path of the body; None where nothing does."""
        found: Value = self.body
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found


@dataclass(frozen=True)
class Template:
    """name: the path inside the folder. used: names that are used, with the line; bound: those
    that a loop or lambda gives; broken: lines that are no Bicep."""

    name: str
    folder: Path
    declarations: Sequence[Declaration]
    used: Sequence[tuple[str, int]]
    bound: frozenset[str]
    broken: Sequence[int]

    def every(self, kind: str) -> list[Declaration]:
        return [one for one in self.declarations if one.kind == kind]

    def resources(self, type_name: str = "") -> list[Declaration]:
        """Those that are made here, not the ones that are only referred to."""
        made = [one for one in self.every("resource") if not one.existing]
        return [one for one in made if type_name in ("", one.type)]

    @property
    def path(self) -> Path:
        return self.folder / self.name


def read_folder(folder: Path) -> list[Template]:
    """Every template below `folder`, by name."""
    paths = sorted(folder.rglob("*.bicep"))
    return [read_template(folder, path.relative_to(folder).as_posix()) for path in paths]


def read_template(folder: Path, name: str) -> Template:
    root = _parser().parse((folder / name).read_bytes()).root_node
    nodes = list(_all(root))
    return Template(
        name,
        folder,
        [_declaration(node) for node in nodes if node.type in KINDS],
        [(_text(node), _line(node)) for node in nodes if _is_use(node)],
        frozenset(_text(node) for node in nodes if _is_bound(node)),
        [_line(node) for node in nodes if node.type == "ERROR" or node.is_missing],
    )


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))


def _all(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode()


def _line(node: tree_sitter.Node) -> int:
    return node.start_point.row + 1


def _is_use(node: tree_sitter.Node) -> bool:
    """An identifier that is no declaration's name, no property's name and no decorator."""
    if node.type != "identifier" or node.parent is None:
        return False
    first = node.parent.named_children[0].id == node.id
    kind = node.parent.type
    if kind == "call_expression" and node.parent.parent is not None:
        return node.parent.parent.type != "decorator"
    return not (first and (kind in KINDS or kind in ("object_property", "for_statement")))


def _is_bound(node: tree_sitter.Node) -> bool:
    if node.type in ("loop_variable", "loop_enumerator"):
        return True
    parent = node.parent
    if node.type != "identifier" or parent is None:
        return False
    return parent.type in ("for_statement", "lambda_expression") and (
        parent.named_children[0].id == node.id
    )


def _declaration(node: tree_sitter.Node) -> Declaration:
    words = [child.type for child in node.children]
    value = node.named_children[-1] if "=" in words else None
    before = node.prev_named_sibling
    return Declaration(
        kind=KINDS[node.type],
        name=_text(node.named_children[0]),
        of=_of(node),
        value=_value(value) if value is not None else None,
        given=value is not None,
        existing="existing" in words,
        conditional=any(each.type == "if_statement" for each in node.children),
        decorators=_text(before) if before is not None and before.type == "decorators" else "",
        text=_text(value) if value is not None else "",
        line=_line(node),
    )


def _of(node: tree_sitter.Node) -> str:
    for child in node.named_children[1:]:
        if child.type == "type":
            return _text(child)
        if child.type == "string" and node.type in ("resource_declaration", "module_declaration"):
            return str(_value(child))
    return ""


def _value(node: tree_sitter.Node) -> Value:
    """A loop is a list of its one body; a condition is what it guards."""
    if node.type == "object":
        return _object(node)
    if node.type == "array":
        return [_value(child) for child in node.named_children if child.type != "comment"]
    if node.type == "for_statement":
        return _value(node.named_children[-1])
    if node.type == "if_statement":
        return _value(node.named_children[-1])
    return _scalar(node)


def _object(node: tree_sitter.Node) -> Object:
    found: dict[str, Value] = {}
    for child in node.named_children:
        if child.type == "object_property":
            name, value = child.named_children[0], child.named_children[-1]
            key = _value(name) if name.type == "string" else _text(name)
            found[key if isinstance(key, str) else _text(name)] = _value(value)
    return found


def _scalar(node: tree_sitter.Node) -> Value:
    text = _text(node)
    if node.type == "string" and not any(c.type == "interpolation" for c in node.children):
        return "".join(_text(child) for child in node.children[1:-1])
    if node.type == "number":
        return int(text)
    if node.type == "boolean":
        return text == "true"
    return None if node.type == "null" else Expression(text)

"""Route templates as ASP.NET Core understands them, as far as function apps use them.

https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import UUID

from sandbox.host.settings import HostConfigError

_PARAMETER = re.compile(
    r"\{(?P<rest>\*{1,2})?(?P<name>\w+)(?P<checks>(?::[^{}?=]+)*)(?P<opt>\?)?\}"
)
_CHECK = re.compile(r"(?P<name>\w+)(?:\((?P<argument>[^)]*)\))?$")

Check = Callable[[str], bool]


def _is_guid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


_CHECKS: Mapping[str, Callable[[str], Check]] = {
    "int": lambda _: lambda value: bool(re.fullmatch(r"[+-]?\d+", value)),
    "long": lambda _: lambda value: bool(re.fullmatch(r"[+-]?\d+", value)),
    "guid": lambda _: _is_guid,
    "alpha": lambda _: lambda value: bool(re.fullmatch(r"[A-Za-z]*", value)),
    "bool": lambda _: lambda value: value.lower() in ("true", "false"),
    "length": lambda n: lambda value: len(value) == int(n),
    "minlength": lambda n: lambda value: len(value) >= int(n),
    "maxlength": lambda n: lambda value: len(value) <= int(n),
}


@dataclass(frozen=True)
class _Segment:
    """One part between slashes: a literal, or a parameter."""

    literal: str = ""
    name: str = ""
    checks: tuple[Check, ...] = ()
    optional: bool = False
    rest: bool = False

    @property
    def rank(self) -> int:
        """The smaller, the more particular: such a route is tried first."""
        if not self.name:
            return 1
        return (5 if self.rest else 3) - (1 if self.checks else 0)


class Route:
    """A template without its leading slash, the prefix included. Raises HostConfigError."""

    def __init__(self, template: str) -> None:
        self.template = template
        self._segments = [_parse(part, template) for part in template.split("/") if part]
        self.precedence = tuple(segment.rank for segment in self._segments)

    def match(self, path: str) -> dict[str, str] | None:
        """The parameters of a raw URL path, decoded, or None. Literals ignore case."""
        parts = [unquote(part) for part in path.strip("/").split("/")] if path.strip("/") else []
        params: dict[str, str] = {}
        for segment in self._segments:
            if segment.rest:
                params[segment.name] = "/".join(parts)
                parts = []
                continue
            if not parts:
                if not segment.optional:
                    return None
                continue
            value = parts.pop(0)
            if not _fits(segment, value):
                return None
            if segment.name:
                params[segment.name] = value
        return None if parts else params


def _fits(segment: _Segment, value: str) -> bool:
    if not segment.name:
        return value.lower() == segment.literal.lower()
    return bool(value) and all(check(value) for check in segment.checks)


def _parse(part: str, template: str) -> _Segment:
    if "{" not in part and "}" not in part:
        return _Segment(literal=part)
    match = _PARAMETER.fullmatch(part)
    if not match:
        raise HostConfigError(f"Route {template!r}: this host does not know the form {part!r}.")
    return _Segment(
        name=match["name"],
        checks=tuple(_check(text, template) for text in match["checks"].split(":") if text),
        optional=bool(match["opt"]),
        rest=bool(match["rest"]),
    )


def _check(text: str, template: str) -> Check:
    match = _CHECK.match(text)
    if not match or match["name"] not in _CHECKS:
        raise HostConfigError(f"Route {template!r}: this host does not know the check {text!r}.")
    return _CHECKS[match["name"]](match["argument"] or "")

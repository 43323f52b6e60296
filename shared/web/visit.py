"""What came from the browser, read once and checked: nothing behind this sees raw bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from shared.core.reasons import Refusal

MAX_FORM = 16 * 1024
_MAX_FIELDS = 50


@dataclass(frozen=True)
class Visit:
    """One request. query: one value a name, since the host joins repeated ones with a comma.

    headers: names in lower case. form: of a POST; a field that came twice is refused.
    """

    method: str
    path: str
    route: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)


def read_form(content_type: str, body: bytes) -> dict[str, str]:
    """Raises Refusal("bad_form") for anything but a small urlencoded form in UTF-8."""
    if not body:
        return {}
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise Refusal("bad_form")
    if len(body) > MAX_FORM:
        raise Refusal("bad_form")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        raise Refusal("bad_form") from error
    form = dict(pairs)
    if len(form) != len(pairs) or any("\0" in value for value in form.values()):
        raise Refusal("bad_form")
    return form


def read_cookies(header: str) -> dict[str, str]:
    """The first of each name. Whatever a neighbour put there must not hide ours.

    Only the spaces of the header's own grammar go: a name behind another space of Unicode is
    another cookie, which a neighbour could set past the rules of `__Host-`.
    """
    found: dict[str, str] = {}
    for part in header.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            found.setdefault(name.strip(" \t"), value.strip(" \t"))
    return found


def lower(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}

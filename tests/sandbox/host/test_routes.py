from __future__ import annotations

import pytest

from sandbox.host.routes import Route
from sandbox.host.settings import HostConfigError

ROOMS = "webhooks/{organization}/{version}/rooms"
GUID = "4f8d2a9e-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        (ROOMS, "/webhooks/o/1/rooms", {"organization": "o", "version": "1"}),
        (ROOMS, "/webhooks/o/1", None),
        ("static/{*path}", "/static/a/b.css", {"path": "a/b.css"}),
        ("static/{*path}", "/static", {"path": ""}),
        ("x/{id:guid}", f"/x/{GUID}", {"id": GUID}),
        ("x/{id:guid}", "/x/7", None),
        ("x/{id:int:maxlength(2)}", "/x/123", None),
        ("{ignored:maxlength(0)?}", "/", {}),
        ("{ignored:maxlength(0)?}", "/x", None),
        ("x/{name}", "/x/a%2Fb", {"name": "a/b"}),
    ],
)
def test_a_path_is_matched(template: str, path: str, expected: dict[str, str] | None) -> None:
    assert Route(template).match(path) == expected


@pytest.mark.parametrize("template", ["x/{id:regex(a)}", "x/{a}-{b}", "x/{a=1}", "x/{"])
def test_a_form_that_is_not_served_is_refused(template: str) -> None:
    with pytest.raises(HostConfigError):
        Route(template)


def test_the_more_particular_route_comes_first() -> None:
    templates = ["{*rest}", "x/{name}", "x/{name:int}", "x/new"]
    ordered = sorted((Route(t) for t in templates), key=lambda route: route.precedence)

    assert [route.template for route in ordered] == ["x/new", "x/{name:int}", "x/{name}", "{*rest}"]

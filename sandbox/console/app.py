"""The console: GET shows, POST acts and redirects. For one person on this machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.console import spells, view
from sandbox.console.acts import Acts
from sandbox.console.appswitch import AppSwitch
from sandbox.console.arrivals import Arrivals
from sandbox.console.directory import Directory
from sandbox.console.form import BadForm, Form
from sandbox.kit import Request, Response
from sandbox.setup_organization import NotDone

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
STATIC = {"console.css": "text/css", "console.js": "text/javascript"}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
    " img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_LOOPBACK_NAMES = {"127.0.0.1", "localhost"}


class Console:
    def __init__(self, clouds: Clouds, environment: Mapping[str, str]) -> None:
        self._clouds = clouds
        self._app_url = environment.get("PUBLIC_URL", "")
        self._arrivals = Arrivals(clouds.webex)
        self._acts = Acts(clouds, self._arrivals)
        self._directory = Directory(clouds)
        self._switch = AppSwitch(environment)
        self._notice = ""

    def stop(self) -> None:
        self._arrivals.stop()

    def handle(self, request: Request) -> Response:
        if urlsplit(request.base_url).hostname not in _LOOPBACK_NAMES:
            # Another site's name that was made to point at this machine.
            return _plain(421, "The console answers on this machine only.")
        if request.method in ("GET", "HEAD"):
            return self._get(request)
        if request.method != "POST":
            return _plain(405, "GET shows, POST acts.")
        if _is_cross_site(request):
            return _plain(403, "The form was sent from another site.")
        return self._post(request)

    # GET

    def _get(self, request: Request) -> Response:
        first, _, rest = request.path.strip("/").partition("/")
        if first == "static" and rest in STATIC:
            return Response(200, (HERE / first / rest).read_bytes(), _headers(STATIC[rest]))
        if first == "state" and not rest:
            return Response(200, self._state(), _headers("application/json"))
        if first == "teams" and rest:
            return self._team_page(rest)
        if first == "groups" and rest:
            return self._group_page(rest)
        if request.path in ("/", "/live"):
            return self._page("live.html" if first else "page.html", request)
        return _plain(404, "There is no such page.")

    def _page(self, template: str, request: Request) -> Response:
        clouds = self._clouds
        facts: dict[str, Any] = {
            "teams": view.teams(clouds),
            "groups": view.groups(clouds),
            "traffic": view.traffic(clouds),
            "throttled": {
                "Webex": spells.throttled_for(clouds.webex),
                "Graph": spells.throttled_for(clouds.microsoft.graph),
            },
            "app_switch": self._switch.state(),
        }
        if template == "page.html":
            facts |= self._page_facts(request)
        return _html(template, facts)

    def _page_facts(self, request: Request) -> dict[str, Any]:
        notice, self._notice = self._notice, ""
        people = world.ordinary_people(self._clouds.webex)
        return {
            "notice": notice,
            "people": sorted(people, key=lambda person: person.name),
            "me": _cookie(request, "me"),
            "webex_switches": self._clouds.webex.switches,
            "graph_switches": self._clouds.microsoft.switches,
            "slow": spells.slowness(self._clouds.microsoft.graph),
            "problems": [problem.name for problem in world.PROBLEMS],
            "app_url": self._app_url,
        }

    def _team_page(self, uuid: str) -> Response:
        team = view.team(self._clouds, uuid)
        if team is None:
            return _plain(404, "This team is gone.")
        notice, self._notice = self._notice, ""
        inside = {someone.uuid for someone in team.people}
        others = [p for p in world.ordinary_people(self._clouds.webex) if p.uuid not in inside]
        group = next((g for g in view.groups(self._clouds) if g.team == uuid), None)
        facts = {"team": team, "people": others, "group": group, "notice": notice}
        return _html("team.html", facts)

    def _group_page(self, key: str) -> Response:
        group = view.group(self._clouds, key)
        if group is None:
            return _plain(404, "This group is gone.")
        notice, self._notice = self._notice, ""
        team = view.team(self._clouds, group.team) if group.team else None
        people, others = view.accounts(self._clouds, key)
        facts = {"group": group, "team": team, "people": people, "others": others}
        return _html("group.html", facts | {"notice": notice})

    def _state(self) -> dict[str, Any]:
        """The same as the page, for programs."""
        return {
            "teams": [dataclasses.asdict(team) for team in view.teams(self._clouds)],
            "groups": [dataclasses.asdict(group) for group in view.groups(self._clouds)],
            "traffic": dataclasses.asdict(view.traffic(self._clouds)),
            "app_switch": self._switch.state(),
        }

    # POST

    def _post(self, request: Request) -> Response:
        form = parse_qs(request.body.decode("utf-8", "replace"))
        act = self._act(request.path)
        if act is None:
            return _plain(404, "There is no such act.")
        try:
            self._notice = act(form)
        except (BadForm, NotDone) as error:
            self._notice = f"Not done: {error}"
        headers = {"Location": _back(request.path), "Cache-Control": "no-store"}
        who = form.get("who", [""])[0]
        if request.path in ("/teams", "/spaces") and who in self._clouds.webex.world.people:
            headers["Set-Cookie"] = f"me={who}; Path=/; HttpOnly; SameSite=Strict"
        return Response(303, None, headers)

    def _act(self, path: str) -> Callable[[Form], str] | None:
        acts = self._acts
        plain: dict[str, Callable[[Form], str]] = {
            "/teams": acts.create_team,
            "/spaces": acts.create_space,
            "/faults": acts.set_faults,
            "/throttle": acts.throttle,
            "/switch": lambda form: self._switch.turn(on=form.get("on") == ["1"]),
        }
        if path in plain:
            return plain[path]
        first, _, rest = path.strip("/").partition("/")
        key, _, what = rest.partition("/")
        of_one: dict[tuple[str, str], Callable[[str, Form], str]] = {
            ("teams", "people"): acts.add_people,
            ("teams", "leave"): acts.leave,
            ("teams", "remove"): acts.remove_person,
            ("teams", "moderator"): acts.moderate,
            ("teams", "name"): acts.rename_team,
            ("teams", "spaces"): lambda uuid, form: acts.create_space(form, uuid),
            ("groups", "people"): self._directory.add_member,
            ("groups", "remove"): self._directory.remove_member,
            ("groups", "account"): self._directory.switch_account,
        }
        act = of_one.get((first, what))
        return (lambda form: act(key, form)) if act else None


def _back(path: str) -> str:
    """To the page that the form stood on."""
    parts = path.strip("/").split("/")
    return f"/{parts[0]}/{parts[1]}" if len(parts) > 2 else "/"


def _is_cross_site(request: Request) -> bool:
    """Browsers say where a form comes from; programs say nothing."""
    origin = request.header("origin")
    site = request.header("sec-fetch-site", "same-origin")
    return (origin not in ("", request.base_url)) or site not in ("same-origin", "none")


def _cookie(request: Request, name: str) -> str:
    for part in request.header("cookie").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""


@cache
def _templates() -> Environment:
    import jinja2

    loader = jinja2.FileSystemLoader(HERE / "templates")
    return jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )


def _html(template: str, facts: Mapping[str, Any]) -> Response:
    text = _templates().get_template(template).render(facts)
    return Response(200, text.encode(), _headers("text/html"))


def _plain(status: int, text: str) -> Response:
    return Response(status, f"{text}\n".encode(), _headers("text/plain"))


def _headers(kind: str) -> dict[str, str]:
    return {
        "Content-Type": f"{kind}; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }

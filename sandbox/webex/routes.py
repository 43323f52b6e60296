"""Which call goes where."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from sandbox.kit import Request, Response
from sandbox.webex.events import EventsApi
from sandbox.webex.folders import FoldersApi
from sandbox.webex.licenses import LicensesApi
from sandbox.webex.memberships import MembershipsApi
from sandbox.webex.messages import MessagesApi
from sandbox.webex.people import PeopleApi
from sandbox.webex.rooms import RoomsApi
from sandbox.webex.scim import ScimApi
from sandbox.webex.teams import TeamMembershipsApi, TeamsApi
from sandbox.webex.tokens import Caller
from sandbox.webex.webhooks import WebhooksApi

if TYPE_CHECKING:
    from sandbox.webex.cloud import WebexCloud

Api = Callable[[Caller, Request], Response]


class Resource(Protocol):
    """The five calls of a collection."""

    def search(self, caller: Caller, request: Request) -> Response: ...
    def create(self, caller: Caller, request: Request) -> Response: ...
    def get(self, caller: Caller, request: Request) -> Response: ...
    def update(self, caller: Caller, request: Request) -> Response: ...
    def delete(self, caller: Caller, request: Request) -> Response: ...


def mount(cloud: WebexCloud) -> FoldersApi:
    """Every route; the linked folders are returned, since they look up items elsewhere."""
    core, actions = cloud.core, cloud.actions
    rooms = RoomsApi(core, actions)
    teams = TeamsApi(core, actions)
    events = EventsApi(core)
    folders = FoldersApi(core, rooms)
    actions.listeners += [events.record, cloud.postman.announce]
    _resource(cloud, "/v1/memberships", MembershipsApi(core, actions, rooms))
    _resource(cloud, "/v1/rooms", rooms)
    _resource(cloud, "/v1/teams", teams)
    _api(cloud, "GET", "/v1/events", events.search)
    _api(cloud, "GET", "/v1/events/{id}", events.get)
    _resource(cloud, "/v1/room/linkedFolders", folders)
    _resource(cloud, "/v1/webhooks", WebhooksApi(core, rooms))
    _resource(cloud, "/v1/team/memberships", TeamMembershipsApi(core, actions, teams))
    _api(cloud, "POST", "/v1/messages", MessagesApi(core).create)
    _mount_directory(cloud)
    _mount_sign_in(cloud)
    return folders


def _mount_directory(cloud: WebexCloud) -> None:
    people, scim, licenses = PeopleApi(cloud.core), ScimApi(cloud.core), LicensesApi(cloud.core)
    _api(cloud, "GET", "/identity/scim/v2/Users/me", scim.me)
    _api(cloud, "GET", "/identity/scim/{org}/v2/Users/{id}", scim.get)
    _api(cloud, "GET", "/identity/scim/{org}/v2/Users", scim.search)
    _api(cloud, "GET", "/v1/people", people.search)
    _api(cloud, "GET", "/v1/people/me", people.me)
    _api(cloud, "GET", "/v1/people/{id}", people.get)
    _api(cloud, "GET", "/v1/roles", people.roles)
    _api(cloud, "GET", "/v1/licenses", licenses.search)
    _api(cloud, "GET", "/v1/licenses/{id}", licenses.get)


def _mount_sign_in(cloud: WebexCloud) -> None:
    cloud.route("POST", "/v1/access_token", cloud.gate.access_token)
    cloud.route("GET", "/v1/authorize", cloud.authorize.show)
    cloud.route("POST", "/v1/authorize", cloud.authorize.choose)
    cloud.route("GET", "/v1/.well-known/openid-configuration", cloud.oidc.discovery)
    cloud.route("GET", "/v1/verification", cloud.oidc.keys)
    _api(cloud, "GET", "/v1/userinfo", cloud.oidc.userinfo)


def _resource(cloud: WebexCloud, path: str, api: Resource) -> None:
    _api(cloud, "GET", path, api.search)
    _api(cloud, "POST", path, api.create)
    _api(cloud, "GET", f"{path}/{{id}}", api.get)
    _api(cloud, "PUT", f"{path}/{{id}}", api.update)
    _api(cloud, "DELETE", f"{path}/{{id}}", api.delete)


def _api(cloud: WebexCloud, method: str, pattern: str, api: Api) -> None:
    def admitted(request: Request) -> Response:
        return api(cloud.gate.admit(request), request)

    cloud.route(method, pattern, admitted)

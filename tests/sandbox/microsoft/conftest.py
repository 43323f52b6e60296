"""A tenant with an app in it, reached through requests with the clouds in this process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from sandbox.adapter import CloudAdapter
from sandbox.clock import VirtualClock
from sandbox.microsoft import App, Group, MicrosoftClouds, Switches, Tenant, User

GRAPH = "https://graph.microsoft.com/v1.0"
LOGIN = "https://login.microsoftonline.com"
SMALLEST_SET = {"Group.ReadWrite.All", "User.Read.All", "Sites.Read.All"}


@dataclass
class Desk:
    """What a test works with: the truth, the clock, and HTTP calls as the app."""

    clock: VirtualClock
    ms: MicrosoftClouds
    tenant: Tenant
    app: App
    session: requests.Session
    token: str = ""

    @property
    def switches(self) -> Switches:
        return self.ms.switches

    def ask_token(self, tenant: str | None = None, **form: str) -> requests.Response:
        whole = {
            "grant_type": "client_credentials",
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
            "scope": "https://graph.microsoft.com/.default",
            **form,
        }
        address = f"{LOGIN}/{tenant or self.tenant.tenant_id}/oauth2/v2.0/token"
        return self.session.post(address, data={k: v for k, v in whole.items() if v})

    def sign_in(self, permissions: Iterable[str] = SMALLEST_SET) -> None:
        self.ms.consent(self.app, self.tenant, permissions)
        self.token = self.ask_token().json()["access_token"]

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        address = path if path.startswith("https://") else GRAPH + path
        sent = {"Authorization": f"Bearer {self.token}"}
        sent |= {k.replace("_", "-"): v for k, v in headers.items()}
        return self.session.request(method, address, json=body, headers=sent)

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.call("GET", path, **headers)

    def upsert(self, name: str, body: Any) -> requests.Response:
        path = f"/groups(uniqueName='{name}')"
        return self.call("PATCH", path, body, Prefer="create-if-missing")

    def batch(self, *parts: dict[str, Any]) -> requests.Response:
        return self.call("POST", "/$batch", {"requests": list(parts)})

    def people(self, number: int) -> list[User]:
        return [self.tenant.add_user(f"Person {i}") for i in range(number)]

    def group(self, nickname: str = "crew", owners: int = 1, members: int = 0) -> Group:
        """A group from before, whose drive is ready."""
        group = self.tenant.add_group(
            nickname.capitalize(),
            nickname,
            owners=[u.object_id for u in self.people(owners)],
            members=[u.object_id for u in self.people(members)],
        )
        group.drive_ready_at = group.created
        return group

    def ids_of(self, path: str) -> list[str]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["value"]]


@pytest.fixture
def desk() -> Desk:
    clock = VirtualClock()
    ms = MicrosoftClouds(clock, seed=7)
    session = requests.Session()
    session.mount("https://graph.microsoft.com", CloudAdapter(ms.graph))
    session.mount("https://login.microsoftonline.com", CloudAdapter(ms.login))
    made = Desk(clock, ms, ms.add_tenant(), ms.add_app(), session)
    made.sign_in()
    return made


def reference(person: User | str) -> str:
    object_id = person if isinstance(person, str) else person.object_id
    return f"{GRAPH}/directoryObjects/{object_id}"


def bind(kind: str, people: Iterable[User | str]) -> dict[str, Any]:
    return {f"{kind}@odata.bind": [reference(p) for p in people]}


def group_body(nickname: str = "crew", **more: Any) -> dict[str, Any]:
    return {
        "displayName": "Crew",
        "mailNickname": nickname,
        "mailEnabled": True,
        "securityEnabled": False,
        "groupTypes": ["Unified"],
        **more,
    }


def error_of(answer: requests.Response) -> tuple[int, str, str]:
    """Status, code, message."""
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]

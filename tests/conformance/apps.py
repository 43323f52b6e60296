"""The apps that both are held to, and what is invoked of each."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.core.keyring import parse_keyring, webhook_secret

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Call:
    """One invocation, `given` by the kind of its trigger, and what must come of it.

    given: `method` and `path` (with `headers` and `body`); `text` (with `dequeue_count`); or
    `past_due`. expected: the status of an HTTP answer, the name of an exception, or None.
    """

    function: str
    given: Mapping[str, Any] = field(default_factory=dict)
    expected: int | str | None = None
    messages: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"function": self.function, **self.given}


@dataclass(frozen=True)
class App:
    """An app, all its functions, the settings it needs besides storage, and calls."""

    folder: Path
    functions: frozenset[str]
    environ: Mapping[str, str]
    calls: tuple[Call, ...]


def request(method: str, path: str, body: str = "", **headers: str) -> dict[str, Any]:
    """A request with a Content-Length."""
    named = [[name.replace("_", "-"), value] for name, value in headers.items()]
    length = ["Content-Length", str(len(body.encode()))]
    return {"method": method, "path": path, "body": body, "headers": [*named, length]}


SAMPLE = App(
    folder=ROOT / "tests" / "sandbox" / "host" / "apps" / "sample",
    functions=frozenset(
        [
            *("echo", "take_work", "cookies", "home", "nothing", "with_context"),
            *("do_work", "do_poison", "hold", "returns", "nightly"),
        ]
    ),
    environ={"WORK": "work", "DONE": "done", "HOLD": "hold"},
    calls=(
        Call("echo", request("GET", "/echo/a%20b?x=1&empty=&x=2"), 203),
        Call("echo", request("POST", "/echo/x/7", "æ body", X_One="a", x_one="b"), 203),
        Call(
            "echo",
            {
                "method": "POST",
                "path": "/echo/x",
                "headers": [["Transfer-Encoding", "chunked"]],
                "body": "lost",
            },
            203,
        ),
        Call("take_work", request("POST", "/jobs", "hi"), 202, messages=1),
        Call("take_work", request("POST", "/jobs?fail=1"), "ValueError"),
        Call("cookies", request("GET", "/cookies"), 200),
        Call("home", request("GET", "/"), 200),
        Call("nothing", request("GET", "/nothing"), "TypeError"),
        Call("with_context", request("GET", "/context"), 200),
        Call("do_work", {"text": '{"json": "stays text"}', "dequeue_count": 3}, messages=1),
        Call("do_work", {"text": "fail"}, "ValueError"),
        Call("do_poison", {"text": "x"}, messages=1),
        Call("returns", {"text": "x"}, "RuntimeError"),
        Call("nightly", messages=2),
        Call("nightly", {"past_due": True}, messages=2),
    ),
)

MASTER_KEYS = "k1:" + base64.b64encode(bytes(32)).decode()
ORGANIZATION = "11111111-1111-4111-8111-111111111111"
TENANT = "22222222-2222-4222-8222-222222222222"
SPACE = base64.b64encode(b"ciscospark://us/ROOM/33333333-3333-4333-8333-333333333333").decode()
DELIVERY = json.dumps({"resource": "rooms", "event": "created", "data": {"id": SPACE}})
ROOMS = f"/webhooks/{ORGANIZATION}/k1/rooms"


def signed(body: str) -> str:
    secret = webhook_secret(parse_keyring(MASTER_KEYS), "k1", ORGANIZATION)
    return hmac.new(secret.encode(), body.encode(), hashlib.sha1).hexdigest()


PRODUCT = App(
    folder=ROOT,
    functions=frozenset(
        [
            *("team_created", "sync_team", "dead_nudges", "watch", "chores"),
            *("directory_audit", "archive"),
            *("home", "health", "style", "script", "icon", "refused", "lost"),
            *("signin", "signed_in_webex", "signout", "credentials", "service_app"),
            *("authorize_webex", "credential_webex", "confirm", "forget"),
            *("authorize_microsoft", "consented_microsoft", "signed_in_microsoft", "authorized"),
            *("handover_make", "handover_link", "handover", "handover_start", "handover_done"),
            *("prerequisites", "prerequisites_json", "prerequisites_recheck"),
            *("prerequisites_tenant", "prerequisites_confirm", "permissions"),
            *("directory", "directory_people", "directory_run", "directory_every"),
            *("directory_csv", "mending_csv", "directory_watch"),
            *("settings", "settings_switch", "settings_webhook", "settings_disconnect"),
            "settings_leave",
            *("activity", "activity_retry", "activity_replay"),
            *(
                "activity_held",
                "activity_unrefuse",
                "activity_direction",
                "activity_preview",
                "activity_find",
                "activity_connect",
                "activity_restore",
            ),
        ]
    ),
    environ={
        "MASTER_KEYS": MASTER_KEYS,
        "WEBEX_ORG_IDS": ORGANIZATION,
        "MICROSOFT_TENANT_IDS": TENANT,
        "PUBLIC_URL": "https://app.example",
    },
    calls=(
        Call(
            "team_created",
            request("POST", ROOMS, DELIVERY, X_Spark_Signature=signed(DELIVERY)),
            202,
            messages=1,
        ),
        Call(
            "team_created",
            request("POST", ROOMS, DELIVERY, X_Spark_Signature=signed("something else")),
            401,
        ),
        Call("team_created", request("POST", ROOMS, DELIVERY), 401),
        Call("sync_team", {"text": "not a nudge"}),
        Call("dead_nudges", {"text": "not a nudge", "dequeue_count": 5}),
        Call("watch"),
        Call("chores"),
        Call("directory_audit"),
        Call("archive"),
        Call("home", request("GET", "/"), 200),
        # The cookie of the language passes through the host's own form of it.
        Call("home", request("GET", "/?language=sv&next="), 303),
        Call("health", request("GET", "/health"), 200),
        Call("style", request("GET", "/style.css?v=1"), 200),
        Call("refused", request("GET", "/refused/state_used", Accept_Language="sv"), 403),
        Call("refused", request("GET", "/refused/%3Cscript%3E"), 404),
        Call("lost", request("GET", "/nowhere/at/all"), 404),
        # Nobody is signed in, so nothing is read or asked.
        Call("settings", request("GET", "/settings"), 303),
        Call("settings", request("POST", "/settings", "x", Sec_Fetch_Site="same-origin"), 303),
        Call("settings_switch", request("POST", "/settings/switch", "on=1"), 303),
        Call("activity", request("GET", "/activity?q=x&q=y"), 303),
        Call("prerequisites", request("GET", "/prerequisites"), 303),
        Call("permissions", request("GET", "/permissions"), 303),
        Call("credentials", request("GET", "/credentials"), 303),
        # Ways back that nobody set out on.
        Call("signed_in_webex", request("GET", "/authorize/webex/signin?code=c&state=s"), 303),
        Call("signed_in_microsoft", request("GET", "/authorize/microsoft/signin?state=s"), 303),
        Call("consented_microsoft", request("GET", "/authorize/microsoft/consent"), 303),
        Call("handover", request("GET", "/handover"), 303),
    ),
)

"""Both providers' directories as a process of its own: made-up people, the same for every run.

It answers what an audit asks: SCIM's users, licences, Graph's users. Tokens are not looked at.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

ORG = "11111111-1111-4111-8111-111111111111"
TENANT = "22222222-2222-4222-8222-222222222222"
LICENCE = "MS_44444444-4444-4444-8444-444444444444"
EXTENSION = "urn:scim:schemas:extension:cisco:webexidentity:2.0:User"
# Of twenty people each, what is unusual about some of them.
_UNUSUAL = {3: "prefixed", 7: "missing", 11: "not_a_guid", 13: "disabled", 17: "pending"}


def object_id(number: int) -> str:
    return str(UUID(int=(number * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128, version=4))


def person_id(number: int) -> str:
    return str(UUID(int=(number * 0xC2B2AE3D27D4EB4F165667B19E3779F9) % 2**128, version=4))


def email(number: int) -> str:
    return f"firstname.lastname{number:06d}@contoso.example"


def kind(number: int) -> str:
    return _UNUSUAL.get(number % 20, "")


def webex_user(number: int) -> dict[str, Any]:
    what, own = kind(number), object_id(number)
    carried = {"prefixed": f"entra:{own}", "missing": "", "not_a_guid": f"E{number}"}
    user = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", EXTENSION],
        "id": person_id(number),
        "userName": email(number),
        "active": what != "pending",
        "displayName": f"Firstname Lastname {number:06d}",
        "userType": "user",
        "externalId": carried.get(what, own),
        EXTENSION: {
            "accountStatus": "pending" if what == "pending" else "active",
            "licenseID": [f"MC_{object_id(1)}", LICENCE],
        },
    }
    return user if user["externalId"] else {k: v for k, v in user.items() if k != "externalId"}


def account(number: int) -> dict[str, Any]:
    return {
        "id": object_id(number),
        "userPrincipalName": email(number),
        "mail": email(number),
        "accountEnabled": kind(number) != "disabled",
        "userType": "Member",
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    people = 0

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self._send(self._answer(url.path, query))

    def _answer(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        if path == "/v1/licenses":
            return {"items": [{"id": f"org:{LICENCE}", "name": "Messaging", "totalUnits": 1}]}
        if path.endswith("/v2/Users"):
            start, count = int(query["startIndex"]), min(1000, int(query["count"]))
            numbers = range(start, min(start + count, self.people + 1))
            found = [webex_user(number) for number in numbers]
            return {"totalResults": self.people, "startIndex": start, "Resources": found}
        base = f"http://{self.headers['Host']}"
        if path.endswith("/users/delta"):
            return {"value": [], "@odata.deltaLink": f"{base}/v1.0/users/delta?$deltatoken=x"}
        first = int(query.get("$skiptoken", "1"))
        after = min(first + int(query.get("$top", "100")), self.people + 1)
        page: dict[str, Any] = {"value": [account(number) for number in range(first, after)]}
        if after <= self.people:
            kept = f"$select={query['$select']}&$top={query['$top']}"
            page["@odata.nextLink"] = f"{base}/v1.0/users?{kept}&$skiptoken={after}"
        return page

    def _send(self, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(people: int) -> Iterator[str]:
    """The address of a server with so many people on either side, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.directories", str(people)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def main(people: int) -> None:
    _Handler.people = people
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))

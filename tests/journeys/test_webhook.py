"""The way in for webhooks: one write for a genuine delivery, nothing at all for anything else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from sandbox.host.app import Invocation
from shared import wiring
from shared.config import Settings, read_settings
from shared.core.keyring import webhook_secret
from shared.wiring import Wiring
from tests.journeys.stage import MASTER_KEY, the_app

ORG = "7f1c6c1e-26ab-4c53-8f0c-5b9a1f3f0001"
OTHER = "7f1c6c1e-26ab-4c53-8f0c-5b9a1f3f0002"
STRANGER = "7f1c6c1e-26ab-4c53-8f0c-5b9a1f3f0003"
SPACE = "7f1c6c1e-26ab-4c53-8f0c-5b9a1f3f0004"
# Nothing listens there: a call to storage would fail the test.
DEAD_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey="
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "TableEndpoint=http://127.0.0.1:9/devstoreaccount1;"
)


def webex_id(kind: str, uuid: str, cluster: str = "us") -> str:
    return base64.urlsafe_b64encode(f"ciscospark://{cluster}/{kind}/{uuid}".encode()).decode()


def no_calls() -> requests.Session:
    raise AssertionError("the webhook must not call anybody")


@dataclass
class Door:
    """The app's HTTP function, and what a sender can do at it."""

    settings: Settings

    def envelope(self, **changes: Any) -> dict[str, Any]:
        body = {
            "id": webex_id("WEBHOOK", SPACE),
            "resource": "rooms",
            "event": "created",
            "orgId": webex_id("ORGANIZATION", ORG),
            "data": {"id": webex_id("ROOM", SPACE), "type": "group"},
        }
        return body | changes

    def sign(
        self, body: bytes, scheme: str = "sha1", org: str = ORG, version: str = "v1"
    ) -> dict[str, str]:
        secret = webhook_secret(self.settings.keyring, version, org).encode()
        digest = hmac.new(secret, body, scheme).hexdigest()
        if scheme == "sha1":
            return {"X-Spark-Signature": digest}
        return {"X-Webex-Signature": f"SHA-{scheme[3:]}={digest}"}

    def send(
        self,
        body: bytes,
        headers: dict[str, str],
        *,
        org: str = ORG,
        version: str = "v1",
        method: str = "POST",
    ) -> Invocation:
        return the_app().invoke_http(method, f"/webhooks/{org}/{version}/rooms", headers, body)

    def send_signed(self, body: bytes) -> Invocation:
        return self.send(body, self.sign(body))


@pytest.fixture
def door() -> Iterator[Door]:
    settings = read_settings(
        {
            "AzureWebJobsStorage": DEAD_STORAGE,
            "MASTER_KEYS": f"v2:{base64.b64encode(b'n' * 32).decode()},v1:{MASTER_KEY}",
            "WEBEX_ORG_IDS": f"{ORG},{OTHER}",
            "MICROSOFT_TENANT_IDS": STRANGER,
        }
    )
    wiring.install(Wiring(settings, session=no_calls))
    yield Door(settings)
    wiring.install(None)


def status(outcome: Invocation) -> int:
    assert outcome.answer is not None
    return outcome.answer.status


def text(outcome: Invocation) -> str:
    assert outcome.answer is not None
    return outcome.answer.body.decode()


@pytest.mark.parametrize("scheme", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_genuine_delivery_is_one_queue_write_and_nothing_else(
    door: Door, scheme: str, version: str
) -> None:
    body = json.dumps(door.envelope()).encode()

    outcome = door.send(body, door.sign(body, scheme, version=version), version=version)

    assert status(outcome) == 202
    (nudge,) = (json.loads(m) for m in outcome.messages("nudges"))
    assert len(nudge.pop("correlation")) == 16
    assert nudge == {"organization": ORG, "space": webex_id("ROOM", SPACE), "cause": "webhook"}
    assert len(outcome.writes) == 1


def test_any_recognised_signature_suffices(door: Door) -> None:
    body = json.dumps(door.envelope()).encode()
    good = door.sign(body, "sha256")["X-Webex-Signature"]
    headers = {"X-Webex-Signature": f"SHA-3=00, {good}, SHA-512=ff", "X-Spark-Signature": "0" * 40}

    assert status(door.send(body, headers)) == 202


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Spark-Signature": "0" * 40},
        {"X-Spark-Signature": "é" * 40},
        {"X-Spark-Signature": ""},
        {"X-Webex-Signature": "SHA-256="},
        {"X-Webex-Signature": "SHA-256=" + "0" * 64},
        {"X-Webex-Signature": "," * 5000},
        {"X-Webex-Signature": "md5=" + hashlib.md5(b"").hexdigest()},  # noqa: S324 - refused
        {},
    ],
)
def test_a_forged_delivery_is_refused_without_a_write(door: Door, headers: dict[str, str]) -> None:
    outcome = door.send(json.dumps(door.envelope()).encode(), headers)

    assert status(outcome) == 401
    assert outcome.writes == ()


def test_who_cannot_sign_cannot_tell_which_organizations_and_keys_exist(door: Door) -> None:
    body = json.dumps(door.envelope()).encode()
    forged = {"X-Spark-Signature": "0" * 40}
    answers = [
        door.send(body, forged),
        door.send(body, forged, org=STRANGER),
        door.send(body, forged, org="not-a-uuid"),
        door.send(body, forged, version="v9"),
        door.send(body, door.sign(body, org=OTHER)),
        door.send(body, door.sign(body), org=OTHER),
        door.send(body, door.sign(body, version="v2")),
    ]

    assert {(status(a), text(a)) for a in answers} == {(401, text(answers[0]))}
    assert all(a.writes == () for a in answers)


def test_the_secret_that_stands_in_for_unknown_ones_opens_nothing(door: Door) -> None:
    body = json.dumps(door.envelope()).encode()
    digest = hmac.new(b"0" * 64, body, "sha1").hexdigest()

    outcome = door.send(body, {"X-Spark-Signature": digest}, org=STRANGER)

    assert status(outcome) == 401
    assert outcome.writes == ()


def test_a_body_over_64_kib_is_refused_before_it_is_hashed(door: Door) -> None:
    body = b" " * (64 * 1024) + json.dumps(door.envelope()).encode()

    outcome = door.send(body, door.sign(body))

    assert status(outcome) == 413
    assert outcome.writes == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"1" * 5000,
        b"[" * 60_000,
        b'{"data": null}',
        b'{"data": {}}',
        b'{"data": {"id": 7}}',
        b'{"data": {"id": "%%%"}}',
        b'{"data": {"id": "' + b"A" * 1000 + b'"}}',
        b'{"data": {"id": "Y2lzY29zcGFyazovL3VzL1JPT00vLi4vLi4"}}',
    ],
)
def test_a_signed_body_of_the_wrong_shape_gets_a_clear_answer(door: Door, body: bytes) -> None:
    outcome = door.send_signed(body)

    assert status(outcome) == 400
    assert text(outcome).strip()
    assert outcome.writes == ()


def test_an_envelope_of_another_organization_is_refused(door: Door) -> None:
    body = json.dumps(door.envelope(orgId=webex_id("ORGANIZATION", OTHER))).encode()

    outcome = door.send_signed(body)

    assert status(outcome) == 403
    assert outcome.writes == ()


def of_memberships(door: Door, **data: object) -> dict[str, Any]:
    """What a bot tells: it is of an organization of its own, whichever that is."""
    pair = webex_id("MEMBERSHIP", f"{STRANGER}:{SPACE}")
    return door.envelope(
        resource="memberships",
        event="deleted",
        ownedBy="creator",
        orgId=webex_id("ORGANIZATION", OTHER),
        data={"id": pair, **data},
    )


def test_a_delivery_of_memberships_names_the_space_and_is_a_nudge_of_it(door: Door) -> None:
    body = of_memberships(door, roomId=webex_id("ROOM", SPACE), roomType="group")

    outcome = door.send_signed(json.dumps(body).encode())

    assert status(outcome) == 202
    assert [json.loads(m)["space"] for m in outcome.messages("nudges")] == [webex_id("ROOM", SPACE)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"roomId": webex_id("ROOM", SPACE)}, 202),
        ({"roomId": webex_id("ROOM", SPACE), "roomType": "direct"}, 200),
        ({}, 400),
        ({"roomId": None}, 400),
        ({"roomId": webex_id("MEMBERSHIP", f"{STRANGER}:{SPACE}")}, 400),
    ],
)
def test_a_delivery_of_memberships_that_says_less_or_something_else(
    door: Door, data: dict[str, object], expected: int
) -> None:
    outcome = door.send_signed(json.dumps(of_memberships(door, **data)).encode())

    assert status(outcome) == expected
    assert len(outcome.writes) == (expected == 202)


def test_a_delivery_of_memberships_for_another_organizations_address_is_refused(
    door: Door,
) -> None:
    """The secret is of one organization: there the envelope proves nothing."""
    body = json.dumps(of_memberships(door, roomId=webex_id("ROOM", SPACE))).encode()

    assert status(door.send(body, door.sign(body), org=OTHER)) == 401


def test_a_bare_organization_id_in_the_envelope_is_understood(door: Door) -> None:
    bare = base64.b64encode(ORG.encode()).decode().rstrip("=")
    body = json.dumps(door.envelope(orgId=bare)).encode()

    assert status(door.send_signed(body)) == 202


def test_a_direct_space_is_answered_without_a_nudge(door: Door) -> None:
    data = {"id": webex_id("ROOM", SPACE), "type": "direct"}
    outcome = door.send_signed(json.dumps(door.envelope(data=data)).encode())

    assert status(outcome) == 200
    assert outcome.writes == ()


def test_a_delivery_that_says_little_is_nudged_all_the_same(door: Door) -> None:
    body = json.dumps({"data": {"id": webex_id("ROOM", SPACE, "urn:TEAM:us-west-2_r")}}).encode()

    assert status(door.send_signed(body)) == 202


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_other_methods_are_not_served(door: Door, method: str) -> None:
    assert status(door.send(b"", {}, method=method)) in (404, 405)


def test_which_signature_verified_is_logged_once(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    from functions.team_created import blueprint

    blueprint._say_once.cache_clear()
    caplog.set_level(logging.INFO)
    for _ in range(3):
        door.send_signed(json.dumps(door.envelope()).encode())

    lines = [r.getMessage() for r in caplog.records if "verify by" in r.getMessage()]
    assert lines == ["webhook signatures verify by sha-1"]

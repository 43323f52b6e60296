"""The address of Webex's deliveries, through the app as the host calls it.

What is genuine is decided here, by digests computed anew: nothing of what verifies in the app.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import requests
from hypothesis import strategies as st

from fuzz import values
from fuzz.target import Check, Target
from sandbox.host.app import Invocation
from shared import wiring
from shared.config import Settings, read_settings
from shared.core import nudge
from shared.core.keyring import webhook_secret
from shared.wiring import Wiring
from tests.journeys.stage import MASTER_KEY, the_app

_SERVED = (values.ORG, values.OTHER_ORG)
_VERSIONS = ("v1", "v2")
_ALGORITHMS = ("sha1", "sha256", "sha512")
# Nothing listens there: a call to storage would be a failure.
_DEAD_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=a2V5;"
    "TableEndpoint=http://127.0.0.1:9/devstoreaccount1;"
)


@dataclass(frozen=True)
class Sent:
    """One request. signed: algorithm, organization and version of a signature that is made over
    `signed_body`. spoiling: what becomes of its digest. well_formed: the space that a body in
    order names, None for any other body."""

    method: str
    path: tuple[str, str, str]
    body: bytes
    well_formed: str | None
    signed: tuple[str, str, str] | None
    signed_body: bytes
    spoiling: tuple[str, int]
    headers: tuple[tuple[str, str], ...]


# Bodies

_envelopes = values.item_of(
    {
        "id": values.ids,
        "resource": st.sampled_from(["rooms", "memberships"]),
        "event": st.just("created"),
        "orgId": st.sampled_from([values.webex_id("ORGANIZATION", org) for org in _SERVED]),
        "data": values.item_of(
            {
                "id": values.ids,
                "roomId": values.ids,
                "type": st.sampled_from(["group", "direct"]),
                "roomType": st.sampled_from(["group", "direct"]),
            },
            "id",
            "roomId",
        ),
    },
    "data",
    "orgId",
)
_bodies = st.one_of(_envelopes.map(lambda e: json.dumps(e).encode()), values.bodies)


@st.composite
def _deliveries(draw: st.DrawFn) -> Sent:
    """Mostly one change away from what Webex sends."""
    org, version = draw(st.sampled_from(_SERVED)), draw(st.sampled_from(_VERSIONS))
    space = draw(values.good_ids)
    body = json.dumps(
        {
            "resource": "rooms",
            "orgId": values.webex_id("ORGANIZATION", org),
            "data": {"id": space, "type": "group"},
        }
    ).encode()
    well_formed: str | None = space
    method, path = "POST", (org, version, "rooms")
    signed: tuple[str, str, str] | None = (draw(st.sampled_from(_ALGORITHMS)), org, version)
    signed_body, spoiling = body, ("", 0)
    what = draw(st.sampled_from(["", "body", "body", "digest", "key", "later", "path", "unsigned"]))
    if what == "body":
        body = signed_body = draw(_bodies)
        well_formed = None
    elif what == "digest":
        spoiling = (draw(st.sampled_from(["flip", "cut", "label", "case", "more"])), draw(_places))
    elif what == "key":
        signed = (draw(st.sampled_from(_ALGORITHMS)), *draw(_keys))
    elif what == "later":
        body, well_formed = draw(_bodies), None
    elif what == "path":
        method = draw(st.sampled_from(["POST", "GET", "PUT", "HEAD", "OPTIONS", "X"]))
        path = draw(_paths)
    elif what == "unsigned":
        signed = None
    return Sent(
        method, path, body, well_formed, signed, signed_body, spoiling, tuple(draw(_headers))
    )


_places = st.integers(0, 127)
_keys = st.tuples(st.sampled_from([*_SERVED, values.STRANGER]), st.sampled_from(_VERSIONS))
_paths = st.tuples(
    st.one_of(st.sampled_from([*_SERVED, values.ORG.upper(), values.STRANGER]), values.texts),
    st.one_of(st.sampled_from([*_VERSIONS, "v9", "V1"]), values.texts),
    st.one_of(st.just("rooms"), values.texts),
)
_lines = values.texts.map(lambda text: "".join(c for c in text if c.isprintable()))
_names = st.sampled_from(
    ["X-Spark-Signature", "x-webex-signature", "Content-Type", "Content-Length", "Cookie", "Host"]
)
_headers = st.lists(
    st.tuples(_names, st.one_of(_lines, st.text("0123456789abcdef=,-SHA ", max_size=80))),
    max_size=2,
)


@dataclass
class _Door:
    settings: Settings

    def send(self, sent: Sent) -> None:
        headers = [*self._signature(sent), *sent.headers]
        # A header of a length that is not the body's never gets past a host.
        headers = [(n, v) for n, v in headers if n != "Content-Length"]
        url = "https://app.example/webhooks/" + "/".join(_quoted(part) for part in sent.path)
        outcome = the_app().invoke_http(sent.method, url, headers, sent.body)
        assert outcome.answer is not None
        status = outcome.answer.status
        assert status < 500, status
        assert b"Traceback" not in outcome.answer.body
        written = [str(message) for message in outcome.messages("nudges")]
        assert len(outcome.writes) == len(written) == (status == 202), (status, outcome.writes)
        if outcome.function != "team_created":
            assert not written
            return
        if not self._could_be_genuine(sent, headers):
            assert status in (401, 413), status
        for message in written:
            self._assert_ours(sent, message)
        if self._is_genuine(sent):
            self._assert_taken(sent, status, outcome)

    def _signature(self, sent: Sent) -> list[tuple[str, str]]:
        if sent.signed is None:
            return []
        algorithm = sent.signed[0]
        digest = _spoiled(self._digest(sent.signed_body, *sent.signed), *sent.spoiling)
        if algorithm == "sha1":
            return [("X-Spark-Signature", digest)]
        label = {"sha256": "SHA-256", "sha512": "SHA-512"}[algorithm]
        if sent.spoiling[0] == "label":
            label = {"SHA-256": "SHA-512", "SHA-512": "SHA-256"}[label]
        return [("X-Webex-Signature", f"{label}={digest}")]

    def _digest(self, body: bytes, algorithm: str, org: str, version: str) -> str:
        secret = webhook_secret(self.settings.keyring, version, org)
        return hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()

    def _could_be_genuine(self, sent: Sent, headers: list[tuple[str, str]]) -> bool:
        """Whether any header holds a digest of this very body, of this address's own key."""
        org, version, _ = sent.path
        org = org.strip().lower()
        if org not in _SERVED or version not in _VERSIONS:
            return False
        told = ",".join(text for _, text in headers).lower()
        return any(self._digest(sent.body, a, org, version) in told for a in _ALGORITHMS)

    @staticmethod
    def _is_genuine(sent: Sent) -> bool:
        """Whether all is as Webex sends it, and nothing else claims to be a signature."""
        org, version, last = sent.path
        others = {name.lower() for name, _ in sent.headers}
        return (
            sent.method == "POST"
            and last == "rooms"
            and sent.signed is not None
            and sent.signed[1:] == (org, version)
            and sent.signed_body == sent.body
            and sent.spoiling[0] in ("", "case")
            and not others & {"x-spark-signature", "x-webex-signature"}
        )

    @staticmethod
    def _assert_ours(sent: Sent, message: str) -> None:
        read = nudge.read(message)
        assert read.organization == sent.path[0].strip().lower()
        assert read.cause == "webhook"
        assert read.space.isascii()

    @staticmethod
    def _assert_taken(sent: Sent, status: int, outcome: Invocation) -> None:
        """What is signed is never called forged, and taken where it is in order."""
        assert status in (200, 202, 400, 403, 413), status
        if sent.well_formed is not None:
            assert status == 202, status
            (message,) = outcome.messages("nudges")
            assert nudge.read(str(message)).space == sent.well_formed


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe="")


def _spoiled(digest: str, how: str, at: int) -> str:
    place = at % len(digest)
    if how == "flip":
        return digest[:place] + ("0" if digest[place] != "0" else "1") + digest[place + 1 :]
    if how == "cut":
        return digest[:place]
    if how == "more":
        return digest + digest[: place + 1]
    return digest.upper() if how == "case" else digest


def _no_calls() -> requests.Session:
    raise AssertionError("the webhook must not call anybody")


@contextmanager
def _opened() -> Iterator[Check]:
    newest = base64.b64encode(b"n" * 32).decode()
    settings = read_settings(
        {
            "AzureWebJobsStorage": _DEAD_STORAGE,
            "MASTER_KEYS": f"v2:{newest},v1:{MASTER_KEY}",
            "WEBEX_ORG_IDS": ",".join(_SERVED),
            "MICROSOFT_TENANT_IDS": values.STRANGER,
            "PUBLIC_URL": "https://app.example",
        }
    )
    wiring.install(Wiring(settings, session=_no_calls))
    try:
        yield _Door(settings).send
    finally:
        wiring.install(None)


TARGETS: tuple[Target, ...] = (Target("webhook", _deliveries(), _opened, 0.5, 150),)

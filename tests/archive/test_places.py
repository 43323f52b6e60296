"""Where the archive is: what the setting may say, and what is sent there."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from sandbox.clock import VirtualClock
from shared.archive.blob import BlobStore
from shared.config import BadSetting, read_settings
from shared.core.archive import parse_place
from shared.core.errors import AnswerUnknown, ArchiveRefused, Throttled
from shared.http import Http, new_session

ORG = "11111111-1111-4111-8111-111111111111"
GIVEN = {
    "MASTER_KEYS": "1:" + "A" * 43 + "=",
    "WEBEX_ORG_IDS": ORG,
    "MICROSOFT_TENANT_IDS": ORG,
}
CONTAINER = "https://account.blob.core.windows.net/audit/webex"


@pytest.mark.parametrize(
    ("text", "address", "prefix", "region"),
    [
        (f"{CONTAINER}/", CONTAINER, "", ""),
        (f"{CONTAINER}?sv=1&sig=x", CONTAINER, "", ""),
        ("s3://bucket", "bucket", "", ""),
        ("s3://bucket/a/b/?region=eu-north-1", "bucket", "a/b/", "eu-north-1"),
    ],
)
def test_a_place_is_understood(text: str, address: str, prefix: str, region: str) -> None:
    place = parse_place(text)

    assert (place.address, place.prefix, place.region) == (address, prefix, region)
    assert "sig=x" not in repr(place)


@pytest.mark.parametrize(
    "text",
    [
        "audit",
        "https://account.blob.core.windows.net",
        "http://account.blob.core.windows.net/audit",
        "https://user:secret@account.blob.core.windows.net/audit",
        "ftp://account/audit",
        "s3:///prefix",
    ],
)
def test_anything_else_is_a_bad_setting_that_shows_nothing_of_it(text: str) -> None:
    with pytest.raises(BadSetting, match="AUDIT_ARCHIVE_URL") as told:
        read_settings({**GIVEN, "AUDIT_ARCHIVE_URL": text})

    assert "secret" not in str(told.value)


class Far(BaseAdapter):
    """Answers all the same, and keeps what was asked."""

    def __init__(self, status: int, **headers: str) -> None:
        super().__init__()
        self.status, self.headers = status, headers
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        self.asked.append(request)
        response = requests.Response()
        response.status_code = self.status
        response.headers = CaseInsensitiveDict(
            {name.replace("_", "-"): value for name, value in self.headers.items()}
        )
        response.raw = io.BytesIO(b"<?xml version='1.0'?><Error>not JSON</Error>")
        return response

    def close(self) -> None:
        pass


@pytest.fixture
def store() -> Callable[[Far, str], BlobStore]:
    def make(far: Far, place: str = CONTAINER) -> BlobStore:
        session = new_session()
        session.mount("https://", far)
        http = Http("archive", "x-ms-request-id", lambda: session, VirtualClock(1_790_000_000.0))
        return BlobStore(parse_place(place), http, lambda: "the-token")

    return make


def test_with_a_managed_identity_its_token_is_sent_and_the_blob_may_only_be_new(
    store: Callable[..., BlobStore],
) -> None:
    far = Far(201)

    assert store(far).create("organization=o/date=2026-11-30/audit.jsonl", b"line\n")

    (sent,) = far.asked
    assert sent.url == f"{CONTAINER}/organization=o/date=2026-11-30/audit.jsonl"
    assert sent.headers["Authorization"] == "Bearer the-token"
    assert sent.headers["If-None-Match"] == "*"
    assert sent.headers["x-ms-blob-type"] == "BlockBlob"
    assert sent.headers["Content-Length"] == "5"
    assert sent.body == b"line\n"


def test_with_a_signature_no_token_is_sent(store: Callable[..., BlobStore]) -> None:
    far = Far(201)

    store(far, f"{CONTAINER}?sv=1&sig=x").create("a", b"")

    assert "Authorization" not in far.asked[0].headers
    assert str(far.asked[0].url).endswith("/a?sv=1&sig=x")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (409, "BlobAlreadyExists"),
        (409, "BlobImmutableDueToPolicy"),
        (403, "UnauthorizedBlobOverwrite"),
    ],
)
def test_a_blob_that_is_there_is_no_failure(
    store: Callable[..., BlobStore], status: int, code: str
) -> None:
    assert not store(Far(status, x_ms_error_code=code)).create("a", b"")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AuthorizationPermissionMismatch", ArchiveRefused),
        (404, "ContainerNotFound", ArchiveRefused),
        (409, "ContainerBeingDeleted", ArchiveRefused),
        (307, "", ArchiveRefused),
        (429, "", Throttled),
        (500, "", AnswerUnknown),
        (503, "ServerBusy", AnswerUnknown),
    ],
)
def test_whatever_else_is_answered_the_file_is_not_taken_for_written(
    store: Callable[..., BlobStore], status: int, code: str, kind: type[Exception]
) -> None:
    far = Far(status, x_ms_error_code=code)

    with pytest.raises(kind) as told:
        store(far).create("a", b"")

    assert [sent.method for sent in far.asked].count("PUT") == 1, "a write is sent once"
    assert "the-token" not in str(told.value)

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.credential import Credential, Resealed
from shared.core.keyring import Keyring
from shared.ports import Conflict
from shared.storage.credentials import CredentialRows
from shared.storage.tables import Partition
from tests.storage.conftest import Eye

NOW = 1_700_000_000_000
OLD, NEW = {"v1": b"o" * 32}, {"v2": b"n" * 32}
ORG = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
TOKENS = Credential("access-token-xyz", "refresh-token-xyz", 1_700_000_000_000, "officer")


def _rows(rows: Partition, *, newest: str = "v1", org: str = ORG) -> CredentialRows:
    return CredentialRows(rows, Keyring(newest, {**OLD, **NEW}), org)


def test_tokens_come_back(rows: Partition) -> None:
    _rows(rows).write("spaces", TOKENS)
    kept = _rows(rows).read("spaces")

    assert kept
    assert (kept.access_token, kept.refresh_token) == ("access-token-xyz", "refresh-token-xyz")
    assert (kept.expires, kept.owner) == (1_700_000_000_000, "officer")
    assert _rows(rows).read("people") is None


def test_no_token_stands_in_the_row_nor_in_repr(rows: Partition) -> None:
    _rows(rows).write("spaces", TOKENS)
    row = rows.get("credential:spaces")
    kept = _rows(rows).read("spaces")

    assert row
    assert "token-xyz" not in repr(row)
    assert "token-xyz" not in repr(kept)


def test_the_row_carries_the_version_and_old_rows_stay_readable(rows: Partition) -> None:
    _rows(rows).write("spaces", TOKENS)
    rotated = _rows(rows, newest="v2")
    kept = rotated.read("spaces")
    assert kept
    rotated.write("spaces", kept)
    row = rows.get("credential:spaces")
    only_new = CredentialRows(rows, Keyring("v2", NEW), ORG).read("spaces")

    assert row
    assert row.text("key") == "v2"
    assert only_new
    assert only_new.refresh_token == "refresh-token-xyz"


def test_a_key_that_was_dropped_leaves_nothing_to_read(rows: Partition) -> None:
    _rows(rows).write("spaces", TOKENS)

    assert CredentialRows(rows, Keyring("v2", NEW), ORG).read("spaces") is None


def test_another_key_under_the_same_version_leaves_nothing_to_read(rows: Partition) -> None:
    _rows(rows).write("spaces", TOKENS)

    assert CredentialRows(rows, Keyring("v1", {"v1": b"x" * 32}), ORG).read("spaces") is None


def test_a_row_copied_to_another_organization_or_capability_is_not_read(rows: Partition) -> None:
    _rows(rows).write("spaces", TOKENS)
    row = rows.get("credential:spaces")
    assert row
    rows.upsert("credential:people", row.values)

    assert _rows(rows).read("people") is None
    assert _rows(rows, org="another").read("spaces") is None


def test_two_who_refresh_at_once_keep_one_result(rows: Partition) -> None:
    credentials = _rows(rows)
    credentials.write("spaces", TOKENS)
    read = credentials.read("spaces")
    assert read
    credentials.write("spaces", read)

    with pytest.raises(Conflict):
        credentials.write("spaces", read)


def test_a_new_sign_in_replaces_whatever_was_there(rows: Partition) -> None:
    _rows(rows).write("spaces", TOKENS)
    _rows(rows).write("spaces", Credential("another-access", "another-refresh", 1))
    kept = _rows(rows).read("spaces")

    assert kept
    assert kept.access_token == "another-access"


def test_every_field_is_kept_and_the_client_s_secret_is_encrypted(rows: Partition) -> None:
    whole = Credential(
        access_token="access-token-xyz",
        refresh_token="refresh-token-xyz",
        expires=1,
        owner="officer",
        refreshing=2,
        owner_name="Olga Officer",
        scopes=("spark:people_read", "identity:people_read"),
        kind="service_app",
        since=3,
        refresh_expires=4,
        failed=5,
        client_id="app",
        client_secret="client-secret-xyz",
        refreshed=6,
    )
    _rows(rows).write("people", whole)
    kept = _rows(rows).read("people")
    row = rows.get("credential:people")

    assert kept
    assert replace(kept, etag="") == whole
    assert "secret-xyz" not in repr(row) + repr(kept)


def test_a_row_of_before_the_pages_is_read_as_a_sign_in_of_the_integration(
    rows: Partition,
) -> None:
    _rows(rows).write("spaces", TOKENS)
    row = rows.get("credential:spaces")
    assert row
    known = ("secret", "key", "expires", "owner", "refreshing")
    rows.upsert("credential:spaces", {name: row.values[name] for name in known})
    kept = _rows(rows).read("spaces")

    assert kept
    assert replace(kept, etag="") == TOKENS


def test_what_is_pending_is_beside_what_is_kept(rows: Partition) -> None:
    credentials = _rows(rows)
    credentials.write("spaces", TOKENS)
    credentials.keep_pending("spaces", replace(TOKENS, access_token="pending-token"))
    waiting, kept = credentials.pending("spaces"), credentials.read("spaces")

    assert waiting and kept
    assert (waiting.access_token, kept.access_token) == ("pending-token", "access-token-xyz")
    assert credentials.pending("people") is None

    credentials.forget_pending("spaces")
    credentials.forget_pending("spaces")

    assert credentials.pending("spaces") is None
    assert credentials.read("spaces")


def test_a_pending_row_renamed_by_hand_is_not_read_as_a_kept_one(rows: Partition) -> None:
    _rows(rows).keep_pending("spaces", TOKENS)
    row = rows.get("pending:spaces")
    assert row
    rows.upsert("credential:spaces", row.values)

    assert _rows(rows).read("spaces") is None


def test_forgetting_leaves_no_row_and_may_be_done_twice(rows: Partition) -> None:
    _rows(rows).write("spaces", TOKENS)
    _rows(rows).forget("spaces")
    _rows(rows).forget("spaces")

    assert rows.get("credential:spaces") is None


@pytest.mark.parametrize(("newest", "waits"), [("v1", ("credential:spaces",)), ("v2", ())])
def test_whoever_begins_a_refresh_meanwhile_keeps_the_row(
    watched: Partition, eye: Eye, newest: str, waits: tuple[str, ...]
) -> None:
    """newest: under which key, as that worker knows it."""
    _rows(watched).write("spaces", TOKENS)
    marked: list[Credential] = []

    def begin(method: str, url: str) -> bool:
        if method != "GET" or "RowKey=" not in url:
            return False
        worker = _rows(watched, newest=newest)
        kept = worker.read("spaces")
        assert kept
        worker.write("spaces", replace(kept, refreshing=NOW + 60_000 if waits else 0))
        again = worker.read("spaces")
        assert again
        marked.append(again)
        return True

    eye.before = begin
    resealed = _rows(watched, newest="v2").reseal(NOW)

    assert resealed == Resealed(waits=waits)
    _rows(watched).write("spaces", replace(marked[0], refresh_token="refreshed"))
    kept = _rows(watched).read("spaces")
    assert kept
    assert kept.refresh_token == "refreshed"

"""Webex credentials by capability, encrypted at rest under the keyring; rows carry the version."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from shared.core.credential import Credential, Resealed
from shared.core.keyring import Keyring
from shared.ports import Conflict
from shared.storage.tables import Partition, Row, Value

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class CredentialRows:
    """The port `Credentials` over one organization's partition of `Organizations`."""

    def __init__(self, rows: Partition, keyring: Keyring, org: str) -> None:
        self._rows = rows
        self._keyring = keyring
        self._org = org

    def read(self, capability: str) -> Credential | None:
        """None as well where the key that it was encrypted under is no longer in the keyring."""
        return self._read(f"credential:{capability}", f"{self._org}|{capability}")

    def write(self, capability: str, credential: Credential) -> None:
        self._write(f"credential:{capability}", f"{self._org}|{capability}", credential)

    def forget(self, capability: str) -> None:
        self._forget(f"credential:{capability}")

    def pending(self, capability: str) -> Credential | None:
        return self._read(f"pending:{capability}", f"{self._org}|pending|{capability}")

    def keep_pending(self, capability: str, credential: Credential) -> None:
        context = f"{self._org}|pending|{capability}"
        self._write(f"pending:{capability}", context, replace(credential, etag=""))

    def forget_pending(self, capability: str, until: int | None = None) -> None:
        self._forget(f"pending:{capability}", until)

    def reseal(self, now: int) -> Resealed:
        done: list[str] = []
        waits: list[str] = []
        lost: list[str] = []
        for prefix, context in (("credential:", ""), ("pending:", "pending|")):
            for listed in self._rows.range(prefix, f"{prefix}~", only=("key",)):
                if listed.text("key") == self._keyring.newest:
                    continue
                # As it is now: somebody may have written it since it was listed.
                row = self._rows.get(listed.key)
                if row is None or row.text("key") == self._keyring.newest:
                    continue
                # Whoever refreshes it writes it under the newest key, or not at all.
                if row.number("refreshing") > now:
                    waits.append(row.key)
                    continue
                whole_context = f"{self._org}|{context}{row.key.removeprefix(prefix)}"
                credential = self._opened(row, whole_context)
                if credential is None:
                    lost.append(row.key)
                    continue
                try:
                    self._write(row.key, whole_context, credential)
                except Conflict:
                    waits.append(row.key)
                else:
                    done.append(row.key)
        return Resealed(tuple(done), tuple(waits), tuple(lost))

    def _read(self, key: str, context: str) -> Credential | None:
        row = self._rows.get(key)
        return self._opened(row, context) if row else None

    def _opened(self, row: Row, context: str) -> Credential | None:
        from cryptography.fernet import InvalidToken

        if row.text("key") not in self._keyring.keys:
            return None
        try:
            raw = self._cipher(row.text("key"), context).decrypt(row.text("secret"))
        except InvalidToken:
            # Another key under the same version, or another's row: somebody must sign in again.
            return None
        return _credential(row, json.loads(raw))

    def _write(self, key: str, context: str, credential: Credential) -> None:
        version = self._keyring.newest
        secret = {
            "access": credential.access_token,
            "refresh": credential.refresh_token,
            "client_secret": credential.client_secret,
        }
        sealed = self._cipher(version, context).encrypt(json.dumps(secret).encode())
        values: dict[str, Value] = {
            "secret": sealed.decode(),
            "key": version,
            "expires": credential.expires,
            "owner": credential.owner,
            "refreshing": credential.refreshing,
            "owner_name": credential.owner_name,
            "scopes": " ".join(credential.scopes),
            "kind": credential.kind,
            "since": credential.since,
            "refresh_expires": credential.refresh_expires,
            "failed": credential.failed,
            "client_id": credential.client_id,
            "refreshed": credential.refreshed,
            "owner_email": credential.owner_email,
        }
        if credential.etag:
            self._rows.replace(key, values, credential.etag)
        else:
            self._rows.upsert(key, values)

    def _forget(self, key: str, until: int | None = None) -> None:
        row = self._rows.get(key)
        if row is None or (until is not None and row.number("since") > until):
            return
        try:
            self._rows.delete(key, row.etag)
        except Conflict:
            # Refreshed meanwhile, or gone.
            self._forget(key, until)

    def _cipher(self, version: str, context: str) -> Fernet:
        from cryptography.fernet import Fernet

        derived = self._keyring.derive(version, "credential", context)
        return Fernet(base64.urlsafe_b64encode(derived))


def _credential(row: Row, secret: dict[str, str]) -> Credential:
    return Credential(
        access_token=secret["access"],
        refresh_token=secret["refresh"],
        expires=row.number("expires"),
        owner=row.text("owner"),
        refreshing=row.number("refreshing"),
        etag=row.etag,
        owner_name=row.text("owner_name"),
        scopes=tuple(row.text("scopes").split()),
        kind=row.text("kind") or "integration",
        since=row.number("since"),
        refresh_expires=row.number("refresh_expires"),
        failed=row.number("failed"),
        client_id=row.text("client_id"),
        client_secret=secret.get("client_secret", ""),
        refreshed=row.number("refreshed"),
        owner_email=row.text("owner_email"),
    )

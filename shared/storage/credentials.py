"""Webex credentials by capability, encrypted at rest under the keyring; rows carry the version."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.core.keyring import Keyring
from shared.storage.tables import Partition, Value

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


@dataclass(frozen=True)
class Credential:
    """Tokens of one capability. expires: milliseconds; etag of the row it came from.

    refreshing: until when a worker has marked it as being refreshed, 0 for not.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires: int
    owner: str = ""
    refreshing: int = 0
    etag: str = ""


class CredentialRows:
    """`credential:<capability>` rows of one organization's partition of `Organizations`."""

    def __init__(self, rows: Partition, keyring: Keyring, org: str) -> None:
        self._rows = rows
        self._keyring = keyring
        self._org = org

    def read(self, capability: str) -> Credential | None:
        """None as well where the key that it was encrypted under is no longer in the keyring."""
        from cryptography.fernet import InvalidToken

        row = self._rows.get(f"credential:{capability}")
        if row is None or row.text("key") not in self._keyring.keys:
            return None
        try:
            raw = self._cipher(row.text("key"), capability).decrypt(row.text("secret"))
        except InvalidToken:
            # Another key under the same version, or another's row: somebody must sign in again.
            return None
        secret = json.loads(raw)
        return Credential(
            secret["access"],
            secret["refresh"],
            row.number("expires"),
            row.text("owner"),
            row.number("refreshing"),
            row.etag,
        )

    def write(self, capability: str, credential: Credential) -> None:
        """Raises Conflict if the row changed since `credential.etag`; "" writes in any case."""
        version = self._keyring.newest
        secret = {"access": credential.access_token, "refresh": credential.refresh_token}
        sealed = self._cipher(version, capability).encrypt(json.dumps(secret).encode())
        values: dict[str, Value] = {
            "secret": sealed.decode(),
            "key": version,
            "expires": credential.expires,
            "owner": credential.owner,
            "refreshing": credential.refreshing,
        }
        key = f"credential:{capability}"
        if credential.etag:
            self._rows.replace(key, values, credential.etag)
        else:
            self._rows.upsert(key, values)

    def _cipher(self, version: str, capability: str) -> Fernet:
        from cryptography.fernet import Fernet

        derived = self._keyring.derive(version, "credential", f"{self._org}|{capability}")
        return Fernet(base64.urlsafe_b64encode(derived))

"""What the browser keeps for us: sealed, so that it can be neither read nor changed there.

Fernet (cryptography): encrypted and signed, with the time in it; every key of the keyring opens,
the newest seals. Time is an argument. Source: https://cryptography.io/en/latest/fernet/.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.core.keyring import Keyring

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Broken(ValueError):
    """It was not sealed by us, or for something else."""


class Expired(Broken):
    """It was ours, and is too old."""


@dataclass(frozen=True)
class Sealer:
    keyring: Keyring

    def seal(self, label: str, value: Mapping[str, object], now: float) -> str:
        """now: seconds. The text fits into a cookie as it is: without the padding's `=`."""
        raw = json.dumps(value, separators=(",", ":")).encode()
        sealed = self._cipher(self.keyring.newest, label).encrypt_at_time(raw, int(now))
        return sealed.decode().rstrip("=")

    def open(self, label: str, text: str, now: float, age: int) -> dict[str, object]:
        """What was sealed at most `age` seconds ago. Raises Broken, Expired."""
        from cryptography.fernet import InvalidToken

        token = (text + "=" * (-len(text) % 4)).encode("ascii", "replace")
        for version in self.keyring.keys:
            try:
                cipher = self._cipher(version, label)
                raw = cipher.decrypt(token)
                sealed_at = cipher.extract_timestamp(token)
            except InvalidToken:
                continue
            if not now - age <= sealed_at <= now + 60:
                raise Expired(label)
            value = json.loads(raw)
            return value if isinstance(value, dict) else {}
        raise Broken(label)

    def _cipher(self, version: str, label: str) -> Fernet:
        from cryptography.fernet import Fernet

        return Fernet(base64.urlsafe_b64encode(self.keyring.derive(version, "browser", label)))

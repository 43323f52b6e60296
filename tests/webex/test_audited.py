"""The audit and a look read a user of Webex's directory alike."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from shared.core.audit import OFF
from shared.webex.audited import Messaging, audited_user
from shared.webex.protocol import parse_user

EXTENSION = "urn:scim:schemas:extension:cisco:webexidentity:2.0:User"


@pytest.mark.parametrize("active", [True, False, "true", "false", None])
@pytest.mark.parametrize(
    "status", [None, "", "active", "Active", "pending", "transient", "pending_transient"]
)
def test_who_is_switched_off_is_so_for_both(status: str | None, active: object) -> None:
    raw: dict[str, Any] = {"id": str(uuid4()), "userName": "a@example.com"}
    if active is not None:
        raw["active"] = active
    if status is not None:
        raw[EXTENSION] = {"accountStatus": status}

    user = audited_user(raw, Messaging(()))

    assert user is not None
    assert bool(user[1] & OFF) is not parse_user(raw).active

"""Storage accounts, opened as whoever is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.storage.tables import open_connection, open_identity

if TYPE_CHECKING:
    from azure.data.tables import TableServiceClient


def open_account(account: str) -> TableServiceClient:
    """account: a name, which takes az login and the role Storage Table Data Contributor; or a
    connection string, which an emulator has."""
    if "=" in account:
        return open_connection(account)
    return open_identity(f"https://{account}.table.core.windows.net", "")

"""Storage accounts, opened as whoever is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deployment.cli import Problem
from shared.core.errors import NewerSchema
from shared.ports import Conflict
from shared.storage.accounts import open_connection, open_identity

if TYPE_CHECKING:
    from azure.data.tables import TableServiceClient

ROLE = "Storage Table Data Contributor"
# For a command's help.
ACCOUNT = "its name, or in a national cloud the URL of its tables (https://...)"


def open_account(account: str) -> TableServiceClient:
    """account: a name or a URL, which takes az login and ROLE; or a connection string, which an
    emulator has."""
    if account.startswith("https://"):
        return open_identity(account, "")
    if "=" in account:
        try:
            return open_connection(account)
        except ValueError as error:
            raise Problem(f"That is no connection string of a storage account: {error}") from error
    return open_identity(f"https://{account}.table.core.windows.net", "")


@contextmanager
def in_words() -> Iterator[None]:
    """What storage refuses becomes a Problem: a sentence with what to do."""
    from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

    try:
        yield
    except NewerSchema as newer:
        raise Problem(str(newer)) from newer
    except Conflict as lost:
        raise Problem(
            f"Somebody else writes to these rows ({lost}). Stop the app, and do it again."
        ) from lost
    except AzureError as error:
        said = str(error).strip().partition("\n")[0]
        status = error.status_code if isinstance(error, HttpResponseError) else None
        if isinstance(error, ClientAuthenticationError) or status in (401, 403):
            raise Problem(
                f"Storage lets nobody in: az login, as somebody with the role {ROLE} on the"
                f" account, from an address that may reach it. It said: {said}"
            ) from error
        raise Problem(
            f"Storage does not answer as it should. Is the account's name right? It said: {said}"
        ) from error

"""The account of the tables, with a key or with the app's own identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.http import new_session

if TYPE_CHECKING:
    from azure.data.tables import TableServiceClient


def open_connection(connection: str) -> TableServiceClient:
    from azure.data.tables import TableServiceClient

    return TableServiceClient.from_connection_string(connection, **_options())


def open_identity(endpoint: str, client_id: str) -> TableServiceClient:
    """With the app's managed identity: no key of the account is stored anywhere."""
    from azure.data.tables import TableServiceClient
    from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

    credential = (
        ManagedIdentityCredential(client_id=client_id) if client_id else DefaultAzureCredential()
    )
    return TableServiceClient(endpoint=endpoint, credential=credential, **_options())


def _options() -> dict[str, Any]:
    """The SDK's calls go through a session of ours: it heeds the environment, or has the process's
    own trust, as all others do."""
    from azure.core.pipeline.transport import RequestsTransport

    timeouts = {"connection_timeout": 5, "read_timeout": 10}
    transport = RequestsTransport(session=new_session(), session_owner=False, **timeouts)
    return {**_PATIENCE, "transport": transport}


# The SDK's own patience (ten tries, five minutes each) is longer than a lease.
_PATIENCE: dict[str, Any] = {
    "retry_total": 3,
    "retry_backoff_max": 4,
}

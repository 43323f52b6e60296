"""An Azure Blob container, by its REST interface: one call, for which no package is needed.

Sources: https://learn.microsoft.com/rest/api/storageservices/put-blob (If-None-Match: * creates
only), /authorize-with-azure-active-directory, /create-service-sas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from shared.core.archive import Place
from shared.core.errors import ArchiveRefused, Unavailable
from shared.http import Http, Reply

TRACE_HEADER = "x-ms-request-id"
_VERSION = "2021-12-02"
_SCOPE = "https://storage.azure.com/.default"
_THERE = ("BlobAlreadyExists", "BlobImmutableDueToPolicy", "UnauthorizedBlobOverwrite")


@dataclass(frozen=True)
class BlobStore:
    """The port `Store`. token: not asked for where the address carries a signature."""

    place: Place
    http: Http
    token: Callable[[], str] = field(repr=False)

    def create(self, name: str, body: bytes) -> bool:
        new = {
            "x-ms-blob-type": "BlockBlob",
            "Content-Type": "application/x-ndjson",
            "If-None-Match": "*",
        }
        reply = self._call("PUT", name, body, new)
        if reply.status == 201:
            return True
        code = reply.headers.get("x-ms-error-code", "")
        # Whoever may create and not write over is told in the same words that they may do neither.
        hidden = reply.status == 403 and self._call("HEAD", name, b"", {}).status == 200
        if hidden or code in _THERE:
            return False
        raise ArchiveRefused(f"the container refuses a new blob: {code}", reply.where)

    def _call(self, method: str, name: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        now = datetime.fromtimestamp(self.http.clock.now(), UTC)
        common = {"x-ms-version": _VERSION, "x-ms-date": format_datetime(now, usegmt=True)}
        url = f"{self.place.address}/{quote(name, safe='/=')}"
        if self.place.query:
            url = f"{url}?{self.place.query}"
        else:
            common["Authorization"] = f"Bearer {self.token()}"
        return self.http.call(method, url, headers={**common, **headers}, raw=body)


def identity_token(client_id: str) -> Callable[[], str]:
    """Of the app's managed identity, kept by the library until it ends. Raises Unavailable."""
    made: list[object] = []

    def token() -> str:
        from azure.core.exceptions import AzureError
        from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

        if not made:
            made.append(
                ManagedIdentityCredential(client_id=client_id)
                if client_id
                else DefaultAzureCredential()
            )
        try:
            return str(made[0].get_token(_SCOPE).token)  # type: ignore[attr-defined]
        except AzureError as error:
            raise Unavailable(f"no token for the archive: {type(error).__name__}") from error

    return token

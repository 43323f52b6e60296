"""A kept sign-in. Times are milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.core.accounts import called


@dataclass(frozen=True)
class Credential:
    """Tokens of one capability, and what an administrator is told of them.

    expires: of the access token. refresh_expires: of the refresh token, 0 for unknown.
    since: when somebody signed in. owner, owner_name, owner_email: the Webex account behind it.
    scopes: as granted; empty where Webex did not say. kind: "integration" or "service_app".
    client_id, client_secret: of a Service App; "" stands for the deployment's integration.
    refreshing: until when a worker has marked it as being refreshed, 0 for not.
    failed: when a refresh was refused for good, 0 for never. refreshed: when Webex last gave new
    tokens, 0 for never. etag: of the row it came from.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires: int
    owner: str = ""
    refreshing: int = 0
    etag: str = ""
    owner_name: str = ""
    scopes: tuple[str, ...] = ()
    kind: str = "integration"
    since: int = 0
    refresh_expires: int = 0
    failed: int = 0
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refreshed: int = 0
    owner_email: str = ""

    @property
    def owner_called(self) -> str:
        return called(self.owner_name, self.owner_email)


@dataclass(frozen=True)
class Resealed:
    """Rows that are encrypted under an older key than the newest. done: not any more. waits: in use
    just now, to be tried again. lost: under a key that the keyring has no more."""

    done: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

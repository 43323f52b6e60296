"""Apps, and what they were given: consents, tokens, codes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class App:
    """required: its list of required permissions, which is what an administrator consents to.
    further_secrets: good as well, until somebody deletes them."""

    client_id: str
    client_secret: str
    name: str = "Webex Groups"
    redirect_uris: list[str] = field(default_factory=list)
    required: list[str] = field(default_factory=list)
    further_secrets: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Consent:
    """App permissions granted in a tenant; none of them for somebody's mere sign-in.

    In force from `since`, the permissions from `complete` on; `before` holds until then, None for
    an app that was not there.
    """

    permissions: frozenset[str]
    since: float
    complete: float
    before: frozenset[str] | None = None

    def in_force(self, now: float) -> frozenset[str] | None:
        """The permissions; None while the tenant does not know the app."""
        if now < self.since:
            return self.before
        if now < self.complete:
            return self.before or frozenset()
        return self.permissions


@dataclass(frozen=True)
class Grant:
    """What an issued app-only token stands for."""

    client_id: str
    tenant_id: str
    permissions: frozenset[str]
    expires: float


@dataclass
class Code:
    """An authorization code: what was asked, and who signed in. `expires` in seconds."""

    client_id: str
    tenant_id: str
    object_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    nonce: str
    challenge: str
    expires: float
    redeemed: bool = False

"""Who is calling: access tokens, scopes and roles, quota, and /v1/access_token.

Sources: https://developer.webex.com/docs/integrations#scopes, /docs/compliance,
/docs/login-with-webex and /blog/rate-limiting-and-the-webex-api. Compliance calls need the
scope and the role; the admin-level scopes for rooms and memberships are gone since 2018.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import math
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from sandbox.kit import Request, Response
from sandbox.webex.core import Core
from sandbox.webex.errors import BadRequest, Forbidden, TooMany, Unauthorized
from sandbox.webex.state import Integration, Person, Room, Token

ACCESS_SECONDS = 1209599
REFRESH_SECONDS = 7775999
BOT_SECONDS = 100 * 365 * 86400
OFFICER = "compliance_officer"
ADMIN = "id_full_admin"
ADMIN_ROLES = frozenset({ADMIN, "id_user_admin", "id_readonly_admin", "id_device_admin"})

Form = Mapping[str, str]
# What a grant gives to a client that has proved its secret: the body of the answer.
Grant = Callable[[Form, Integration], dict[str, object]]


class Caller:
    """The person behind a token, and what the token may do."""

    def __init__(self, core: Core, token: Token) -> None:
        self.core = core
        self.token = token
        self.person = token.person
        self.scopes = token.scopes

    def personal(self, resource: str, access: str) -> bool:
        """May do this in rooms that the person is in."""
        return f"spark:{resource}_{access}" in self.scopes or "spark:all" in self.scopes

    def compliance(self, resource: str, access: str) -> bool:
        """May do this in every room of the person's organization."""
        scope = f"spark-compliance:{resource}_{access}"
        return scope in self.scopes and self.is_officer

    @property
    def is_officer(self) -> bool:
        if self.person.is_machine:
            return self.core.switches.service_apps_read_compliance
        return OFFICER in self.person.roles

    @property
    def is_admin(self) -> bool:
        """An administrator of whatever kind; a Service App is one within its scopes."""
        return self.person.is_machine or bool(self.person.roles & ADMIN_ROLES)

    @property
    def is_full_admin(self) -> bool:
        return self.person.is_machine or ADMIN in self.person.roles

    def officer_of(self, room: Room, resource: str, access: str) -> bool:
        return self.compliance(resource, access) and self.core.world.has_people_of(
            room, self.person.org_uuid
        )

    def need(self, resource: str, access: str) -> None:
        if not self.personal(resource, access) and not self.compliance(resource, access):
            raise Forbidden

    def need_personal(self, resource: str, access: str) -> None:
        if not self.personal(resource, access):
            raise Forbidden

    def need_compliance(self, resource: str, access: str) -> None:
        if not self.compliance(resource, access):
            raise Forbidden

    def need_any(self, *scopes: str) -> None:
        if not self.scopes.intersection(scopes):
            raise Forbidden

    def is_in(self, room: Room) -> bool:
        return self.core.world.member(room.uuid, self.person.uuid) is not None


class Gate:
    """Lets callers in, and counts what they ask for."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._windows: dict[str, tuple[float, int]] = {}
        self.grants: dict[str, Grant] = {"refresh_token": self._refresh}

    def admit(self, request: Request) -> Caller:
        """The caller of a request, whom it costs one call of the quota."""
        token = self.core.world.tokens.get(request.token)
        if not token or token.expires_at <= self.core.clock.now():
            raise Unauthorized
        if token.person.account_status not in ("active", "pending"):
            raise Unauthorized
        if self.core.switches.quota:
            self._count(token.person_uuid)
        return Caller(self.core, token)

    def _count(self, owner: str) -> None:
        """Calls within a minute that starts with the first; refused ones do not count."""
        now = self.core.clock.now()
        start, used = self._windows.get(owner, (now, 0))
        if now >= start + 60:
            start, used = now, 0
        if used >= self.core.switches.quota_per_minute:
            wait = max(1, math.ceil(start + 60 - now))
            raise TooMany(headers={"Retry-After": str(wait)})
        self._windows[owner] = (start, used + 1)

    def issue(
        self, person: Person, scopes: frozenset[str], expires_in: float, client_id: str
    ) -> Token:
        world, now = self.core.world, self.core.clock.now()
        return world.keep_token(
            Token(
                access_token=f"{world.random.getrandbits(320):080x}_sandbox",
                refresh_token=f"{world.random.getrandbits(320):080x}_refresh",
                person_uuid=person.uuid,
                scopes=scopes,
                expires_at=now + expires_in,
                refresh_expires_at=now + REFRESH_SECONDS,
                client_id=client_id,
                world=world,
            )
        )

    def revoke(self, token: Token) -> None:
        self.core.world.tokens.pop(token.access_token, None)
        self.core.world.refresh_tokens.pop(token.refresh_token, None)

    def access_token(self, request: Request) -> Response:
        """POST /v1/access_token, form-encoded; client credentials in the body or as basic."""
        form = _form(request)
        client = self._client(request, form)
        grant = self.grants.get(form.get("grant_type", ""))
        if not grant:
            raise BadRequest("grant_type is not supported.")
        return Response(200, grant(form, client), {"Cache-Control": "no-store"})

    def _client(self, request: Request, form: Form) -> Integration:
        client_id, secret = _basic(request) or (
            form.get("client_id", ""),
            form.get("client_secret", ""),
        )
        client = self.core.world.integrations.get(client_id)
        if not client or not hmac.compare_digest(client.client_secret.encode(), secret.encode()):
            raise Unauthorized("client_id or client_secret is not valid.")
        return client

    def _refresh(self, form: Form, client: Integration) -> dict[str, object]:
        old = self.core.world.refresh_tokens.get(form.get("refresh_token", ""))
        if not old or old.refresh_expires_at <= self.core.clock.now():
            raise BadRequest("The refresh token provided is expired, revoked or malformed.")
        if old.client_id and old.client_id != client.client_id:
            raise BadRequest("The refresh token was issued to another client.")
        return self.told(self._renewed(old, client.client_id))

    def _renewed(self, old: Token, client_id: str) -> Token:
        fresh = self.issue(old.person, old.scopes, ACCESS_SECONDS, client_id)
        if self.core.switches.refresh_rotates:
            del self.core.world.refresh_tokens[old.refresh_token]
            return fresh
        del self.core.world.refresh_tokens[fresh.refresh_token]
        fresh.refresh_token = old.refresh_token
        return self.core.world.keep_token(fresh)

    def told(self, token: Token) -> dict[str, object]:
        now = self.core.clock.now()
        return {
            "access_token": token.access_token,
            "expires_in": round(token.expires_at - now),
            "refresh_token": token.refresh_token,
            "refresh_token_expires_in": round(token.refresh_expires_at - now),
            "token_type": "Bearer",
            "scope": " ".join(sorted(token.scopes)),
        }


def _form(request: Request) -> Form:
    """Raises BadRequest for a parameter that came twice, as RFC 6749 §3.2 says."""
    fields = parse_qs(request.body.decode(errors="replace"))
    if any(len(values) > 1 for values in fields.values()):
        raise BadRequest("A parameter is there more than once.")
    return {name: values[0] for name, values in fields.items()}


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, value = request.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return client_id, secret

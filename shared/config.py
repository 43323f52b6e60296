"""The settings of a deployment, read from the environment once and checked with clear words.

The table in README.md and `local.settings.json.example` name the same settings; a test holds the
three together.
"""

from __future__ import annotations

import ipaddress
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shared.core.archive import BadPlace, Place, parse_place
from shared.core.ids import OrgId, TenantId, parse_uuid
from shared.core.keyring import BadKeyring, Keyring, parse_keyring


class BadSetting(ValueError):
    """A setting is missing or cannot be used. The message names it and the remedy, no secret."""


# name -> (default, what it is). "" as default means: must be given, or is optional as it says.
SETTINGS: dict[str, tuple[str, str]] = {
    "AzureWebJobsStorage": (
        "",
        "Connection string of the storage account, or the identity-based `__…Uri` settings.",
    ),
    "MASTER_KEYS": ("", "Keyring, newest first: `version:base64,…`, 32 bytes a key."),
    "WEBEX_ORG_IDS": ("", "Webex organizations served: uuids or Webex ids, with commas."),
    "MICROSOFT_TENANT_IDS": ("", "Microsoft Entra tenants served: GUIDs, with commas."),
    "WEBEX_API_URL": ("https://webexapis.com", "Where Webex answers."),
    "GRAPH_URL": ("https://graph.microsoft.com", "Where Microsoft Graph answers."),
    "MICROSOFT_LOGIN_URL": ("https://login.microsoftonline.com", "Where Entra gives tokens."),
    "PUBLIC_URL": ("", "The address under which Webex and browsers reach this app."),
    "WEBEX_CLIENT_ID": ("", "The Webex integration."),
    "WEBEX_CLIENT_SECRET": ("", "Its secret."),
    "WEBEX_BOT_TOKEN": ("", "A bot's token, for teams that the bot moderates. Optional."),
    "MICROSOFT_CLIENT_ID": ("", "The Entra application."),
    "MICROSOFT_CLIENT_SECRET": ("", "Its secret, unless a certificate or identity is used."),
    "MICROSOFT_CLIENT_CERTIFICATE": (
        "",
        "A PFX without a password, in base64, instead of the secret: in Azure a reference to the"
        " vault's certificate.",
    ),
    "MICROSOFT_CLIENT_CERTIFICATE_PATH": ("", "The same in a file."),
    "MICROSOFT_FEDERATED_CLIENT_ID": (
        "",
        "Client id of a user-assigned managed identity that the application trusts, instead of"
        " the secret.",
    ),
    "AUDIT_ARCHIVE_URL": (
        "",
        "Where the audit is archived: an address of a blob container, or s3://bucket. Optional.",
    ),
}

_ARCHIVE = "AUDIT_ARCHIVE_URL"


@dataclass(frozen=True)
class Settings:
    """URLs carry no trailing slash. Secrets are kept out of repr."""

    keyring: Keyring
    organizations: frozenset[OrgId]
    tenants: frozenset[TenantId]
    webex_url: str
    graph_url: str
    login_url: str
    public_url: str
    webex_client_id: str
    webex_client_secret: str = field(repr=False)
    webex_bot_token: str = field(repr=False)
    microsoft_client_id: str
    microsoft_client_secret: str = field(repr=False)
    microsoft_certificate: str = field(repr=False)
    microsoft_certificate_path: str
    microsoft_federated_client_id: str
    archive: Place | None
    storage: str = field(repr=False)
    table_endpoint: str
    storage_identity: str

    def serves(self, organization: str | None) -> bool:
        return organization in self.organizations


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Raises BadSetting with the first thing that is wrong."""

    def get(name: str) -> str:
        return (environment.get(name) or SETTINGS[name][0]).strip()

    try:
        keyring = parse_keyring(get("MASTER_KEYS"))
    except BadKeyring as error:
        raise BadSetting(str(error)) from error
    return Settings(
        keyring=keyring,
        organizations=frozenset(OrgId(o) for o in _uuids("WEBEX_ORG_IDS", get("WEBEX_ORG_IDS"))),
        tenants=frozenset(
            TenantId(t) for t in _uuids("MICROSOFT_TENANT_IDS", get("MICROSOFT_TENANT_IDS"))
        ),
        webex_url=_url("WEBEX_API_URL", get("WEBEX_API_URL")),
        graph_url=_url("GRAPH_URL", get("GRAPH_URL")),
        login_url=_url("MICROSOFT_LOGIN_URL", get("MICROSOFT_LOGIN_URL")),
        public_url=_url("PUBLIC_URL", get("PUBLIC_URL")) if get("PUBLIC_URL") else "",
        webex_client_id=get("WEBEX_CLIENT_ID"),
        webex_client_secret=get("WEBEX_CLIENT_SECRET"),
        webex_bot_token=get("WEBEX_BOT_TOKEN"),
        microsoft_client_id=get("MICROSOFT_CLIENT_ID"),
        microsoft_client_secret=get("MICROSOFT_CLIENT_SECRET"),
        microsoft_certificate=get("MICROSOFT_CLIENT_CERTIFICATE"),
        microsoft_certificate_path=get("MICROSOFT_CLIENT_CERTIFICATE_PATH"),
        microsoft_federated_client_id=get("MICROSOFT_FEDERATED_CLIENT_ID"),
        archive=archive_place(get(_ARCHIVE)),
        storage=get("AzureWebJobsStorage"),
        table_endpoint=_table_endpoint(environment),
        storage_identity=environment.get("AzureWebJobsStorage__clientId", "").strip(),
    )


def _table_endpoint(environment: Mapping[str, str]) -> str:
    """The identity-based form: https://learn.microsoft.com/azure/azure-functions/functions-reference."""
    given = environment.get("AzureWebJobsStorage__tableServiceUri", "").strip()
    account = environment.get("AzureWebJobsStorage__accountName", "").strip()
    if given or not account:
        return given
    return f"https://{account}.table.core.windows.net"


def _uuids(name: str, text: str) -> list[str]:
    found: list[str] = []
    parts = filter(None, (p.strip() for p in text.split(",")))
    for number, part in enumerate(parts, start=1):
        uuid = parse_uuid(part) or _from_webex_id(part)
        if uuid is None:
            # Not what stands there: it may be a secret that was put in the wrong place.
            raise BadSetting(f"{name}: number {number} of the list is not an id.")
        found.append(uuid)
    if not found:
        raise BadSetting(f"{name} is empty: name at least one.")
    return found


def _from_webex_id(text: str) -> str | None:
    from shared.webex.protocol import uuid_of

    return uuid_of(text)


def _url(name: str, text: str) -> str:
    """https, or plain http for a loopback address."""
    try:
        parts = urlsplit(text.rstrip("/"))
        readable = parts.port != 0 and not re.search(r"[\s\x00-\x1f\x7f]", text)
    except ValueError:
        readable = False
    if not readable:
        raise BadSetting(f"{name}: this is no address that can be read.")
    loopback = parts.scheme == "http" and _is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or loopback):
        raise BadSetting(f"{name}: https is required (plain http for a loopback address only).")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadSetting(f"{name}: give scheme, host, port and path only.")
    return text.rstrip("/")


def archive_place(text: str) -> Place | None:
    """Where the audit is archived, None for nowhere. Raises BadSetting."""
    if not text:
        return None
    try:
        place = parse_place(text)
    except BadPlace as error:
        raise BadSetting(f"{_ARCHIVE}: {error}") from error
    if place.kind == "blob":
        _url(_ARCHIVE, place.address)
    return place


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_current: Settings | None = None
_guard = threading.Lock()


def current() -> Settings:
    """The process's settings, read once. Raises BadSetting with what is wrong."""
    global _current  # noqa: PLW0603 - a process has one environment
    with _guard:
        if _current is None:
            _current = read_settings(os.environ)
        return _current


def install(settings: Settings | None) -> None:
    """Use these settings from now on (None: from the environment again)."""
    global _current  # noqa: PLW0603
    with _guard:
        _current = settings

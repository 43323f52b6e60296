"""A browser's cookies: whose they are, where they go, when they end.

Source: https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html. Values stay as they
came, percent-encoded or not; ports make no difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

# Plain http on loopback counts as safe enough for Secure.
LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Kept:
    """expires: seconds since the epoch; None: until the browser is closed."""

    host: str
    name: str
    value: str = field(repr=False)
    path: str = "/"
    expires: float | None = None
    secure: bool = False
    http_only: bool = False
    same_site: str = "lax"


class Jar:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str], Kept] = {}

    def take(self, url: str, header: str, now: float) -> Kept | None:
        """What a Set-Cookie header leaves; None where a browser would refuse it."""
        pair, *rest = header.split(";")
        name, _, value = (part.strip() for part in pair.partition("="))
        attributes = {
            key.strip().lower(): text.strip() for key, _, text in (r.partition("=") for r in rest)
        }
        host = urlsplit(url).hostname or ""
        age = attributes.get("max-age")
        cookie = Kept(
            host,
            name,
            value,
            attributes.get("path") or "/",
            None if age is None else now + int(age),
            "secure" in attributes,
            "httponly" in attributes,
            attributes.get("samesite", "lax").lower(),
        )
        if not _acceptable(cookie, url, "domain" in attributes):
            return None
        key = (host, cookie.path, name)
        self.kept.pop(key, None)
        if cookie.expires is None or cookie.expires > now:
            self.kept[key] = cookie
        return cookie

    def give(self, url: str, now: float, *, same_site: bool, safe: bool) -> list[Kept]:
        """Those that go with a navigation. safe: GET; same_site: who sends the browser there."""
        parts = urlsplit(url)
        path = parts.path or "/"
        found = [
            cookie
            for cookie in self.kept.values()
            if cookie.host == parts.hostname
            and (cookie.expires is None or cookie.expires > now)
            and (_is_safe(url) or not cookie.secure)
            and _within(path, cookie.path)
            and _may_cross(cookie, same_site=same_site, safe=safe)
        ]
        return sorted(found, key=lambda cookie: -len(cookie.path))

    def close(self) -> None:
        """The browser was closed: only what has an end stays."""
        self.kept = {key: c for key, c in self.kept.items() if c.expires is not None}


def _acceptable(cookie: Kept, url: str, has_domain: bool) -> bool:
    if cookie.secure and not _is_safe(url):
        return False
    if cookie.same_site == "none" and not cookie.secure:
        return False
    if cookie.name.startswith("__Host-"):
        return cookie.secure and cookie.path == "/" and not has_domain
    return cookie.secure or not cookie.name.startswith("__Secure-")


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in LOOPBACK


def _within(path: str, of: str) -> bool:
    return path == of or path.startswith(of.rstrip("/") + "/")


def _may_cross(cookie: Kept, *, same_site: bool, safe: bool) -> bool:
    return same_site or cookie.same_site == "none" or (cookie.same_site == "lax" and safe)

"""The headers of every answer. Source: https://owasp.org/www-project-secure-headers/."""

from __future__ import annotations

from shared.config import Settings
from shared.web.origin import origin_of

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    # Not no-referrer: browsers then send "Origin: null" with our own forms (see web.origin).
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_YEAR = 365 * 24 * 3600
KEEP_NOTHING = ("Cache-Control", "no-store")
KEEP_A_YEAR = ("Cache-Control", f"public, max-age={_YEAR}, immutable")
ASK_AGAIN = ("Cache-Control", "no-cache")


def security(settings: Settings | None, *, leaves: bool = False) -> list[tuple[str, str]]:
    """settings: None where they cannot be read. leaves: as in Page."""
    found = [("Content-Security-Policy", f"{_POLICY}; form-action {_targets(settings, leaves)}")]
    found += _ALWAYS
    if settings and settings.public_url.startswith("https:"):
        found.append(("Strict-Transport-Security", f"max-age={_YEAR}"))
    return found


def _targets(settings: Settings | None, leaves: bool) -> str:
    """Where forms may lead.

    Chromium holds every redirect after a form to this, and Firefox does not. Our forms lead to the
    provider's sign-in, and from there to whatever identity provider an organization uses: anywhere
    with https. The providers are named besides, since a sandbox's may be plain http on loopback.
    """
    if not (leaves and settings):
        return "'self'"
    providers = {origin_of(settings.webex_url), origin_of(settings.login_url)}
    return " ".join(["'self'", "https:", *sorted(providers)])

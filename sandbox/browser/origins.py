"""What a browser tells of where it comes from, and where it does not go.

Sources: https://w3c.github.io/webappsec-fetch-metadata/, https://fetch.spec.whatwg.org/#origin-header,
https://www.w3.org/TR/CSP3/#directive-form-action.
"""

from __future__ import annotations

from urllib.parse import urlsplit


class Blocked(AssertionError):
    """A browser would not have gone there."""


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def told_origin(source: str, chain: list[str]) -> str:
    """The header Origin: nothing is told after a redirect to another origin."""
    wandered = len({*map(origin, chain)}) > 1
    return "null" if wandered or not source else origin(source)


def _site(url: str) -> tuple[str, str]:
    """Scheme and registrable domain; two labels will do here, and an address is its own."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host.replace(".", "").isdigit():
        return parts.scheme, host
    return parts.scheme, ".".join(host.split(".")[-2:])


def fetch_site(source: str, chain: list[str]) -> str:
    """Sec-Fetch-Site, which tells the furthest of all addresses that were passed.

    https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header
    """
    if not source:
        return "none"
    if any(_site(url) != _site(source) for url in chain):
        return "cross-site"
    same = all(origin(url) == origin(source) for url in chain)
    return "same-origin" if same else "same-site"


def hold_to_form_action(policy: str, source: str, url: str) -> None:
    """Raises Blocked. Firefox looks at the first address only, Chromium at every redirect."""
    directives = {
        name.lower(): values.split()
        for name, _, values in (part.strip().partition(" ") for part in policy.split(";"))
    }
    allowed = directives.get("form-action")
    if allowed is None:
        return
    own = origin(url) == origin(source)
    scheme = f"{urlsplit(url).scheme}:"
    if not (("'self'" in allowed and own) or scheme in allowed or origin(url) in allowed):
        raise Blocked(f"form-action {' '.join(allowed)} does not let a form of {source} to {url}")

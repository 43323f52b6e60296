"""Whether a form came from our own pages: the browser says so, and nobody else can.

Sources: https://web.dev/articles/fetch-metadata; https://datatracker.ietf.org/doc/html/rfc6454#section-7.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from shared.core.reasons import Refusal
from shared.web.visit import Visit

_READS = ("GET", "HEAD")


def refuse_cross_site(visit: Visit, public_url: str) -> None:
    """Raises Refusal("cross_site") for a write that our own page did not send."""
    if visit.method in _READS:
        return
    site = visit.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise Refusal("cross_site", "Sec-Fetch-Site")
    elif visit.headers.get("origin") != origin_of(public_url):
        raise Refusal("cross_site", "Origin")


def origin_of(url: str) -> str:
    """Scheme, host and port as browsers write them: in lower case, without a default port."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    default = {"https": 443, "http": 80}.get(parts.scheme)
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"

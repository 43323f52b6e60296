"""TLS with one memory of whom to trust. Imports requests, so it is imported when first needed.

requests reads the file of all authorities anew for every connection, which costs more CPU than the
handshake; a worker's threads open a dozen connections within their first looks.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """As requests would make it for each connection: its authorities, and the host's name must fit.

    One for the process, and never changed again: then threads may share it.
    """
    return context_with(DEFAULT_CA_BUNDLE_PATH)


def context_with(authorities: str) -> ssl.SSLContext:
    """authorities: the path of a file of PEM certificates. Raises OSError."""
    made = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    made.check_hostname = True
    made.load_verify_locations(authorities)
    return made


class TrustingAdapter(HTTPAdapter):
    """All connections by one context, made at the first that needs it.

    Source of what is overridden: https://requests.readthedocs.io/en/latest/api/#requests.adapters.HTTPAdapter
    """

    def __init__(self, context: Callable[[], ssl.SSLContext] = trust) -> None:
        self._context = context
        super().__init__()

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        if verify is not True or cert is not None:
            # The context is everybody's: whoever wants another trust needs another adapter.
            raise ValueError("this adapter always verifies, by its own authorities")
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https":
            pool["ssl_context"] = self._context()
        return host, pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
        # They are in the context already.
        conn.ca_certs = None

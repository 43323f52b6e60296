"""TLS with one memory of whom to trust. Imports requests, so it is imported when first needed.

requests reads the file of all authorities anew for every connection, which costs more CPU than the
handshake; a worker's threads open some twenty connections within their first looks.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import ALPN_PROTOCOLS, create_urllib3_context


class SharedContext(ssl.SSLContext):
    """Threads may share a context that nobody changes any more.

    Source: https://docs.python.org/3/library/ssl.html#ssl.SSLContext. urllib3 names its protocols
    again for every connection, while OpenSSL may be reading them for another one.
    """

    _named = False

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        if not self._named:
            super().set_alpn_protocols([*alpn_protocols])
            self._named = True


@lru_cache(maxsize=1)
def trust() -> SharedContext:
    """The process's own, with the authorities that requests has."""
    return context_with(DEFAULT_CA_BUNDLE_PATH)


def context_with(authorities: str) -> SharedContext:
    """As urllib3 makes one for each connection: it verifies, and the host's name must fit.

    authorities: the path of a file of PEM certificates. Raises OSError.
    """
    usual = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    made = SharedContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = usual.minimum_version
    made.options, made.verify_flags = usual.options, usual.verify_flags
    made.verify_mode, made.check_hostname = ssl.CERT_REQUIRED, True
    made.hostname_checks_common_name = usual.hostname_checks_common_name
    made.set_alpn_protocols(ALPN_PROTOCOLS)
    made.load_verify_locations(authorities)
    return made


class TrustingAdapter(HTTPAdapter):
    """All connections by one context, made at the first that needs it.

    What is overridden: https://requests.readthedocs.io/en/latest/api/#requests.adapters.HTTPAdapter
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
        # Whom to trust is in the context already; a path here would be read into it again.
        conn.cert_reqs = "CERT_REQUIRED"

"""Bugs in an organization's standing: mixed up with another's, its secrets lying about, or what its
administrators put right and nobody hears of.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from shared.admin import connection, credentials
from shared.core.errors import CredentialMissing
from shared.storage.credentials import CredentialRows
from shared.storage.organizations import OrganizationRows
from shared.webex.credentials import WebexTokens
from shared.wiring import Wiring
from simulation.mutants.planting import Mutant
from simulation.mutants.seeds import TWO_FIRMS, UNTOLD, Swap, always


def _keeps_tokens_in_clear() -> list[Swap]:
    class Clear:
        def encrypt(self, text: bytes) -> bytes:
            return text

        def decrypt(self, text: Any) -> Any:
            return text

    return [(CredentialRows, "_cipher", lambda *_: Clear())]


def _mixes_sign_ins_up() -> list[Swap]:
    own = Wiring.credentials

    def credentials(self: Any, _org: Any) -> Any:
        return own(self, min(self.settings.organizations))

    return [(Wiring, "credentials", credentials)]


def _mixes_tenants_up() -> list[Swap]:
    own = Wiring._graph

    def graph(self: Any, org: Any, _organizations: Any, *calls: Any) -> Any:
        first = min(self.settings.organizations)
        rows = OrganizationRows(self.tables.partition("Organizations", first), first)
        return own(self, org, rows, *calls)

    return [(Wiring, "_graph", graph)]


def _never_renews() -> list[Swap]:
    def renewed(_self: Any, capability: str, _refused: str) -> str:
        raise CredentialMissing(f"the sign-in for {capability} has ended")

    return [(WebexTokens, "renewed", renewed)]


def _wakes_nobody(module: Any) -> Callable[[], list[Swap]]:
    """For what an administrator changes there."""
    return lambda: [(module, "waking", lambda *_: nullcontext())]


def _reads_no_events_again() -> list[Swap]:
    """After a sign-in: it would wake those of whom the last day's events tell."""
    return [(credentials, "read_deep_soon", lambda _: None)]


MUTANTS = (
    Mutant("clear tokens", "tokens are kept as they are", 1, _keeps_tokens_in_clear),
    Mutant(
        "mixed sign-ins",
        "one organization's sign-in for all",
        2,
        _mixes_sign_ins_up,
        http=True,
        amid=always(TWO_FIRMS),
    ),
    Mutant(
        "mixed tenants",
        "one organization's tenant for all",
        2,
        _mixes_tenants_up,
        http=True,
        amid=always(TWO_FIRMS),
    ),
    Mutant(
        "token for good",
        "a token that ended is not renewed",
        1,
        _never_renews,
        amid=always({"switches_press": False}, upsets={"token_ends": True}),
    ),
    Mutant(
        "sign-in unheard",
        "a new sign-in wakes nobody",
        10,
        _wakes_nobody(credentials),
        amid=always(UNTOLD, upsets={"sign_in_revoked": True}),
        lax=_reads_no_events_again,
    ),
    Mutant(
        "consent unheard",
        "a new consent wakes nobody",
        5,
        _wakes_nobody(connection),
        amid=always(UNTOLD, upsets={"consent_revoked": True}),
    ),
)

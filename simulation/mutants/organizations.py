"""Bugs that mix organizations up, or leave their secrets lying about."""

from __future__ import annotations

from typing import Any

from shared.storage.credentials import CredentialRows
from shared.storage.organizations import OrganizationRows
from shared.wiring import Wiring
from simulation.mutants.planting import Mutant
from simulation.mutants.seeds import TWO_FIRMS, Swap, always


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

    def graph(self: Any, _organizations: Any) -> Any:
        first = min(self.settings.organizations)
        return own(self, OrganizationRows(self.tables.partition("Organizations", first), first))

    return [(Wiring, "_graph", graph)]


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
)

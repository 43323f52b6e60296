"""One audit of the directory in a process of its own, so that its memory and CPU are nobody else's.

It runs the product's own steps, wired as in Azure, over rows in the storage emulator. What is left
out: getting tokens, and waiting for Webex's pace, which passes at once.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from bench import usage
from bench.directories import ORG, TENANT
from shared.audit import run
from shared.config import read_settings
from shared.core.credential import Credential
from shared.core.ids import OrgId, TenantId
from shared.core.model import OrgSettings
from shared.microsoft.tokens import GraphTokens
from shared.storage.tables import Partition, Step, Tables
from shared.wiring import Wiring


class Clock:
    """Waiting takes no time here."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += seconds


class Metered(Partition):
    """Storage writes are told apart. written: nanoseconds of CPU; rows, requests: so many."""

    written = 0
    requests = 0

    def write(self, steps: Sequence[Step]) -> list[str]:
        Metered.requests += 1
        began = time.process_time_ns()
        try:
            return super().write(steps)
        finally:
            Metered.written += time.process_time_ns() - began


class MeteredTables(Tables):
    def partition(self, table: str, key: str) -> Partition:
        return Metered(lambda: self._table(table), key)


class _Token:
    def token(self) -> str:
        return "token"

    def forget(self) -> None:
        pass


class Wired(Wiring):
    def _tokens(self, organization: OrgSettings) -> GraphTokens:
        return _Token()  # type: ignore[return-value]


def main(storage: str, providers: str) -> None:
    # Rows of an earlier run are another organization's: the emulator keeps them.
    org = OrgId(str(uuid4()))
    wiring = Wired(read_settings(_environment(storage, providers, org)), Clock())
    wiring.tables = MeteredTables(wiring._open_tables)
    desk = wiring.directory(org)
    rows = desk.services.organizations
    rows.save_settings(lambda s: replace(s, tenant=TenantId(TENANT)))
    far = round(time.time() * 1000) + 10**9
    wiring.credentials(org).write("people", Credential("token", "token", far))
    desk.staging.cursor("run")
    Metered.written, before = 0, time.process_time_ns()
    began = time.monotonic()
    run.work(desk, far)
    cpu = time.process_time_ns() - before
    result = desk.results.runs(1)[0]
    print(
        json.dumps(
            {
                "counts": {verdict.value: n for verdict, n in result.counts.items()},
                "outcome": result.outcome.value,
                "cpu": cpu / 1e9,
                "writes": Metered.written / 1e9,
                "storage_writes": Metered.requests,
                "memory": usage.peak_memory(),
                "webex": result.requests_webex,
                "microsoft": result.requests_microsoft,
                "took": time.monotonic() - began,
            }
        )
    )


def _environment(storage: str, providers: str, org: str) -> dict[str, str]:
    return {
        "AzureWebJobsStorage": storage,
        "MASTER_KEYS": f"v1:{base64.b64encode(bytes(32)).decode()}",
        "WEBEX_ORG_IDS": f"{org},{ORG}",
        "MICROSOFT_TENANT_IDS": TENANT,
        "WEBEX_API_URL": providers,
        "GRAPH_URL": providers,
        "MICROSOFT_LOGIN_URL": providers,
        "MICROSOFT_CLIENT_ID": "client",
        "MICROSOFT_CLIENT_SECRET": "secret",
    }


if __name__ == "__main__":
    main(*sys.argv[1:3])

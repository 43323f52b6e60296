"""What the CPU of this process goes into, counted while it runs.

Each second is booked once: a module that is loaded within a request is the module's. Counting costs
some hundredths of a second itself, which are in the figures.
"""

from __future__ import annotations

import builtins
import dataclasses
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

OTHERS, OURS, DATACLASSES = "others' packages", "our modules", "our dataclasses"
STORAGE, CLOUDS, REST = "Table Storage", "clouds", "the rest"
_OWN = ("function_app", "functions", "shared")
_ROWS = (
    "create_entity",
    "delete_entity",
    "get_entity",
    "submit_transaction",
    "update_entity",
    "upsert_entity",
)


class Ledger:
    """seconds: by what they were for. counted: requests, and dataclasses."""

    def __init__(self) -> None:
        # The interpreter's own start is what others loaded.
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.seconds[OTHERS] = time.process_time()
        self.counted: Counter[str] = Counter()
        self._open = [REST]
        self._since = time.process_time()

    @property
    def now_for(self) -> str:
        return self._open[-1]

    def spend(self, what: str, do: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self._book()
        self._open.append(what)
        try:
            return do(*args, **options)
        finally:
            self._book()
            self._open.pop()

    def _book(self) -> None:
        now = time.process_time()
        self.seconds[self.now_for] += now - self._since
        self._since = now

    def told(self) -> dict[str, Any]:
        self._book()
        own = [name for name in sys.modules if _is_ours(name)]
        counted = {**self.counted, OURS: len(own), OTHERS: len(sys.modules) - len(own)}
        return {"seconds": dict(self.seconds), "counted": counted}


def count() -> Ledger:
    """From now on. Loads requests and the SDK for tables, to stand in their way."""
    ledger = Ledger()
    _imports(ledger)
    _dataclasses(ledger)
    _requests(ledger)
    return ledger


def _imports(ledger: Ledger) -> None:
    load = builtins.__import__

    def loaded(
        name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        whole = name if level == 0 else (globals or {}).get("__package__") or ""
        what = OURS if _is_ours(whole) else OTHERS
        return ledger.spend(what, load, name, globals, locals, fromlist, level)

    builtins.__import__ = loaded


def _dataclasses(ledger: Ledger) -> None:
    make = dataclasses.dataclass

    def made(cls: Any = None, /, **options: Any) -> Any:
        if cls is None:
            return lambda later: made(later, **options)
        if not _is_ours(cls.__module__):
            return make(cls, **options)
        ledger.counted[DATACLASSES] += 1
        return ledger.spend(DATACLASSES, make, cls, **options)

    dataclasses.dataclass = made


def _requests(ledger: Ledger) -> None:
    import requests
    from azure.core.pipeline import Pipeline
    from azure.data.tables import TableClient

    for method in _ROWS:
        _stand_before(ledger, TableClient, method, lambda: STORAGE)
    _stand_before(ledger, Pipeline, "run", lambda: STORAGE)

    def asked() -> str:
        what = STORAGE if ledger.now_for == STORAGE else CLOUDS
        ledger.counted[what] += 1
        return what

    _stand_before(ledger, requests.Session, "request", asked)


def _stand_before(ledger: Ledger, owner: Any, method: str, what: Callable[[], str]) -> None:
    do = getattr(owner, method)

    def done(*args: Any, **options: Any) -> Any:
        return ledger.spend(what(), do, *args, **options)

    setattr(owner, method, done)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in _OWN

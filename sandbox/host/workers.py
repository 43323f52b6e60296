"""Where functions run: plain ones in a pool of threads, async ones on one loop."""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Workers:
    """Starts its threads when they are first needed, and may be stopped and used again."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        # As in the worker: without the setting, Python's own default, min(32, cpus + 4).
        size = environ.get("PYTHON_THREADPOOL_THREAD_COUNT")
        self._size = int(size) if size else min(32, (os.cpu_count() or 1) + 4)
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def submit(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Future[Any]:
        """Start a call, plain or async."""
        if inspect.iscoroutinefunction(function):
            return asyncio.run_coroutine_threadsafe(function(**arguments), self._running_loop())
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._size, thread_name_prefix="function")
            return self._pool.submit(function, **arguments)

    def stop(self) -> None:
        """Take no more; calls that run go on, but nobody waits for them."""
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(wait=False, cancel_futures=True)
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._pool = self._loop = None

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=_run_loop, args=(self._loop,), name="async functions", daemon=True
                ).start()
            return self._loop


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()

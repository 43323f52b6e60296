"""Functions run where they are called, instead of in a pool of threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from sandbox.host.workers import Workers


class Inline(Workers):
    def __init__(self) -> None:
        super().__init__({})

    def submit(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Future[Any]:
        """The call has ended when this returns. A death of the process passes through."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(**arguments))
        except Exception as error:
            future.set_exception(error)
        return future

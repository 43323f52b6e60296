"""What the worker hands to a function besides its trigger: outputs to set, and the context."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import azure.functions as func

from sandbox.host.binding import BoundFunction


class Output(func.Out[Any]):
    def __init__(self) -> None:
        self._value: Any = None

    def set(self, val: Any) -> None:
        self._value = val

    def get(self) -> Any:
        return self._value


class InvocationContext(func.Context):
    """What a function gets that asks for `context`; traces and retries are not kept here."""

    def __init__(self, function: BoundFunction) -> None:
        self._function = function
        self._invocation_id = str(uuid.uuid4())
        self._local = threading.local()

    @property
    def invocation_id(self) -> str:
        return self._invocation_id

    @property
    def thread_local_storage(self) -> Any:
        return self._local

    @property
    def function_name(self) -> str:
        return self._function.name

    @property
    def function_directory(self) -> str:
        return str(self._function.folder)

    @property
    def trace_context(self) -> Any:
        return None

    @property
    def retry_context(self) -> Any:
        return None

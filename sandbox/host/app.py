"""The functions of one app, loaded and checked, and how to invoke them.

Needs no sockets and no storage, so tests may call it in-process. What a function wrote to its
outputs is handed back, not written.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from azure.functions.meta import Datum

from sandbox.host.binding import BoundFunction, bind
from sandbox.host.context import InvocationContext, Output
from sandbox.host.loader import declared_functions
from sandbox.host.routes import Route
from sandbox.host.settings import HostSettings, load_host_settings
from sandbox.host.wire import (
    Headers,
    HttpAnswer,
    QueueItem,
    http_answer,
    http_datum,
    queue_datum,
    queue_messages,
    timer_datum,
)
from sandbox.host.workers import Workers


@dataclass(frozen=True)
class QueueWrite:
    """Messages that a function set on one of its queue outputs."""

    queue: str
    connection: str
    messages: tuple[str | bytes, ...]


@dataclass(frozen=True)
class Invocation:
    """What one run of a function came to. `answer` is there for HTTP alone."""

    function: str
    writes: tuple[QueueWrite, ...] = ()
    answer: HttpAnswer | None = None

    def messages(self, queue: str) -> list[str | bytes]:
        """All that was written to a queue of this name."""
        return [text for write in self.writes if write.queue == queue for text in write.messages]


class Running:
    """A run that was started."""

    def __init__(self, future: Future[Any], finish: Callable[[Any], Invocation]) -> None:
        self._future = future
        self._finish = finish

    def wait(self, seconds: float) -> bool:
        """Whether it has ended by then."""
        return bool(wait([self._future], seconds).done)

    def result(self) -> Invocation:
        """Wait for its end. Raises what the function raised."""
        return self._finish(self._future.result())


class FunctionsApp:
    """Load it with `load`; the invocations may be made from any thread."""

    def __init__(
        self, functions: list[BoundFunction], settings: HostSettings, environ: Mapping[str, str]
    ) -> None:
        self.settings = settings
        self.functions = {function.name: function for function in functions}
        self.workers = Workers(environ)
        self.routes = sorted(
            ((_route(f, settings.route_prefix), f) for f in self.triggered_by("httpTrigger")),
            key=lambda pair: pair[0].precedence,
        )

    @classmethod
    def load(cls, app_dir: Path | str, environ: Mapping[str, str] | None = None) -> FunctionsApp:
        """Import the app afresh and check every function, as the worker does.

        `environ` is for the %SETTINGS% of bindings; the app reads os.environ itself. Raises
        LoadError or HostConfigError, and what the app's own code raises.
        """
        folder = Path(app_dir).resolve()
        environ = os.environ if environ is None else environ
        settings = load_host_settings(folder)
        functions = declared_functions(folder)
        return cls([bind(function, environ) for function in functions], settings, environ)

    def triggered_by(self, kind: str) -> list[BoundFunction]:
        return [function for function in self.functions.values() if function.trigger.type == kind]

    @staticmethod
    def methods(function: BoundFunction) -> list[str]:
        """The HTTP methods it answers; none named means all."""
        named = function.trigger.raw.get("methods") or ()
        return [str(getattr(method, "value", method)).upper() for method in named]

    def find_route(self, method: str, path: str) -> tuple[BoundFunction, dict[str, str]] | None:
        """The function that answers, and its route parameters. HEAD is not GET here."""
        for route, function in self.routes:
            methods = self.methods(function)
            if methods and method.upper() not in methods:
                continue
            params = route.match(path)
            if params is not None:
                return function, params
        return None

    def invoke_http(
        self, method: str, url: str, headers: Headers | None = None, body: bytes = b""
    ) -> Invocation:
        """`url` with or without scheme and host. 404 if no route fits.

        A body given without any Content-Length header gets one; `http.py` passes on what the
        client sent. Raises what the function raised.
        """
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers or ())
        if body and not {name.lower() for name, _ in pairs} & {
            "content-length",
            "transfer-encoding",
        }:
            pairs.append(("Content-Length", str(len(body))))
        found = self.find_route(method, urlsplit(url).path)
        if not found:
            return Invocation(function="", answer=HttpAnswer(404))
        if url.startswith("/"):
            url = f"http://localhost{url}"
        datum = http_datum(method.upper(), url, pairs, body, found[1])
        return self._start(found[0], datum, {}).result()

    def invoke_route(self, name: str, body: bytes) -> Invocation:
        """An HTTP function by its name. Raises what the function raised."""
        headers = {"Content-Length": str(len(body))}
        datum = http_datum("POST", f"http://localhost/{name}", headers, body, {})
        return self._start(self.functions[name], datum, {}).result()

    def start_queue(self, name: str, item: QueueItem) -> Running:
        datum, metadata = queue_datum(item)
        return self._start(self.functions[name], datum, metadata)

    def invoke_queue(self, name: str, text: str, dequeue_count: int = 1) -> Invocation:
        """Raises what the function raised."""
        return self.start_queue(name, QueueItem(text, dequeue_count=dequeue_count)).result()

    def invoke_timer(
        self, name: str, *, past_due: bool = False, last: str = "", following: str = ""
    ) -> Invocation:
        """Raises what the function raised."""
        datum = timer_datum(past_due=past_due, last=last, following=following)
        return self._start(self.functions[name], datum, {}).result()

    def _start(self, function: BoundFunction, datum: Datum, metadata: dict[str, Datum]) -> Running:
        trigger, outs = function.trigger, {b.name: Output() for b in function.outputs}
        plain = trigger.python_type in (str, bytes)
        decode = trigger.converter.decode
        value = datum.value if plain else decode(datum, trigger_metadata=metadata)
        arguments: dict[str, Any] = {trigger.name: value, **outs}
        if function.wants_context:
            arguments["context"] = InvocationContext(function)
        future = self.workers.submit(function.call, arguments)
        return Running(future, lambda returned: _collect(function, returned, outs))


def _collect(function: BoundFunction, returned: Any, outs: Mapping[str, Output]) -> Invocation:
    if returned is not None and not function.returns:
        raise RuntimeError(
            f"function {function.name!r} without a $return binding returned a non-None value"
        )
    writes = tuple(
        _write(binding.raw, _encoded(binding.converter, outs[binding.name].get(), binding))
        for binding in function.outputs
        if outs[binding.name].get() is not None
    )
    answer = None
    if function.returns:
        encoded = _encoded(function.returns.converter, returned, function.returns)
        if function.returns.type == "http":
            answer = http_answer(encoded)
        else:
            writes += (_write(function.returns.raw, encoded),)
    return Invocation(function.name, writes, answer)


def _encoded(converter: Any, value: Any, binding: Any) -> Datum:
    try:
        encoded: Datum = converter.encode(value, expected_type=binding.python_type)
    except NotImplementedError:
        # azure.functions' converters say so; the worker answers with this text.
        raise TypeError(
            f'unable to encode outgoing TypedData: unsupported type "{binding.type}" for Python '
            f'type "{type(value).__name__}"'
        ) from None
    return encoded


def _write(raw: Mapping[str, Any], datum: Datum) -> QueueWrite:
    return QueueWrite(raw["queueName"], raw.get("connection") or "", queue_messages(datum))


def _route(function: BoundFunction, prefix: str) -> Route:
    own = function.trigger.raw.get("route")
    template = function.name if own is None else str(own)
    return Route("/".join(part for part in (prefix, template.strip("/")) if part))

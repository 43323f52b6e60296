"""Relays on loopback between the app and whatever it calls: they see every request and answer.

A trap waits for the n-th request that fits, and strikes before it is handed on, or once the answer
is there (the effect took place, and nobody heard). It resets the connection, after `strike`.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote

LOOPBACK = "127.0.0.1"
_CHUNK = 1 << 16
_REQUEST = re.compile(rb"(GET|HEAD|POST|PUT|PATCH|MERGE|DELETE) (\S+) HTTP/1\.[01]\r\n")
# Closed with this, a socket sends RST.
_ABRUPTLY = struct.pack("ii", 1, 0)


def _nothing() -> None:
    """A reset alone."""


@dataclass
class Trap:
    """wire: which relay. calls: pattern of "METHOD /path?query". nth: which fitting request, from
    1; times: so many in a row. after: whether the effect takes place. what: who was struck, once it
    was."""

    wire: str
    calls: str
    nth: int
    after: bool
    times: int = 1
    strike: Callable[[], None] = _nothing
    seen: int = 0
    what: list[str] = field(default_factory=list)
    sprung: threading.Event = field(default_factory=threading.Event)

    def fits(self, wire: str, call: str) -> bool:
        """Whether this request is to be struck; counts."""
        if wire != self.wire or not re.match(self.calls, call):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times

    def spring(self, request: str) -> None:
        self.what.append(request)
        self.strike()
        self.sprung.set()


class Wires:
    """One relay for each name. upstream: their ports. Use it as a context manager."""

    def __init__(self, upstream: Mapping[str, int]) -> None:
        self.ports: dict[str, int] = {}
        self._traps: tuple[Trap, ...] = ()
        self._open: set[asyncio.StreamWriter] = set()
        self._servers: list[asyncio.Server] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wires", daemon=True)
        self._thread.start()
        for name, port in upstream.items():
            made = asyncio.run_coroutine_threadsafe(self._listen(name, port), self._loop)
            self.ports[name] = made.result(10)

    def set_traps(self, *traps: Trap) -> None:
        """These, instead of those before."""
        self._traps = traps

    def reset_all(self) -> None:
        """Every connection that is open."""
        asyncio.run_coroutine_threadsafe(self._reset_all(), self._loop).result(10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def __enter__(self) -> Wires:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _listen(self, name: str, port: int) -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(name, port, reader, writer)

        server = await asyncio.start_server(serve, LOOPBACK, 0)
        self._servers.append(server)
        found: int = server.sockets[0].getsockname()[1]
        return found

    async def _serve(
        self, name: str, port: int, client: asyncio.StreamReader, answer: asyncio.StreamWriter
    ) -> None:
        try:
            upstream, request = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            _reset(answer)
            return
        both = (answer, request)
        self._open.update(both)
        relay = _Relay(self, name, both)
        try:
            await asyncio.gather(relay.requests(client), relay.answers(upstream))
        finally:
            self._open.difference_update(both)
            for writer in both:
                writer.close()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        await self._reset_all()
        relays = asyncio.all_tasks() - {asyncio.current_task()}
        if relays:
            await asyncio.wait(relays, timeout=5)

    async def _reset_all(self) -> None:
        for writer in tuple(self._open):
            _reset(writer)

    def trap_for(self, wire: str, call: str) -> Trap | None:
        return next((trap for trap in self._traps if trap.fits(wire, call)), None)


class _Relay:
    """One connection."""

    def __init__(self, wires: Wires, name: str, both: tuple[asyncio.StreamWriter, ...]) -> None:
        self._wires, self._name, self._both = wires, name, both
        self._waiting: tuple[Trap, str] | None = None

    async def requests(self, client: asyncio.StreamReader) -> None:
        while data := await _read(client):
            found = _REQUEST.match(data)
            call = b" ".join(found.groups()).decode("latin-1") if found else ""
            trap = self._wires.trap_for(self._name, call) if call else None
            if trap is not None:
                request = f"{self._name} {_short(call)}"
                if not trap.after:
                    self._strike(trap, f"before {request}")
                    return
                self._waiting = trap, f"after {request}"
            await self._hand_on(1, data)
        self._both[1].close()

    async def answers(self, upstream: asyncio.StreamReader) -> None:
        while data := await _read(upstream):
            if self._waiting is not None:
                self._strike(*self._waiting)
                return
            await self._hand_on(0, data)
        self._both[0].close()

    async def _hand_on(self, to: int, data: bytes) -> None:
        with suppress(OSError):
            self._both[to].write(data)
            await self._both[to].drain()

    def _strike(self, trap: Trap, what: str) -> None:
        # First whoever waits for the answer, so that no end of a connection is noticed.
        trap.spring(what)
        for writer in self._both:
            _reset(writer)


def _short(call: str) -> str:
    """Without what is the same in every call, and the ends of ids alone."""
    path = unquote(call.partition("?")[0]).replace("/devstoreaccount1", "")
    path = re.sub(r"PartitionKey='[^']*',RowKey=", "", path)
    return re.sub(r"[0-9a-f-]{30}([0-9a-f]{6})|[\w-]{40,}([\w-]{6})", r"…\1\2", path)


async def _read(reader: asyncio.StreamReader) -> bytes:
    """Nothing at the end, whichever end that is."""
    try:
        return await reader.read(_CHUNK)
    except OSError:
        return b""


def _reset(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        found = writer.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABRUPTLY)
    writer.transport.abort()

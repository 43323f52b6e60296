"""HTTP in: one thread per connection, kept alive, answered in one piece.

`POST /admin/functions/<name>` with `{"input": "…"}` runs any function, as in the real host; here
without a key, but only for those on the same machine.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from sandbox.host.app import FunctionsApp, Invocation
from sandbox.host.wire import HttpAnswer

log = logging.getLogger("host.http")

# The default of the real host.
MAX_BODY = 100 * 1024 * 1024
ADMIN = "/admin/functions/"
_HERE = ("127.0.0.1", "localhost")
_OWN_HEADERS = {"content-length", "transfer-encoding", "connection", "date"}


class HttpServer(ThreadingHTTPServer):
    """Listens from the start; serves in a thread after `start`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        app: FunctionsApp,
        write: Callable[[Invocation], None],
        run_by_hand: Callable[[str, str], None],
    ) -> None:
        super().__init__(address, _Handler)
        self.app, self.write, self.run_by_hand = app, write, run_by_hand
        self.stopping = False
        self._lock = threading.Lock()
        self._active = 0

    @property
    def active(self) -> int:
        """Requests that are being answered."""
        with self._lock:
            return self._active

    def count(self, change: int) -> None:
        with self._lock:
            self._active += change

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, args=(0.05,), name="http", daemon=True).start()

    def stop(self) -> None:
        """Accept no more connections, and no further request on those there are."""
        self.stopping = True
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("A client went away", exc_info=True)


class _BadRequest(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: HttpServer
    protocol_version = "HTTP/1.1"
    # Buffered, and flushed once per answer: else every header is a packet of its own.
    wbufsize = -1
    disable_nagle_algorithm = True

    def serve(self) -> None:
        self.server.count(+1)
        try:
            self._send(self._answer())
        except _BadRequest as refusal:
            self.close_connection = True
            self._send(HttpAnswer(refusal.status))
        finally:
            try:
                # Before the count goes down: whoever waits for it may end the process.
                self.wfile.flush()
            finally:
                self.server.count(-1)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = serve  # noqa: N815

    def _answer(self) -> HttpAnswer:
        body = self._body()
        path = urlsplit(self.path).path
        if self.command == "POST" and path.startswith(ADMIN) and self._is_from_here():
            return self._by_hand(path.removeprefix(ADMIN), body)
        url = f"http://{self.headers.get('Host', 'localhost')}{self.path}"
        started = time.monotonic()
        try:
            invocation = self.server.app.invoke_http(self.command, url, self.headers.items(), body)
            self.server.write(invocation)
        except Exception:
            log.exception("Executed %s %s (Failed)", self.command, path)
            return HttpAnswer(500)
        answer = invocation.answer or HttpAnswer(204)
        took = (time.monotonic() - started) * 1000
        log.info("%s %s %s (%.0f ms)", self.command, path, answer.status, took)
        return answer

    def _is_from_here(self) -> bool:
        """Not through a tunnel that leads the outside world to this port."""
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        return host in _HERE and "X-Forwarded-For" not in self.headers

    def _by_hand(self, name: str, body: bytes) -> HttpAnswer:
        if name not in self.server.app.functions:
            return HttpAnswer(404)
        try:
            given = json.loads(body or b"{}").get("input", "")
        except (ValueError, AttributeError):
            return HttpAnswer(400)
        self.server.run_by_hand(name, given if isinstance(given, str) else json.dumps(given))
        return HttpAnswer(202)

    def _body(self) -> bytes:
        """All of it, however it is sent. Whether the function may see it is decided later."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            raise _BadRequest(400)
        if int(length) > MAX_BODY:
            raise _BadRequest(413)
        return self._exactly(int(length))

    def _exactly(self, size: int) -> bytes:
        """A client that went away in the middle must not look like one that had said all."""
        body = self.rfile.read(size)
        if len(body) < size:
            raise _BadRequest(400)
        return body

    def _chunks(self) -> bytes:
        body = b""
        while size := self._chunk_size():
            if len(body) + size > MAX_BODY:
                raise _BadRequest(413)
            body += self._exactly(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _chunk_size(self) -> int:
        try:
            return int(self.rfile.readline(64).partition(b";")[0], 16)
        except ValueError:
            raise _BadRequest(400) from None

    def _send(self, answer: HttpAnswer) -> None:
        if any(c in text for pair in answer.headers for text in pair for c in "\r\n\0"):
            log.error("The function set a header with a control character")
            answer = HttpAnswer(500)
        self.send_response(answer.status)
        for name, value in answer.headers:
            if name.lower() not in _OWN_HEADERS:
                self.send_header(name, value)
        if self.server.stopping:
            self.close_connection = True
        if self.close_connection:
            self.send_header("Connection", "close")
        has_body = answer.status >= 200 and answer.status not in (204, 304)
        if has_body:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if has_body and self.command != "HEAD":
            self.wfile.write(answer.body)

    def version_string(self) -> str:
        return "sandbox"

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are logged with their outcome above."""

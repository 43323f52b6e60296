"""A cloud, or the console, over HTTP on loopback: one thread a connection, kept alive."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.kit import AnswerLost, Request, Response, parse_request

LOOPBACK = "127.0.0.1"
MAX_BODY = 16 * 1024 * 1024
_OWN_HEADERS = {"content-length", "connection"}

Handle = Callable[[Request], Response]


class Server(ThreadingHTTPServer):
    """Listens from the start, serves after `start`. Raises OSError for a taken port.

    `handle` may raise AnswerLost: then the connection is closed without an answer.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, handle: Handle, port: int = 0) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.handle = handle

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}"

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    # Buffered, and flushed once per answer: else every header is a packet of its own.
    wbufsize = -1
    disable_nagle_algorithm = True

    def serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            self.close_connection = True
            self._send(Response(413 if length.isdecimal() else 400))
            return
        body = self.rfile.read(int(length))
        url = f"http://{self.headers.get('Host', LOOPBACK)}{self.path}"
        try:
            answer = self.server.handle(parse_request(self.command, url, self._headers(), body))
        except AnswerLost:
            self.close_connection = True
            return
        except Exception as error:
            print(f"{self.command} {self.path} failed: {error!r}", flush=True)
            answer = Response(500)
        self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = serve  # noqa: N815

    def _headers(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.headers.items()}

    def _send(self, answer: Response) -> None:
        content = answer.content()
        self.send_response_only(answer.status)
        self.send_header("Server", self.version_string())
        headers = {name.lower(): name for name in answer.headers}
        if "date" not in headers:
            # A cloud tells its own time, which need not be the machine's.
            self.send_header("Date", self.date_time_string())
        for name, value in answer.headers.items():
            if name.lower() not in _OWN_HEADERS:
                self.send_header(name, value)
        if content and "content-type" not in headers:
            self.send_header("Content-Type", "application/json;charset=UTF-8")
        if self.close_connection:
            self.send_header("Connection", "close")
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and answer.status not in (204, 304):
            self.wfile.write(content)
        self.wfile.flush()

    def version_string(self) -> str:
        return "sandbox"

    def log_message(self, format: str, *args: Any) -> None:
        """The clouds keep a log of their own."""

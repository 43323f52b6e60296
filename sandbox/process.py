"""Child processes that never outlive their parent.

A child's standard input is a pipe whose other end only this process holds. The kernel closes that
end however this process ends, SIGKILL included, and the child leaves when it reads the end of the
pipe: `call_when_stdin_closes` here, `azurite/until_stdin_closes.js` in Node.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO


class Child:
    """A running child. Its output goes to `output`, or to a file of which `log` gives the text.

    That file is kept where `log_file` names one. Ctrl-C at a terminal reaches the parent alone,
    which then stops its children in the order that it wants.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        output: IO[str] | IO[bytes] | None = None,
        log_file: Path | None = None,
    ) -> None:
        # Open until `stop`.
        self._log = log_file.open("w+b") if log_file else tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=output or self._log,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            process_group=0,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def log(self) -> str:
        """What it has written so far."""
        # pread leaves the offset alone, which the child shares with us.
        return os.pread(self._log.fileno(), 1 << 20, 0).decode(errors="replace")

    def wait(self, seconds: float | None = None) -> int:
        """The exit code. Raises subprocess.TimeoutExpired."""
        return self._process.wait(seconds)

    def close_stdin(self) -> None:
        """What the child sees when this process ends."""
        if self._process.stdin:
            self._process.stdin.close()

    def stop(self, grace: float = 5.0) -> int:
        """Ask it to leave, then make it. May be called twice. Returns the exit code."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            code = self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self.close_stdin()
        self._log.close()
        return code


def call_when_stdin_closes(action: Callable[[], None]) -> None:
    """Watch standard input from a thread of its own; call `action` once it ends."""

    def watch() -> None:
        try:
            while os.read(sys.stdin.fileno(), 4096):
                pass
        except OSError:
            pass
        action()

    threading.Thread(target=watch, name="stdin", daemon=True).start()

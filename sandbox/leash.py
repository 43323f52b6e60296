"""python -m sandbox.leash COMMAND...: run a command that ends when our standard input does.

For programs that know nothing of `sandbox.process`; what they start in turn ends with them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from sandbox.process import call_when_stdin_closes

GRACE_SECONDS = 10.0


def main(command: list[str]) -> int:
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def end() -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, number)
                process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            except ProcessLookupError:
                return

    signal.signal(signal.SIGTERM, lambda *_: end())
    call_when_stdin_closes(end)
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""python -m sandbox.clouds --ready FILE [--world FILE] [--webex PORT] [--graph PORT] ..."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.clouds.served import Ports, ServedClouds
from sandbox.process import call_when_stdin_closes


def main() -> int:
    options = _options()
    asked_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())
    if options.with_parent:
        call_when_stdin_closes(asked_to_stop.set)
    try:
        clouds = Clouds(options.world)
        if options.consented:
            world.consent(clouds.microsoft)
        ports = Ports(options.webex, options.graph, options.login, options.console)
        served = ServedClouds(clouds, ports, os.environ)
    except (OSError, ValueError, KeyError) as error:
        print(f"The clouds cannot be started: {error!r}. Try --fresh.", file=sys.stderr)
        return 1
    with served:
        _announce(options.ready, served)
        asked_to_stop.wait()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.clouds", description=__doc__)
    parser.add_argument("--ready", type=Path, required=True, help="told here once it serves")
    parser.add_argument("--world", type=Path, help="where the world is kept")
    parser.add_argument(
        "--consented", action="store_true", help="the tenant's administrator has consented"
    )
    for name in ("webex", "graph", "login", "console"):
        parser.add_argument(f"--{name}", type=int, default=0, help="port; 0 for any free one")
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when standard input closes"
    )
    return parser.parse_args()


def _announce(ready: Path, served: ServedClouds) -> None:
    """Addresses and fresh tokens, for whoever set us going."""
    told = {"urls": served.urls, "tokens": world.issue_tokens(served.clouds.webex)}
    new = ready.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(told))
    new.replace(ready)
    print(f"The clouds answer: {served.urls}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

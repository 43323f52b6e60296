"""python -m sandbox.host APP_DIR --port N"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from sandbox.host.app import FunctionsApp
from sandbox.host.host import Host
from sandbox.host.settings import HostConfigError, add_local_settings
from sandbox.process import call_when_stdin_closes


def main() -> int:
    options = _options()
    logging.basicConfig(
        level=logging.INFO, format="[%(asctime)s] %(name)s: %(message)s", stream=sys.stderr
    )
    # The SDK writes every one of its requests down.
    logging.getLogger("azure").setLevel(logging.WARNING)
    add_local_settings(options.app_dir, os.environ)
    try:
        app = FunctionsApp.load(options.app_dir)
        host = Host(app, os.environ, port=options.port, state_dir=options.state)
    except (HostConfigError, ValueError) as error:
        print(f"The app cannot be started: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The host cannot be started on port {options.port}: {error}", file=sys.stderr)
        return 1
    return _serve(host, with_parent=options.with_parent)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.host", description=__doc__)
    parser.add_argument("app_dir", type=Path, help="the folder of function_app.py and host.json")
    parser.add_argument("--port", type=int, default=7071, help="0 for any free one")
    parser.add_argument("--state", type=Path, help="a folder to keep the timers' status in")
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when standard input closes"
    )
    return parser.parse_args()


def _serve(host: Host, *, with_parent: bool) -> int:
    asked_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())
    if with_parent:
        call_when_stdin_closes(asked_to_stop.set)
    host.start()
    _say_what_is_served(host)
    asked_to_stop.wait()
    print("Stopping", flush=True)
    if host.stop():
        return 0
    print("Some functions did not end in time", file=sys.stderr, flush=True)
    # Python itself would wait for their threads.
    os._exit(1)


def _say_what_is_served(host: Host) -> None:
    for route, function in host.app.routes:
        methods = ",".join(host.app.methods(function)) or "any method"
        print(f"  {function.name}: [{methods}] {host.url}/{route.template}")
    for function in host.app.functions.values():
        if function.trigger.type != "httpTrigger":
            shown = function.trigger.raw.get("queueName") or function.trigger.raw.get("schedule")
            print(f"  {function.name}: {function.trigger.type} {shown}")
    print(f"Host started: {host.url}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""./dev run: the whole world on this machine, or (--only-app) the app alone."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from sandbox import setup_organization as setup
from sandbox.clouds import world
from sandbox.demo.journey import run_demo
from sandbox.host import coretools
from sandbox.host.settings import HostConfigError
from sandbox.installation import new_master_keys, sandbox_settings, set_up
from sandbox.node import SetupError
from sandbox.only_app import run_only_app
from sandbox.stack import NotStarted, Stack, child_environment, free_ports
from sandbox.storage import STATE_DIR
from sandbox.supervise import Asked, Busy, Fallen, Steps, locked, watch, watch_signals
from shared.config import BadSetting

CLOUD_PORTS = ("webex", "graph", "login", "console")
_WRONG_INPUT = (Busy, coretools.CoreToolsMissing, BadSetting, HostConfigError)
_FAILED = (NotStarted, Fallen, SetupError, setup.NotDone)


def main(arguments: list[str] | None = None) -> int:
    """0: stopped when asked. 1: something failed. 2: something in the input is wrong."""
    options = _options(arguments)
    say = Steps()
    watch_signals()
    try:
        return _chosen(options, say)
    except Asked:
        say("Stopped.")
        return 0
    except (*_WRONG_INPUT, *_FAILED) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, _WRONG_INPUT) else 1


def _chosen(options: argparse.Namespace, say: Steps) -> int:
    """Only the demo comes to an end by itself."""
    if options.host == "func":
        coretools.command(options.port)  # raises where they are missing
    if options.demo:
        return run_demo(say)
    if options.only_app:
        return run_only_app(options, say)
    with locked(options.data):
        return run(options, say)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev run", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="forget what was kept, start over")
    parser.add_argument("--ready", action="store_true", help="set up already; see README.md")
    parser.add_argument("--demo", action="store_true", help="the journey without a person")
    parser.add_argument("--only-app", action="store_true", help="no clouds; see README.md")
    parser.add_argument("--host", choices=("sandbox", "func"), default="sandbox")
    parser.add_argument("--port", type=int, default=0, help="the app's port; 0 for any free one")
    parser.add_argument(
        "--data", type=Path, default=STATE_DIR, help="a folder to keep data and logs in"
    )
    return parser.parse_args(arguments)


def run(options: argparse.Namespace, say: Steps) -> NoReturn:
    data: Path = options.data / "data"
    _make_room(data, say, fresh=options.fresh)
    stack = Stack(options.data / "logs")
    try:
        ports = _ports(data, options.port)
        say("Starting Azurite, the storage emulator")
        settings = sandbox_settings(stack.storage(data / "azurite"), _master_keys(data), ports)
        environment = child_environment(settings)
        say("Starting the clouds: Webex, Microsoft Graph and sign-in")
        cloud_ports = {name: ports[name] for name in CLOUD_PORTS}
        told = stack.clouds(data, cloud_ports, environment, consented=options.ready)
        say("Starting the functions host with the app")
        stack.host(ports["app"], environment, core_tools=options.host == "func")
        for sentence in set_up(settings, told["tokens"]) if options.ready else ():
            say(sentence)
        _say_where(say, told["urls"]["console"], settings["PUBLIC_URL"], options.data / "logs")
        _say_who()
        watch(stack)
    finally:
        say("Stopping")
        stack.stop()


def _make_room(data: Path, say: Steps, *, fresh: bool) -> None:
    """Storage and world belong together: one without the other is worth nothing."""
    storage, kept = data / "azurite", data / "world.json"
    if fresh:
        say("Starting over: what was kept is deleted")
    elif storage.exists() != kept.exists():
        say("What was kept is not complete: starting over")
    else:
        return
    shutil.rmtree(storage, ignore_errors=True)
    for file in (kept, data / "master-keys"):
        file.unlink(missing_ok=True)


def _master_keys(data: Path) -> str:
    file = data / "master-keys"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(new_master_keys())
    return file.read_text().strip()


def _ports(data: Path, app: int) -> dict[str, int]:
    """Those of the last time where they are free, so that open pages and webhooks live on."""
    file = data / "ports.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    wanted = {name: int(kept.get(name, 0)) for name in (*CLOUD_PORTS, "app")}
    ports = free_ports(wanted | ({"app": app} if app else {}))
    if app and ports["app"] != app:
        raise Busy(f"Port {app} is taken: choose another with --port.")
    file.write_text(json.dumps(ports))
    return ports


def _say_where(say: Steps, console: str, app: str, logs: Path) -> None:
    say("Ready.")
    print(
        f"\n  Console  {console}    create teams here, and watch their groups"
        f"\n  App      {app}"
        f"\n  Logs     {logs}"
        "\n\n  Ctrl-C stops everything; what happened is kept (--fresh starts over).\n",
        flush=True,
    )


def _say_who() -> None:
    print(
        "  Nobody has a password here. Sign in to the app in Webex as"
        f"\n    {world.ADMIN}, full administrator, and let go on"
        f"\n    {world.OFFICER}, compliance officer, for the teams, and in Microsoft"
        f"\n    {world.GLOBAL_ADMIN}, Global Administrator, for the consent.\n",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())

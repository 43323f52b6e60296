"""./dev run --only-app: storage and the functions host alone, every setting from outside."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import NoReturn

from sandbox.host.settings import add_local_settings
from sandbox.stack import STORAGE, Stack, child_environment, free_ports
from sandbox.storage import ROOT
from sandbox.supervise import Steps, locked, watch
from shared.config import SETTINGS, BadSetting, read_settings

NEEDED = ("MASTER_KEYS", "WEBEX_ORG_IDS", "MICROSOFT_TENANT_IDS", "MICROSOFT_CLIENT_ID")
# One of these lets the app sign in to Microsoft.
CREDENTIALS = (
    "MICROSOFT_CLIENT_SECRET",
    "MICROSOFT_CLIENT_CERTIFICATE",
    "MICROSOFT_CLIENT_CERTIFICATE_PATH",
    "MICROSOFT_FEDERATED_CLIENT_ID",
)


def run_only_app(options: argparse.Namespace, say: Steps) -> NoReturn:
    """Raises what `sandbox.run` tells: BadSetting for settings, Asked when it is to end."""
    settings = dict(os.environ)
    add_local_settings(ROOT, settings)
    check(settings)
    with locked(options.data):
        stack = Stack(options.data / "logs")
        try:
            started = _storage(stack, options, settings, say)
            port = _port(options.port)
            say("Starting the functions host with the app")
            environment = child_environment(settings | started)
            url = stack.host(port, environment, core_tools=options.host == "func")
            _say_how_on(say, url, settings)
            watch(stack)
        finally:
            say("Stopping")
            stack.stop()


def check(settings: Mapping[str, str]) -> None:
    """Raises BadSetting that names everything that is missing, or the first that is wrong."""
    missing = [name for name in NEEDED if not settings.get(name, "").strip()]
    lines = [f"  {name}: {SETTINGS[name][1]}" for name in missing]
    if not any(settings.get(name, "").strip() for name in CREDENTIALS):
        lines.append(f"  one of {', '.join(CREDENTIALS)}: how the app signs in to Microsoft.")
    if lines:
        raise BadSetting(
            "\n".join(["--only-app takes its settings from outside. Missing:", *lines])
        )
    read_settings(settings)


def _storage(
    stack: Stack, options: argparse.Namespace, settings: Mapping[str, str], say: Steps
) -> dict[str, str]:
    """The setting for an Azurite of our own; nothing where a storage account is given."""
    if any(name == STORAGE or name.startswith(f"{STORAGE}__") for name in settings):
        say("Using the storage account that the settings name")
        return {}
    say(f"{STORAGE} is not set: starting Azurite, the storage emulator")
    # Apart from the sandbox's own: that one belongs to the sandbox's world.
    return {STORAGE: stack.storage(options.data / "data" / "only-app" / "azurite")}


def _port(wanted: int) -> int:
    port = free_ports({"app": wanted})["app"]
    if wanted and port != wanted:
        raise BadSetting(f"Port {wanted} is taken: choose another with --port.")
    return port


def _say_how_on(say: Steps, url: str, settings: Mapping[str, str]) -> None:
    say("Ready.")
    print(f"\n  App  {settings.get('PUBLIC_URL') or url}\n", flush=True)
    if not settings.get("PUBLIC_URL"):
        print(
            "  PUBLIC_URL is not set, so there are no pages and no webhooks: set it to the address"
            "\n  that browsers and Webex reach this app by.\n"
        )
    print("  Ctrl-C stops everything.\n", flush=True)

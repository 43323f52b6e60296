"""The machine that the figures belong to."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path


def describe() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("azure-functions", "requests"))
    return "\n".join(
        [
            f"{_processor()}, {os.cpu_count()} cores{_load()}; {platform.platform()}",
            f"{platform.python_implementation()} {platform.python_version()}; {packages}",
        ]
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _load() -> str:
    """Who else is at work here: on a busy machine, believe the ratios only."""
    return f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""

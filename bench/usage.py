"""What this process has used. Standard library alone: the peers' environments have it too."""

from __future__ import annotations

import re
import resource
import time
from pathlib import Path

_STATUS = Path("/proc/self/status")


def cpu() -> float:
    """Seconds of CPU since the process began."""
    return time.process_time()


def peak_memory() -> int:
    """Bytes at the most.

    Not what getrusage says where there is better: a process that another one started is told of
    that one's memory there.
    """
    if _STATUS.exists():
        return _from_status("VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def resident() -> int:
    """Bytes now; at the most, where the system does not tell."""
    return _from_status("VmRSS") if _STATUS.exists() else peak_memory()


def _from_status(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024

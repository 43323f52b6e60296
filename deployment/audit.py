"""Known vulnerabilities of what runs in Azure, or may: python -m deployment.audit PIP-AUDIT

A warning, never a failure: what is found today was there yesterday, and is mended by a newer pin.
What could not be looked up is said as well: silence would look like health.
Source: https://github.com/pypa/pip-audit#readme.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from deployment.package import ROOT, WHOLE_LOCK


def main(args: Sequence[str]) -> int:
    command = [
        args[0],
        "--requirement",
        str(ROOT / WHOLE_LOCK),
        "--disable-pip",
        "--format",
        "json",
    ]
    answer = subprocess.run(
        [*command, "--progress-spinner", "off"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    try:
        lines = list(told(json.loads(answer.stdout)))
    except ValueError:
        last = answer.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        lines = [f"warning: nothing was audited: {last[0]}"]
    print("\n".join(lines))
    return 0


def told(report: dict[str, Any]) -> Iterator[str]:
    """What pip-audit's report comes to, a line a finding."""
    packages = report["dependencies"]
    unknown = [each["name"] for each in packages if "skip_reason" in each]
    for each in packages:
        for found in each.get("vulns", []):
            mended = ", ".join(found["fix_versions"]) or "no version yet"
            yield f"warning: {each['name']} {each['version']}: {found['id']}, mended in {mended}"
    if unknown:
        yield f"warning: not looked up: {', '.join(unknown)}"
    yield f"{len(packages) - len(unknown)} of {len(packages)} packages were audited."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

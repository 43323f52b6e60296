"""Microsoft's own host instead of ours, where it is installed (`./dev run --host func`).

https://learn.microsoft.com/azure/azure-functions/functions-run-local
"""

from __future__ import annotations

import shutil


class CoreToolsMissing(Exception):
    """`func` is not on the PATH; the text says what to do. The exit code for it is 2."""


def command(port: int) -> list[str]:
    """What to start in the app's folder. Raises CoreToolsMissing."""
    func = shutil.which("func")
    if not func:
        raise CoreToolsMissing(
            "Azure Functions Core Tools (func) are not on the PATH. Install them as Microsoft "
            "describes (https://aka.ms/azfunc-install), or leave out --host func to run the app "
            "on the sandbox's own host."
        )
    return [func, "start", "--port", str(port)]

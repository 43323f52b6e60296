"""Finds and imports the app's code, as the worker does."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from azure.functions import FunctionRegister

from sandbox.host.binding import LoadError

SCRIPT = "function_app.py"


def declared_functions(folder: Path) -> list[Any]:
    """Import `function_app.py` of this folder afresh; what its one FunctionApp declares.

    Raises LoadError, and what the app's own code raises.
    """
    return list(_the_app(_import_script(folder)).get_functions())


def _import_script(folder: Path) -> Any:
    """The app's module, executed anew, with its folder first on the path as in the worker."""
    path = folder / SCRIPT
    if not path.exists():
        raise LoadError(f"{path} is missing: this host runs apps of the v2 model only.")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    name = path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        raise LoadError(
            f"{error}. Cannot find module. Please check the requirements.txt file for the missing "
            "module."
        ) from error
    return module


def _the_app(module: Any) -> Any:
    apps = [value for value in vars(module).values() if isinstance(value, FunctionRegister)]
    if not apps:
        raise LoadError(f"Could not find top level function app instances in {SCRIPT}.")
    if len(apps) > 1:
        raise LoadError(
            f"More than one {type(apps[0]).__name__} or other top level function app instances "
            "are defined."
        )
    return apps[0]

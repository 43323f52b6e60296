"""host.json, local.settings.json and %SETTING% in bindings.

https://learn.microsoft.com/azure/azure-functions/functions-host-json
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class HostConfigError(Exception):
    """The app's configuration cannot be served; the text says what is wrong with it."""


@dataclass(frozen=True)
class QueueSettings:
    """`extensions.queues` of host.json; times in seconds."""

    max_polling_interval: float = 60.0
    visibility_timeout: float = 0.0
    batch_size: int = 16
    max_dequeue_count: int = 5
    new_batch_threshold: int = 8
    base64: bool = True


@dataclass(frozen=True)
class HostSettings:
    route_prefix: str = "api"
    queues: QueueSettings = field(default_factory=QueueSettings)


def load_host_settings(app_dir: Path) -> HostSettings:
    """Raises HostConfigError."""
    path = app_dir / "host.json"
    if not path.exists():
        raise HostConfigError(f"{path} is missing: every function app has one.")
    extensions = _object(path).get("extensions", {})
    return HostSettings(
        route_prefix=extensions.get("http", {}).get("routePrefix", "api").strip("/"),
        queues=_queue_settings(extensions.get("queues", {})),
    )


def _queue_settings(given: Mapping[str, Any]) -> QueueSettings:
    default = QueueSettings()
    batch_size = int(given.get("batchSize", default.batch_size))
    if not 1 <= batch_size <= 32:
        raise HostConfigError(f"host.json: batchSize must be from 1 to 32, not {batch_size}.")
    encoding = given.get("messageEncoding", "base64")
    if encoding not in ("base64", "none"):
        raise HostConfigError(f"host.json: messageEncoding {encoding!r} is unknown.")
    return QueueSettings(
        max_polling_interval=_seconds(given, "maxPollingInterval", default.max_polling_interval),
        visibility_timeout=_seconds(given, "visibilityTimeout", default.visibility_timeout),
        batch_size=batch_size,
        max_dequeue_count=int(given.get("maxDequeueCount", default.max_dequeue_count)),
        new_batch_threshold=int(given.get("newBatchThreshold", batch_size // 2)),
        base64=encoding == "base64",
    )


def _seconds(given: Mapping[str, Any], name: str, default: float) -> float:
    """A .NET TimeSpan, `[d.]hh:mm:ss[.fff]`, in seconds."""
    if name not in given:
        return default
    match = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d+):(\d+(?:\.\d+)?)", str(given[name]))
    if not match:
        raise HostConfigError(f"host.json: {name} {given[name]!r} is not of the form hh:mm:ss.")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def add_local_settings(app_dir: Path, environ: MutableMapping[str, str]) -> None:
    """Values of local.settings.json, where the environment does not say otherwise."""
    path = app_dir / "local.settings.json"
    if path.exists():
        for name, value in _object(path).get("Values", {}).items():
            environ.setdefault(name, str(value))


def resolve(value: Any, environ: Mapping[str, str]) -> Any:
    """`%NAME%` in the strings of a binding becomes the setting's value.

    Raises HostConfigError if there is no such setting.
    """
    if isinstance(value, dict):
        return {name: resolve(part, environ) for name, part in value.items()}
    if isinstance(value, list):
        return [resolve(part, environ) for part in value]
    if not isinstance(value, str):
        return value

    def setting(match: re.Match[str]) -> str:
        if match[1] not in environ:
            raise HostConfigError(f"'%{match[1]}%' does not resolve to a value.")
        return environ[match[1]]

    return re.sub(r"%([^%]+)%", setting, value)


def connection_string(name: str, environ: Mapping[str, str]) -> str:
    """What a binding's `connection` stands for. Raises HostConfigError."""
    name = name or "AzureWebJobsStorage"
    for setting in (name, f"AzureWebJobs{name}"):
        if environ.get(setting):
            return environ[setting]
    if any(key.startswith(f"{name}__") for key in environ):
        raise HostConfigError(
            f"Storage connection {name!r} is identity-based ({name}__…). This host needs a "
            f"connection string in the setting {name}."
        )
    raise HostConfigError(f"Storage account connection string {name!r} does not exist.")


def _object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise HostConfigError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise HostConfigError(f"{path} is not a JSON object.")
    return content

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.host.settings import (
    HostConfigError,
    QueueSettings,
    add_local_settings,
    load_host_settings,
    resolve,
)


def host_json(folder: Path, **queues: object) -> Path:
    (folder / "host.json").write_text(json.dumps({"extensions": {"queues": queues}}))
    return folder


def test_defaults_are_those_of_the_real_host(tmp_path: Path) -> None:
    settings = load_host_settings(host_json(tmp_path))

    assert settings.route_prefix == "api"
    assert settings.queues == QueueSettings(60.0, 0.0, 16, 5, 8, True)


def test_times_are_read_as_dotnet_writes_them(tmp_path: Path) -> None:
    folder = host_json(tmp_path, maxPollingInterval="00:00:02.5", visibilityTimeout="1.00:00:30")
    queues = load_host_settings(folder).queues

    assert (queues.max_polling_interval, queues.visibility_timeout) == (2.5, 86430.0)


@pytest.mark.parametrize(
    "queues",
    [{"batchSize": 33}, {"visibilityTimeout": "30"}, {"messageEncoding": "hex"}],
)
def test_what_the_real_host_would_not_take_is_refused(
    tmp_path: Path, queues: dict[str, object]
) -> None:
    with pytest.raises(HostConfigError):
        load_host_settings(host_json(tmp_path, **queues))


def test_the_environment_wins_over_local_settings(tmp_path: Path) -> None:
    (tmp_path / "local.settings.json").write_text('{"Values": {"A": "file", "B": "file"}}')
    environ = {"A": "environment"}
    add_local_settings(tmp_path, environ)

    assert environ == {"A": "environment", "B": "file"}


def test_settings_are_put_into_bindings() -> None:
    assert resolve({"queueName": "%Q%-poison", "n": 1}, {"Q": "q"}) == {
        "queueName": "q-poison",
        "n": 1,
    }

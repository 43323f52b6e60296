"""README's table, the example file, the templates and the code name the same settings.

The defaults are the same, too.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from deployment.agreement import NOT_IN_AZURE, settings_of
from deployment.agreement import THE_HOSTS_OWN as THE_HOSTS_OWN_IN_AZURE
from deployment.templates import read_folder
from shared.config import SETTINGS, BadSetting, read_settings

ROOT = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| `(\w+)` \| (.*?) \| .+ \|$")
# Read by Azure Functions, not by us.
THE_HOSTS_OWN = {
    "FUNCTIONS_WORKER_RUNTIME",
    "PYTHON_THREADPOOL_THREAD_COUNT",
    "AzureWebJobsDisableHomepage",
}


def table() -> dict[str, str]:
    """The rows of README's table of settings: name to default, "" where there is none."""
    after = (ROOT / "README.md").read_text().partition("| setting | default |")[2]
    rows = [match for line in after.partition("\n\n")[0].splitlines() if (match := ROW.match(line))]
    return {row[1]: row[2].strip("`") if row[2].startswith("`") else "" for row in rows}


def example() -> dict[str, str]:
    values: dict[str, str] = json.loads((ROOT / "local.settings.json.example").read_text())[
        "Values"
    ]
    return values


def test_the_table_in_the_readme_has_every_setting_in_the_codes_order() -> None:
    assert list(table()) == list(SETTINGS)


def test_the_table_in_the_readme_gives_the_defaults_of_the_code() -> None:
    assert table() == {name: default for name, (default, _) in SETTINGS.items()}


def test_the_example_has_every_setting_in_the_codes_order() -> None:
    assert [name for name in example() if name not in THE_HOSTS_OWN] == list(SETTINGS)


def test_the_example_repeats_the_defaults_of_the_code() -> None:
    values = example()

    defaults = {name: default for name, (default, _) in SETTINGS.items() if default}
    assert {name: values[name] for name in defaults} == defaults


def test_the_example_does_not_start_before_somebody_has_made_a_key() -> None:
    with pytest.raises(BadSetting, match="MASTER_KEYS"):
        read_settings(example())


def test_the_example_needs_nothing_but_a_key_to_be_read() -> None:
    settings = read_settings(example() | {"MASTER_KEYS": "1:" + "A" * 43 + "="})

    assert settings.webex_url == "https://webexapis.com"


def test_the_templates_give_every_setting_in_the_codes_order() -> None:
    given = [name for name in settings_of(read_folder(ROOT / "infra")) if name in SETTINGS]

    assert given == [name for name in SETTINGS if name not in NOT_IN_AZURE]


def test_the_templates_give_the_host_what_the_example_gives_it() -> None:
    # Flex Consumption names its language in functionAppConfig.
    assert THE_HOSTS_OWN - {"FUNCTIONS_WORKER_RUNTIME"} <= THE_HOSTS_OWN_IN_AZURE

"""What runs in Azure, built and run as there: the package, under Microsoft's worker library."""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from deployment import package
from deployment.package import LIBRARIES, ROOT
from deployment.preflight import PYTHON as AZURES
from sandbox import installation
from sandbox import setup_organization as setup
from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.clouds.served import Ports, ServedClouds
from sandbox.storage import Azurite
from shared.config import read_settings
from shared.core.ids import TenantId
from shared.core.keyring import parse_keyring, webhook_secret
from shared.wiring import Wiring

# What the code may run on: requires-python, and the newest that Flex Consumption offers.
RUNS_ON = ("3.11", "3.12", "3.13", "3.14")


def interpreters() -> list[Any]:
    """The one that runs the tests, and (with --slow) each of the others that is installed here,
    Azure's among them."""
    own = getattr(sys, "_base_executable", sys.executable)
    found: list[Any] = [pytest.param(own, id="own")]
    for version in RUNS_ON:
        other = shutil.which(f"python{version}")
        # A name on the PATH may be a shim with nothing behind it.
        if other and version != _version(own) and _version(other) == version:
            found.append(pytest.param(other, id=version, marks=pytest.mark.slow))
    return found


def _version(python: str) -> str:
    code = "import sys; print('{}.{}'.format(*sys.version_info))"
    answer = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


@pytest.fixture(params=interpreters())
def python(request: pytest.FixtureRequest) -> str:
    interpreter: str = request.param
    return interpreter


@pytest.fixture
def libraries(python: str) -> Path:
    """requirements.txt alone, installed as the remote build does. Kept until it changes."""
    requirements = ROOT / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes() + _version(python).encode()).hexdigest()[:12]
    target = ROOT / ".dev" / "libraries" / digest
    if not target.exists():
        making = target.with_name(f"{digest}.{os.getpid()}")
        pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, "--target", str(making), "-r", str(requirements)], check=True)
        making.rename(target)
    return target


@pytest.fixture
def elsewhere(tmp_path: Path, libraries: Path) -> Path:
    """A folder with the unpacked package (app), the worker library and what drives it, and no way
    back into the repository."""
    package.build(tmp_path / "package.zip")
    app = tmp_path / "app"
    with zipfile.ZipFile(tmp_path / "package.zip") as built:
        built.extractall(app)
    (app / LIBRARIES).parent.mkdir(parents=True)
    (app / LIBRARIES).symlink_to(libraries)
    for name in ("sandbox/__init__.py", "sandbox/host", "tests/__init__.py", "tests/conformance"):
        _copy(ROOT / name, tmp_path / "driver" / name)
    for name in ("azure_functions_runtime", "azurefunctions"):
        _copy(_installed(name), tmp_path / "worker" / name)
    return tmp_path


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _installed(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        pytest.fail("Microsoft's worker library is not installed: ./dev test does that.")
    return Path(next(iter(spec.submodule_search_locations)))


class App:
    """The package, run without anything of the repository or its environment."""

    def __init__(self, python: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._interpreter = [python, "-S", "-s"]
        self._folder = folder
        self._environment = dict(environment)

    def run(self, *calls: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What came of each call. One process, as an instance is."""
        report = self._folder / "report.json"
        paths = [self._folder / "driver", self._folder / "worker", self._folder / "app" / LIBRARIES]
        driver = ["-m", "tests.conformance.worker", str(self._folder / "app"), str(report)]
        answer = subprocess.run(
            [*self._interpreter, *driver],
            input=json.dumps(calls),
            env={"PYTHONPATH": os.pathsep.join(map(str, paths)), **self._environment},
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert answer.returncode == 0, answer.stderr
        result: dict[str, Any] = json.loads(report.read_text())
        assert result["refused"] == ""
        outcomes: list[dict[str, Any]] = result["outcomes"]
        return outcomes


@pytest.fixture
def account() -> Iterator[str]:
    """A storage account of its own: the organization is the same in every run."""
    with Azurite.start() as storage:
        yield storage.connection_string


@pytest.fixture
def clouds() -> Iterator[ServedClouds]:
    built = Clouds()
    world.build(built.webex, built.microsoft)
    world.consent(built.microsoft)
    with ServedClouds(built, Ports(), {"PUBLIC_URL": "http://127.0.0.1:9"}) as served:
        yield served


def environment(clouds: ServedClouds, storage: str) -> dict[str, str]:
    """The settings of the app, with its organization set up and the switch On."""
    ports = {name: int(url.rpartition(":")[2]) for name, url in clouds.urls.items()}
    keys = installation.new_master_keys()
    settings = installation.sandbox_settings(storage, keys, {**ports, "app": 9})
    wiring = Wiring(read_settings(settings))
    tokens = world.issue_tokens(clouds.clouds.webex)
    list(setup.set_up(wiring, installation.ORG, TenantId(world.TENANT), tokens))
    setup.turn(wiring, installation.ORG, on=True)
    return {name: value for name, value in settings.items() if value}


def delivery(settings: Mapping[str, str], space: str) -> dict[str, Any]:
    """What Webex sends as a space is created."""
    keyring = parse_keyring(settings["MASTER_KEYS"])
    version = settings["MASTER_KEYS"].partition(":")[0]
    body = json.dumps({"resource": "rooms", "event": "created", "data": {"id": space}})
    secret = webhook_secret(keyring, version, installation.ORG)
    signature = hmac.new(secret.encode(), body.encode(), hashlib.sha1).hexdigest()
    return {
        "function": "team_created",
        "method": "POST",
        "path": f"/webhooks/{installation.ORG}/{version}/rooms",
        "body": body,
        "headers": [["X-Spark-Signature", signature], ["Content-Length", str(len(body))]],
    }


def test_the_package_answers_a_webhook_and_makes_the_teams_group(
    python: str, elsewhere: Path, clouds: ServedClouds, account: str
) -> None:
    settings = environment(clouds, account)
    app = App(python, elsewhere, settings)
    webex = clouds.clouds.webex
    team = webex.create_team(world.ordinary_people(webex)[0], "Out of the package")

    (heard,) = app.run(delivery(settings, team.general.id))
    assert heard["answer"]["status"] == 202
    assert group_of(app, clouds, heard["messages"]) == "Out of the package"


def group_of(app: App, clouds: ServedClouds, nudges: list[str]) -> str:
    """What the queue and the timer come to, until there is a group. A new team is looked at again
    after ten seconds; each turn is two processes, so nothing has to sleep."""
    for _ in range(30):
        calls = [{"function": "sync_team", "text": nudge} for nudge in nudges]
        outcomes = app.run(*calls, {"function": "watch"})
        assert [each for each in outcomes if "error" in each] == []
        for group in clouds.clouds.tenant.groups.values():
            return str(group.display_name)
        nudges = outcomes[-1]["messages"]
    return ""


def test_azures_python_is_one_that_the_package_is_tried_on() -> None:
    assert AZURES in RUNS_ON


def test_the_package_holds_what_runs_and_nothing_else() -> None:
    names = list(package.files())

    assert {name.partition("/")[0] for name in names} == {
        *("function_app.py", "host.json", "requirements.txt", "functions", "shared")
    }
    assert "shared/web/locale/sv.po" in names
    assert "functions/home/templates/home.html" in names


def test_the_same_files_make_the_same_package(tmp_path: Path) -> None:
    package.build(tmp_path / "one.zip")
    package.build(tmp_path / "two.zip")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize("pattern", ["docs/", "!keep", "a/b"])
def test_a_pattern_that_we_would_read_in_another_way_than_azd_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="more than a name"):
        package.ignored(f"tests\n{pattern}\n")


def test_the_lock_has_every_requirement_at_its_version_with_hashes() -> None:
    lock = package.locked((ROOT / package.LOCK).read_text())

    assert all(each.hashes for each in lock)
    pinned = {(each.name.lower(), each.version) for each in lock}
    assert pins("requirements.txt") <= pinned
    assert pinned - pins("constraints.txt") == set()


def test_an_archive_in_s3_adds_to_the_lock_and_changes_nothing_in_it() -> None:
    lock, whole = (
        set(package.locked((ROOT / name).read_text()))
        for name in (package.LOCK, package.WHOLE_LOCK)
    )

    added = {(each.name.lower(), each.version) for each in whole - lock}
    assert lock < whole
    assert all(each.hashes for each in whole)
    assert pins("requirements-s3.txt") <= added
    assert added - pins("constraints.txt") == set()


@pytest.mark.parametrize("name", [package.LOCK, package.WHOLE_LOCK])
def test_the_lock_names_no_place_to_download_from(name: str) -> None:
    text = (ROOT / name).read_text()

    assert "://" not in text
    assert "--index" not in text


def test_the_bill_of_materials_names_every_package(tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"

    assert package.main(["--sbom", str(file)]) == 0
    bill = json.loads(file.read_text())
    names = {(each["name"].lower(), each["version"]) for each in bill["components"]}
    assert bill["bomFormat"] == "CycloneDX"
    assert pins("requirements.txt") | pins("requirements-s3.txt") <= names
    optional = {each["name"] for each in bill["components"] if each["scope"] == "optional"}
    assert "boto3" in optional
    assert "requests" not in optional


def pins(name: str) -> set[tuple[str, str]]:
    lines = [line.partition("#")[0].partition(";")[0].strip() for line in _lines(name)]
    halves = [line.split("==") for line in lines if "==" in line]
    return {(left.strip().lower().replace("_", "-"), right.strip()) for left, right in halves}


def _lines(name: str) -> Sequence[str]:
    return (ROOT / name).read_text().splitlines()

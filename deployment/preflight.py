"""A look around, and then azd: ./dev deploy [--check]

Nothing is made before everything that can be known beforehand is known to be right. --check only
looks. What azd itself does is in azure.yaml and infra/.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deployment.cli import AZD, Cli, Problem, azd_environment, signed_in
from deployment.costs import Choices, table
from deployment.product import ROOT

PYTHON = "3.13"
Environment = Mapping[str, str]


@dataclass(frozen=True)
class Programs:
    az: Cli
    azd: Cli


def main(args: Sequence[str]) -> int:
    if list(args) not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        programs = _programs()
        environment = azd_environment(programs.azd)
        found = list(problems(programs.az, environment))
        print(table(Choices.of(environment)))
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    for each in found:
        print(f"\n{each}", file=sys.stderr)
    if found or args:
        print("\nThere is something to mend first." if found else "\nEverything is ready.")
        return 1 if found else 0
    return _up(programs.azd)


def _programs() -> Programs:
    az, azd = signed_in(), Cli.find(*AZD)
    try:
        azd.text("auth", "login", "--check-status")
    except Problem as problem:
        raise Problem("Nobody is signed in to azd: azd auth login") from problem
    return Programs(az, azd)


def problems(az: Cli, environment: Environment) -> Iterator[str]:
    """What would go wrong later, each with what to do."""
    yield from _not_given(environment)
    yield from _archive(environment)
    yield from _not_in_region(az, environment.get("AZURE_LOCATION", ""))
    if environment.get("AZURE_ENV_NAME"):
        yield from _taken(az, environment["AZURE_ENV_NAME"], _subscription(environment))


def required() -> dict[str, str]:
    """Names in azd's environment that have no default, with what they are, as main.bicep says."""
    from deployment.templates import read_template

    file = json.loads((ROOT / "infra" / "main.parameters.json").read_text())["parameters"]
    asked = {one.name: one for one in read_template(ROOT / "infra", "main.bicep").every("param")}
    return {
        match[1]: _described(asked[name].decorators)
        for name, each in file.items()
        if not asked[name].given and (match := re.fullmatch(r"\$\{(\w+)\}", each["value"]))
    }


def _described(decorators: str) -> str:
    match = re.search(r"@description\('(.*)'\)", decorators)
    return match[1] if match else ""


def _not_given(environment: Environment) -> Iterator[str]:
    for name, what in required().items():
        if not environment.get(name):
            yield f"{name} is not given. {what}\n  azd env set {name} VALUE"


def _archive(environment: Environment) -> Iterator[str]:
    """What keeps the audit from being archived where the environment says."""
    from shared.config import BadSetting, archive_place

    keys = "AUDIT_ARCHIVE_S3"
    by_key = environment.get(keys, "").lower() == "true"
    try:
        place = archive_place(environment.get("AUDIT_ARCHIVE_URL", ""))
    except BadSetting as error:
        yield str(error)
        return
    kind = place.kind if place else ""
    if by_key and kind != "s3":
        yield (
            f"{keys} is true, and AUDIT_ARCHIVE_URL is no s3://bucket: azd env set {keys} false,"
            " or give the bucket"
        )
    if kind == "s3" and not by_key:
        yield (
            "The archive is in Amazon S3, and the app would have no access key:"
            f" azd env set {keys} true"
        )
    if kind == "s3" and "boto3" not in _packages():
        yield (
            "The archive is in Amazon S3: put the line of requirements-s3.txt into"
            " requirements.txt, which is all that Azure installs"
        )


def _packages() -> set[str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return {match[0].lower() for line in lines if (match := re.match(r"[\w.-]+", line))}


def _not_in_region(az: Cli, region: str) -> Iterator[str]:
    if not region:
        return
    command = ("functionapp", "list-flexconsumption-locations")
    regions = sorted(str(each["name"]) for each in az.json(*command))
    plain = region.replace(" ", "").lower()
    if plain not in [each.replace(" ", "").lower() for each in regions]:
        yield f"{region} does not offer Flex Consumption. These do: {', '.join(regions)}"
        return
    versions = az.json(
        "functionapp",
        "list-flexconsumption-runtimes",
        "--location",
        region,
        "--runtime",
        "python",
    )
    if PYTHON not in [str(each["version"]) for each in versions]:
        yield f"{region} does not offer Python {PYTHON} in Flex Consumption. Choose another region."


def _subscription(environment: Environment) -> list[str]:
    """azd's may be another than the one that az has chosen."""
    chosen = environment.get("AZURE_SUBSCRIPTION_ID")
    return ["--subscription", chosen] if chosen else []


def _taken(az: Cli, name: str, subscription: Sequence[str]) -> Iterator[str]:
    """All other names follow from subscription, environment and region (see main.bicep)."""
    for group in az.json("group", "list", *subscription):
        if group["name"] == f"rg-{name}" and (group["tags"] or {}).get("azd-env-name") != name:
            yield (
                f"There is a resource group rg-{name} that is not of this environment. Take"
                " another name: azd env new NAME"
            )
    for vault in az.json("keyvault", "list-deleted", *subscription):
        properties = vault.get("properties") or {}
        if (properties.get("tags") or {}).get("azd-env-name") == name:
            yield (
                f"The vault {vault['name']} of this environment was deleted, and holds its name and"
                f" the master keys for 90 days. Have it back:\n"
                f"  az keyvault recover --name {vault['name']}"
            )


def _up(azd: Cli) -> int:
    """azd asks and tells by itself, so it has the terminal."""
    sys.stdout.flush()
    code = subprocess.run([azd.path, "up"], cwd=ROOT, check=False).returncode
    if not code:
        _say_what_is_next(azd_environment(azd))
    return code


def _say_what_is_next(made: Environment) -> None:
    address = made.get("APP_PUBLIC_URL", "")
    print("\nNext, where the registration does not trust the app yet (docs/entra.md):")
    print(
        f"  ./dev entra --apply --client-id {made.get('MICROSOFT_CLIENT_ID')}"
        f" --public-url {address} --identity {made.get('APP_IDENTITY_PRINCIPAL_ID')}"
    )
    print("In the Webex integration, these two redirect URIs (docs/webex.md):")
    print(f"  {address}/authorize/webex/signin\n  {address}/authorize/webex/credential")
    print(f"Then open {address}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

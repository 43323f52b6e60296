"""The secrets in the vault: python -m deployment.vault

Makes the master keys where there are none, and asks for the others where somebody is there to ask.
May run as often as one likes: what is there is left as it is. azd runs it after it has made the
infrastructure, and gives it the environment; standard library only, since azd knows no .venv.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from getpass import getpass
from pathlib import Path

from deployment.cli import AZD, Cli, Problem, azd_environment, signed_in

VAULT = "AZURE_KEY_VAULT_NAME"
MASTER_KEYS = "master-keys"
ASKED = {
    "webex-client-secret": "The secret of the Webex integration (docs/webex.md)",
    "webex-bot-token": "The token of the Webex bot (docs/webex.md)",
    "aws-access-key-id": "The access key id for the archive in Amazon S3 (docs/operations.md)",
    "aws-secret-access-key": "The secret access key for the archive in Amazon S3",
    "microsoft-client-secret": "The client secret of the registration in Entra (docs/entra.md)",
    "microsoft-client-certificate": "The certificate in the vault (docs/entra.md)",
}
# Longer than what a terminal takes in one line.
NOT_TYPED = frozenset({"microsoft-client-certificate"})
# A role that was just assigned works after some minutes at the latest.
TRIES, PAUSE = 20, 15.0

Ask = Callable[[str], str]
Pause = Callable[[float], None]


def main() -> int:
    try:
        environment = os.environ if VAULT in os.environ else azd_environment(Cli.find(*AZD))
        if not environment.get(VAULT):
            raise Problem("There is no vault yet: azd provision makes it.")
        names = wanted(environment)
        missing = see_to(signed_in(), environment[VAULT], names, ask(), time.sleep)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    for name in missing:
        print(f"{name} is missing, so the app will not work. {ASKED[name]}:", file=sys.stderr)
        print("  ./dev secrets, and then azd up", file=sys.stderr)
    return 1 if missing else 0


def wanted(environment: Mapping[str, str]) -> list[str]:
    """Which secrets the settings refer to, by the choices in azd's environment."""
    names = [MASTER_KEYS, "webex-client-secret"]
    if environment.get("WEBEX_BOT", "").lower() == "true":
        names.append("webex-bot-token")
    if (kind := environment.get("MICROSOFT_CREDENTIAL")) in ("secret", "certificate"):
        names.append(f"microsoft-client-{kind}")
    if environment.get("AUDIT_ARCHIVE_S3", "").lower() == "true":
        names += ["aws-access-key-id", "aws-secret-access-key"]
    return names


def ask() -> Ask | None:
    """Somebody at a terminal; nobody in a pipeline."""
    return (lambda what: getpass(f"{what}: ")) if sys.stdin.isatty() else None


def see_to(az: Cli, vault: str, names: Iterable[str], ask: Ask | None, pause: Pause) -> list[str]:
    """Put into the vault what it lacks. Answers what is still missing. Raises Problem."""
    there = names_in(az, vault, pause)
    missing = []
    for name in names:
        if name in there:
            continue
        asks = ask if name not in NOT_TYPED else None
        value = new_master_keys() if name == MASTER_KEYS else asks(ASKED[name]) if asks else ""
        if value.strip():
            put(az, vault, name, value.strip())
            print(f"{name} is in the vault now.")
        else:
            missing.append(name)
    return missing


def names_in(az: Cli, vault: str, pause: Pause) -> set[str]:
    """Never taken as empty where the vault could not be read. Raises Problem."""
    for left in reversed(range(TRIES)):
        try:
            # A certificate in the vault is a managed secret of that name.
            managed = ("--include-managed", "true")
            found = az.json("keyvault", "secret", "list", "--vault-name", vault, *managed)
            return {str(each["name"]) for each in found or []}
        except Problem as problem:
            if "Forbidden" not in str(problem) or not left:
                raise Problem(
                    f"{problem}\nWriting secrets takes the role Key Vault Secrets Officer on"
                    f" {vault}; with private networking, an address in administratorAddresses too."
                ) from problem
            pause(PAUSE)
    raise AssertionError("unreachable")


def new_master_keys() -> str:
    """A keyring of one key, as README's table of settings has it."""
    return f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def put(az: Cli, vault: str, name: str, value: str) -> None:
    """By a file that only we can read: arguments are seen by every process of the machine.

    A deleted secret of the same name is not written over: the old master keys are worth more than
    new ones. Raises Problem.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "secret"
        file.touch(mode=0o600)
        file.write_text(value)
        command = ["keyvault", "secret", "set", "--vault-name", vault, "--name", name]
        try:
            az.text(*command, "--file", str(file), "--encoding", "utf-8", "--output", "none")
        except Problem as problem:
            if "deleted but recoverable" not in str(problem):
                raise
            raise Problem(
                f"{name} was deleted and can be had back:\n"
                f"  az keyvault secret recover --vault-name {vault} --name {name}"
            ) from problem


if __name__ == "__main__":
    sys.exit(main())

"""az and azd as far as our deployment asks them: python -m sandbox.azure az|azd ARGUMENTS

State is a JSON file that SANDBOX_AZURE names, so that it outlives the call as a tenant and a
subscription do. They refuse what the real ones refuse. `install` makes programs of them.
Sources: https://learn.microsoft.com/cli/azure/reference-index,
https://learn.microsoft.com/graph/api/resources/application.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TENANT = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
GRAPH_APP = "00000003-0000-0000-c000-000000000000"
ROLES = (
    "Group.ReadWrite.All",
    "User.Read.All",
    "Sites.Read.All",
    "Files.ReadWrite.All",
    "User.Invite.All",
    "Mail.Send",
)
State = dict[str, Any]


class Refused(Exception):
    """What the program prints before it exits with 1."""


def fresh() -> State:
    """Somebody is signed in, and nothing has been made yet.

    unready: how often the vault still refuses, as a new role does for minutes.
    """
    return {
        "signed_in": True,
        "azd_signed_in": True,
        "applications": [],
        "credentials": {},
        "roles": {name: _id(100 + number) for number, name in enumerate(ROLES)},
        "secrets": {},
        "deleted_secrets": [],
        "deleted_vaults": [],
        "unready": 0,
        "locations": {"swedencentral": ["3.11", "3.12", "3.13"], "westeurope": ["3.11", "3.12"]},
        "groups": {},
        "environment": {},
        "ups": 0,
        "calls": [],
    }


def install(folder: Path, state: State | None = None) -> Path:
    """Programs az and azd in `folder`, which is to stand first on the PATH. Answers the state's
    file."""
    file = folder / "azure.json"
    file.write_text(json.dumps(state or fresh()))
    root = Path(__file__).resolve().parents[1]
    for name in ("az", "azd"):
        program = folder / name
        program.write_text(
            f"#!/bin/sh\nSANDBOX_AZURE='{file}' PYTHONPATH='{root}'"
            f" exec '{sys.executable}' -m sandbox.azure {name} \"$@\"\n"
        )
        program.chmod(0o755)
    return file


def main(args: Sequence[str]) -> int:
    file = Path(os.environ["SANDBOX_AZURE"])
    state: State = json.loads(file.read_text())
    program, words = args[0], list(args[1:])
    state["calls"].append([program, *words])
    try:
        answer = _answer(state, program, words)
    except Refused as refused:
        print(f"ERROR: {refused}", file=sys.stderr)
        return 1
    finally:
        file.write_text(json.dumps(state))
    if answer is not None and _option(words, "--output") != "none":
        print(json.dumps(answer))
    return 0


def _answer(state: State, program: str, words: Sequence[str]) -> Any:
    commands = AZ if program == "az" else AZD
    for name, command in commands.items():
        if list(words[: len(name.split())]) == name.split():
            if program == "az" and not state["signed_in"]:
                raise Refused("Please run 'az login' to setup account.")
            return command(state, words)
    raise Refused(f"'{' '.join(words)}' is misspelled or not recognized by the system.")


def _option(words: Sequence[str], name: str) -> str:
    return words[words.index(name) + 1] if name in words else ""


def _id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


# --- az rest: Microsoft Graph --------------------------------------------------------------------


def _rest(state: State, words: Sequence[str]) -> Any:
    parts = urlsplit(_option(words, "--url"))
    body = _option(words, "--body")
    given = json.loads(Path(body[1:]).read_text()) if body else {}
    path = parts.path.removeprefix("/v1.0")
    if path == f"/servicePrincipals(appId='{GRAPH_APP}')":
        return {"appRoles": [{"id": i, "value": name} for name, i in state["roles"].items()]}
    if path == "/applications":
        if _option(words, "--method") == "POST":
            return _make(state, given)
        return {"value": _found(state, parse_qs(parts.query).get("$filter", [""])[0])}
    return _of_one(state, _option(words, "--method"), path, given)


def _found(state: State, condition: str) -> list[State]:
    match = re.fullmatch(r"(appId|displayName) eq '((?:[^']|'')*)'", condition)
    if not match:
        raise Refused("Bad Request: Invalid filter clause")
    wanted = match[2].replace("''", "'")
    return [each for each in state["applications"] if each[match[1]] == wanted]


def _make(state: State, given: State) -> State:
    if not given.get("displayName"):
        raise Refused("Bad Request: displayName is required")
    _check(state, given)
    number = len(state["applications"])
    made = {"id": _id(number + 1), "appId": _id(number + 50), "passwordCredentials": [], **given}
    state["applications"].append(made)
    return made


def _check(state: State, given: Mapping[str, Any]) -> None:
    for uri in given.get("web", {}).get("redirectUris", []):
        if not re.match(r"https://|http://localhost[:/]", uri):
            raise Refused(f"Bad Request: the redirect URI {uri} must start with https")
    for access in given.get("requiredResourceAccess", []):
        for one in access["resourceAccess"]:
            if access["resourceAppId"] == GRAPH_APP and one["id"] not in state["roles"].values():
                raise Refused(f"Bad Request: the permission {one['id']} is not known")
    if given.get("groupMembershipClaims", "All") not in ("None", "DirectoryRole", "All"):
        raise Refused("Bad Request: groupMembershipClaims")


def _of_one(state: State, method: str, path: str, given: State) -> Any:
    match = re.fullmatch(r"/applications/([^/]+)(/federatedIdentityCredentials)?(/[^/]+)?", path)
    one = next((a for a in state["applications"] if match and a["id"] == match[1]), None)
    if match is None or one is None:
        raise Refused("Not Found: Resource does not exist")
    if match[2]:
        there = state["credentials"].setdefault(match[1], [])
        return _credentials(there, method, (match[3] or "")[1:], given)
    if method != "PATCH":
        return one
    _check(state, given)
    one.update(given)
    return None


def _credentials(there: list[State], method: str, which: str, given: State) -> Any:
    if method == "GET":
        return {"value": there}
    if len(given.get("audiences", ["one"])) != 1:
        raise Refused("Bad Request: exactly one audience")
    if method == "POST":
        if any(each["name"] == given["name"] for each in there):
            raise Refused("Conflict: FederatedIdentityCredential with name already exists")
        there.append({"id": _id(900 + len(there)), **given})
        return there[-1]
    one = next((each for each in there if each["id"] == which), None)
    if one is None or "name" in given:
        raise Refused("Bad Request: the name of a credential does not change")
    one.update(given)
    return None


# --- az: the vault, the region, the group --------------------------------------------------------


def _secret_list(state: State, words: Sequence[str]) -> Any:
    if state["unready"]:
        state["unready"] -= 1
        raise Refused("(Forbidden) Caller is not authorized to perform action on resource.")
    return [{"name": name} for name in state["secrets"]]


def _secret_set(state: State, words: Sequence[str]) -> Any:
    name = _option(words, "--name")
    if name in state["deleted_secrets"]:
        raise Refused(f"(Conflict) Secret {name} is currently in a deleted but recoverable state")
    state["secrets"][name] = Path(_option(words, "--file")).read_text()
    return {"name": name, "value": state["secrets"][name]}


def _locations(state: State, words: Sequence[str]) -> Any:
    return [{"name": name} for name in state["locations"]]


def _runtimes(state: State, words: Sequence[str]) -> Any:
    return [{"version": each} for each in state["locations"][_option(words, "--location")]]


def _group(state: State, words: Sequence[str]) -> Any:
    name = _option(words, "--name")
    found = [{"name": n, "tags": tags} for n, tags in state["groups"].items()]
    return [each for each in found if not name or each["name"] == name]


AZ: Mapping[str, Callable[[State, Sequence[str]], Any]] = {
    "account show": lambda state, words: {"tenantId": TENANT, "name": "Pay as you go"},
    "account get-access-token": lambda state, words: {"accessToken": "token", "expires_on": 2**31},
    "rest": _rest,
    "keyvault secret list": _secret_list,
    "keyvault secret set": _secret_set,
    "keyvault list-deleted": lambda state, words: state["deleted_vaults"],
    "functionapp list-flexconsumption-locations": _locations,
    "functionapp list-flexconsumption-runtimes": _runtimes,
    "group list": _group,
}


# --- azd -----------------------------------------------------------------------------------------


def _environment(state: State, words: Sequence[str]) -> Any:
    if not state["environment"]:
        raise Refused("no environment exists: run azd env new")
    return state["environment"]


def _up(state: State, words: Sequence[str]) -> Any:
    state["ups"] += 1


def _check_status(state: State, words: Sequence[str]) -> Any:
    if not state["azd_signed_in"]:
        raise Refused("not logged in, run `azd auth login` to login")


AZD: Mapping[str, Callable[[State, Sequence[str]], Any]] = {
    "auth login --check-status": _check_status,
    "env get-values": _environment,
    "up": _up,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

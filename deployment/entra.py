"""The registration in Entra, made or put right: ./dev entra [--help]

Says what it would do and why; --apply does it. May run as often as one likes: what is as it should
be is left, and nothing is ever taken away.
Sources: https://learn.microsoft.com/graph/api/resources/application,
https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from deployment.cli import Cli, Problem, call, signed_in
from shared.core.permissions import FILES, GUESTS, PERMISSIONS, Permission

NAME = "Webex Teams to Microsoft 365 Groups"
REDIRECTS = ("/authorize/microsoft/consent", "/authorize/microsoft/signin")
# https://learn.microsoft.com/graph/permissions-reference: Microsoft Graph itself.
GRAPH_APP = "00000003-0000-0000-c000-000000000000"
# One for each identity: an app that moves to another region has two for a while.
CREDENTIAL = "app-identity-"
AUDIENCE = "api://AzureADTokenExchange"
FEDERATED = "/federatedIdentityCredentials"
PROFILES: Mapping[str, Sequence[Permission]] = {
    "core": [each for each in PERMISSIONS if each.core],
    "folders": [each for each in PERMISSIONS if not each.core],
    "guests": [GUESTS],
    "spaces": [FILES],
}


@dataclass(frozen=True)
class Wish:
    """What the registration should be. identity: principal id of the app's managed identity, ""
    where it is not made yet. client_id: which registration, "" for the one of this name."""

    name: str
    client_id: str
    public_url: str
    profiles: Sequence[str]
    identity: str
    several_tenants: bool
    graph_url: str
    login_url: str

    @property
    def permissions(self) -> list[Permission]:
        chosen = {"core", *self.profiles}
        return [each for name, many in PROFILES.items() if name in chosen for each in many]

    @property
    def redirects(self) -> list[str]:
        base = self.public_url.rstrip("/")
        return [base + path for path in REDIRECTS] if base else []


@dataclass(frozen=True)
class Step:
    """One write to the registration, and why. below: what of it, "" for itself."""

    why: str
    method: str
    body: Mapping[str, Any]
    below: str = ""


def main(args: Sequence[str]) -> int:
    given = _parser().parse_args(args)
    wish = Wish(
        given.name,
        given.client_id,
        given.public_url,
        given.profile or ["folders"],
        given.identity,
        given.several_tenants,
        given.graph_url.rstrip("/"),
        given.login_url.rstrip("/"),
    )
    try:
        return put_right(signed_in(), wish, apply=given.apply)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1


def put_right(az: Cli, wish: Wish, *, apply: bool) -> int:
    """Look, say, and (with apply) do. Raises Problem."""
    for permission in wish.permissions:
        _explain(permission)
    roles = app_roles(az, wish)
    found: Mapping[str, Any] = find(az, wish) or {"id": "", "appId": ""}
    trusted = _trusted(az, wish, found)
    steps = list(missing(az, wish, found, roles, trusted))
    if apply:
        found = _done(az, wish, found, steps)
    else:
        _said(wish, found, steps)
    for note in [*notes(found, roles, wish), *others(trusted, wish)]:
        print(f"Left alone: {note}")
    _conclude(found, apply=apply, changed=bool(steps))
    return 0


def _said(wish: Wish, found: Mapping[str, Any], steps: Sequence[Step]) -> None:
    if not found["id"]:
        print(f"Would do: make the registration {wish.name}.")
    for step in steps:
        print(f"Would do: {step.why}")


def _done(
    az: Cli, wish: Wish, found: Mapping[str, Any], steps: Sequence[Step]
) -> Mapping[str, Any]:
    """A new registration is made in one write with all that it can hold: a write right after may
    not find it yet."""
    own = [step for step in steps if not step.below]
    base = f"{wish.graph_url}/v1.0/applications"
    if not found["id"]:
        audience = "AzureADMultipleOrgs" if wish.several_tenants else "AzureADMyOrg"
        body = {"displayName": wish.name, "signInAudience": audience}
        found = call(az, "POST", base, {**body, **{k: v for s in own for k, v in s.body.items()}})
        print(f"Done: made the registration {wish.name}.")
        own = []
    for step in steps:
        if step.below or step in own:
            call(az, step.method, f"{base}/{found['id']}{step.below}", step.body)
        print(f"Done: {step.why}")
    return found


def find(az: Cli, wish: Wish) -> dict[str, Any] | None:
    """The registration; None where there is none. Raises Problem where it is not clear which."""
    name, value = ("appId", wish.client_id) if wish.client_id else ("displayName", wish.name)
    query = quote(f"{name} eq '{value.replace(chr(39), chr(39) * 2)}'")
    answer = call(az, "GET", f"{wish.graph_url}/v1.0/applications?$filter={query}")
    found: list[dict[str, Any]] = answer["value"]
    if len(found) > 1:
        ids = ", ".join(each["appId"] for each in found)
        raise Problem(f"Several registrations are called {wish.name}: --client-id one of {ids}")
    if not found and wish.client_id:
        raise Problem(f"This tenant has no registration with the client id {wish.client_id}.")
    return found[0] if found else None


def app_roles(az: Cli, wish: Wish) -> dict[str, str]:
    """Application permissions of Microsoft Graph in this tenant's cloud: name to id."""
    url = f"{wish.graph_url}/v1.0/servicePrincipals(appId='{GRAPH_APP}')?$select=appRoles"
    roles = {each["value"]: each["id"] for each in call(az, "GET", url)["appRoles"]}
    for permission in wish.permissions:
        if permission.name not in roles:
            raise Problem(f"Microsoft Graph knows no application permission {permission.name}.")
    return roles


def missing(
    az: Cli,
    wish: Wish,
    found: Mapping[str, Any],
    roles: Mapping[str, str],
    trusted: Sequence[Mapping[str, Any]],
) -> Iterator[Step]:
    """The writes that make the registration what it should be."""
    yield from _permissions(wish, found, roles)
    yield from _redirects(wish, found)
    if found.get("groupMembershipClaims") not in ("DirectoryRole", "All"):
        yield Step(
            "let id_tokens carry wids, so that the app can tell an administrator from anybody"
            " else.",
            "PATCH",
            {"groupMembershipClaims": "DirectoryRole"},
        )
    if wish.identity:
        yield from _credential(az, wish, trusted)


def _permissions(wish: Wish, found: Mapping[str, Any], roles: Mapping[str, str]) -> Iterator[Step]:
    asked = _asked(found)
    wanted = [each.name for each in wish.permissions if roles[each.name] not in asked]
    if wanted:
        others = [
            each
            for each in found.get("requiredResourceAccess") or []
            if each["resourceAppId"] != GRAPH_APP
        ]
        graph = [*_graph(found), *({"id": roles[name], "type": "Role"} for name in wanted)]
        access = [*others, {"resourceAppId": GRAPH_APP, "resourceAccess": graph}]
        yield Step(
            f"ask for {', '.join(wanted)}. Consent is given in the app, by Authorize.",
            "PATCH",
            {"requiredResourceAccess": access},
        )


def _redirects(wish: Wish, found: Mapping[str, Any]) -> Iterator[Step]:
    there = list((found.get("web") or {}).get("redirectUris") or [])
    wanted = [each for each in wish.redirects if each not in there]
    if wanted:
        web = {"redirectUris": [*there, *wanted]}
        why = f"let Microsoft send browsers back to {' and '.join(wanted)}."
        yield Step(why, "PATCH", {"web": web})


def _trusted(az: Cli, wish: Wish, found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The registration's federated credentials; none are asked for where no identity is given."""
    if not wish.identity or not found["id"]:
        return []
    url = f"{wish.graph_url}/v1.0/applications/{found['id']}{FEDERATED}"
    there: list[Mapping[str, Any]] = call(az, "GET", url)["value"]
    return there


def _credential(az: Cli, wish: Wish, trusted: Sequence[Mapping[str, Any]]) -> Iterator[Step]:
    tenant = az.json("account", "show")["tenantId"]
    proof = {
        "issuer": f"{wish.login_url}/{tenant}/v2.0",
        "subject": wish.identity,
        "audiences": [AUDIENCE],
    }
    if any(all(each.get(name) == value for name, value in proof.items()) for each in trusted):
        return
    name = CREDENTIAL + wish.identity
    same = next((each for each in trusted if each["name"] == name), None)
    why = f"trust the managed identity {wish.identity} of the app, so that no secret is kept."
    if same is None:
        yield Step(why, "POST", {"name": name, **proof}, FEDERATED)
    else:
        yield Step(why, "PATCH", proof, f"{FEDERATED}/{same['id']}")


def notes(found: Mapping[str, Any], roles: Mapping[str, str], wish: Wish) -> Iterator[str]:
    """What is there and not needed. A person may want it, so it is only named."""
    needed = {roles[each.name] for each in wish.permissions}
    names = {role_id: name for name, role_id in roles.items()}
    for extra in sorted(_asked(found) - needed):
        yield f"the permission {names.get(extra, extra)}, which these profiles do not need."
    for uri in (found.get("web") or {}).get("redirectUris") or []:
        if wish.redirects and uri not in wish.redirects:
            yield f"the redirect URI {uri}."
    if found.get("passwordCredentials") and wish.identity:
        yield "a client secret; the app uses its identity, so it can be removed."


def others(trusted: Sequence[Mapping[str, Any]], wish: Wish) -> Iterator[str]:
    """Whom the registration trusts besides: an app in another region may still run as it."""
    for each in trusted:
        if (whom := each.get("subject")) != wish.identity:
            # One with an expression has no subject.
            yield (
                f"the trust in {whom or 'others'} (credential {each['name']}); where no app runs"
                " as it any more, it can be removed."
            )


def _graph(found: Mapping[str, Any]) -> list[Mapping[str, str]]:
    access = found.get("requiredResourceAccess") or []
    return [
        one
        for each in access
        if each["resourceAppId"] == GRAPH_APP
        for one in each["resourceAccess"]
    ]


def _asked(found: Mapping[str, Any]) -> set[str]:
    return {each["id"] for each in _graph(found) if each["type"] == "Role"}


def _explain(permission: Permission) -> None:
    print(f"{permission.name} ({permission.feature})")
    print(f"  Why: {permission.why}\n  Touches: {permission.touches}")
    print(f"  Without it: {permission.without}")


def _conclude(found: Mapping[str, Any], *, apply: bool, changed: bool) -> None:
    if found["appId"]:
        print(f"Client id: {found['appId']}\n  azd env set MICROSOFT_CLIENT_ID {found['appId']}")
    if not changed:
        print("Everything is as it should be.")
    elif not apply:
        print("Nothing was changed. --apply does it.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev entra", description=__doc__)
    add = parser.add_argument
    add("--apply", action="store_true", help="do it; otherwise it is only said")
    add("--public-url", default="", help="PUBLIC_URL of the app (azd prints it as APP_PUBLIC_URL)")
    add(
        "--profile",
        action="append",
        choices=list(PROFILES),
        help="what is to work beside the core; repeatable (default: folders)",
    )
    add("--identity", default="", help="principal id of the app's identity (azd: APP_IDENTITY_…)")
    add("--several-tenants", action="store_true", help="it serves more tenants than its own")
    add("--name", default=NAME, help=f"of the registration (default: {NAME})")
    add("--client-id", default="", help="of the registration, where the name is not enough")
    add("--graph-url", default="https://graph.microsoft.com", help="of a national cloud")
    add("--login-url", default="https://login.microsoftonline.com", help="of a national cloud")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

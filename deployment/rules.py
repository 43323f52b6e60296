"""What must hold of every template, whatever it deploys. Each rule yields a sentence a problem.

The compiler finds more (`az bicep build`); these are the ones that need none, and those that are
about safety rather than about Bicep.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from deployment.templates import Declaration, Expression, Template, Value

Rule = Callable[[Sequence[Template]], Iterator[str]]

# https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions
FUNCTIONS = frozenset(
    [
        "concat",
        "contains",
        "empty",
        "environment",
        "guid",
        "json",
        "loadTextContent",
        "max",
        "min",
        "replace",
        "resourceGroup",
        "split",
        "string",
        "subscription",
        "subscriptionResourceId",
        "take",
        "tenant",
        "toLower",
        "union",
        "uniqueString",
    ]
)
# The only one of its type; there is no later version.
PREVIEWS = {"Microsoft.Insights/diagnosticSettings@2021-05-01-preview"}
ROLES_PAGE = "app/roles.bicep"
ROLE = "Microsoft.Authorization/roleAssignments"
# Whoever has one of these has more than the app ever needs.
TOO_MUCH = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "17d1049b-9a84-46fb-8f53-869881c3d3ab": "Storage Account Contributor",
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
}
_GIVES_AWAY = re.compile(
    r"\blist\w*\(|\.list\w*\(|connectionstring|primarykey|accountkey|password|instrumentationkey",
    re.IGNORECASE,
)
_SECRET_NAME = re.compile(r"secret|password|token|_?keys?$", re.IGNORECASE)


def it_is_bicep(templates: Sequence[Template]) -> Iterator[str]:
    for template in templates:
        for line in template.broken:
            yield f"{template.name}:{line}: this is no Bicep."


def names_are_declared_once_and_used(templates: Sequence[Template]) -> Iterator[str]:
    for template in templates:
        names = [one.name for one in template.declarations if one.kind != "output"]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{template.name}: {name} is declared twice."
        known = set(names) | template.bound | FUNCTIONS
        for name, line in template.used:
            if name not in known:
                yield f"{template.name}:{line}: nothing is called {name}."
        used = {name for name, _ in template.used}
        for one in template.declarations:
            if one.kind in ("param", "var") and one.name not in used:
                yield f"{template.name}:{one.line}: {one.name} is not used."


def modules_get_what_they_ask_for(templates: Sequence[Template]) -> Iterator[str]:
    known = {template.name: template for template in templates}
    for template in templates:
        for module in template.every("module"):
            path = (PurePosixPath(template.name).parent / module.of).as_posix()
            where = f"{template.name}:{module.line}"
            if path not in known:
                yield f"{where}: there is no module {module.of}. (None from a registry, please.)"
            else:
                yield from (f"{where}: {each}" for each in _misfits(module, known[path]))


def _misfits(module: Declaration, asked: Template) -> Iterator[str]:
    given = module.at("params")
    names = set(given) if isinstance(given, dict) else set()
    asks = {one.name: one.given for one in asked.every("param")}
    for name in sorted(names - set(asks)):
        yield f"{asked.name} has no parameter {name}."
    for name in sorted(name for name, default in asks.items() if not default):
        if name not in names:
            yield f"{asked.name} asks for {name}, which is not given."


def outputs_are_there(templates: Sequence[Template]) -> Iterator[str]:
    """What is read of a module is an output of it."""
    known = {template.name: template for template in templates}
    for template in templates:
        modules = {one.name: one.of for one in template.every("module")}
        for name, output in re.findall(r"\b(\w+)!?\.outputs\.(\w+)", template.path.read_text()):
            path = (PurePosixPath(template.name).parent / modules.get(name, "")).as_posix()
            outputs = {one.name for one in known[path].every("output")} if path in known else set()
            if output not in outputs:
                yield f"{template.name}: {name} has no output {output}."


def one_released_version_a_type(templates: Sequence[Template]) -> Iterator[str]:
    """A slip in a version is one that no other resource of the same provider has, or a preview."""
    versions: dict[str, set[str]] = {}
    for template in templates:
        for one in template.every("resource"):
            if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])(-preview)?", one.version):
                yield f"{template.name}:{one.line}: {one.of} has no version that is a date."
            elif "preview" in one.version and one.of not in PREVIEWS:
                yield f"{template.name}:{one.line}: {one.of} is a preview."
            versions.setdefault(_family(one.type), set()).add(one.version)
    for family, found in versions.items():
        if len(found) > 1:
            yield f"{family} is used in several versions: {', '.join(sorted(found))}."


def _family(type_name: str) -> str:
    """Resources that come in one version: a type, with whatever lies below it."""
    return "/".join(type_name.split("/")[:2])


def everything_has_tags(templates: Sequence[Template]) -> Iterator[str]:
    for template in templates:
        for one in template.resources():
            if "location" in one.body and "tags" not in one.body:
                yield f"{template.name}:{one.line}: {one.name} has no tags."


def roles_are_few_and_on_one_page(templates: Sequence[Template]) -> Iterator[str]:
    for template in templates:
        for role in template.resources(ROLE):
            where = f"{template.name}:{role.line}"
            if template.name != ROLES_PAGE:
                yield f"{where}: roles are assigned in {ROLES_PAGE} alone."
            elif _text(role.at("name")) != _name_of(role):
                yield f"{where}: the name is not guid(scope, principal, role): {_name_of(role)}."
        for role_id, name in TOO_MUCH.items():
            if role_id in template.path.read_text():
                yield f"{template.name}: {name} is more than the app needs."


def _name_of(role: Declaration) -> str:
    """A name that is the same at every deployment, and another for every assignment."""
    scope, who = _text(role.at("scope")), _text(role.at("properties", "principalId"))
    which = re.sub(r".*, (\w+)\)$", r"\1", _text(role.at("properties", "roleDefinitionId")))
    return f"guid({scope}.id, {who}, {which})"


def secrets_stay_in_the_vault(templates: Sequence[Template]) -> Iterator[str]:
    for template in templates:
        for one in template.every("output"):
            if _GIVES_AWAY.search(one.text) or _SECRET_NAME.search(one.name):
                yield f"{template.name}:{one.line}: the output {one.name} gives a secret away."
        for one in template.every("param"):
            if "@secure" in one.decorators or _SECRET_NAME.search(one.name):
                yield f"{template.name}:{one.line}: {one.name}: secrets go into the vault by hand."
        if re.search(r"\blistKeys\(|\.listKeys\(|vaults/secrets@", template.path.read_text()):
            yield f"{template.name}: keys are not read, and secrets not written, by a template."


def doors_are_shut(templates: Sequence[Template]) -> Iterator[str]:
    for type_name, path, wanted in SHUT:
        for template in templates:
            for one in template.resources(type_name):
                if one.at(*path) != wanted:
                    yield (
                        f"{template.name}:{one.line}: {'.'.join(path)} of {one.name} is to be"
                        f" {str(wanted).lower()}."
                    )


SHUT: tuple[tuple[str, tuple[str, ...], Value], ...] = (
    ("Microsoft.Storage/storageAccounts", ("properties", "allowSharedKeyAccess"), False),
    ("Microsoft.Storage/storageAccounts", ("properties", "allowBlobPublicAccess"), False),
    ("Microsoft.Storage/storageAccounts", ("properties", "supportsHttpsTrafficOnly"), True),
    ("Microsoft.Storage/storageAccounts", ("properties", "minimumTlsVersion"), "TLS1_2"),
    ("Microsoft.KeyVault/vaults", ("properties", "enableRbacAuthorization"), True),
    ("Microsoft.KeyVault/vaults", ("properties", "enablePurgeProtection"), True),
    ("Microsoft.Insights/components", ("properties", "DisableLocalAuth"), True),
    ("Microsoft.Web/sites", ("properties", "httpsOnly"), True),
    ("Microsoft.Web/sites", ("properties", "siteConfig", "minTlsVersion"), "1.2"),
    ("Microsoft.Web/sites/basicPublishingCredentialsPolicies", ("properties", "allow"), False),
)


def _text(value: Value) -> str:
    return value.text if isinstance(value, Expression) else str(value)


RULES: tuple[Rule, ...] = (
    it_is_bicep,
    names_are_declared_once_and_used,
    modules_get_what_they_ask_for,
    outputs_are_there,
    one_released_version_a_type,
    everything_has_tags,
    roles_are_few_and_on_one_page,
    secrets_stay_in_the_vault,
    doors_are_shut,
)

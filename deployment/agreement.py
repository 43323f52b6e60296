"""Where templates and code name the same things: settings, functions, queues, tables, events."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from deployment.product import Product
from deployment.templates import Declaration, Expression, Object, Template, Value

Agreement = Callable[[Sequence[Template], Product], Iterator[str]]

SETTINGS = ("Microsoft.Web/sites/config", "appsettings")
IN_VAULT = re.compile(r"@Microsoft\.KeyVault\(SecretUri=\$\{secretUri\}/([a-z-]+)/\)")
SECRET = re.compile(r"SECRET|TOKEN|KEY|CERTIFICATE$|PASSWORD|CONNECTION")
# Read by Azure Functions, not by us. The connection string of Application Insights is an address:
# keys are not accepted there (DisableLocalAuth).
THE_HOSTS_OWN = {
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "PYTHON_THREADPOOL_THREAD_COUNT",
    "AzureWebJobsDisableHomepage",
}
# Read by boto3, where the archive is in Amazon S3.
BOTO3S_OWN = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
NOT_IN_AZURE = {
    "AzureWebJobsStorage": "its identity-based form is given",
    "MICROSOFT_CLIENT_CERTIFICATE_PATH": "there is no file to point at",
}


def settings_of(templates: Sequence[Template]) -> Object:
    """The app's settings; empty where no template has any."""
    for template in templates:
        for one in template.resources(SETTINGS[0]):
            found = one.at("properties")
            if one.at("name") == SETTINGS[1] and isinstance(found, dict):
                return found
    return {}


def settings_are_those_of_the_code(
    templates: Sequence[Template], product: Product
) -> Iterator[str]:
    given = set(settings_of(templates))
    wanted = (product.settings - set(NOT_IN_AZURE)) | THE_HOSTS_OWN | BOTO3S_OWN
    for name in sorted(wanted - given):
        yield f"The app is not given its setting {name}."
    for name in sorted(given - wanted):
        yield f"Nobody reads the setting {name}."


def secret_settings_refer_to_the_vault(
    templates: Sequence[Template], product: Product
) -> Iterator[str]:
    for name, value in settings_of(templates).items():
        if (
            name in product.settings | BOTO3S_OWN
            and SECRET.search(name)
            and not _is_reference(value)
        ):
            yield f"The setting {name} is to be a reference to the vault, or empty."


def _is_reference(value: Value) -> bool:
    """A reference, or a choice between one and nothing."""
    text = value.text if isinstance(value, Expression) else str(value)
    without = IN_VAULT.sub("", text)
    return bool(IN_VAULT.search(text)) and re.sub(r"\w+ \? |'| : ", "", without) == ""


def secrets_of(templates: Sequence[Template]) -> set[str]:
    """The vault's secrets that settings refer to."""
    values = settings_of(templates).values()
    texts = [value.text for value in values if isinstance(value, Expression)]
    return {name for text in texts for name in IN_VAULT.findall(text)}


def queues_and_tables_are_those_of_the_code(
    templates: Sequence[Template], product: Product
) -> Iterator[str]:
    for name, wanted in (("queueNames", product.queues), ("tableNames", product.tables)):
        for one in _variables(templates, name):
            given = set(one.value) if isinstance(one.value, list) else set()
            if given != wanted:
                yield f"{name} is {sorted(map(str, given))}; the code has {sorted(wanted)}."


def always_ready_names_functions(templates: Sequence[Template], product: Product) -> Iterator[str]:
    known = {"http"} | {f"function:{name}" for name in product.functions}
    for name in ("readyHttp", "readySyncTeam"):
        for one in _variables(templates, name):
            for group in re.findall(r"name: '([^']+)'", one.text):
                if group not in known:
                    yield f"{name}: {group} is neither http nor a function of the app."


def alerts_wait_for_what_is_logged(
    templates: Sequence[Template], product: Product
) -> Iterator[str]:
    for template in templates:
        for query in _queries(template):
            for event in _events(query):
                if not product.logs(event):
                    yield f"{template.name}: nothing logs '{event}'."


def _queries(template: Template) -> Iterator[str]:
    """Of the alerts, and of the workbook that the template loads."""
    for one in template.every("var"):
        if one.name == "alerts" and isinstance(one.value, list):
            yield from (str(each["query"]) for each in one.value if isinstance(each, dict))
    for path in re.findall(r"loadTextContent\('([^']+)'\)", template.path.read_text()):
        book = json.loads((template.path.parent / path).read_text())
        yield from (i["content"]["query"] for i in book["items"] if "query" in i["content"])


def _events(query: str) -> Iterator[str]:
    for one, many in re.findall(r"event\)? (?:== '([^']+)'|in \(([^)]*)\))", query):
        yield from [one] if one else re.findall(r"'([^']+)'", many)


def parameters_are_those_of_main(templates: Sequence[Template], product: Product) -> Iterator[str]:
    """Names agree, and the default after `=` is main.bicep's, and that of the code."""
    main = next((one for one in templates if one.name == "main.bicep"), None)
    if main is None:
        yield "There is no main.bicep."
        return
    file = main.folder / "main.parameters.json"
    given: dict[str, dict[str, str]] = json.loads(file.read_text())["parameters"]
    asked = {one.name: one for one in main.every("param")}
    for name in sorted(set(given) - set(asked)):
        yield f"{file.name}: main.bicep has no parameter {name}."
    for name, one in asked.items():
        if name in given:
            yield from _misfits(name, one, given[name]["value"], product)
        elif not one.given:
            yield f"{file.name}: main.bicep asks for {name}."


def _misfits(name: str, one: Declaration, value: str, product: Product) -> Iterator[str]:
    match = re.fullmatch(r"\$\{(\w+)(?:=([^}]*))?\}", value)
    if not match:
        yield f"{name} is to come from azd's environment, as ${{NAME}} or ${{NAME=default}}."
        return
    default = str(one.value).lower() if isinstance(one.value, bool) else str(one.value)
    if one.given and (match[2] or "") != default:
        yield f"{name} has the default {match[2]!r} in the file and {default!r} in main.bicep."
    if product.defaults.get(match[1], default) not in ("", default):
        yield f"{name} has another default than the setting {match[1]} of the code."


def _variables(templates: Sequence[Template], name: str) -> list[Declaration]:
    found = [one for each in templates for one in each.every("var") if one.name == name]
    if not found:
        return [Declaration("var", name, "", [], False, False, False, "", "", 0)]
    return found


AGREEMENTS: tuple[Agreement, ...] = (
    settings_are_those_of_the_code,
    secret_settings_refer_to_the_vault,
    queues_and_tables_are_those_of_the_code,
    always_ready_names_functions,
    alerts_wait_for_what_is_logged,
    parameters_are_those_of_main,
)


def problems(folder: Path, templates: Sequence[Template], product: Product) -> list[str]:
    """What does not agree. Files that cannot be read are a problem of their own."""
    try:
        return [each for rule in AGREEMENTS for each in rule(templates, product)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{folder.name}: the templates cannot be read: {error}"]

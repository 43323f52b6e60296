"""The tenant's naming policy (page "Enforce a naming policy on Microsoft 365 groups").

It applies to app-only creation and to edits. User attributes in a prefix are empty for an app.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sandbox.microsoft.errors import GraphError, bad_request, invalid_value
from sandbox.microsoft.switches import Switches

_PLACE = "[GroupName]"
_ATTRIBUTES = re.compile(
    r"\[(Department|Company|Office|StateOrProvince|CountryOrRegion|Title)\]", re.IGNORECASE
)
_NOT_IN_ALIAS = re.compile(r"[@()\\\[\]\";:<>, ]|[^\x00-\x7f]")
_REQUIRED = "is missing a required prefix/suffix per your organization's Group naming requirements."


def check_names(settings: Mapping[str, str], names: dict[str, str], switches: Switches) -> None:
    """`names` holds displayName and mailNickname where they are new. Raises 400."""
    requirement = settings.get("PrefixSuffixNamingRequirement", "")
    prefix, suffix = _affixes(requirement)
    faults = [
        fault
        for target, value in names.items()
        if (fault := _affix_fault(target, value, prefix, suffix))
    ]
    if faults:
        raise bad_request(f"The property {_REQUIRED}", details=faults)
    if requirement and len(names.get("displayName", "")) > switches.policy_name_limit:
        raise invalid_value("displayName", "InvalidLength")
    if switches.blocked_words_bind_apps:
        _check_words(settings.get("CustomBlockedWordsList", ""), names, prefix, suffix)


def _affixes(requirement: str) -> tuple[str, str]:
    prefix, place, suffix = _ATTRIBUTES.sub("", requirement).partition(_PLACE)
    return (prefix, suffix) if place else ("", "")


def _for_target(target: str, affix: str) -> str:
    """Characters that an alias cannot have are left out of it."""
    return _NOT_IN_ALIAS.sub("", affix) if target == "mailNickname" else affix


def _affix_fault(target: str, value: str, prefix: str, suffix: str) -> dict[str, str] | None:
    before, after = _for_target(target, prefix), _for_target(target, suffix)
    wanted = value if value.startswith(before) else before + value
    wanted = wanted if wanted.endswith(after) else wanted + after
    if wanted == value:
        return None
    return {
        "target": target,
        "code": "MissingPrefixSuffix",
        "message": f"Property {target} {_REQUIRED}",
        "suggestedPropertyValue": wanted,
    }


def _check_words(listed: str, names: dict[str, str], prefix: str, suffix: str) -> None:
    """Whole names only: "a match is exact, no substring search is performed"."""
    words = {word.strip().lower() for word in listed.split(",") if word.strip()}
    for target, value in names.items():
        bare = value.removeprefix(_for_target(target, prefix))
        bare = bare.removesuffix(_for_target(target, suffix))
        if words & {value.lower(), bare.lower()}:
            raise _blocked(target)


def _blocked(target: str) -> GraphError:
    message = f"Property {target} contains a word that is blocked by your organization."
    detail = {"target": target, "code": "ContainsBlockedWord", "message": message}
    return bad_request(message, details=[detail])

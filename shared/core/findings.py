"""What a prerequisite's check can find: for each code a state and a sentence.

Rows keep the code, pages show the sentence. Facts: numbers are written in the reader's form; names
that end in `_at` are times in milliseconds, shown as dates; `after` is the id of another check,
shown by its title.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.core.checks import Result, State
from shared.core.prereqs import CHECKS


@dataclass(frozen=True)
class Finding:
    """stops: of a blocking check, that it blocks; of any, that checks after it wait."""

    state: State
    sentence: str
    stops: bool


def _met(sentence: str) -> Finding:
    return Finding(State.MET, sentence, stops=False)


def _unmet(sentence: str) -> Finding:
    return Finding(State.NOT_MET, sentence, stops=True)


def _attention(sentence: str, *, stops: bool = False) -> Finding:
    return Finding(State.ATTENTION, sentence, stops=stops)


def _manual(sentence: str) -> Finding:
    return Finding(State.MANUAL, sentence, stops=False)


WAITS = "waits"
# What the next pages bring along by themselves: no reason to stay on this one.
LATER = frozenset({WAITS, "shaped"})
# For every check alike.
_COMMON = {
    "never": _attention("Not checked yet.", stops=True),
    WAITS: _attention("Checked once this is met: %(after)s.", stops=True),
    "silent": _attention(
        "%(provider)s does not answer as it should, so this could not be checked. Press Re-check"
        " in a minute.",
        stops=True,
    ),
    "refused": _attention(
        "%(provider)s refused the question, so this could not be checked. The app's log tells"
        " more.",
        stops=True,
    ),
    "late": _attention("The answer took too long. Press Re-check.", stops=True),
}
_SIGN_IN = {
    "ready": _met("%(owner)s signed in on %(since_at)s, and it works."),
    "works": _met("The sign-in works."),
    "pending": _attention(
        "%(owner)s signed in by your hand-over link. It is used once you confirm it.", stops=True
    ),
    "no_sign_in": _unmet("Nobody has signed in for this yet."),
    "ended": _unmet("The sign-in of %(owner)s no longer works. Sign in again."),
    "scopes": _unmet(
        "The sign-in of %(owner)s works, but these scopes were not granted: %(missing)s. Sign in"
        " again and accept all of them."
    ),
    "forbidden": _unmet(
        "Webex refuses this to %(owner)s: the account's role or a scope is missing."
    ),
}
# Among those that were read.
_UNSEEN = _attention("Webex's directory was read in part, and only rooms and machines were found.")

_FINDINGS: Mapping[str, Mapping[str, Finding]] = {
    "m365_tenant": {
        "found": _met("%(tenant)s is in the Microsoft Global instance."),
        "connected": _met(
            "%(tenant)s is in the Microsoft Global instance and connected to this Webex"
            " organization."
        ),
        "not_named": _unmet("Say which Microsoft tenant is yours."),
        "malformed": _unmet(
            "This is no tenant's name. Give a domain like contoso.onmicrosoft.com, or the tenant"
            " id."
        ),
        "unknown": _unmet(
            "Microsoft knows no tenant by the name %(tenant)s. Check the spelling, or use the"
            " tenant id."
        ),
        "other_cloud": _unmet(
            "%(tenant)s is in another instance: %(cloud)s. Webex links folders in the Microsoft"
            " Global instance only."
        ),
        "not_served": _unmet(
            "This app does not serve %(tenant)s. Whoever runs the app can add the tenant id to the"
            " setting MICROSOFT_TENANT_IDS."
        ),
        "taken": _unmet(
            "%(tenant)s is connected to another Webex organization. Disconnect it there first."
        ),
        "bound": _unmet(
            "This Webex organization is connected to another tenant already. Disconnect it in the"
            " settings first."
        ),
    },
    "m365_permissions": {
        "all": _met("Granted and proven by calls: %(proven)s of %(count)s."),
        "not_asked": _attention(
            "Not granted yet. A Microsoft administrator grants them after you press Authorize.",
            stops=True,
        ),
        "not_connected": _attention(
            "Granted and proven by calls: %(proven)s of %(count)s. Press Authorize to connect the"
            " tenant.",
            stops=True,
        ),
        "more_wanted": _attention(
            "Granted and proven by calls: %(proven)s of %(count)s. New permission needed by linked"
            " folders: %(missing)s. Folders wait until you authorize again; all else works."
        ),
        "not_yet": _attention(
            "Granted just now, and proven by calls: %(proven)s of %(count)s. Microsoft may need"
            " some minutes for the others.",
            stops=True,
        ),
        "missing": _unmet(
            "Granted and proven by calls: %(proven)s of %(count)s. Missing: %(missing)s. Authorize"
            " again."
        ),
        "certificate": _unmet(
            "The certificate with which this app signs in to Microsoft 365 cannot be read. The"
            " setting MICROSOFT_CLIENT_CERTIFICATE takes a PFX with its RSA key and without a"
            " password, in base64."
        ),
        "taken_back": _unmet(
            "Microsoft no longer accepts this app: the consent was taken back, or the app's secret"
            " has ended. Authorize again."
        ),
    },
    "m365_groups": {
        "enabled": _met("Exchange Online and SharePoint Online are part of your plan."),
        "lacking": _unmet("Your plan lacks what groups need: %(lacking)s."),
        "unsaid": _manual(
            "Microsoft does not tell this app which plans you have. Groups need Exchange Online and"
            " SharePoint Online."
        ),
    },
    "m365_creation": {
        "everybody": _met("Everybody may create groups."),
        "some": _met(
            "Only the members of one group may create groups. The app honours it: a team gets a"
            " group if its creator may create one."
        ),
        "nobody": _attention(
            "Nobody but administrators may create groups. The app honours it, so hardly any team"
            " gets a group. You can change that in Microsoft Entra or in the app's settings."
        ),
        "ignored": _attention(
            "Not everybody may create groups, and the app's settings say not to honour it: every"
            " new team gets a group."
        ),
        "naming": _met("Names are made to fit your naming policy: %(naming)s."),
        "words": _met("Blocked words in names: %(blocked)s. A team named so gets no group."),
    },
    "m365_users": {
        "some": _met("Users in the directory: %(count)s."),
        "none": _unmet("There is no user in the directory."),
    },
    "webex_admin": {
        "signed_in": _met("%(who)s is signed in as a full administrator of this organization."),
    },
    "webex_officer": {
        **_SIGN_IN,
        "slow": _attention(
            "%(owner)s signed in on %(since_at)s, and it works. Without these scopes new teams are"
            " found by polling alone: %(missing)s."
        ),
    },
    "webex_people": {
        **_SIGN_IN,
        "part": _attention(
            "%(owner)s signed in on %(since_at)s, and it works. Without these scopes some checks"
            " cannot be made: %(missing)s."
        ),
    },
    "webex_messaging": {
        "licensed": _met("Messaging licences in use: %(used)s of %(count)s."),
        "unused": _attention(
            "There are %(count)s messaging licences, and nobody has one. Assign them, or set up"
            " automatic license assignment."
        ),
        "unsaid": _manual(
            "Webex lists no messaging licence. The entitlement is enabled free by default and need"
            " not be listed."
        ),
    },
    "webex_active": {
        "all": _met("Active in a sample: %(active)s of %(count)s."),
        "some": _attention(
            "Active in a sample: %(active)s of %(count)s. The others have not signed in to Webex"
            " yet."
        ),
        "none": _unmet("Active in a sample: none of %(count)s. Users must sign in to Webex once."),
        "nobody": _unmet("There is no user in Webex's directory."),
        "unseen": _UNSEEN,
    },
    "webex_external_id": {
        "all": _met("Known to Microsoft Entra ID by their External ID: %(matching)s of %(count)s."),
        "some": _attention(
            "Known to Microsoft Entra ID by their External ID: %(matching)s of %(count)s. The"
            " others are left out of groups until their External ID is the object id."
        ),
        "none": _unmet(
            "Known to Microsoft Entra ID by their External ID: none of %(count)s. Synchronize your"
            " users first."
        ),
        "none_of_many": _unmet(
            "Known to Microsoft Entra ID by their External ID: none of %(count)s, from all parts of"
            " the directory. With that many the switch waits. Synchronize your users first."
        ),
        "none_of_few": _attention(
            "Known to Microsoft Entra ID by their External ID: none of %(count)s. That is too few"
            " for the switch to wait. Whoever does not match is left out of groups."
        ),
        "shaped": _attention(
            "External ID looks like an object id: %(matching)s of %(count)s. Whether Microsoft"
            " Entra ID knows them is checked once the permissions are granted.",
            stops=True,
        ),
        "nobody": _unmet("There is no user in Webex's directory."),
        "unseen": _UNSEEN,
        "sample": _met("This is a sample of your %(total)s users."),
        "audit": _met("This is everybody, by the audit of %(audited_at)s."),
    },
    "ecm_microsoft": {
        "ask": _manual("In Control Hub: Messaging, Content Management, Edit settings, Microsoft."),
    },
    "ecm_linked_folders": {
        "ask": _manual(
            "In Control Hub: Messaging, Content Management. It may take up to 24 hours until it"
            " works."
        ),
    },
    "ecm_tenant_name": {
        "ask": _manual("The name to enter in Control Hub: %(name)s"),
        "later": _manual(
            "It is your tenant's domain, for example contoso.onmicrosoft.com. It stands here once"
            " the app is authorized."
        ),
    },
}

# Of somebody whose name Webex did not say.
SOMEBODY = "somebody"


def sentences() -> frozenset[str]:
    """All of them, for the catalogues."""
    everything = [_COMMON, *_FINDINGS.values()]
    return frozenset(finding.sentence for each in everything for finding in each.values())


def findings(check_id: str) -> Mapping[str, Finding]:
    """All that the check can find."""
    return {**_COMMON, **_FINDINGS[check_id]}


def found(check_id: str, code: str) -> list[Finding]:
    """Those of a code, which may be several joined by `+`; the first one decides.

    A code that is not known (a newer version's row) counts as never checked.
    """
    known = findings(check_id)
    if any(part not in known for part in code.split("+")):
        return [known["never"]]
    return [known[part] for part in code.split("+")]


def stops(result: Result) -> bool:
    return found(result.id, result.code)[0].stops


def blocks(result: Result) -> bool:
    return CHECKS[result.id].blocking and stops(result)


def result(
    check_id: str, code: str, at: int, facts: Mapping[str, str | int] | None = None
) -> Result:
    """Raises KeyError for a code that the check does not have."""
    deciding = findings(check_id)[code.partition("+")[0]]
    return Result(check_id, deciding.state, code, at, dict(facts or {}))

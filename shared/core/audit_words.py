"""What is told of the classes of the directory's audit: title, sentence, remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.core.audit import Verdict


@dataclass(frozen=True)
class About:
    title: str
    sentence: str
    remedy: str


ABOUT: Mapping[Verdict, About] = {
    Verdict.MATCHED: About(
        "Matched",
        "External ID is the object id of an account in Microsoft Entra ID.",
        "Nothing to do.",
    ),
    Verdict.PREFIXED: About(
        "Text around the object id",
        "External ID holds the right object id, with other text around it. This app understands"
        " it; Cisco's own integration does not.",
        "Set External ID to the object id alone: see the preview.",
    ),
    Verdict.WRONG_OBJECT_ID: About(
        "Another account's object id",
        "The object id in External ID is not that of the account with this user's name, so the user"
        " is not newly added to groups.",
        "Set External ID to the object id of the account with this name, or correct the name.",
    ),
    Verdict.DUPLICATE: About(
        "Same object id twice",
        "Another Webex user carries the same object id, so neither is added to groups.",
        "Remove the External ID from the user that it does not belong to.",
    ),
    Verdict.MISSING: About(
        "No External ID",
        "This Webex user has no External ID.",
        "Synchronize the user from Microsoft Entra ID: see the preview for what should be set.",
    ),
    Verdict.NOT_A_GUID: About(
        "Not an object id",
        "External ID holds no single object id.",
        "Correct the attribute mapping of the directory synchronization.",
    ),
    Verdict.NOT_IN_TENANT: About(
        "Not in the tenant",
        "This Microsoft tenant knows no account with that object id, nor one with this name.",
        "Check that the account exists in the tenant and was not deleted.",
    ),
    Verdict.DISABLED: About(
        "Account disabled in Microsoft Entra ID",
        "The account is there and may not sign in.",
        "Enable the account, or deactivate the user in Webex if the person has left.",
    ),
    Verdict.GUEST: About(
        "Guest in the tenant",
        "The object id is a guest's in this tenant.",
        "Set External ID to the object id of the person's own account, if there is one.",
    ),
    Verdict.NOT_ACTIVE: About(
        "Not active in Webex",
        "The Webex account is switched off, or the person has not signed in yet.",
        "Have the person sign in to Webex once, or activate the account in Control Hub.",
    ),
    Verdict.NO_MESSAGING: About(
        "No messaging licence",
        "This Webex user shows no messaging licence, while others do.",
        "Assign the licence in Control Hub.",
    ),
    Verdict.NOT_A_PERSON: About(
        "Not a person",
        "This is a room, a device or a service.",
        "Nothing to do.",
    ),
}

"""What an administrator is told: for each code a sentence and what to do about it.

Rows keep the code, pages show the sentence; so wording and language can change without a migration.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    sentence: str
    remedy: str


class Refusal(Exception):
    """Somebody asked for what they may not have, or in a way that cannot be trusted.

    code: the sentence and remedy that they are shown; detail: for the log, without any secret.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


_REASONS = {
    # Why a person is not in the group, or not as expected
    "other_organization": Reason(
        "This person belongs to another Webex organization.",
        "Invite the person as a guest in Microsoft 365 if the files are meant for them.",
    ),
    "bot": Reason("This is a bot or a machine account, not a person.", "Nothing to do."),
    "no_object_id": Reason(
        "This Webex user has no External ID.",
        "Synchronize the user from Microsoft Entra ID, so that External ID holds the object id.",
    ),
    "not_a_guid": Reason(
        "This Webex user's External ID holds no single object id.",
        "Correct the attribute mapping of the directory synchronization.",
    ),
    "claimed_twice": Reason(
        "Two Webex users carry the same External ID, so neither is added.",
        "Remove the External ID from the user that it does not belong to.",
    ),
    "unknown_to_tenant": Reason(
        "The object id in External ID is not known to this Microsoft tenant.",
        "Check that the user exists in the tenant and that External ID is its object id.",
    ),
    "not_in_directory": Reason(
        "Webex's directory does not know this person.",
        "Check in Control Hub that the user still exists.",
    ),
    "identity_changed": Reason(
        "This person's External ID changed after they had been added.",
        "Check which Microsoft account is the right one.",
    ),
    "removed_in_microsoft": Reason(
        "This person was in the group and was taken out of it in Microsoft 365.",
        "Add the person to the group again if that was a mistake.",
    ),
    "left_webex": Reason(
        "This person left the Webex team and is still in the group.",
        "Remove the person from the group if they should no longer see the files.",
    ),
    "owner_limit": Reason(
        "A group has at most 100 owners; this moderator is a member only.",
        "Nothing to do, or make fewer people moderators.",
    ),
    "owner_refused": Reason(
        "Microsoft 365 does not let this moderator own the group.",
        "Guests may not own groups unless your Microsoft 365 settings allow it.",
    ),
    "member_refused": Reason(
        "Microsoft 365 does not let this person into the group.",
        "Check whether your Microsoft 365 settings allow guests in groups.",
    ),
    "owner_removed": Reason(
        "This moderator was an owner of the group and was taken out in Microsoft 365.",
        "Make the person an owner again if that was a mistake.",
    ),
    # Why a team has no group, no folder or needs somebody
    "nobody_mapped": Reason(
        "Nobody in this team is known to Microsoft 365, so no group was made.",
        "Give at least one moderator of the team an External ID, then press Retry.",
    ),
    "creator_may_not_create": Reason(
        "Your Microsoft 365 settings do not allow the team's creator to create groups.",
        "Add the creator to the group of people who may create groups, or turn off"
        " 'Honour who may create groups' in the settings.",
    ),
    "creator_unknown": Reason(
        "Only certain people may create groups, and the team's creator is not known to"
        " Microsoft 365.",
        "Give the creator an External ID, or turn off 'Honour who may create groups'.",
    ),
    "group_from_before_us": Reason(
        "A group with this team's mark already existed. Nobody was added to it.",
        "Look at who is in that group. This version cannot connect the team to it.",
    ),
    "group_gone": Reason(
        "The group was deleted in Microsoft 365.",
        "Restore it in Microsoft 365 within 30 days, then press Retry.",
    ),
    "name_refused": Reason(
        "Microsoft 365 refuses the group's name.",
        "Check the naming policy and blocked words, then rename the team or press Retry.",
    ),
    "group_refused": Reason(
        "Microsoft 365 refused to create the group.",
        "Read the details, then press Retry.",
    ),
    "consent_missing": Reason(
        "Microsoft 365 does not accept this app: the consent is missing or was taken back.",
        "Authorize the app again as a Microsoft administrator.",
    ),
    "permission_missing": Reason(
        "A permission of the app is missing in Microsoft 365.",
        "Add the permission and give admin consent again.",
    ),
    "credential_missing": Reason(
        "There is no working Webex sign-in for this task.",
        "Sign in to Webex again with the account that has the role.",
    ),
    "webex_forbids": Reason(
        "Webex refuses this to the account that is signed in.",
        "Check the account's role (compliance officer) and the scopes that were granted.",
    ),
    "provider_silent": Reason(
        "Webex or Microsoft 365 does not answer as it should; it is tried again by itself.",
        "Nothing to do. If it lasts for hours, look at the providers' status pages.",
    ),
    "not_there": Reason(
        "Something that should exist was not found.", "Press Retry; if it stays, look at the log."
    ),
    "unexpected_refusal": Reason(
        "A provider refused a request.", "Read the details, then press Retry."
    ),
    # The folder
    "folder_waiting": Reason(
        "The group's folder is not ready yet.", "Nothing to do; it is tried again by itself."
    ),
    "folder_no_permission": Reason(
        "The app may not read the group's site, so the folder is not linked.",
        "Grant the permission Sites.Read.All, or link the folder by hand in Webex.",
    ),
    "folder_link_refused": Reason(
        "Webex did not let any of our accounts link the folder.",
        "Link the group's folder by hand: in the space, Content, then Linked folders.",
    ),
    "folder_foreign": Reason(
        "The space already has another folder linked. It was left alone.",
        "Unlink it in Webex if the group's folder should be there instead.",
    ),
    # Why somebody was refused on our own pages
    "state_missing": Reason(
        "The way back from the sign-in was incomplete.",
        "Start again from our pages, and do not open saved addresses of a sign-in.",
    ),
    "state_elsewhere": Reason(
        "This sign-in was not started in this browser, or it was started again since.",
        "Start again, and finish in the same browser and the same window.",
    ),
    "state_expired": Reason(
        "The sign-in took longer than ten minutes.", "Start again; what was done so far is kept."
    ),
    "state_used": Reason(
        "This sign-in was finished already.",
        "Nothing to do, unless something is missing: then start again.",
    ),
    # Why the switch stays Off, and what else a button was refused
    "no_tenant": Reason(
        "No Microsoft tenant is connected, so the switch stays Off.",
        "Read the note about permissions and authorize the app.",
    ),
    "prerequisites_unmet": Reason(
        "A prerequisite is not met, so the switch stays Off.",
        "Mend what is listed under the switch, then try again in a minute.",
    ),
    "switch_silent": Reason(
        "Webex did not answer, so the switch stays Off.", "Press it again in a few minutes."
    ),
    "try_again": Reason(
        "Something else changed this at the same moment, so nothing was done.", "Try again."
    ),
    "team_unknown": Reason(
        "This app does not know that team.",
        "Teams are listed on the page Activity within seconds after they were created.",
    ),
    "team_from_before": Reason(
        "The team was there before the switch went on, and is left alone.", "Nothing to do."
    ),
    "letter_gone": Reason(
        "This team is not given up on any more.",
        "Look at its state; press Retry if it needs another look.",
    ),
    # Why there is no webhook
    "webhook_foreign": Reason(
        "Another application has the organization's webhook for spaces, and Webex keeps one only.",
        "Nothing to do, unless that application is no longer used: then delete its webhook.",
    ),
    "webhook_unverified": Reason(
        "Webex took the webhook, and does not show it as it should be.",
        "Nothing to do. If it lasts, ask Webex's support.",
    ),
    "no_public_url": Reason(
        "The app does not know under which address Webex reaches it.",
        "Ask whoever runs the app to give the setting PUBLIC_URL.",
    ),
    "bad_form": Reason(
        "What the browser sent could not be read.",
        "Go back, load the page again and fill in the form once more.",
    ),
    "cross_site": Reason(
        "This was sent from another site, so nothing was done.",
        "If it was you, do it again from our own pages.",
    ),
    "session_ended": Reason("You are no longer signed in, so nothing was done.", "Sign in again."),
    "role_lost": Reason(
        "Your account is no longer a full administrator in Webex, so you were signed out.",
        "Ask another full administrator, or sign in with an account that has the role.",
    ),
    "not_found": Reason("There is no such page.", "Go to the start page."),
    # Why somebody was not signed in, or a Webex account not taken
    "organization_not_served": Reason(
        "This app is not set up for your Webex organization.",
        "Sign in with an account of the organization that it is for, or ask whoever runs the app"
        " to name yours in its settings.",
    ),
    "not_full_admin": Reason(
        "Your account is not a full administrator of your Webex organization.",
        "Ask a full administrator to sign in, or to give you the role in Control Hub.",
    ),
    "webex_declined": Reason(
        "The sign-in at Webex was cancelled.",
        "Start again and choose Accept. Nothing was changed.",
    ),
    "scopes_refused": Reason(
        "Webex does not give this account what the app asks for.",
        "Sign in with an account that has the role. If it has, the app's integration lacks a"
        " scope: ask whoever runs the app.",
    ),
    "webex_error": Reason(
        "Webex did not complete the sign-in.",
        "Start again. If it stays, whoever runs the app finds Webex's own word in the log.",
    ),
    "code_refused": Reason(
        "Webex no longer accepts this sign-in: it was used already, or took too long.",
        "Start again. If it stays, the client secret in the app's settings may be wrong.",
    ),
    "id_token_refused": Reason(
        "Webex's answer does not prove who signed in, so nobody was.",
        "Start again. If it stays, whoever runs the app finds in the log what was wrong with it.",
    ),
    "webex_silent": Reason(
        "Webex has not answered for half an hour, so nobody can say whether you still have the"
        " role. Until it does, the pages stay closed.",
        "Try again when Webex is back; see status.webex.com.",
    ),
    "session_changed": Reason(
        "You set out signed in, and came back as somebody else or signed out, so nothing was"
        " changed.",
        "Sign in, then start this step again.",
    ),
    "wrong_organization": Reason(
        "This account belongs to another Webex organization.",
        "Start again and choose an account of the organization that this is for. You may have to"
        " sign out of Webex first.",
    ),
    "lacks_role_spaces": Reason(
        "This account may not see the spaces and events of the organization, so its sign-in was"
        " not kept.",
        "Sign in with a compliance officer's account. A full administrator gives the role in"
        " Control Hub. Or make a hand-over link for whoever has it.",
    ),
    "lacks_role_people": Reason(
        "This account may not read the organization's directory, so its sign-in was not kept.",
        "Sign in with a full administrator's account, or make a hand-over link for one.",
    ),
    "lacks_role_folders": Reason(
        "This account may not read its own spaces, so its sign-in was not kept.",
        "Sign in with an account that uses Webex messaging.",
    ),
    "pending_changed": Reason(
        "Somebody has left another sign-in since you loaded the page, so none was confirmed.",
        "Look who left it, then confirm or dismiss it.",
    ),
    "service_app_incomplete": Reason(
        "Client id, client secret and refresh token are needed, all three.",
        "Copy them from the Service App's page on developer.webex.com.",
    ),
    "service_app_refused": Reason(
        "Webex does not take this refresh token with this client id and secret.",
        "Check that all three are of the same Service App, that it is authorized in Control Hub,"
        " and that the token was copied as a whole.",
    ),
    # Why a Microsoft tenant was not connected
    "tenant_not_chosen": Reason(
        "It is not known yet which Microsoft tenant is yours.",
        "Name your Microsoft tenant on the prerequisites page, then press Authorize again.",
    ),
    "tenant_not_served": Reason(
        "This app is not set up for your Microsoft tenant.",
        "Ask whoever runs the app to name the tenant in its settings, or choose another tenant on"
        " the prerequisites page.",
    ),
    "tenant_bound": Reason(
        "This Microsoft tenant is connected to another Webex organization.",
        "Choose another tenant on the prerequisites page, or have it disconnected there first.",
    ),
    "organization_bound": Reason(
        "Your Webex organization is connected to another Microsoft tenant.",
        "Disconnect that tenant in the settings first, or choose it again on the prerequisites"
        " page.",
    ),
    "consent_declined": Reason(
        "The permissions were not accepted in Microsoft's dialog.",
        "Press Authorize again and choose Accept. Where Microsoft asked for an administrator's"
        " approval, a Global Administrator or Privileged Role Administrator must do it: send a"
        " hand-over link from the Sign-ins page.",
    ),
    "not_microsoft_admin": Reason(
        "Whoever signed in at Microsoft may not give consent for the whole tenant.",
        "Have a Global Administrator or Privileged Role Administrator do it: send a hand-over link"
        " from the Sign-ins page.",
    ),
    "consent_failed": Reason(
        "Microsoft did not complete the consent.",
        "Press Authorize again. If it stays, whoever runs the app finds Microsoft's error number"
        " in the log.",
    ),
    "wrong_tenant": Reason(
        "The answer came from another Microsoft tenant than the one that was chosen.",
        "Press Authorize again and sign in with an account of your tenant, or choose the other"
        " tenant on the prerequisites page.",
    ),
    "microsoft_declined": Reason(
        "The sign-in at Microsoft was cancelled.",
        "Press Authorize again. The sign-in after the consent proves whose consent it was.",
    ),
    "microsoft_signin_failed": Reason(
        "The sign-in at Microsoft did not work.",
        "Press Authorize again. If it stays, whoever runs the app finds Microsoft's error number"
        " in the log.",
    ),
    "microsoft_not_proven": Reason(
        "Microsoft's answer does not prove who signed in, so nothing was connected.",
        "Press Authorize again. If it stays, whoever runs the app finds in the log what was wrong"
        " with it.",
    ),
    "add_wids_claim": Reason(
        "Microsoft did not tell whether you are an administrator of the tenant.",
        "Let the app's sign-ins carry the roles of whoever signs in, then press Authorize again.",
    ),
    "consent_not_effective_yet": Reason(
        "The consent was given, and is not in effect everywhere at Microsoft yet.",
        "Wait a minute, then press Authorize again.",
    ),
    "nothing_pending": Reason(
        "There is nothing to confirm any more.",
        "Somebody confirmed it already, or it was forgotten after seven days: then ask again.",
    ),
    "disconnect_while_on": Reason(
        "The tenant cannot be disconnected while the switch is on.",
        "Turn the switch off, then disconnect the tenant.",
    ),
    "disconnect_with_groups": Reason(
        "The tenant cannot be disconnected: groups that the app made are in it.",
        "Leave the switch off; then nothing is written any more, and the groups stay as they are.",
    ),
    # Why a hand-over link is of no use
    "handover_unknown": Reason(
        "This link is not known.",
        "Check that it was copied as a whole, or ask for a new one.",
    ),
    "handover_replaced": Reason(
        "A newer link was made for this step, so this one no longer works.",
        "Use the newer link, or ask for one.",
    ),
    "handover_used": Reason(
        "This link was used already.",
        "If it was not you, tell the administrator who sent it. Else ask for a new one.",
    ),
    "handover_late": Reason("This link is older than seven days.", "Ask for a new one."),
    "handover_over": Reason(
        "The hour for this step is over, or the step is done.",
        "If it is not done, ask the administrator for a new link.",
    ),
}

# Our pages where an administrator goes on from a refusal.
_PLACES = {
    "/prerequisites": (
        "tenant_not_chosen",
        "tenant_not_served",
        "tenant_bound",
        "wrong_tenant",
    ),
    "/settings": (
        "organization_bound",
        "disconnect_while_on",
        "disconnect_with_groups",
    ),
    "/permissions": (
        "consent_declined",
        "not_microsoft_admin",
        "consent_failed",
        "microsoft_declined",
        "microsoft_signin_failed",
        "microsoft_not_proven",
        "add_wids_claim",
        "consent_not_effective_yet",
    ),
    "/activity": ("team_unknown",),
    "/credentials": (
        "nothing_pending",
        "pending_changed",
        "wrong_organization",
        "lacks_role_spaces",
        "lacks_role_people",
        "lacks_role_folders",
        "session_changed",
        "webex_declined",
        "webex_error",
        "scopes_refused",
        "code_refused",
        "credential_missing",
    ),
}


def reason(code: str) -> Reason:
    """The sentence for a code; an unknown one (a newer version's row) still gets a sentence."""
    return _REASONS.get(code, _REASONS["unexpected_refusal"])


def place(code: str) -> str:
    """Where to go on after this code, "" for the start page."""
    return next((place for place, codes in _PLACES.items() if code in codes), "")


def codes() -> frozenset[str]:
    return frozenset(_REASONS)

"""What somebody is told whom a page refuses something, and where to go on from there.

`core.reasons` has what is said of teams and people, and the one way to find a code.
"""

from __future__ import annotations

from shared.core.wording import Reason

REFUSALS = {
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
    "leaving": Reason(
        "Your organization is leaving this app, and that is not finished yet.",
        "Wait until the settings page says that it is; then it can be set up anew.",
    ),
    "newer_version": Reason(
        "What this app keeps was written by a newer version of it, so nothing was read or changed.",
        "Ask whoever runs the app to deploy the newer version again. Nothing is lost meanwhile.",
    ),
    "try_again": Reason(
        "Something else changed this at the same moment, so nothing was done.", "Try again."
    ),
    "team_unknown": Reason(
        "This app does not know that team.",
        "Teams are listed on the page Activity within seconds after they were created.",
    ),
    "team_from_before": Reason(
        "The team was there before the switch went on, and is left alone.",
        "Connect it on its own page, if it should be followed.",
    ),
    "team_connected": Reason("This team is connected already.", "Look at its state as it is now."),
    "team_not_found": Reason(
        "Webex knows no team of your organization by that id.",
        "Copy the id of the team or of one of its spaces from Webex, whole.",
    ),
    "find_while_off": Reason(
        "The switch is Off, so nothing can be said of a team that this app does not know.",
        "Turn the switch on first.",
    ),
    "group_unknown": Reason(
        "Microsoft 365 knows no such group.",
        "Give the group's object id, as Entra shows it, or its mail address.",
    ),
    "group_not_unified": Reason(
        "This is no Microsoft 365 group.",
        "Choose one that has a mailbox and a site; security groups and distribution lists have"
        " none.",
    ),
    "group_dynamic": Reason(
        "A rule in Entra says who is in this group, so nobody can be added to it.",
        "Choose another group, or change its membership to assigned in Entra.",
    ),
    "group_taken": Reason(
        "This group is another team's already.", "Choose another group, or a new one."
    ),
    "group_not_deleted": Reason(
        "The group of this team is not deleted, as far as this app knows.",
        "Press Retry to have it looked at.",
    ),
    "group_not_restorable": Reason(
        "Microsoft 365 does not find the group among what was deleted.",
        "After 30 days nothing can be restored. In Microsoft Entra ID, look under Groups, Deleted"
        " groups.",
    ),
    "restore_refused": Reason(
        "Microsoft 365 refuses to restore the group.",
        "Restore it in Microsoft Entra ID, under Groups, Deleted groups: the reason is shown"
        " there. Another group may have its address now.",
    ),
    "restore_while_off": Reason(
        "The switch is Off, so nothing is written to Microsoft 365.", "Turn the switch on first."
    ),
    "connected_elsewhere": Reason(
        "The team's space is linked to this group's folder already, and not by this app: Cisco's"
        " own integration or somebody else has connected them.",
        "Nothing was changed. If this app is to follow the team from now on, take away that link in"
        " Webex first, and see that nothing else keeps the two in step.",
    ),
    "letter_gone": Reason(
        "This team is not given up on any more.",
        "Look at its state; press Retry if it needs another look.",
    ),
    "held_gone": Reason(
        "Nothing of this team waits for you any more.", "Look at its state as it is now."
    ),
    "held_changed": Reason(
        "What waits has changed since you loaded the page, so nothing was decided.",
        "Look at the names as they are now, then decide.",
    ),
    "leader_changed": Reason(
        "Somebody else chose who leads this team since you loaded the page, so nothing was"
        " changed.",
        "Look at who leads it now, then choose.",
    ),
    "refusals_changed": Reason(
        "What is refused of this team has changed since you loaded the page, so nothing was"
        " dropped.",
        "Look at the page as it is now, then decide.",
    ),
    "dry_run_replaced": Reason(
        "Somebody began another dry run since you loaded the page, so none was begun.",
        "Look at that one, then decide.",
    ),
    "nothing_refused": Reason(
        "No change of this team is refused any more.", "Look at its state as it is now."
    ),
    # Why there is no webhook, or it tells nothing
    "webhook_off": Reason(
        "Webex turned it off, as it does after a hundred failed deliveries in five minutes.",
        "Ask whoever runs the app whether PUBLIC_URL leads to it from the internet, and whether its"
        " storage answers. It is turned on again by itself, after ever longer pauses. Nothing is"
        " lost meanwhile.",
    ),
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
        "Leave the switch off; then nothing is written any more, and the groups stay as they are."
        " Or leave this app and release its groups, at the foot of the settings.",
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
PLACES = {
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
        "leaving",
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
    "/activity": ("team_unknown", "team_from_before", "team_connected", "team_not_found"),
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

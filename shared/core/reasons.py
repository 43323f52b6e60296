"""What an administrator is told: for each code a sentence and what to do about it.

Rows keep the code, pages show the sentence; so wording and language can change without a migration.
"""

from __future__ import annotations

from shared.core.refusals import PLACES, REFUSALS
from shared.core.wording import Reason


class Refusal(Exception):
    """Somebody asked for what they may not have, or in a way that cannot be trusted.

    code: the sentence and remedy that they are shown; detail: for the log, without any secret.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


_REASONS = {
    # Why a person is not in the group, not in the team, or not as expected
    "other_organization": Reason(
        "This person belongs to another Webex organization.",
        "If the files are meant for them, invite the person as a guest in Microsoft 365. Or turn on"
        " 'Invite people of other organizations as guests' in the settings, and allow guests in"
        " groups in Microsoft 365.",
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
    "name_differs": Reason(
        "The object id in External ID is that of another account than the one with this user's"
        " name, so this person is not added.",
        "Set External ID to the object id of the account with this name, or correct the name; then"
        " begin the audit of the directory, or wait for the next one.",
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
        "This person was taken out of the group in Microsoft 365, but the Webex team leads, so they"
        " stay in the team.",
        "Add the person to the group again, or take them out of the team in Webex.",
    ),
    "left_webex": Reason(
        "This person left the Webex team, but the group leads, so they stay in the group.",
        "Take the person out of the group if they should no longer see the files.",
    ),
    "added_in_webex": Reason(
        "This person joined the Webex team, but the group leads, so they are not in the group.",
        "Add the person to the group in Microsoft 365 if the files are meant for them.",
    ),
    "refused_by_admin": Reason(
        "An administrator refused this change.",
        "Press 'Drop the refusals' on the team's page if it should be made after all.",
    ),
    "waits_for_brake": Reason(
        "This change waits for an administrator, with others of the same kind.",
        "Look at the names on the team's page, then allow or refuse.",
    ),
    "last_owner": Reason(
        "This person is the group's last owner, so they stay in the group.",
        "Make somebody else an owner of the group or a moderator of the team; the rest happens by"
        " itself.",
    ),
    "last_moderator": Reason(
        "This person was taken out of the group, but is the team's last moderator, so they stay in"
        " the team.",
        "Make somebody else a moderator in Webex; the rest happens by itself.",
    ),
    "webex_not_writable": Reason(
        "None of our Webex sign-ins may change who is in this team.",
        "Sign in again as compliance officer and accept spark-compliance:memberships_write, or make"
        " the bot a moderator of the team. Or add or remove the person by hand in Webex.",
    ),
    "webex_refused": Reason(
        "Webex refused to add this person to the team, or to take them out of it.",
        "Do it by hand in Webex, where the reason is shown, or press Retry.",
    ),
    "inactive_in_webex": Reason(
        "This person's Webex account is deactivated, which does not count as leaving the team.",
        "Nothing to do. Take the person out of the group if they should no longer see the files.",
    ),
    "disabled_in_entra": Reason(
        "This person's account is disabled in Microsoft Entra ID, so the team is left as it is.",
        "Nothing to do: it is neither taken for leaving the group nor for joining it. Enable the"
        " account, or add or remove the person by hand in Webex.",
    ),
    "removal_refused": Reason(
        "Microsoft 365 refused to take this person out of the group.",
        "Take the person out of the group by hand, where the reason is shown, or press Retry.",
    ),
    "guest_refused": Reason(
        "Microsoft 365 refused to invite this person as a guest.",
        "Check in Microsoft Entra ID which addresses may be invited, or invite the person by hand.",
    ),
    "invitations_refused": Reason(
        "This person belongs to another organization, and this app may not invite guests.",
        "Grant the permission User.Invite.All, and let guests be invited in Microsoft Entra ID;"
        " then press Retry.",
    ),
    "guests_not_allowed": Reason(
        "This person belongs to another organization, and Microsoft 365 lets no guests into"
        " groups.",
        "Let group owners add people from outside the organization to Microsoft 365 groups, or turn"
        " off inviting guests in the settings.",
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
    # Why somebody is in the group and not in the team
    "not_in_webex": Reason(
        "No Webex user is known for this account, so it is in the group only.",
        "If it is somebody's who should be in the team: check that the user exists in Webex, with"
        " the account's object id as External ID.",
    ),
    "guest_in_group": Reason(
        "This is a guest, and this app puts no guests into the Webex team.",
        "Nothing to do. Add the person by hand in Webex if they should be in the team.",
    ),
    "added_in_microsoft": Reason(
        "This account was added to the group in Microsoft 365, but the Webex team leads, so the"
        " person is not in the team.",
        "Add the person to the team in Webex, or take them out of the group.",
    ),
    # Why a team has no group, no folder or needs somebody
    "brake": Reason(
        "Changes wait for you: they are more than your settings let go at once, or would empty one"
        " side.",
        "Look at the names on the team's page, then allow it, refuse it, or choose who leads.",
    ),
    "first_merge": Reason(
        "This app remembers too little of the team to tell what is new, so nobody is added or"
        " removed until you have seen the names.",
        "Look at the names on the team's page, then allow it, refuse it, or choose who leads.",
    ),
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
        "Look at who is in that group; then connect the team to it on the team's page.",
    ),
    "group_gone": Reason(
        "The group was deleted in Microsoft 365.",
        "Restore it within 30 days: on the team's page here; or in Microsoft 365, then press"
        " Retry.",
    ),
    "team_gone": Reason(
        "Webex does not find the team any more: it was deleted, or our sign-in cannot see it.",
        "Nothing to do if the team was deleted: its group stays with everybody in it, and it is"
        " yours to delete. Else sign in again as compliance officer, then press Retry.",
    ),
    "team_archived": Reason(
        "The team is archived in Webex.",
        "Nothing to do: its group stays, and people are followed as before.",
    ),
    "name_refused": Reason(
        "Microsoft 365 refuses the group's name.",
        "Check the naming policy and blocked words, then rename the team or press Retry.",
    ),
    "name_group_leads": Reason(
        "The team was renamed in Webex, but the group leads, so the group keeps its name.",
        "Rename the group in Microsoft 365, or choose who leads.",
    ),
    "name_team_leads": Reason(
        "The group was renamed in Microsoft 365, but the Webex team leads, so the team keeps its"
        " name.",
        "Rename the team in Webex, or choose who leads.",
    ),
    "team_not_renamed": Reason(
        "The group was renamed in Microsoft 365, and no account of ours may rename the team in"
        " Webex.",
        "Rename the team by hand in Webex. Or make the bot a moderator of the team, then press"
        " Retry.",
    ),
    "group_not_renamed": Reason(
        "The team was renamed in Webex, and Microsoft 365 refuses that name for the group.",
        "Check the naming policy and blocked words, then press Retry; or rename the team.",
    ),
    "group_refused": Reason(
        "Microsoft 365 refused to create the group.",
        "Read the details, then press Retry.",
    ),
    "consent_missing": Reason(
        "Microsoft 365 does not accept this app: the consent is missing or was taken back.",
        "Authorize the app again as a Microsoft administrator.",
    ),
    "certificate_unreadable": Reason(
        "The certificate with which this app signs in to Microsoft 365 cannot be read.",
        "Give the setting MICROSOFT_CLIENT_CERTIFICATE a PFX with its RSA key and without a"
        " password, in base64, or in Azure a reference to the vault's certificate; then restart the"
        " app.",
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
    "bot_token_refused": Reason(
        "Webex does not accept the bot's token.",
        "Give the setting WEBEX_BOT_TOKEN a token that works, and restart the app.",
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
    "audit_stuck": Reason(
        "The audit of the directory did not get past one place, several times in a row.",
        "Look at the log lines 'directory audit broke' and 'directory audit failed', and mend what"
        " they name; then begin the audit again.",
    ),
    # Why a dry run could say nothing
    "trial_later": Reason(
        "The providers' quota is used up, so nothing can be said now.",
        "Load the page again in a few minutes.",
    ),
    "trial_silent": Reason(
        "Webex or Microsoft 365 does not answer as it should, so nothing can be said now.",
        "Load the page again in a few minutes.",
    ),
    "trial_raced": Reason(
        "This team is being looked at just now, so nothing can be said.",
        "Load the page again in a minute.",
    ),
    "trial_unreadable": Reason(
        "What this app keeps of the team cannot be read: another version of it wrote that, or it is"
        " damaged.",
        "Press Retry on the team's page, and load this page again in a minute. If it stays, look at"
        " the log.",
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
    # The folders of further spaces
    "space_folder_waiting": Reason(
        "The space's folder is not made or linked yet.",
        "Nothing to do; it is tried again by itself.",
    ),
    "space_folder_no_permission": Reason(
        "The app may not make folders in the group's site.",
        "Add the permission Files.ReadWrite.All to the app registration, and press Authorize.",
    ),
    "space_folder_name_refused": Reason(
        "SharePoint takes no name for the space's folder.",
        "Rename the space, or what is called so in the group's site; then press Retry.",
    ),
    "space_folder_link_refused": Reason(
        "Webex did not let any of our accounts link the space's folder.",
        "Link it by hand: in the space, Content, then Linked folders. The folder is in the group's"
        " site, with the space's name.",
    ),
    "space_folder_link_old": Reason(
        "The space's folder was renamed, and Webex let none of our accounts rename its link.",
        "Link it anew by hand: in the space, Content, then Linked folders. The folder is in the"
        " group's site, with the space's name.",
    ),
    "space_folder_foreign": Reason(
        "The space has another folder linked. It was left alone.",
        "Nothing to do. Unlink it in Webex if the space should have its own folder in the group's"
        " site.",
    ),
    "space_folder_deleted": Reason(
        "The space's folder was deleted in SharePoint, and the link leads nowhere.",
        "Restore it from the recycle bin of the group's site. Or unlink it in Webex, and press"
        " Retry: then a new one is made.",
    ),
    "space_gone": Reason(
        "The space is gone, or no longer in this team. Its folder stays.", "Nothing to do."
    ),
    # What went wrong while nobody looked: core.alerts
    "check_unmet": Reason(
        "This prerequisite was met and no longer is.",
        "Open the prerequisites: the row says what is wrong and where to mend it.",
    ),
    "token_near_end": Reason(
        "A Webex sign-in ends within two weeks and could not be renewed by itself.",
        "Sign in again on the page Sign-ins.",
    ),
    "webhook_lost": Reason(
        "Webex no longer tells of new teams at once. They are still found, by events.",
        "Nothing to do at first: it is put up again by itself. The settings page says what is in"
        " the way.",
    ),
    "bot_webhook_lost": Reason(
        "Webex no longer tells at once who joins or leaves the teams that the bot is in. It is"
        " still found, by events.",
        "Nothing to do at first: it is put up again by itself. The settings page says what is in"
        " the way.",
    ),
    "folders_sign_in_lost": Reason(
        "The Webex sign-in that links folders does not work any more. Groups and people are"
        " followed as before; folders that are not linked yet wait.",
        "Sign in again on the page Sign-ins.",
    ),
    "match_rate_fell": Reason(
        "Fewer people than before can be added to groups.",
        "Open the audit of the directory: the classes say who and why. Often a synchronization was"
        " changed or stopped.",
    ),
    # Why somebody was refused on our own pages: core.refusals
    **REFUSALS,
}


def reason(code: str) -> Reason:
    """The sentence for a code; an unknown one (a newer version's row) still gets a sentence."""
    return _REASONS.get(code, _REASONS["unexpected_refusal"])


def place(code: str) -> str:
    """Where to go on after this code, "" for the start page."""
    return next((place for place, codes in PLACES.items() if code in codes), "")


def codes() -> frozenset[str]:
    return frozenset(_REASONS)

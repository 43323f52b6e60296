"""What the next page tells once, after something was done: for each code a sentence.

Codes of core.reasons may be told as well: what went wrong, with its remedy.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.core import reasons
from shared.web.answers import Cookie
from shared.web.sealed import Broken, Sealer
from shared.web.visit import Visit

COOKIE = "notice"
_AGE = 60
NOTICES = {
    "signed_in": "You are signed in.",
    "signed_out": "You are signed out.",
    "switch_on": "The switch is On.",
    "switch_off": "The switch is Off.",
    "switch_off_asks": "Nothing has changed yet. Confirm that you want to turn it off.",
    "settings_saved": "Saved.",
    "settings_same": "Nothing was changed.",
    "webhook_wanted": "It is tried within a minute, but not before Webex's own five minutes are"
    " over.",
    "leave_asks": "Nothing has changed yet. Confirm that you want to leave.",
    "leaving_begun": "The switch is Off, and leaving has begun.",
    "disconnected": "The Microsoft tenant is disconnected.",
    "retry_wanted": "The team is looked at within a minute.",
    "replay_wanted": "The team is looked at within a minute, as if it had not been given up on.",
    "held_allowed": "Allowed. It is done by the next look at the team, within a minute.",
    "held_refused": "Refused, and this is remembered. What a look has begun already is not undone.",
    "refusals_dropped": "Nothing of this team is refused any more. It is looked at within a"
    " minute.",
    "team_direction_saved": "Saved. The team is looked at within a minute.",
    "team_connected_now": "The team is connected. It is looked at within a minute.",
    "group_restored_now": "The group is restored. The team is looked at within a minute.",
    "kept_while_off": "Kept. It counts once the switch is On.",
    "dry_run_begun": "The dry run has begun. Nothing is changed by it.",
    "wanted_while_off": "The team is looked at once the switch is On.",
    "rechecked": "Checked again.",
    "alerts_on": "You are told in Webex when something goes wrong.",
    "alerts_off": "You are no longer told in Webex.",
    "audit_started": "The audit begins within a minute.",
    "audit_stopped": "The audit stops. It can be resumed where it was.",
    "audit_resumed": "The audit goes on within a minute, from where it was.",
    "confirmed": "Confirmed, with your name and the date.",
    "withdrawn": "The confirmation is withdrawn.",
    "tenant_chosen": "The Microsoft tenant is chosen.",
    "credential_kept": "The Webex sign-in works and was kept.",
    "pending_confirmed": "It was confirmed and is used from now on.",
    "pending_dismissed": "It was dismissed.",
    "forget_asks": "Nothing has changed yet. Confirm that you want to forget it.",
    "credential_forgotten": "The Webex sign-in was forgotten here.",
}


@dataclass(frozen=True)
class Notice:
    """English texts; the page translates them. bad: it tells of a failure."""

    sentence: str
    remedy: str = ""
    bad: bool = False


def notice(code: str) -> Notice | None:
    """None for a code that nobody knows."""
    if code in NOTICES:
        return Notice(NOTICES[code])
    if code in reasons.codes():
        reason = reasons.reason(code)
        return Notice(reason.sentence, reason.remedy, bad=True)
    return None


def keep(sealer: Sealer, code: str, now: float) -> Cookie:
    """now: seconds. Sealed, so that nobody else makes a page of ours say something."""
    return Cookie(COOKIE, sealer.seal(COOKIE, {"code": code}, now), _AGE)


def take(sealer: Sealer, visit: Visit, now: float) -> str:
    """The code that was kept a moment ago, or ""."""
    try:
        return str(sealer.open(COOKIE, visit.cookies.get(COOKIE, ""), now, _AGE).get("code", ""))
    except Broken:
        return ""

"""`POST /invitations`: somebody of another organization becomes a guest.

Sources: pages "Create invitation", "invitation resource type" and "Entra B2B troubleshooting"; the
refusals as recorded in public code.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.kit import Response
from sandbox.microsoft.api import Context, Route, writing
from sandbox.microsoft.errors import GraphError, malformed
from sandbox.microsoft.state import User

_ADDRESS = re.compile(r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+")
# "The following special characters aren't permitted in the email address."
_NOT_PERMITTED = set('~!#$%^&*()+=[]{}\\/|;:"<>?,')
_LONGEST_NAME = 256


def invite(ctx: Context) -> Response:
    """201 with the guest, who is the same for the same address."""
    body = ctx.body()
    mail, name = _address(body), body.get("invitedUserDisplayName")
    if not isinstance(body.get("inviteRedirectUrl"), str) or not body["inviteRedirectUrl"]:
        raise malformed("The invitation needs an 'inviteRedirectUrl'.")
    if name is not None and not (isinstance(name, str) and len(name) <= _LONGEST_NAME):
        raise malformed("Invalid value specified for property 'invitedUserDisplayName'.")
    if ctx.world.switches.invitations_refused:
        raise _not_allowed()
    if mail.lower().endswith(f"@{ctx.tenant.domain.lower()}"):
        raise malformed(
            "This user cannot be invited because the domain of the user's email address is a "
            "verified domain of this directory."
        )
    guest = _known(ctx, mail) or ctx.tenant.add_guest(name or mail.partition("@")[0], mail)
    if body.get("sendInvitationMessage") is True:
        ctx.tenant.mailed.append(mail)
    return Response(201, _invitation(ctx, body, guest))


def _address(body: dict[str, Any]) -> str:
    mail = body.get("invitedUserEmailAddress")
    if not isinstance(mail, str) or not _ADDRESS.fullmatch(mail) or _NOT_PERMITTED & set(mail):
        raise malformed("The invited user email address is not valid.")
    return mail


def _known(ctx: Context, mail: str) -> User | None:
    """The guest who was invited before. Refused for a member, and for a blocked account."""
    user = ctx.tenant.user_of(mail)
    if user is None:
        return None
    there = f"The invited user already exists in the directory as object ID: {user.object_id}"
    if not user.enabled:
        raise GraphError(
            ctx.world.switches.blocked_guest_status,
            "BadRequest",
            f"{there}, but the account is blocked from signing in. If the account is unblocked, "
            "they can use that account to sign in to shared apps and resources.",
        )
    if user.user_type != "Guest":
        raise malformed(
            f"{there}. They can use that account to sign in to shared apps and resources."
        )
    return user


def _not_allowed() -> GraphError:
    return GraphError(
        403,
        "Forbidden",
        "Guest invitations not allowed for your company. Contact your company administrator for "
        "more details.",
    )


def _invitation(ctx: Context, body: dict[str, Any], guest: User) -> dict[str, Any]:
    key = ctx.world.ids.uuid()
    return {
        "@odata.context": f"{ctx.request.base_url}/v1.0/$metadata#invitations/$entity",
        "id": key,
        "inviteRedeemUrl": f"https://login.microsoftonline.com/redeem?rd={key}",
        "invitedUserDisplayName": body.get("invitedUserDisplayName"),
        "invitedUserType": "Guest",
        "invitedUserEmailAddress": guest.mail,
        "sendInvitationMessage": body.get("sendInvitationMessage") is True,
        "resetRedemption": False,
        "inviteRedirectUrl": body["inviteRedirectUrl"],
        "status": "PendingAcceptance",
        "invitedUser": {"id": guest.object_id},
    }


ROUTES: list[Route] = [writing("POST", "/invitations", invite, "invite")]

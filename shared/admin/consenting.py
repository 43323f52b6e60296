"""Whether a consent was given, by somebody who may give it, and works.

What comes back from Microsoft's dialog proves nothing. These are the questions that do; which
tenant is asked stands in `admin.connection`, the calls in `microsoft.consent`.
"""

from __future__ import annotations

from contextlib import suppress

from shared.admin.connection import Consent
from shared.admin.ports import Office
from shared.core.errors import Failure
from shared.core.ids import TenantId
from shared.core.reasons import Refusal
from shared.core.times import MINUTE
from shared.ports import Conflict

# How long "there was no consent when Authorize was pressed" is remembered for another try.
_ATTEMPT_LASTS = 15 * MINUTE


def worked_before(office: Office, tenant: TenantId, attempt: str) -> bool:
    """Whether the app had a token before this attempt, asked when Authorize is pressed.

    attempt: whose, the same for all tries from one sign-in or hand-over link. A consent may need a
    minute; for a quarter of an hour a further try counts as the first, so that the consent given in
    between is not held against it. Raises Unavailable.
    """
    key = f"consenting-{attempt}-{tenant}"
    if not office.tenant(tenant).token_works():
        if office.once.read(key) is None:
            with suppress(Conflict):
                office.once.write(key, None, {}, office.now() + _ATTEMPT_LASTS)
        return False
    return office.once.read(key) is None


def may_consent(
    office: Office, tenant: TenantId, *, told: bool, allowed: bool, worked: bool
) -> None:
    """Whether whoever signed in at the tenant may have consented for all of it.

    told: the token tells roles; allowed: one of them may consent; worked: see `worked_before`.
    Where roles are not told, the consent itself shows it: only an administrator can have given it
    since Authorize was pressed. In a tenant that is ours already nothing is won by consenting
    again, so there the calls that prove the permissions decide. Raises Refusal:
    not_microsoft_admin, add_wids_claim.
    """
    if told and not allowed:
        raise Refusal("not_microsoft_admin", "wids")
    ours = office.services.organizations.settings().tenant == tenant
    if not told and worked and not ours:
        raise Refusal("add_wids_claim")


def prove(office: Office, tenant: TenantId, by: str) -> Consent:
    """The consent, as it works now. Raises Refusal(consent_not_effective_yet), Unavailable."""
    client = office.tenant(tenant)
    if not client.token_works():
        raise Refusal("consent_not_effective_yet")
    try:
        name = client.facts().name
    except Failure:
        # Its name is no condition; the permissions that are missing are told elsewhere.
        name = ""
    return Consent(tenant, name, by, office.now())

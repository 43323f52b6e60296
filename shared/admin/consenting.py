"""Whether a consent was given, by somebody who may give it, and works.

What comes back from Microsoft's dialog proves nothing. These are the questions that do; which
tenant is asked stands in `admin.connection`, the calls in `microsoft.consent`.
"""

from __future__ import annotations

from contextlib import suppress

from shared.admin.connection import Consent
from shared.admin.ports import Actor, Office, Tenant
from shared.core.errors import Failure
from shared.core.ids import TenantId
from shared.core.reasons import Refusal
from shared.core.times import MINUTE
from shared.ports import Conflict

# How long "there was no consent when Authorize was pressed" is remembered for another try.
_ATTEMPT_LASTS = 15 * MINUTE


def had_power(office: Office, tenant: TenantId, attempt: str) -> bool:
    """Whether the app could do anything in the tenant before this attempt; asked when Authorize is
    pressed. Where other organizations share the app nobody is asked: it would prove nothing.

    attempt: whose, the same for all tries from one sign-in or hand-over link. A consent may need a
    minute; for a quarter of an hour a further try counts as the first, so that the consent given in
    between is not held against it. Raises Unavailable.
    """
    if office.serves_several:
        return True
    key = f"consenting-{attempt}-{tenant}"
    if not has_power(office.tenant(tenant)):
        if office.once.read(key) is None:
            with suppress(Conflict):
                office.once.write(key, None, {}, office.now() + _ATTEMPT_LASTS)
        return False
    return office.once.read(key) is None


def prove(
    office: Office, tenant: TenantId, by: Actor, *, told: bool, allowed: bool, had_power: bool
) -> Consent:
    """The consent, as it works now, given by somebody who may give it for the whole tenant.

    told: the token tells roles; allowed: one of them may consent. Where roles are not told, the
    consent itself shows it: only an administrator can have given a permission since Authorize was
    pressed. But where other organizations share the app, it may have been theirs: then a sign-in
    without roles proves nothing. A token alone shows nothing, since anybody's sign-in makes the app
    known to a tenant. In a tenant that is ours already nothing is won by consenting again, so there
    the permissions decide. by: who signed in, `person` being the object id. Raises Refusal:
    not_microsoft_admin, add_wids_claim, consent_not_effective_yet; and Unavailable.
    """
    if told and not allowed:
        raise Refusal("not_microsoft_admin", "wids")
    ours = office.services.organizations.settings().tenant == tenant
    if not told and not ours and (had_power or office.serves_several):
        raise Refusal("add_wids_claim")
    client = office.tenant(tenant)
    if not (client.token_works() if told else has_power(client)):
        raise Refusal("consent_not_effective_yet")
    return Consent(tenant, _name(client), by.called, office.now(), by.person)


def has_power(client: Tenant) -> bool:
    """Whether the app can do anything in the tenant."""
    return client.token_works() and any(client.permissions().values())


def _name(client: Tenant) -> str:
    """Its name is no condition; what is missing to read it is told elsewhere."""
    try:
        return client.facts().name
    except Failure:
        return ""

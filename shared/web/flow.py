"""One way out to a provider and back: what is sent out is kept in the browser, sealed.

The state is bound to the browser by its cookie, to provider and step by the purpose, to who is
signed in by the facts, and to ten minutes by the seal. It is spent on the way back. Nothing is
stored when somebody sets out: a stranger leaves no row.
Sources: RFC 9700 §2.1, §4.7; OWASP ASVS 5.0 10.1.2, 10.2.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.core.reasons import Refusal
from shared.ports import Conflict
from shared.web.answers import Cookie
from shared.web.sealed import Broken, Expired, Sealer
from shared.web.visit import Visit

if TYPE_CHECKING:
    from shared.admin.ports import Once

MINUTES = 10
# The cookie outlives the state, so that "too late" and "another browser" can be told apart.
_COOKIE_AGE = 24 * 3600
# How long a spent state is remembered: as long as its cookie could be opened.
_SPENT = 2 * MINUTES * 60 * 1000


@dataclass(frozen=True)
class Flow:
    """purpose: one redirect URI of ours, so one provider and step. facts: what we sent out with."""

    purpose: str
    state: str = field(repr=False)
    facts: Mapping[str, str] = field(repr=False)


def new_secret() -> str:
    """256 bits, for states, nonces and verifiers."""
    return secrets.token_urlsafe(32)


def begin(
    sealer: Sealer, purpose: str, now: float, facts: Mapping[str, str], state: str = ""
) -> tuple[Flow, Cookie]:
    """A new flow, and the cookie that must go out with the redirect to the provider.

    state: one that a library drew, "" for a fresh one.
    """
    flow = Flow(purpose, state or new_secret(), dict(facts))
    text = sealer.seal(_label(purpose), {"state": flow.state, "facts": dict(facts)}, now)
    return flow, Cookie(cookie_name(purpose), text, _COOKIE_AGE)


def resume(sealer: Sealer, purpose: str, visit: Visit, now: float) -> Flow:
    """The flow that this callback belongs to; it is not spent yet.

    Raises Refusal: state_missing, state_elsewhere (another browser, or a later attempt in this
    one), state_expired.
    """
    state = visit.query.get("state", "")
    if not state:
        raise Refusal("state_missing")
    try:
        text = visit.cookies.get(cookie_name(purpose), "")
        kept = sealer.open(_label(purpose), text, now, MINUTES * 60)
    except Expired as error:
        raise Refusal("state_expired") from error
    except Broken as error:
        raise Refusal("state_elsewhere") from error
    if not hmac.compare_digest(str(kept.get("state")).encode(), state.encode()):
        raise Refusal("state_elsewhere")
    facts = kept.get("facts")
    return Flow(purpose, state, facts if isinstance(facts, dict) else {})


def spend(once: Once, flow: Flow, now: int) -> None:
    """now: milliseconds. Raises Refusal("state_used") the second time."""
    try:
        once.spend(f"state-{digest(flow.state)}", now + _SPENT)
    except Conflict as error:
        raise Refusal("state_used") from error


def over(purpose: str) -> Cookie:
    """Forgets the flow in the browser."""
    return Cookie(cookie_name(purpose), "")


def digest(secret: str) -> str:
    """What is stored of something that only the browser may hold."""
    return hashlib.sha256(secret.encode()).hexdigest()


def cookie_name(purpose: str) -> str:
    return f"flow-{purpose}"


def _label(purpose: str) -> str:
    return f"flow|{purpose}"

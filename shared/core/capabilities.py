"""What the app does in Webex, each with a sign-in of its own, since no one person holds all roles.

Sources: https://developer.webex.com/docs/integrations#scopes, /docs/compliance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Capability:
    """role: who must sign in, in the administrator's words. optional: nothing stops without it.

    wishes: scopes that are asked for as well, and not missed: a sign-in from before they were, or
    one that was not given them, does everything else.
    """

    id: str
    role: str
    scopes: tuple[str, ...]
    optional: bool = False
    wishes: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """Every scope that a sign-in asks for."""
        return self.scopes + self.wishes


CAPABILITIES = {
    c.id: c
    for c in (
        Capability(
            "spaces",
            "Compliance officer",
            (
                "spark:people_read",
                "spark-compliance:rooms_read",
                "spark-compliance:memberships_read",
                "spark-compliance:teams_read",
                "spark-compliance:events_read",
                "spark-compliance:webhooks_read",
                "spark-compliance:webhooks_write",
            ),
            wishes=("spark-compliance:memberships_write",),
        ),
        Capability(
            "people",
            "Full administrator",
            ("spark:people_read", "identity:people_read", "spark-admin:licenses_read"),
        ),
        Capability(
            "folders",
            "Whoever may link folders",
            ("spark:people_read", "spark:rooms_read", "spark:rooms_write"),
            optional=True,
        ),
        Capability("cards", "Bot", (), optional=True),
    )
}
# The sign-in of an administrator to our own pages. Which scope shows `roles` at /people/me is
# unconfirmed; the last one lets SCIM tell them.
SIGN_IN_SCOPES = (
    "openid",
    "profile",
    "email",
    "spark-admin:people_read",
    "spark:people_read",
    "identity:people_read",
)


def missing(capability: str, granted: Iterable[str]) -> tuple[str, ...]:
    """The scopes that were not granted; none where Webex did not say what it granted."""
    held = set(granted)
    if not held:
        return ()
    return tuple(s for s in CAPABILITIES[capability].scopes if s not in held)

"""Who is signed in. The cookie is sealed; the row makes signing out and losing the role count.

The row holds the administrator's own Webex token, sealed, to ask Webex again whether the role is
still there.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.ids import OrgId, PersonId

# Minutes without a click, and hours in all.
IDLE_MINUTES = 30
WHOLE_HOURS = 12
# A cookie older than this is sealed anew, so that the idle time counts from the last click.
RENEW_MINUTES = 5
# How long Webex's word on the role holds, and how long we go on while Webex is silent.
ROLE_MINUTES = 5
SILENCE_MINUTES = 30
COOKIE = "session"


@dataclass(frozen=True)
class Session:
    """id: unguessable, known to the browser alone; rows are kept by its hash.

    started, checked: milliseconds; checked is when Webex last confirmed the role.
    """

    id: str
    org: OrgId
    person: PersonId
    name: str
    email: str
    started: int
    checked: int

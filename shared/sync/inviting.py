"""Members of other organizations as guests of the tenant, where setting and tenant allow it.

Invited in one look, added by the next: it finds them as anybody else.
Source: https://learn.microsoft.com/graph/api/invitation-post.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from shared.core import times
from shared.core.errors import AnswerUnknown, PermissionMissing, Refused
from shared.core.model import Identity, IdentityState, Member
from shared.sync import pacing
from shared.sync.additions import Outcome
from shared.sync.record import Book

# In one look; more are invited by the next.
_AT_ONCE = 20


def invite(state: Book, members: Sequence[Member], outcome: Outcome) -> None:
    """Invite members who are no guests yet. Safe to repeat: an address has one guest."""
    if not members:
        return
    services = state.services
    now_asked = members[:_AT_ONCE]
    pacing.book(services, "graph", len(now_asked), low=state.held.row.value.low)
    for member in now_asked:
        try:
            guest = state.held.write(partial(services.groups.invite, member.email, member.name))
        except PermissionMissing as failure:
            # The app's permission, or the tenant's own policy: nobody can be invited.
            services.log.failed("guests may not be invited", failure, team=state.team.uuid)
            outcome.named |= {m.person: "invitations_refused" for m in members}
            return
        except (Refused, AnswerUnknown) as failure:
            services.log.failed("a guest was refused", failure, team=state.team.uuid)
            if failure.where.status:
                # Some addresses fail for good with a 500; the team's other people do not wait.
                outcome.named[member.person] = "guest_refused"
            else:
                outcome.postpone(services.now() + times.GAP)
            continue
        now = services.now() // times.SECOND
        services.identities.keep([Identity(member.person, guest, IdentityState.MAPPED, now, now)])
        # Not every replica knows a new guest at once.
        outcome.postpone(services.now() + times.GAP)
    if len(members) > _AT_ONCE:
        outcome.postpone(services.now() + times.GAP)

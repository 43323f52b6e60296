"""From Webex people to object ids: what is kept first, the directory for the rest, paced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from shared.core import times
from shared.core.errors import NotThere, Throttled, Transient, Unavailable
from shared.core.identity import from_external_id, is_fresh, keep_since
from shared.core.ids import OrgId, PersonId
from shared.core.ledger import Ledger
from shared.core.model import Identity, IdentityState, Member, OrgSettings
from shared.core.people import outsiders, to_resolve
from shared.ports import Services
from shared.sync.lease import Held
from shared.sync.pacing import Later, book, hear
from shared.sync.policy import group_policy

Asked = TypeVar("Asked", bound=str)

# Within the pace's burst; more would only wait.
_AT_ONCE = 40
# So many people in a row without an answer: it is the directory that is down.
_DOWN_AFTER = 3


@dataclass(frozen=True)
class Resolved:
    """identities: who is known now. later: when the rest can be asked for, None if nobody is.

    guests_allowed: people of other organizations count; to_invite: those who are no guests yet.
    unknown: our own people who are in doubt until they are looked up, the first time or anew.
    """

    identities: dict[PersonId, Identity]
    later: int | None
    guests_allowed: bool = False
    to_invite: tuple[Member, ...] = ()
    unknown: frozenset[PersonId] = frozenset()


def resolve_people(
    held: Held, roster: Sequence[Member], ledger: Ledger, settings: OrgSettings
) -> Resolved:
    """Identities of our own people, and of guests. What the pace does not allow now is left for
    `later`."""
    own = _resolve_own(held, roster, ledger)
    strangers = outsiders(roster, settings.org)
    if not strangers or not settings.guests or not group_policy(held.services, settings).guests:
        return own
    kept = held.services.identities.known(m.person for m in strangers)
    # Whom the tenant knows no more is invited anew.
    known = {p: i for p, i in kept.items() if i.state is not IdentityState.UNKNOWN_TO_TENANT}
    return replace(
        own,
        identities=own.identities | known,
        guests_allowed=True,
        to_invite=tuple(m for m in strangers if m.person not in known and m.email),
    )


def _resolve_own(held: Held, roster: Sequence[Member], ledger: Ledger) -> Resolved:
    services = held.services
    org: OrgId = services.org
    wanted = to_resolve(roster, org)
    known = services.identities.known(wanted)
    asking = [p for p in wanted if _must_ask(known.get(p), p, ledger, services.now())]
    later: int | None = None
    for start in range(0, len(asking), _AT_ONCE):
        chunk = asking[start : start + _AT_ONCE]
        try:
            book(services, "people", len(chunk), low=held.row.value.low)
        except Later as no:
            later = no.at
            break
        found, later = _look_up_all(held, chunk, known)
        known |= services.identities.keep(found)
        if later is not None:
            break
    # An old mapping adds nobody before it was looked up again.
    now = services.now()
    fresh = {p: i for p, i in known.items() if not (_adds(i) and _must_ask(i, p, ledger, now))}
    return Resolved(fresh, later, unknown=frozenset(wanted) - fresh.keys())


def _look_up_all(
    held: Held, people: Sequence[PersonId], known: Mapping[PersonId, Identity]
) -> tuple[list[Identity], int | None]:
    """The answers that could be had, and when to ask for the rest."""
    found: list[Identity] = []

    def look_up(person: PersonId) -> None:
        found.append(_look_up(held.services, person, known.get(person)))

    return found, ask_each(held, people, look_up)


def ask_each(held: Held, wanted: Iterable[Asked], ask: Callable[[Asked], None]) -> int | None:
    """Ask a directory about one after the other; answers when to ask about the rest, None if all
    were told. One person's trouble is not everybody's; after three in a row it is the directory's,
    and nobody else is asked about now."""
    services = held.services
    failure: Transient | None = None
    in_a_row = 0
    for one in wanted:
        held.keep()
        try:
            ask(one)
            in_a_row = 0
        except Later as later:
            return later.at
        except Throttled as throttled:
            failure = throttled
            break
        except Unavailable as unheard:
            services.log.failed("a person cannot be looked up", unheard, person=one)
            failure = unheard
            in_a_row += 1
            if in_a_row >= _DOWN_AFTER:
                break
    if failure is None:
        return None
    hear(services, failure)
    pause = failure.retry_after or times.DIRECTORY_RETRY / times.SECOND
    return services.now() + round(pause * times.SECOND)


def _adds(identity: Identity) -> bool:
    return identity.state is IdentityState.MAPPED


def _must_ask(identity: Identity | None, person: PersonId, ledger: Ledger, now: int) -> bool:
    if identity is None:
        return True
    return not is_fresh(identity, now // times.SECOND, for_add=person not in ledger.baseline)


def _look_up(services: Services, person: PersonId, before: Identity | None) -> Identity:
    now = services.now() // times.SECOND
    try:
        user = services.webex.user(person)
    except NotThere:
        return keep_since(before, Identity(person, None, IdentityState.NOT_IN_DIRECTORY, now, now))
    if not user.is_person:
        return keep_since(before, Identity(person, None, IdentityState.BOT, now, now))
    return keep_since(before, from_external_id(person, user.external_id, now))


def mark_unknown(services: Services, people: Sequence[PersonId]) -> None:
    """The tenant does not know these object ids; kept, so that they are not tried every time."""
    now = services.now() // times.SECOND
    services.identities.keep(
        replace(known, state=IdentityState.UNKNOWN_TO_TENANT, checked=now)
        for known in services.identities.known(people).values()
    )


def forget_guests(services: Services, people: Sequence[PersonId]) -> None:
    """Guests whom the tenant does not know: whoever was not invited just now has no account any
    more, and is nobody's guest until they are invited again. May be called again."""
    now = services.now() // times.SECOND
    old = [
        known.person
        for known in services.identities.known(people).values()
        if (now - known.checked) * times.SECOND >= times.UNKNOWN_LISTED_AFTER
    ]
    mark_unknown(services, old)

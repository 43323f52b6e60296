"""Who in the group and not in the team is whom in Webex.

What is kept of identities first; else Webex's directory is asked, about whom we know and by the
account's name, and believed only where the user found there carries this very object id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from shared.core import times
from shared.core.errors import NotThere
from shared.core.identity import OTHERS_MAX, from_external_id, is_fresh
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import Sight, in_group
from shared.core.model import Account, Direction, DirectoryUser, Identity, IdentityState
from shared.ports import Services
from shared.sync.pacing import Later, book, check
from shared.sync.people import ask_each
from shared.sync.record import Book

# Looked up in one look; more come in the next.
_AT_ONCE = 20
# Calls that one stranger may cost, as a rule.
_CALLS = 2


@dataclass(frozen=True)
class _Asking:
    """An account to be asked about. before: who carried its object id when last heard of."""

    account: Account
    before: PersonId | None = None


@dataclass
class Strangers:
    """people: who they are in Webex. why_not: the code why one is nobody there. unknown: how many
    have not been asked about, or not been told; who is not to be asked about is none of them.
    later: when they can be asked for, None if nobody is left."""

    people: dict[ObjectId, PersonId] = field(default_factory=dict)
    why_not: dict[ObjectId, str] = field(default_factory=dict)
    unknown: int = 0
    later: int | None = None


def resolve_strangers(
    state: Book,
    sight: Sight,
    accounts: Mapping[ObjectId, Account],
    direction: Direction,
    *,
    retried: bool,
) -> Strangers:
    """Raises nothing that a provider did: who cannot be asked about now is left for `later`.

    retried: ask again about those who were nobody the last time.
    """
    found = Strangers()
    known = {*sight.mapped.values(), *sight.claimed, *state.ledger.baseline.values()}
    unknown = sorted(in_group(state.ledger, sight) - known)
    if not unknown or direction is Direction.TEAM:
        return found
    asking = _from_memory(state, sight, unknown, accounts, found, retried=retried)
    # Whoever is beyond what can be remembered would be asked about in every look.
    asking = asking[: max(0, OTHERS_MAX - len(found.people) - len(found.why_not))]
    if asking:
        found.later = _ask_some(state, asking, found)
    told = found.people.keys() | found.why_not.keys()
    found.unknown = len({a.account.object for a in asking} - told)
    return found


def _ask_some(state: Book, asking: list[_Asking], found: Strangers) -> int | None:
    """As many as one look may ask about; answers when the rest can be, None if nobody is left."""
    now = {a.account.object: a for a in asking[:_AT_ONCE]}
    try:
        book(state.services, "people", _CALLS * len(now), low=state.held.row.value.low)
    except Later as later:
        return later.at
    again = ask_each(state.held, now, lambda o: _ask(state, now[o], found))
    if again is None and len(asking) > _AT_ONCE:
        return state.services.now() + times.GAP
    return again


def _from_memory(
    state: Book,
    sight: Sight,
    unknown: list[ObjectId],
    accounts: Mapping[ObjectId, Account],
    found: Strangers,
    *,
    retried: bool,
) -> list[_Asking]:
    """What needs no call; answers those who are to be asked about."""
    services, others = state.services, state.team.others
    carriers = services.identities.people_of(unknown)
    kept = services.identities.known({p for people in carriers.values() for p in people})
    asking: list[_Asking] = []
    now = services.now() // times.SECOND
    for object_id in unknown:
        account = accounts.get(object_id, Account(object_id))
        people = [p for p in carriers.get(object_id, ()) if _carries(kept.get(p), object_id)]
        identity = kept.get(people[0]) if people else None
        code = "" if retried else others.get(object_id, "")
        if account.enabled is False:
            found.why_not[object_id] = "disabled_in_entra"
        elif len(people) > 1:
            found.why_not[object_id] = "claimed_twice"
        elif account.guest and not (identity and sight.in_team(identity.person)):
            # Guests are put into no team, known from another one or not.
            found.why_not[object_id] = "guest_in_group"
        elif identity and (account.guest or _is_recent(identity, code, now)):
            found.people[object_id] = identity.person
        elif code in _NOBODY:
            found.why_not[object_id] = code
        else:
            asking.append(_Asking(account, identity.person if identity else None))
    return asking


_NOBODY = frozenset({"not_in_webex", "inactive_in_webex", "guest_in_group", "claimed_twice"})


def _is_recent(identity: Identity, code: str, now: int) -> bool:
    """Whether somebody may be put into the team unasked: the account may be inactive since. Who is
    told of already waits for something else, and is not asked about every day. `now` in seconds."""
    mapped = identity.state is IdentityState.MAPPED and is_fresh(identity, now, for_add=True)
    if not mapped or code == "inactive_in_webex":
        return False
    return bool(code) or (now - identity.checked) * times.SECOND < times.NEGATIVE_FRESH


def _carries(identity: Identity | None, object_id: ObjectId) -> bool:
    states = (IdentityState.MAPPED, IdentityState.CLAIMED_TWICE, IdentityState.NAME_DIFFERS)
    return identity is not None and identity.object == object_id and identity.state in states


def _ask(state: Book, asking: _Asking, found: Strangers) -> None:
    """About whom we know first; then by the principal's name and, where it is another, by the mail
    address."""
    services, object_id = state.services, asking.account.object
    for user in _users(services, asking):
        if user.person is None or not user.is_person:
            continue
        now = services.now() // times.SECOND
        identity = from_external_id(user.person, user.external_id, now)
        if identity.object != object_id:
            continue
        kept = services.identities.keep([identity])[user.person]
        if kept.state is not IdentityState.MAPPED:
            found.why_not[object_id] = kept.state.value
        elif not user.active:
            found.why_not[object_id] = "inactive_in_webex"
        else:
            found.people[object_id] = user.person
        return
    found.why_not[object_id] = "not_in_webex"


def _users(services: Services, asking: _Asking) -> Iterator[DirectoryUser]:
    """Whoever in Webex's directory may be this account's, one call each."""
    account, before = asking.account, asking.before
    if before:
        with suppress(NotThere):
            yield replace(services.webex.user(before), person=before)
    if not account.principal and not account.mail:
        check(services, "graph")
        account = services.groups.account(account.object) or account
    for name in dict.fromkeys(filter(None, (account.principal, account.mail))):
        with suppress(NotThere):
            user = services.webex.user_named(name)
            if user:
                yield user

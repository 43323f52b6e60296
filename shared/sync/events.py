"""Hearing of teams by polling: who joined, changed or left in which space, from a kept cursor.

This way is known to work with a compliance officer's token and finds every team. The cursor moves
only when every page has become due rows; windows overlap, since events are not visible at once.
Whoever joins a space may be a team's first; a change or a leaving says something of teams only
that are known already, and there in the General space alone, where everybody of the team is.
Source: https://developer.webex.com/docs/api/v1/events.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from shared.core import times
from shared.core.errors import NotThere, Refused
from shared.core.model import MembershipEvent, OrgSettings
from shared.ports import Conflict, EventPage, Kept, Services, Space
from shared.sync import pacing
from shared.sync.lease import want
from shared.webex.protocol import uuid_of

EVENTS = "cursor:events"
DEEP = "cursor:events-deep"
# Ids of events kept beside the cursor; 9 characters each in a property of at most 32 K.
_SEEN_MAX = 2_500
_RACES = 20


@dataclass(frozen=True)
class Window:
    """A window that is being read. Times in milliseconds.

    since: where it begins. until: Webex's clock at its first page, 0 before that.
    page: where to go on. seen: hashes of events met in the overlap. rests: until when by our own
    clock it need not be read, since teams wait for the calls that this takes.
    """

    since: int
    until: int = 0
    page: str | None = None
    seen: frozenset[str] = frozenset()
    recent: frozenset[str] = frozenset()
    rests: int = 0


def start_cursor(services: Services, since: int) -> None:
    """The switch went on: what happened since then is read."""
    services.organizations.keep(EVENTS, services.organizations.kept(EVENTS), _state(Window(since)))
    services.organizations.keep(
        DEEP, services.organizations.kept(DEEP), {**_state(Window(since)), "read": services.now()}
    )


def read_new(services: Services, settings: OrgSettings, deadline: int) -> bool:
    """Turn what happened since the cursor into due rows. True: there was something."""
    kept = services.organizations.kept(EVENTS)
    window = _window(kept, settings.enabled_since)
    if services.now() < window.rests:
        return False
    after, found = _read_or_restart(services, window, deadline, _any)
    if _is_done(window, after) and services.now() - window.since > times.EVENTS_OUTAGE:
        # Before the cursor says that we are back: whoever dies in between does both again.
        _read_deep_after_outage(services)
    services.organizations.keep(EVENTS, kept, _state(after))
    return found


def read_deep_soon(services: Services) -> None:
    """What nobody told us may come late to the events too: the last day is read again at the next
    occasion, not within the hour. May be called again; a reading that is under way begins anew."""
    organizations = services.organizations
    for _ in range(_RACES):
        try:
            organizations.keep(DEEP, organizations.kept(DEEP), {})
        except Conflict:
            # The watch reads at this moment.
            continue
        return
    services.log("the last day of events is read within the hour only")


def _read_deep_after_outage(services: Services) -> None:
    """But for a reading that is under way: begun anew each time that we are back, it would never
    come to its end where Webex lets us read but a few pages at a time."""
    deep = services.organizations.kept(DEEP)
    if deep is None or deep.state.get("page") is None:
        read_deep_soon(services)


def read_deep(services: Services, settings: OrgSettings, deadline: int) -> bool:
    """Once an hour, and after an outage: the last day again, for spaces not looked at since.

    While teams wait for the quota, of which it takes its part, the hourly one waits as well, for
    some hours: then who is known comes before whom only a late event would tell of.
    """
    kept = services.organizations.kept(DEEP)
    now = services.now()
    window = _window(kept, settings.enabled_since)
    last = _number(kept.state.get("read")) if kept else 0
    if window.page is None:
        if now - last < times.EVENTS_DEEP_EVERY:
            return False
        if now - last < times.EVENTS_DEEP_LATEST and pacing.is_used_up(services, "spaces"):
            return False
        since = max(now - times.EVENTS_DEEP_SPAN, settings.enabled_since)
        window = Window(since)
    after, found = _read_or_restart(services, window, deadline, _not_looked_at_since)
    if _is_done(window, after):
        last = now
    elif after.page is None:
        # Begun anew, perhaps not for the last time.
        last = now - times.EVENTS_DEEP_EVERY + times.EVENTS_OUTAGE
    services.organizations.keep(DEEP, kept, {**_state(after), "read": last})
    return found


Judge = Callable[[Services, str, MembershipEvent], bool]


def _is_done(before: Window, after: Window) -> bool:
    """Whether the window was read to its end, and not begun anew."""
    return after.page is None and after.since > before.since


def _read_or_restart(
    services: Services, window: Window, deadline: int, judge: Judge
) -> tuple[Window, bool]:
    """A next page that Webex no longer knows: the window is read again from its beginning."""
    try:
        return _read(services, window, deadline, judge)
    except (Refused, NotThere) as failure:
        if window.page is None:
            raise
        services.log.failed("events are read again from the cursor", failure)
        return Window(window.since, seen=window.seen), False


def _read(services: Services, window: Window, deadline: int, judge: Judge) -> tuple[Window, bool]:
    """Pages until the window is done or the time is up; what was read has become due rows."""
    found = False
    while True:
        waited_for = pacing.book(services, "spaces", 1)
        page = services.webex.membership_events(window.since - times.EVENTS_OVERLAP, window.page)
        fresh = [e for e in page.events if _hash(e) not in window.seen]
        found |= _make_due(services, fresh, judge)
        window = _advance(window, page)
        if window.page is None and waited_for:
            window = replace(window, rests=services.now() + times.EVENTS_BUSY_EVERY)
        if window.page is None or services.now() >= deadline:
            return window, found


def _advance(window: Window, page: EventPage) -> Window:
    until = window.until or page.server_time
    recent = window.recent | {
        _hash(e) for e in page.events if e.created >= until - times.EVENTS_OVERLAP
    }
    if page.next:
        return replace(window, until=until, page=page.next, recent=recent)
    return Window(until, seen=frozenset(sorted(recent)[:_SEEN_MAX]))


def _make_due(services: Services, events: Iterable[MembershipEvent], judge: Judge) -> bool:
    found = False
    for team, event in _of_teams(services, events):
        if judge(services, team, event):
            want(services, team, event.space_id)
            found = True
    return found


def _of_teams(
    services: Services, events: Iterable[MembershipEvent]
) -> Iterator[tuple[str, MembershipEvent]]:
    """For each space that may matter the latest event that does; and its team, or, where that is
    not known yet, the space itself."""
    by_space: defaultdict[str, list[MembershipEvent]] = defaultdict(list)
    for event in events:
        uuid = uuid_of(event.space_id)
        if uuid:
            by_space[uuid].append(event)
    joined = {u: [e for e in about if e.kind == "created"] for u, about in by_space.items()}
    generals = _generals(services, [uuid for uuid, events in joined.items() if not events])
    for uuid, about in by_space.items():
        if not joined[uuid]:
            if uuid in generals:
                yield uuid, _latest(about)
            continue
        space = services.teams.space(uuid)
        if space and space.team == uuid:
            yield uuid, _latest(about)
        elif not _is_nobodys(services, space):
            yield space.team if space and space.team else uuid, _latest(joined[uuid])


def _generals(services: Services, uuids: list[str]) -> set[str]:
    """Those of these spaces that are the General space of a team that we know."""
    return {uuid for uuid, look in services.looks.among(uuids).items() if look.sighted}


def _is_nobodys(services: Services, space: Space | None) -> bool:
    """No team's, as far as it was asked within a day."""
    return bool(space and not space.team and space.checked > services.now() - times.DAY)


def _latest(events: list[MembershipEvent]) -> MembershipEvent:
    return max(events, key=lambda event: event.created)


def _any(_services: Services, _team: str, _event: MembershipEvent) -> bool:
    return True


def _not_looked_at_since(services: Services, team: str, event: MembershipEvent) -> bool:
    row = services.looks.read(team)
    return row is None or (
        not row.value.parked and row.value.seen - times.CLOCKS_CLOSE < event.created
    )


def _window(kept: Kept | None, since: int) -> Window:
    if kept is None:
        return Window(since)
    state = kept.state
    page = state.get("page")
    return Window(
        since=_number(state.get("since")) or since,
        until=_number(state.get("until")),
        page=page if isinstance(page, str) else None,
        seen=_hashes(state.get("seen")),
        recent=_hashes(state.get("recent")),
        rests=_number(state.get("rests")),
    )


def _state(window: Window) -> dict[str, object]:
    return {
        "since": window.since,
        "until": window.until,
        "page": window.page,
        "seen": " ".join(sorted(window.seen)),
        "recent": " ".join(sorted(window.recent)[:_SEEN_MAX]),
        "rests": window.rests,
    }


def _hashes(value: object) -> frozenset[str]:
    return frozenset(value.split()) if isinstance(value, str) else frozenset()


def _hash(event: MembershipEvent) -> str:
    return hashlib.sha256(event.id.encode()).hexdigest()[:8]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0

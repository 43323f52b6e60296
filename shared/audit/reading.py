"""The first two steps: both directories, a page at a time, each page a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.audit.cursor import LAYOUT, State
from shared.audit.ports import ACCOUNTS, AccountPage, Desk, UserPage
from shared.core import times
from shared.core.audit_codec import pack_accounts, pack_users
from shared.core.errors import (
    ConsentMissing,
    DeltaLost,
    Forbidden,
    NotThere,
    Permanent,
    Refused,
    Stuck,
)
from shared.sync.pacing import book, check

# Microsoft's side is read in full this often, or when changes are more rows than it was.
WHOLE_EVERY = 30 * times.DAY
_FEW_ROWS = 50
# Pages of Webex that are booked together: their slots are seconds away at most.
_BOOKED = 5
# After so many pages it is asked again whether Microsoft told somebody else to stay away.
_CHECKED = 10
# So often is Microsoft's side begun anew in one run.
_RESTARTS = 3


def read_webex(desk: Desk, state: State) -> State:
    """A page of Webex's directory."""
    if state.start == 1 and not state.requests_webex:
        book(desk.services, "people", 1, low=True)
        licences = desk.webex.messaging_licences()
        state = replace(state, licences=tuple(sorted(licences)), requests_webex=1)
    page, state = _page(desk, state)
    desk.staging.put("w", state.run, state.start, pack_users(page.users))
    users = state.users + page.read
    licensed = state.licensed or page.messaging
    after = replace(
        state,
        start=state.start + page.read,
        users=users,
        total=page.total,
        size=page.read,
        licensed=licensed,
        tries=0,
        at=0,
    )
    done = page.read == 0 or users >= page.total
    return after.next_step() if done else after


def _page(desk: Desk, state: State) -> tuple[UserPage, State]:
    """What Webex gives when asked for some attributes alone, in order. Where it does not understand
    that, or tells nobody's External ID, it is asked plainly: nobody is missing for a question."""
    if state.plain or state.start > 1:
        return _asked(desk, state)
    try:
        page, after = _asked(desk, state)
    except (Forbidden, NotThere):
        raise
    except Refused:
        return _asked(desk, replace(state, plain=True))
    if page.identified or not page.users:
        return page, after
    whole, asked = _asked(desk, replace(after, plain=True))
    return (whole, asked) if whole.identified else (page, replace(asked, plain=False))


def _asked(desk: Desk, state: State) -> tuple[UserPage, State]:
    if state.booked < 1:
        # Some at a time: each booking is two requests to storage.
        left = max(1, min(_BOOKED, -(-(state.total - state.users) // max(1, state.size))))
        book(desk.services, "people", left, low=True)
        state = replace(state, booked=left)
    page = desk.webex.users(state.start, frozenset(state.licences), plain=state.plain)
    return page, replace(state, requests_webex=state.requests_webex + 1, booked=state.booked - 1)


def read_microsoft(desk: Desk, state: State) -> State:
    """A page of Entra's users, or of what changed since the last run; before it, where to begin."""
    if not state.generation:
        return _begin(desk, state)
    if state.whole:
        return _read_all(desk, state)
    try:
        return _read_changes(desk, state)
    except DeltaLost as lost:
        return _restart(desk, state, lost)


def _begin(desk: Desk, state: State) -> State:
    """Changes, where those since the last run can be told; else everybody."""
    tenant = desk.services.organizations.settings().tenant
    if tenant is None:
        raise ConsentMissing("no Microsoft tenant is connected to this organization")
    state = replace(state, tenant=tenant)
    row = desk.staging.cursor(ACCOUNTS)
    kept: Mapping[str, Any] = row.value if row else {}
    young = desk.services.now() - int(kept.get("at", 0)) < WHOLE_EVERY
    base, changes = int(kept.get("base", 0)), int(kept.get("changes", 0))
    known = kept.get("tenant") == tenant and kept.get("latest") and kept.get("layout") == LAYOUT
    if known and young and changes <= base + _FEW_ROWS:
        return replace(
            state,
            generation=str(kept["generation"]),
            base=base,
            number=changes,
            link=str(kept["latest"]),
            whole=False,
        )
    return _anew(desk, state)


def _anew(desk: Desk, state: State) -> State:
    """Everybody. Where changes are told from now on is asked before, so that none is missed."""
    check(desk.services, "graph")
    try:
        latest = desk.microsoft.latest()
    except (Refused, NotThere, DeltaLost):
        # Then the next run reads everybody again.
        latest = ""
    # Another try in the same run has rows of its own.
    generation = f"{state.run}-{state.requests_microsoft}"
    return replace(
        state,
        generation=generation,
        whole=True,
        base=0,
        number=0,
        link="",
        latest=latest,
        requests_microsoft=state.requests_microsoft + 1,
    )


def _restart(desk: Desk, state: State, failure: Permanent) -> State:
    """Everybody from the beginning; raises Stuck where that has not helped."""
    if state.restarts >= _RESTARTS:
        raise Stuck(f"a page could not be had, {state.restarts + 1} times", failure.where)
    return replace(_anew(desk, state), restarts=state.restarts + 1)


def _read_all(desk: Desk, state: State) -> State:
    _stay_away(desk, state)
    try:
        page = desk.microsoft.accounts(state.link)
    except (Refused, DeltaLost) as failure:
        if not state.link:
            raise
        # The address of a page is good for a while only.
        return _restart(desk, state, failure)
    return _keep(desk, state, "e", page)


def _read_changes(desk: Desk, state: State) -> State:
    _stay_away(desk, state)
    page = desk.microsoft.changed_accounts(state.link)
    return _keep(desk, replace(state, latest=page.latest), "d", page)


def _stay_away(desk: Desk, state: State) -> None:
    if state.requests_microsoft % _CHECKED == 0 or state.tries:
        check(desk.services, "graph")


def _keep(desk: Desk, state: State, kind: str, page: AccountPage) -> State:
    desk.staging.put(kind, state.generation, state.number, pack_accounts(page.accounts))
    after = replace(
        state,
        number=state.number + 1,
        link=page.following,
        requests_microsoft=state.requests_microsoft + 1,
        tries=0,
        at=0,
    )
    if page.following:
        return after
    after = replace(
        after,
        base=after.number if state.whole else state.base,
        changes=0 if state.whole else after.number,
    )
    _commit(desk, after)
    return after.next_step()


def _commit(desk: Desk, state: State) -> None:
    """From here on the next run goes on."""
    row = desk.staging.cursor(ACCOUNTS)
    at = desk.services.now() if state.whole or row is None else row.value.get("at", 0)
    kept = {
        "tenant": state.tenant,
        "layout": LAYOUT,
        "generation": state.generation,
        "latest": state.latest,
        "base": state.base,
        "changes": state.changes,
        "at": at,
    }
    desk.staging.move(ACCOUNTS, row, kept)

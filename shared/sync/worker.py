"""The worker: a nudge comes in, one team is looked at, or the wish to do so is kept.

Nothing is lost here: whatever happens, the team's look row says when somebody comes back.
"""

from __future__ import annotations

import traceback
from dataclasses import replace

from shared.core import times
from shared.core.errors import Failure, Interrupted, NotThere, Permanent, Transient
from shared.core.look import Look, leased
from shared.core.model import OrgSettings, Status, Versioned
from shared.core.nudge import Nudge
from shared.ports import Conflict, DeadLetter, Services
from shared.sync import lease
from shared.sync.ending import TeamGone
from shared.sync.holding import forget
from shared.sync.look import look_at
from shared.sync.missing import GroupGone
from shared.sync.pacing import Later, hear
from shared.sync.record import Book
from shared.sync.spaces import Found, first_sight, is_given_up, resolve
from shared.webex.protocol import uuid_of


def attend(services: Services, nudge: Nudge) -> None:
    """Look at what the nudge's space belongs to. Safe to call any number of times, in parallel.

    Raises only where our own storage cannot be reached: then the queue brings the nudge back.
    """
    correlation = nudge.correlation or services.new_id()[:16]
    services = replace(services, log=services.log.about(correlation=correlation))
    settings = services.organizations.settings()
    if not settings.on:
        services.log("nudge dropped: the switch is off", space=nudge.space[:80])
        return
    found = _find(services, settings, nudge)
    if found is None:
        return
    space, row = found
    change = nudge.is_change or space.wished
    began = services.now()
    held = lease.take(services, space.team, settings, change=change, seen=row)
    if held is None:
        if change:
            services.log("look wanted", team=space.team, cause=nudge.cause)
        return
    _look(held, settings)
    services.log(
        "look",
        team=space.team,
        cause=nudge.cause,
        late=held.late,
        took=services.now() - began,
        **services.calls.facts(),
    )


def _find(
    services: Services, settings: OrgSettings, nudge: Nudge
) -> tuple[Found, Versioned[Look]] | None:
    """The team, and its look row: the team's rows exist after this. What cannot be said now is due
    later."""
    try:
        found = resolve(services, settings, nudge.space)
        return (found, first_sight(services, settings, found)) if found else None
    except Later as later:
        _come_back(services, nudge, later.at)
    except Transient as failure:
        hear(services, failure)
        services.log.failed("space cannot be read", failure, space=nudge.space[:80])
        _come_back(services, nudge, _moment(services, failure, 0))
    except NotThere as failure:
        services.log.failed("the team's General space is not there", failure)
        if not is_given_up(services, nudge.space):
            _come_back(services, nudge, services.now() + times.GENERAL_MISSING_PAUSE)
    except Permanent as failure:
        services.log.failed("space may not be read", failure, space=nudge.space[:80])
        _come_back(services, nudge, services.now() + times.PERMANENT_PAUSE)
    return None


def _come_back(services: Services, nudge: Nudge, at: int) -> None:
    uuid = uuid_of(nudge.space)
    assert uuid is not None
    before = services.looks.read(uuid)
    if before and before.value.parked:
        # Somebody else found out meanwhile that it is not ours to touch.
        return
    if before and not leased(before.value, services.now()):
        moved = replace(before.value, at=at, ready=at, wanted=before.value.wanted + 1)
        try:
            services.looks.write(uuid, before, moved)
        except Conflict:
            lease.want(services, uuid, nudge.space, when=at)
        return
    lease.want(services, uuid, nudge.space, when=at)


def _look(held: lease.Held, settings: OrgSettings) -> None:
    services = held.services
    if held.row.value.tries > times.TRIES:
        _give_back(held, "the worker died five times while it looked at this team", "")
        return
    try:
        row = services.teams.read(held.team)
        if row is None:
            held.finish(None)
            return
        if not row.value.new:
            held.park()
            return
        state = Book(held, row, services.teams.ledger(held.team))
        following = _guarded(state, settings)
        if held.done and held.row.value.dead:
            # Before the look row forgets it: dying in between, the next look comes here again.
            services.dead_letters.remove(held.team)
        held.finish(following)
    except (lease.LeaseLost, Conflict) as lost:
        # Whoever has the lease now, or the row's own `at`, brings the team back.
        services.log("lease lost", team=held.team, why=str(lost))
    except Exception as error:
        _unexpected(held, error)


def _guarded(state: Book, settings: OrgSettings) -> int | None:
    """The look, with every expected failure turned into when to come back."""
    services, team = state.services, state.team
    try:
        following = look_at(state, settings)
    except Later as later:
        services.log("later", team=team.uuid, why=str(later))
        return later.at
    except lease.LeaseLost:
        raise
    except Interrupted as failure:
        services.log("interrupted", team=team.uuid, why=str(failure))
        return services.now()
    except Transient as failure:
        return _passing(state, failure)
    except Permanent as failure:
        return _needs_person(state, failure)
    state.held.done = True
    return following


def _passing(state: Book, failure: Transient) -> int:
    """Throttled or down: the team is due later, and the credential's other teams hear of it."""
    services = state.services
    at = _moment(services, failure, state.team.failures)
    hear(services, failure)
    failures = state.team.failures + 1
    told = failures >= times.TOLD_AFTER and state.team.status is not Status.NEEDS_PERSON
    state.save_team(
        replace(
            state.team,
            failures=failures,
            reason="provider_silent" if told else state.team.reason,
            detail=str(failure)[:1000] if told else state.team.detail,
        )
    )
    services.log.failed("later", failure, team=state.team.uuid)
    return at


def _moment(services: Services, failure: Transient, failures: int) -> int:
    if failure.retry_after is not None:
        return services.now() + round(failure.retry_after * times.SECOND)
    pause: int = min(times.CREATE_RETRY * 2 ** min(failures, 10), 10 * times.MINUTE)
    return services.now() + pause


def _needs_person(state: Book, failure: Permanent) -> int:
    services = state.services
    pause = times.FULL_EVERY if isinstance(failure, TeamGone) else times.PERMANENT_PAUSE
    at = services.now() + pause
    state.save_team(
        replace(
            state.team,
            status=Status.NEEDS_PERSON,
            reason=failure.code,
            detail=str(failure)[:1000],
            people_at=at,
        )
    )
    if isinstance(failure, GroupGone | TeamGone) and state.team.held:
        forget(state)
    services.log.failed("a person is needed", failure, team=state.team.uuid, reason=failure.code)
    return at


def _unexpected(held: lease.Held, error: Exception) -> None:
    services = held.services
    trace = error.where.trace if isinstance(error, Failure) else ""
    where = traceback.format_tb(error.__traceback__)[-1].strip().splitlines()[0]
    services.log(
        "unexpected failure",
        team=held.team,
        error=f"{type(error).__name__}: {error}",
        at=where,
        trace=trace,
    )
    _give_back(held, f"{type(error).__name__}: {error}", trace)


def _give_back(held: lease.Held, why: str, trace: str) -> None:
    """Release after a failure. The letter of the last try goes first: it must not be lost."""
    if held.is_last_try:
        _dead_letter(held, why, trace)
    held.fail()


def _dead_letter(held: lease.Held, why: str, trace: str) -> None:
    services = held.services
    services.dead_letters.put(
        DeadLetter(held.team, held.row.value.space_id, services.now(), why[:1000], trace)
    )
    services.log("dead letter", team=held.team, error=why, trace=trace)

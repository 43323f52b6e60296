"""Quota belongs to a credential: calls are booked before they are made."""

from __future__ import annotations

from shared.core import times
from shared.core.errors import Failure, Throttled
from shared.core.pace import Pace, hold, put_off, rate_of, reserve
from shared.ports import Conflict, Services

_RACES = 20


class Later(Exception):
    """Come back at `at` (milliseconds); until then nothing can be done."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(why)
        self.at = at


def book(services: Services, capability: str, calls: int, *, low: bool = False) -> bool:
    """Book calls; waits out a slot that is near, raises Later for one that is not. Answers whether
    others want them as well: a slot had to be waited for, or `is_used_up`."""
    now = services.now()
    rate = rate_of(capability)
    for _ in range(_RACES):
        before = services.organizations.pace(capability)
        pace = before.value if before else Pace()
        after, wait = reserve(pace, now, calls, rate, low=low)
        far = wait > times.WAIT_IN_CALL * times.SECOND
        moment = now + wait
        if far:
            after, moment = put_off(pace, now, wait, calls, rate, low=low)
        try:
            services.organizations.set_pace(capability, before, after)
        except Conflict:
            continue
        if far:
            raise Later(moment, f"pace of {capability}")
        if wait:
            services.clock.sleep(wait / times.SECOND)
        return wait > 0 or _is_waited_for(pace, now)
    raise Later(now + 5 * times.SECOND, f"pace of {capability} is contended")


def check(services: Services, capability: str) -> None:
    """Stay away as long as the provider told us to: waits, or raises Later; books nothing."""
    before = services.organizations.pace(capability)
    if before is None:
        return
    now = services.now()
    _, wait = reserve(before.value, now, 0, rate_of(capability))
    if wait > times.WAIT_IN_CALL * times.SECOND:
        raise Later(now + wait, f"pace of {capability}")
    if wait:
        services.clock.sleep(wait / times.SECOND)


def is_used_up(services: Services, capability: str) -> bool:
    """Whether those who were put off for it come back in more than a minute."""
    before = services.organizations.pace(capability)
    return before is not None and _is_waited_for(before.value, services.now())


def _is_waited_for(pace: Pace, now: int) -> bool:
    return pace.waiting > now + times.MINUTE


def hear(services: Services, failure: Failure) -> None:
    """Whatever failed: if it was the credential's quota, its other users stay away as well."""
    if isinstance(failure, Throttled) and failure.capability:
        pause = failure.retry_after if failure.retry_after is not None else times.WAIT_IN_CALL
        hold_off(services, failure.capability, services.now() + round(pause * times.SECOND))


def hold_off(services: Services, capability: str, until: int) -> None:
    """The provider said when to come back; every team of the credential hears it."""
    for _ in range(_RACES):
        before = services.organizations.pace(capability)
        after = hold(before.value if before else Pace(), services.now(), until, rate_of(capability))
        try:
            services.organizations.set_pace(capability, before, after)
        except Conflict:
            continue
        return

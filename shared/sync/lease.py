"""Single flight: one worker looks at a team, and another takes over when it died."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeVar

from shared.core import look as rules
from shared.core import times
from shared.core.errors import Interrupted, Throttled
from shared.core.ids import ObjectId, TeamId
from shared.core.look import Look
from shared.core.model import OrgSettings, Versioned
from shared.core.telling import Telling
from shared.ports import Conflict, Services

_RACES = 20
Answer = TypeVar("Answer")
Wanted = Callable[[OrgSettings], bool]


class LeaseLost(Interrupted):
    """Somebody else has the team now: nothing more may be written for it."""


class Held:
    """A lease that is held. Not shared between threads.

    people_seen: when this look began to read who is in the team, 0 if it did not.
    done: the look went to its end, and nothing failed.
    low_next: the look after this one is background work, unless somebody asks for one.
    late: for how long the look had been due, in milliseconds.
    unmet: what the look has not met of something that Microsoft 365 told of.
    """

    def __init__(
        self, services: Services, team: TeamId, row: Versioned[Look], late: int = 0
    ) -> None:
        self.services = services
        self.team = team
        self.row = row
        self.wanted_at_begin = row.value.wanted
        self.late = late
        self.people_seen = 0
        self.done = False
        self.low_next = False
        self.unmet: Callable[[Telling], Telling] = lambda told: told

    def before_write(self, wanted: Wanted = lambda _: True) -> None:
        """Call before every step that writes to a cloud.

        Raises Interrupted when the switch moved, or the settings want it no more; LeaseLost when
        another worker took over.
        """
        self.keep()
        # Last, since renewing may take long.
        current = self.services.organizations.settings()
        if not current.on or current.epoch != self.row.value.epoch:
            raise Interrupted("the switch moved")
        if not wanted(current):
            raise Interrupted("the settings are others now")

    def keep(self) -> None:
        """Call within anything that may take long. Raises LeaseLost."""
        if self.row.value.lease_until - self.services.now() < times.LEASE_FLOOR * 2:
            self.renew()

    def renew(self) -> None:
        now = self.services.now()
        self._change(lambda look: rules.renew(look, now))

    def finish(self, following: int | None) -> None:
        now = self.services.now()
        seen, done, low = self.people_seen, self.done, self.low_next
        self._change(
            lambda look: rules.finish(
                look,
                now,
                following,
                self.wanted_at_begin,
                seen=seen,
                done=done,
                low=low,
                left=self.unmet(look.told),
            )
        )

    @property
    def is_last_try(self) -> bool:
        return rules.fail(self.row.value, self.services.now())[1]

    def fail(self) -> None:
        """Release after an unexpected failure."""
        now = self.services.now()
        self._change(lambda look: rules.fail(look, now)[0])

    def park(self) -> None:
        """The team is not ours to touch; it is not looked at again. Unless somebody asked for it
        meanwhile: its row may say otherwise by now."""
        begun, now = self.wanted_at_begin, self.services.now()
        self._change(
            lambda look: (
                rules.park(look) if look.wanted == begun else rules.finish(look, now, None, begun)
            )
        )

    def write(self, send: Callable[[], Answer], wanted: Wanted = lambda _: True) -> Answer:
        """One step that writes to a cloud, checked before every sending of it.

        wanted: whether the settings, as they are by then, still ask for it. A short Retry-After is
        waited out here, since the switch may move meanwhile. Raises what `before_write` and `send`
        raise.
        """
        waited = 0.0
        while True:
            self.before_write(wanted)
            try:
                return send()
            except Throttled as no:
                wait = no.retry_after if no.retry_after is not None else 1.0
                if wait > times.WAIT_IN_CALL or waited + wait > times.WAIT_IN_ALL:
                    raise
                self.services.clock.sleep(wait)
                waited += wait

    def _change(self, change: Callable[[Look], Look]) -> None:
        for _ in range(_RACES):
            try:
                self.row = self.services.looks.write(self.team, self.row, change(self.row.value))
            except Conflict:
                self._read_again()
                continue
            return
        raise LeaseLost("the look row is contended")

    def _read_again(self) -> None:
        owner = self.row.value.lease_owner
        current = self.services.looks.read(self.team)
        if current is None or current.value.lease_owner != owner:
            raise LeaseLost("another worker has this team")
        self.row = current


def take(
    services: Services,
    team: TeamId,
    settings: OrgSettings,
    *,
    change: bool,
    seen: Versioned[Look] | None = None,
) -> Held | None:
    """The lease, if a look is due and nobody else has it; else None, and the wish is kept.

    change: something happened in the team, so a look is wanted now. seen: the row, by whoever has
    read it just now.
    """
    owner = services.new_id()
    for _ in range(_RACES):
        before, seen = seen or services.looks.read(team), None
        if before is None:
            return None
        if before.value.parked:
            _out_of_the_index(services, team, before)
            return None
        if before.value.lease_owner == owner:
            # Our own write was taken although its answer said otherwise: the SDK repeats writes.
            return Held(services, team, before)
        now = services.now()
        wanted = rules.want(before.value, now) if change else before.value
        begun = rules.begin(wanted, now, owner, settings.epoch)
        after = begun or wanted
        if after == before.value:
            return None
        try:
            row = services.looks.write(team, before, after)
        except Conflict:
            continue
        late = now - (wanted.ready if wanted.ready is not None else now)
        return Held(services, team, row, late) if begun else None
    raise Conflict(f"look row of {team} is contended")


def _out_of_the_index(services: Services, team: TeamId, row: Versioned[Look]) -> None:
    """A parked team that is due all the same would be nudged for ever."""
    if row.value.at is not None:
        with suppress(Conflict):
            services.looks.write(team, row, rules.park(row.value))


def want(
    services: Services,
    uuid: str,
    space_id: str,
    *,
    when: int | None = None,
    low: bool = False,
    whole: bool = False,
    told: Mapping[ObjectId, bool] | None = None,
    named: str = "",
) -> None:
    """Make a due row: somebody wants this space or team looked at. May be called again.

    whole: with everything that was put off, such as the folder. told, named: see `core.look.want`.
    """
    for _ in range(_RACES):
        before = services.looks.read(uuid)
        start = before.value if before else Look(space_id, low=low)
        after = rules.want(
            start, services.now(), when, low=low, whole=whole, told=told, named=named
        )
        if before and after == before.value:
            return
        try:
            services.looks.write(uuid, before, after)
        except Conflict:
            continue
        return
    raise Conflict(f"look row of {uuid} is contended")

"""NCRONTAB: `{second} {minute} {hour} {day} {month} {day-of-week}`, in UTC.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
Unlike in cron, a day must fit both the day of the month and the day of the week.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.host.settings import HostConfigError

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FIELDS: tuple[tuple[str, int, int, list[str]], ...] = (
    ("second", 0, 59, []),
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
)
# Every combination of day, month and weekday comes round within 28 years, 29 February included.
_HORIZON_DAYS = 366 * 28
_ITEM = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")


@dataclass(frozen=True)
class Schedule:
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    @classmethod
    def parse(cls, expression: str) -> Schedule:
        """Six fields, or five with the second taken as 0. Raises HostConfigError."""
        fields = expression.split()
        if len(fields) == 5:
            fields.insert(0, "0")
        if len(fields) != 6:
            raise HostConfigError(f"Schedule {expression!r} does not have six fields.")
        values = [_values(field, index) for index, field in enumerate(fields)]
        return cls(*values)

    def next_after(self, moment: datetime) -> datetime:
        """The first occurrence later than `moment`, to the second. Raises HostConfigError."""
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        midnight = start.replace(hour=0, minute=0, second=0)
        for offset in range(_HORIZON_DAYS):
            day = midnight + timedelta(days=offset)
            if self._has_day(day):
                found = self._first_time(max(day, start))
                if found:
                    return found
        raise HostConfigError("The schedule never comes due.")

    def _has_day(self, day: datetime) -> bool:
        # isoweekday has Sunday as 7, NCRONTAB as 0.
        weekday = day.isoweekday() % 7
        return day.day in self.days and day.month in self.months and weekday in self.weekdays

    def _first_time(self, start: datetime) -> datetime | None:
        """The first time on the day of `start` that is not before it."""
        earliest = (start.hour, start.minute, start.second)
        for hour in self.hours:
            if hour < start.hour:
                continue
            for minute in self.minutes:
                for second in self.seconds:
                    if (hour, minute, second) >= earliest:
                        return start.replace(hour=hour, minute=minute, second=second)
        return None


def _values(field: str, index: int) -> tuple[int, ...]:
    found: set[int] = set()
    for item in field.split(","):
        found |= _item(item, index)
    return tuple(sorted(found))


def _item(item: str, index: int) -> set[int]:
    name, low, high, names = _FIELDS[index]
    match = _ITEM.fullmatch(item)
    if not match:
        raise HostConfigError(f"Schedule: {item!r} is no {name}.")
    if match["first"] == "*":
        first, last = low, high
    else:
        first = _number(match["first"], name, low, names)
        open_end = high if match["step"] else first
        last = _number(match["last"], name, low, names) if match["last"] else open_end
    step = int(match["step"] or 1)
    if not low <= first <= last <= high or step < 1:
        raise HostConfigError(f"Schedule: {item!r} is no {name} from {low} to {high}.")
    return set(range(first, last + 1, step))


def _number(text: str, name: str, low: int, names: list[str]) -> int:
    if text.isdigit():
        return int(text)
    # Names may be written out: "Monday" as well as "Mon".
    if text.lower()[:3] in names:
        return names.index(text.lower()[:3]) + low
    raise HostConfigError(f"Schedule: {text!r} is no {name}.")

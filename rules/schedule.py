"""When a rule's alerts are told: days of the week or of the working calendar, and hours.

Outside its schedule a rule goes on judging; what it would tell is suppressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from devices.calendar import DAY_US, Calendar
from devices.tables import nearest

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

DAYS: Final = (*WEEKDAYS, "workdays", "holidays", "all")
"""Words for days. Every day is one of workdays and holidays: a common Sunday is a holiday too."""

_SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Schedule:
    """Open on some days between two times of day; both in the calendar's zone."""

    days: frozenset[str]
    """Of `mon` … `sun`, `workdays`, `holidays`, `all`; open on a day that one of them covers."""
    from_s: int
    """Second of the day from which it is open, inclusive."""
    to_s: int
    """Second of the day until which it is open, exclusive, up to 86400; not above `from_s`: over
    midnight, belonging to the day on which it began."""
    calendar: Calendar
    """Knows public holidays and 调休."""

    def __post_init__(self) -> None:
        """Check days and times.

        Raises:
            ValueError: there is no such day or time of day.
        """
        for day in sorted(self.days):
            if day not in DAYS:
                raise ValueError(f"days: {day!r} is not known; {nearest(day, DAYS)}")
        if not self.days:
            raise ValueError(f"days: there are none, it would never be open; use {', '.join(DAYS)}")
        if not 0 <= self.from_s < DAY_US // _SECOND_US:
            raise ValueError(f"from: {self.from_s} s is no second of a day; use 0 to 86399")
        if not 0 <= self.to_s <= DAY_US // _SECOND_US:
            raise ValueError(f"to: {self.to_s} s is no end within a day; use 0 to 86400")

    def is_open(self, time_us: int) -> bool:
        """Return whether alerts are told at a time, µs since 1970."""
        day = self.calendar.local_day(time_us)
        since_us = time_us - self.calendar.start_us(day)
        from_us, to_us = self.from_s * _SECOND_US, self.to_s * _SECOND_US
        if from_us < to_us:
            return from_us <= since_us < to_us and self._covers(day)
        if since_us >= from_us and self._covers(day):
            return True
        return since_us < to_us and self._covers(day - timedelta(days=1))

    def next_change_us(self, time_us: int) -> int:
        """Return a time after `time_us` before which the answer of `is_open` does not change.

        It is the next beginning or end of the hours, whether its day is covered or not; so at most
        a day away.
        """
        day = self.calendar.local_day(time_us)
        return min(
            edge_us
            for start_us in (self.calendar.start_us(day), self.calendar.start_us(day) + DAY_US)
            for second in (self.from_s, self.to_s)
            if (edge_us := start_us + second * _SECOND_US) > time_us
        )

    def _covers(self, day: date) -> bool:
        if "all" in self.days or WEEKDAYS[day.weekday()] in self.days:
            return True
        return ("workdays" if self.calendar.is_workday(day) else "holidays") in self.days

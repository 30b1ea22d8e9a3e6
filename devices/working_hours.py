"""Working hours: how much of the time between two instants is worked.

The working calendar says which days are worked, the spans say which hours of them. All numbers are
whole microseconds, so what is counted forwards and backwards meets exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from devices.calendar import MINUTE_US, Calendar

_MINUTE_S: Final = 60
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The hours in which a district works, on the days that its calendar has as worked.

    >>> from devices.calendar import WEEKDAYS_ONLY
    >>> WorkingHours(WEEKDAYS_ONLY, ((30_600, 43_200), (50_400, 64_800))).day_us // 3_600_000_000
    7
    """

    calendar: Calendar
    """Which days are worked, and in which zone."""
    spans: tuple[tuple[int, int], ...]
    """From and to, seconds of the day: whole minutes, from inclusive, to exclusive, ascending,
    apart from each other, none over midnight."""

    def __post_init__(self) -> None:
        """Check the spans.

        Raises:
            ValueError: there is none, or one is no span or not behind the one before it.
        """
        if not self.spans:
            raise ValueError("hours: there are none; a working day needs at least one span")
        before_s = 0
        for from_s, to_s in self.spans:
            if from_s % _MINUTE_S or to_s % _MINUTE_S:
                raise ValueError(f"hours: {from_s}–{to_s} s are no whole minutes")
            if not 0 <= from_s < to_s <= _DAY_S:
                raise ValueError(
                    f"hours: {clock_text(from_s)}-{clock_text(to_s)} ends before it begins; "
                    "a span lies within one day, e.g. 08:30-12:00"
                )
            if from_s < before_s:
                raise ValueError(
                    f"hours: {clock_text(from_s)}-{clock_text(to_s)} begins before "
                    f"{clock_text(before_s)}, where the span before it ends; write them in order"
                )
            before_s = to_s

    @property
    def day_us(self) -> int:
        """Length of a whole working day, µs."""
        return sum(to_s - from_s for from_s, to_s in self.spans) * 1_000_000

    def is_worked(self, time_us: int) -> bool:
        """Return whether a time, µs since 1970, is worked; the end of a span is not."""
        day = self.calendar.local_day(time_us)
        return any(from_us <= time_us < to_us for from_us, to_us in self._spans_of(day))

    def worked_us(self, from_us: int, until_us: int) -> int:
        """Return how much is worked between two times, µs.

        Args:
            from_us: µs since 1970, inclusive.
            until_us: µs since 1970, exclusive; not before `from_us`.

        Raises:
            ValueError: the second time is before the first.
        """
        if until_us < from_us:
            raise ValueError(f"until_us {until_us} is before from_us {from_us}; swap them")
        day = self.calendar.local_day(from_us)
        worked_us = 0
        while self.calendar.start_us(day) < until_us:
            for begin_us, end_us in self._spans_of(day):
                worked_us += max(0, min(end_us, until_us) - max(begin_us, from_us))
            day += timedelta(days=1)
        return worked_us

    def after_us(self, start_us: int, length_us: int) -> int:
        """Return the first time by which so much was worked since a start, µs since 1970.

        What is done at the very end of a working day is done on that day: the answer is 18:00 and
        not 08:30 of the next. Of nothing it is the start itself.

        Args:
            start_us: µs since 1970, in or out of the hours.
            length_us: µs that are worked, 0 or more.

        Raises:
            ValueError: the length is below 0.
        """
        if length_us < 0:
            raise ValueError(f"length_us {length_us} is below 0")
        if length_us == 0:
            return start_us
        left_us = length_us
        day = self.calendar.local_day(start_us)
        while True:  # a calendar has finitely many holidays
            for span_us, end_us in self._spans_of(day):
                begin_us = max(span_us, start_us)
                if end_us - begin_us >= left_us:
                    return begin_us + left_us
                left_us -= max(0, end_us - begin_us)
            day += timedelta(days=1)

    def _spans_of(self, day: date) -> Iterator[tuple[int, int]]:
        if self.calendar.is_workday(day):
            start_us = self.calendar.start_us(day)
            for from_s, to_s in self.spans:
                yield start_us + from_s * 1_000_000, start_us + to_s * 1_000_000


def clock_text(second: int) -> str:
    """Return a second of the day as people write it.

    >>> clock_text(30_600), clock_text(86_400)
    ('08:30', '24:00')
    """
    minutes = second * 1_000_000 // MINUTE_US
    return f"{minutes // 60:02}:{minutes % 60:02}"

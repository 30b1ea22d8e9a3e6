"""When a rule's alerts are told: days of the week or of the working calendar, and hours.

Outside its schedule a rule goes on judging; what it would tell is suppressed.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.calendar import Calendar


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

    def is_open(self, time_us: int) -> bool:
        """Return whether alerts are told at a time, µs since 1970."""
        raise NotImplementedError(time_us)

    def next_change_us(self, time_us: int) -> int:
        """Return a time after `time_us` before which the answer of `is_open` does not change."""
        raise NotImplementedError(time_us)

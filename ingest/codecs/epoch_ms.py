"""Times in milliseconds since 1970, as JSON and protobuf formats carry them.

Devices that count seconds are common; no other reading of their numbers is possible.
"""

from __future__ import annotations

from typing import Final, NamedTuple

LAST_US: Final = 2**53
"""The year 2255: µs beyond it have no exact float."""

_FIRST: Final = 100_000_000
"""Below: neither ms nor s of any measurement (1970-01-02 as ms, 1973 as s)."""

_SECONDS_BELOW: Final = 8_000_000_000
"""2223 as seconds; as milliseconds it is April 1970."""

_FIRST_MS: Final = 100_000_000_000
"""March 1973. From here on a number is milliseconds."""

_LAST_MS: Final = LAST_US / 1000


class Instant(NamedTuple):
    """A time, as read."""

    time_us: int
    """µs since 1970; 0 where there is none."""
    code: str
    """Finding about it; empty where it is as it should be."""


def instant(number: float) -> Instant:
    """Return the instant of a number of milliseconds, or of seconds where it can only be those.

    >>> instant(1483228800000), instant(1483228800).code, instant(0).code
    (Instant(time_us=1483228800000000, code=''), 'time-in-seconds', 'time-malformed')
    """
    if _FIRST_MS <= number <= _LAST_MS:
        return Instant(round(number * 1000), "")
    if _FIRST <= number < _SECONDS_BELOW:
        return Instant(round(number * 1_000_000), "time-in-seconds")
    return Instant(0, "time-malformed")

"""A tick: the log's own clock.

Rules never look at a clock. Once a second the gateway writes a tick into every partition of the
log, and only a tick lets a timer run out. So a replay of the log gives the same alerts as the
day itself did.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tick:
    """It is at least this late in the city.

    >>> Tick(1_700_000_000_000_000).time_us
    1700000000000000
    """

    time_us: int
    """Microseconds since 1970-01-01T00:00Z. Ticks of several gateways may go back; readers keep
    the largest they saw."""
    hears: bool = field(default=True, repr=False)
    """Whether the gateway that wrote it was connected to its broker; rules ask nobody this."""

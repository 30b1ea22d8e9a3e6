"""How far the clocks of field gateways are from ours. Pure: receipts in, offsets out.

A reading that comes at once differs from its receipt by the clocks and by its way, some 10 ms. Not
all come at once, so of each message the newest reading counts and of each minute the smallest
difference. Of ten such minutes the median is told: neither one wild time stamp nor a few minutes of
readings that were stored while a line was down move it.

*Caveat.* A gateway that sends nothing but stored readings for more than half of the time looks as
if its clock were behind.
"""

from __future__ import annotations

import statistics
from collections import deque
from typing import Final

from devices.statistics import STATISTICS
from ingest.codecs import Measurements

MINUTES: Final = 10
"""How many minutes with readings are looked at."""

LEAST_MINUTES: Final = 3
"""Fewer minutes with readings say nothing: they may all be late."""

BEYOND_S: Final = 5.0
"""An offset that people should know of, seconds: rules with delays of minutes bear less."""

_MINUTE_US: Final = 60_000_000

_GATEWAYS: Final = 10_000
"""Gateways that are remembered at most."""


def newest_us(told: Measurements) -> int | None:
    """Return the latest time in a message, µs since 1970; None where it is a period's beginning."""
    if not told.n:
        return None
    at = int(told.time_us.argmax())
    return None if told.key[at].rpartition(":")[2] in STATISTICS else int(told.time_us[at])


class Clocks:
    """Offsets of all gateways that sent values of an instant."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self._behind_us: dict[str, deque[tuple[int, int]]] = {}
        """By gateway: minute of receipt and smallest difference in it, the last `MINUTES`."""

    def heard(self, gateway: str, received_us: int, newest_us: int) -> None:
        """Note a message.

        Args:
            gateway: who sent it.
            received_us: when, our clock, µs since 1970.
            newest_us: the latest phenomenon time in it, the gateway's clock, µs since 1970.
        """
        minutes = self._behind_us.get(gateway)
        if minutes is None:
            if len(self._behind_us) >= _GATEWAYS:
                return
            minutes = self._behind_us[gateway] = deque(maxlen=MINUTES)
        minute, behind_us = received_us // _MINUTE_US, received_us - newest_us
        if minutes and minutes[-1][0] == minute:
            minutes[-1] = minute, min(minutes[-1][1], behind_us)
        else:
            minutes.append((minute, behind_us))

    def offset_s(self, gateway: str) -> float | None:
        """Return by how much its clock is ahead of ours, seconds; None where that is not known."""
        minutes = self._behind_us.get(gateway, ())
        if len(minutes) < LEAST_MINUTES:
            return None
        return -statistics.median(behind_us for _, behind_us in minutes) / 1e6

    def worst(self, count: int = 5) -> dict[str, float]:
        """Return the offsets of the gateways that are furthest from our clock, the worst first."""
        offsets = {gateway: self.offset_s(gateway) for gateway in self._behind_us}
        known = [(gateway, one) for gateway, one in offsets.items() if one is not None]
        known.sort(key=lambda pair: (-abs(pair[1]), pair[0]))
        return {gateway: round(one, 3) for gateway, one in known[:count]}

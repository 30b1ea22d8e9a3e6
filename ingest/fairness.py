"""How much each gateway may send while others wait: a token bucket for each of them.

Pure: names, sizes and times in, yes or no out. Time is the receipt of a message, so that what
waited for the log as a whole, or for a restart, is judged as if it had gone at once: an outage
makes nobody a flooder.

Source:
    ITU-T I.371 (2004), annex A: the generic cell rate algorithm as a continuous leaky bucket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TOKEN_BYTES: Final = 4096
"""One token pays for a message of so many bytes; a larger one costs in proportion. The packs of
the simulated city have 100 to 2500."""

_PURGE_ABOVE: Final = 1000
"""Buckets kept before the full ones are dropped: a full bucket is like none."""


@dataclass(slots=True)
class _Bucket:
    level: float
    """Tokens."""
    at_us: int
    """When it had them."""


class Buckets:
    """One bucket for each name; a name that was never heard has a full one."""

    def __init__(self, rate: float, burst: float) -> None:
        """Prepare.

        Args:
            rate: tokens that come back in a second, above 0.
            burst: tokens in a full bucket, 1 or more.
        """
        self._rate = rate
        self._burst = burst
        self._purge_above = _PURGE_ABOVE
        self._buckets: dict[str, _Bucket] = {}

    def take(self, name: str, size: int, at_us: int) -> bool:
        """Take what a message costs, if it is there; otherwise take nothing.

        A message that costs more than a full bucket costs a full bucket. Times may go back: a
        little, and nothing comes back meanwhile; by more than a bucket takes to fill, and the
        clock was set: tokens come back from then on.

        Args:
            name: whose.
            size: bytes of the payload.
            at_us: when the message came, µs since 1970.

        >>> buckets = Buckets(rate=2, burst=3)
        >>> [buckets.take("g", 100, 0) for _ in range(4)]
        [True, True, True, False]
        >>> [buckets.take("g", 100, 500_000), buckets.take("g", 100, 500_000)]
        [True, False]
        >>> buckets.take("h", 100, 500_000)
        True
        """
        cost = min(max(1.0, size / TOKEN_BYTES), self._burst)
        one = self._buckets.get(name)
        if one is None:
            self._purge(at_us)
            one = self._buckets[name] = _Bucket(self._burst, at_us)
        self._refill(one, at_us)
        if one.level < cost:
            return False
        one.level -= cost
        return True

    def _refill(self, one: _Bucket, at_us: int) -> None:
        elapsed_s = (at_us - one.at_us) / 1e6
        if elapsed_s >= 0:
            one.level = min(self._burst, one.level + elapsed_s * self._rate)
            one.at_us = at_us
        elif -elapsed_s > self._burst / self._rate:
            one.at_us = at_us

    def _purge(self, at_us: int) -> None:
        if len(self._buckets) < self._purge_above:
            return
        for name, one in list(self._buckets.items()):
            self._refill(one, at_us)
            if one.level >= self._burst:
                del self._buckets[name]
        self._purge_above = max(_PURGE_ABOVE, 2 * len(self._buckets))

"""How long to wait before a part is started again."""

from __future__ import annotations

from collections.abc import Callable

SECOND_S = 0.5
"""Wait after the second death; after the first there is none, it may well be the only one."""
LONGEST_S = 30.0
"""Doubling ends here."""
HEALTHY_S = 10.0
"""A part that did its work for this long has recovered: the next death is a first one."""


class Backoff:
    """No wait, then waits that double with each death, jittered so that parts return out of step.

    >>> waits = Backoff(jitter=lambda: 1.0)
    >>> [waits.after(ran_s=1.0) for _ in range(8)]
    [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
    >>> waits.after(ran_s=10.0)
    0.0
    """

    def __init__(self, jitter: Callable[[], float]) -> None:
        """Start without deaths.

        Args:
            jitter: returns a number in [0, 1]; a wait lies between half of its length and all.
        """
        self._jitter = jitter
        self._deaths = 0

    def after(self, ran_s: float) -> float:
        """Return the wait after a death.

        Args:
            ran_s: how long the part had been ready, seconds.
        """
        if ran_s >= HEALTHY_S:
            self._deaths = 0
        wait_s = min(LONGEST_S, SECOND_S * 2 ** (self._deaths - 1)) if self._deaths else 0.0
        # No power of more than that: after 1024 deaths it would be too large for a float.
        self._deaths = min(self._deaths + 1, 10)
        return wait_s * (0.5 + 0.5 * self._jitter())

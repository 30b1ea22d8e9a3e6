"""Count what comes in, by domain and 10-second window of receipt.

The sink counts what became of the same windows, so that the two sides can be compared while
messages keep coming: closed windows must balance, whatever is still under way.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

WINDOW_S = 10
"""Length of a window of receipt, seconds."""

SETTLE_S = 5
"""A window is closed this long after its end: what it received should be stored by then."""


class Intake:
    """Readings received by one collector since it started."""

    def __init__(self, collector: str) -> None:
        """Start counting for a collector (`name:boot`)."""
        self.collector = collector
        self._open: dict[int, Counter[str]] = {}
        self._closed: Counter[str] = Counter()
        self._through_s = 0

    @staticmethod
    def window(received_us: int) -> int:
        """Return the start of the window of a time of receipt, seconds since 1970.

        >>> Intake.window(1_700_000_019_999_999)
        1700000010
        """
        return received_us // 1_000_000 // WINDOW_S * WINDOW_S

    def count(self, window_s: int, domain: str, readings: int) -> None:
        """Add readings received in a window."""
        self._open.setdefault(window_s, Counter())[domain] += readings

    def facts(self, now_us: int) -> dict[str, Any]:
        """Return the totals of all closed windows, as JSON.

        Args:
            now_us: the clock that windows were counted by, µs since 1970.
        """
        through = self.window(now_us - SETTLE_S * 1_000_000)
        for window_s in [key for key in self._open if key < through]:
            self._closed += self._open.pop(window_s)
        self._through_s = max(self._through_s, through)
        return {
            "collector": self.collector,
            "closed_through_s": self._through_s,
            "readings": dict(sorted(self._closed.items())),
        }

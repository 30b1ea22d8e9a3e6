"""The scenario: whether what happens calls for another arrangement of the pages.

防汛 (flood): a red water alert, or three orange ones, that are active and told. It ends only when
that has not been so for ten minutes, so that pages do not jump to and fro. Drills change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dispatch import Priority

if TYPE_CHECKING:
    from storage.queries import AlertRow

SEVERE_ALERTS = 3
"""So many alerts of P2 or worse are as much as one of P1."""

HELD_US = 10 * 60 * 1_000_000
"""How long a scenario outlives its reason."""


class Scenario:
    """Remembers when the reason was seen last."""

    def __init__(self) -> None:
        """Start without one."""
        self._seen_us: int | None = None

    def of(self, alerts: Iterable[AlertRow], now_us: int) -> str:
        """Return `flood` or nothing.

        Args:
            alerts: those that are told.
            now_us: now, µs since 1970.
        """
        priorities = [
            Priority.of_colour(row.severity)
            for row in alerts
            if row.active and not row.drill and row.domain == "water"
        ]
        severe = sum(one <= Priority.P2 for one in priorities)
        if Priority.P1 in priorities or severe >= SEVERE_ALERTS:
            self._seen_us = now_us
        held = self._seen_us is not None and now_us - self._seen_us <= HELD_US
        return "flood" if held else ""

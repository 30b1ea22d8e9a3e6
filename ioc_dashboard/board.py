"""The board: the alerts the wall knows, in the order people should look at them.

What is suppressed or shelved is known and not shown: it is a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from devices import DOMAINS, Catalogue
from dispatch import Priority, order
from ioc_dashboard.frames import AlertLine, Alerts, Marks

if TYPE_CHECKING:
    from storage.queries import AlertRow

LINES = 100
"""Rows sent to the page, more than any layout shows; the rest is a number."""

CLEARED_SHOWN_US = 10 * 60 * 1_000_000
"""How long a cleared alert stays on the list, grey: people look up when a row turns grey, and
must still be able to read what it was."""


class Board:
    """Newest version of every alert that is open or was cleared lately."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Start with no alert."""
        index = {device: at for at, device in enumerate(catalogue.devices)}
        self._device = [index[one.device] for one in catalogue.datastreams]
        self._domain = {name: at for at, name in enumerate(DOMAINS)}
        self._rows: dict[str, AlertRow] = {}
        self._hidden: frozenset[str] = frozenset()
        """Those that are not told now; shelving ends by itself."""

    def take(self, rows: Sequence[AlertRow], complete: bool, now_us: int) -> bool:
        """Take in rows and return whether anything changed.

        Args:
            rows: alerts; an older version than what is known changes nothing.
            complete: these are all there are, every other is forgotten.
            now_us: now, µs since 1970; what was cleared too long ago is left out.
        """
        before = self._rows
        kept = {} if complete else dict(before)
        for row in rows:
            known = before.get(row.id)
            kept[row.id] = row if known is None or _moment(known) <= _moment(row) else known
        self._rows = {
            name: row
            for name, row in kept.items()
            # A datastream newer than this catalogue comes again once the wall knows it.
            if _is_shown(row, now_us) and row.datastream < len(self._device)
        }
        return self._hide(now_us) or self._rows != before

    def pass_time(self, now_us: int) -> bool:
        """Drop what was cleared too long ago to show, and bring back what was shelved until now.

        Returns:
            Whether anything changed.
        """
        kept = {name: row for name, row in self._rows.items() if _is_shown(row, now_us)}
        dropped = len(kept) != len(self._rows)
        self._rows = kept
        return self._hide(now_us) or dropped

    def _hide(self, now_us: int) -> bool:
        before = self._hidden
        self._hidden = frozenset(
            name for name, row in self._rows.items() if not row.is_told(now_us)
        )
        return self._hidden != before

    def told(self) -> list[AlertRow]:
        """Return the alerts that are neither suppressed nor shelved, in no order."""
        return [row for name, row in self._rows.items() if name not in self._hidden]

    def worst(self) -> list[int]:
        """Return (4,) the most urgent priority of each domain's told alerts, 0 for none."""
        worst = [0] * len(self._domain)
        for row in self.told():
            if row.active and not row.drill:
                at, priority = self._domain[row.domain], Priority.of_colour(row.severity)
                worst[at] = min(worst[at] or priority, priority)
        return worst

    def show(self) -> Alerts:
        """Return the list as the page shows it."""
        told = self.told()
        rows = order(row for row in told if not row.drill)
        # A drill must never push what is real off the list, nor count as it.
        drilled = order(row for row in told if row.drill)
        active = [row for row in rows if row.active]
        counts = [0] * len(Priority)
        marks: dict[int, tuple[int, bool]] = {}
        for row in active:
            priority = Priority.of_colour(row.severity)
            counts[priority - 1] += 1
            device = self._device[row.datastream]
            # Rows stand in order, so the first one of a device is its most urgent.
            marks.setdefault(device, (priority, not row.acknowledged))
        waiting = [row.raised_us for row in active if not row.acknowledged]
        hidden = [self._rows[name] for name in self._hidden if self._rows[name].active]
        suppressed = sum(row.suppressed is not None for row in hidden)
        return Alerts(
            lines=[self._line(row) for row in [*rows, *drilled][:LINES]],
            open=counts,
            total=len(active),
            suppressed=suppressed,
            shelved=len(hidden) - suppressed,
            oldest_unacknowledged_ms=min(waiting) // 1000 if waiting else None,
            marks=Marks(
                device=list(marks),
                priority=[priority for priority, _ in marks.values()],
                unacknowledged=[unacknowledged for _, unacknowledged in marks.values()],
            ),
            drills=sum(row.active for row in drilled),
        )

    def _line(self, row: AlertRow) -> AlertLine:
        return AlertLine(
            id=row.id,
            version=row.version,
            handled=row.handled,
            priority=Priority.of_colour(row.severity),
            slot=row.datastream,
            device=self._device[row.datastream],
            active=row.active,
            acknowledged=row.acknowledged,
            flapping=row.flapping,
            raised_ms=row.raised_us // 1000,
            changed_ms=row.changed_us // 1000,
            cleared_ms=None if row.cleared_us is None else row.cleared_us // 1000,
            result=row.result if row.result == row.result else None,
            limit=row.limit if row.limit == row.limit else None,
            zh=row.message_zh,
            en=row.message_en,
            drill=row.drill,
        )


def _moment(row: AlertRow) -> tuple[int, int]:
    """Return what never goes down while an alert lives."""
    return row.version, row.handled


def _is_shown(row: AlertRow, now_us: int) -> bool:
    return row.active or (row.cleared_us or 0) > now_us - CLEARED_SHOWN_US

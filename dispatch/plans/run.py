"""A plan that was started in an incident, and how far its items are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dispatch.plans.plan import Item


class ItemState(StrEnum):
    """How far an item is.

    >>> ItemState.SKIPPED.zh
    '不适用'
    """

    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"
    """Somebody said why it need not be done."""

    @property
    def zh(self) -> str:
        """Chinese word, as people say it."""
        return {"open": "待办", "done": "已完成", "skipped": "不适用"}[self.value]


@dataclass(frozen=True, slots=True)
class RunItem:
    """An item of a started plan."""

    item: Item
    """As it was when the plan was started."""
    state: ItemState = ItemState.OPEN
    version: int = 1
    """Of the run when the item changed last; 1 where it never did."""
    by: str = ""
    """Who changed it last; empty before."""
    at_us: int | None = None
    """When, µs since 1970; None before."""
    text: str = ""
    """Note of what was done, or reason; empty where nothing was said."""
    is_told: bool = False
    """Its owner was told that it is overdue."""

    def due_us(self, started_us: int) -> int | None:
        """Return until when it must be done, µs since 1970, inclusive; None where no limit is."""
        return None if self.item.within_us is None else started_us + self.item.within_us


@dataclass(frozen=True, slots=True)
class Run:
    """A plan that was started in an incident; once per incident."""

    id: str
    plan: str
    """Id of the plan."""
    incident: str
    """Id of the incident; another one once that was merged."""
    version: int
    """Events so far; a command names the version that its actor saw."""
    started_us: int
    """µs since 1970; items are due from then on."""
    started_by: str
    items: tuple[RunItem, ...]
    alert: str = ""
    """Id of the alert whose rule started it; empty where somebody did."""
    changed_us: int = 0
    """Of the newest event."""
    changed_by: str = ""
    changed_how: str = ""
    """Kind of the newest event, one of `dispatch.plans.machine.EventKind`."""

    @property
    def open_items(self) -> tuple[RunItem, ...]:
        """Items that somebody still has to do."""
        return tuple(one for one in self.items if one.state is ItemState.OPEN)

    @property
    def is_finished(self) -> bool:
        """Whether nothing of it is open."""
        return not self.open_items

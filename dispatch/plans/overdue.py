"""Items that were not done in time: their owner is told once.

That it was told stands with the item. After an outage all that fell due meanwhile is told, in its
order. An item that is opened again is not told again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dispatch.plans.run import ItemState, Run, RunItem


@dataclass(frozen=True, slots=True)
class Overdue:
    """The owner of an item is told that it was not done in time."""

    run: str
    plan: str
    """Id of the plan."""
    incident: str
    item: str
    """Id of the item."""
    to: str
    """Id of its owner."""
    due_us: int
    """Until when it was to be done, µs since 1970; before the time that was asked for."""


def due(runs: Iterable[Run], at_us: int) -> tuple[Overdue, ...]:
    """Return what is to be told by a time, the earliest first; ties by run, then as in the plan.

    Args:
        runs: of open incidents, in any order; unchanged.
        at_us: now, µs since 1970. What is done at the very instant its limit ends is in time, so an
            item is overdue only after it.
    """
    found = [
        Overdue(one.id, one.plan, one.incident, own.item.id, own.item.owner, at)
        for one in runs
        for own in one.items
        if (at := own.due_us(one.started_us)) is not None and at < at_us and _is_waiting(own)
    ]
    return tuple(sorted(found, key=lambda one: (one.due_us, one.run)))  # stable: as in the plan


def tell(run: Run, overdue: Overdue) -> Run:
    """Return a run after the owner of one of its items was told.

    Raises:
        ValueError: that item is not waited for, or was told already.
    """
    waiting = {one.item.id for one in run.items if _is_waiting(one)}
    if overdue.run != run.id or overdue.item not in waiting:
        raise ValueError(f"item {overdue.item} of {overdue.run} is not waited for in {run.id}")
    items = tuple(
        replace(one, is_told=True) if one.item.id == overdue.item else one for one in run.items
    )
    return replace(run, items=items)


def _is_waiting(one: RunItem) -> bool:
    return one.state is ItemState.OPEN and not one.is_told

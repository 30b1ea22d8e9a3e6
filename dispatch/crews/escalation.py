"""The accept timer: an assignment that nobody accepts is told along a chain of posts.

Each step is told once: how many were told stands with the assignment. After an outage all steps
that fell due meanwhile are told, in their order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from devices.crew import Step


@dataclass(frozen=True, slots=True)
class Pending:
    """An assignment that is not accepted, nor declined or recalled."""

    assignment: str
    """Its id."""
    crew: str
    incident: str
    assigned_us: int
    """µs since 1970."""
    chain: tuple[Step, ...]
    """As it was when the crew was sent."""
    told: int = 0
    """Steps of the chain that were told already."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """A post is told that a crew does not accept."""

    assignment: str
    crew: str
    incident: str
    number: int
    """Which step of the chain, 0-based."""
    to: str
    """Id of the post."""
    due_us: int
    """When it fell due, µs since 1970; at or before the time that was asked for."""


def due(assignments: Iterable[Pending], at_us: int) -> tuple[Escalation, ...]:
    """Return what is to be told by a time, the earliest first; ties by assignment.

    Args:
        assignments: that are waiting, in any order; unchanged.
        at_us: now, µs since 1970; a step is due at its very time.
    """
    found = [
        Escalation(
            one.assignment, one.crew, one.incident, number, step.to, one.assigned_us + step.after_us
        )
        for one in assignments
        for number, step in enumerate(one.chain)
        if number >= one.told and one.assigned_us + step.after_us <= at_us
    ]
    return tuple(sorted(found, key=lambda one: (one.due_us, one.assignment, one.number)))


def tell(pending: Pending, escalation: Escalation) -> Pending:
    """Return an assignment after one of its steps was told.

    Raises:
        ValueError: it is not the next step of this assignment.
    """
    if (escalation.assignment, escalation.number) != (pending.assignment, pending.told):
        raise ValueError(
            f"step {escalation.number} of {escalation.assignment} is not step {pending.told} "
            f"of {pending.assignment}"
        )
    return replace(pending, told=pending.told + 1)


def next_due_us(assignments: Iterable[Pending]) -> int | None:
    """Return when something falls due next, µs since 1970; None where nothing will."""
    return min(
        (
            one.assigned_us + one.chain[one.told].after_us
            for one in assignments
            if one.told < len(one.chain)
        ),
        default=None,
    )

"""Flat-line: how long a result has not moved, in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stuck:
    """Counted from the reading that first had this result; evaluated at readings only."""

    tolerance: float
    """A result that differs by more has moved, canonical unit, 0 or more."""
    exceptions: tuple[float, ...]
    """Results that are no flat-line however long they last, e.g. 0 mm of rain."""

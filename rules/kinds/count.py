"""Counts of occurrences in a sliding window, e.g. of what a camera sees."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    """A reading at or above `at_least` is an occurrence."""

    at_least: float
    """Canonical unit."""
    within_us: int
    """Occurrences older than this, or just as old, do not count."""

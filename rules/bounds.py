"""When a row needs looking at: two bounds on its value and one on time, kept as columns.

As long as a row's value stays from `low` (inclusive) to `high` (exclusive) and time before `due`,
`machine.evaluate` and `machine.settle` would change nothing. So the engine compares columns, and
hands only the other rows to the machine. A value that is NaN is inside any bounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rules.live import Live
from rules.machine import LATER, due_us
from rules.policy import Policy

LOW, HIGH, DUE = range(3)
"""Columns of a family's bounds."""

Bounds = tuple[float, float, float]
"""Low, high and due (µs since 1970); infinite where there is none."""

NOWHERE = (math.inf, math.inf)
"""Low and high of a row that must be looked at whatever its value is."""


def of(
    policy: Policy, live: Live, on: Sequence[float], off: Sequence[float], *, falling: bool
) -> Bounds:
    """Return the bounds of a row as it is now; arguments as `machine.evaluate`."""
    due = due_us(policy, live)
    low, high = _of_value(policy, live, on, off, falling=falling)
    return low, high, (math.inf if due >= LATER else float(due))


def at_rest(on: NDArray[np.float64], falling: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the bounds of rows with which nothing is the matter.

    Args:
        on: (u, 4) limits by level, NaN where there is none, no row all NaN.
        falling: (u,) in alarm at or below.

    Returns:
        (u, 3).
    """
    bounds = np.full((on.shape[0], 3), np.inf)
    lowest = np.fmin.reduce(on, axis=1)
    highest = np.fmax.reduce(on, axis=1)
    bounds[:, LOW] = np.where(falling, np.nextafter(highest, np.inf), -np.inf)
    bounds[:, HIGH] = np.where(falling, np.inf, lowest)
    return bounds


def _of_value(
    policy: Policy, live: Live, on: Sequence[float], off: Sequence[float], *, falling: bool
) -> tuple[float, float]:
    if policy.quiet_us is not None and not live.is_calm:
        return NOWHERE  # each evaluation that meets a level puts its end off
    wanted: list[float] = []
    unwanted: list[float] = []
    for level in range(4):
        limit = off[level] if live.is_active(level) else on[level]
        if limit == limit:
            (wanted if live.is_wanted(level) else unwanted).append(limit)
    if falling:
        low = math.nextafter(max(unwanted), math.inf) if unwanted else -math.inf
        high = math.nextafter(min(wanted), math.inf) if wanted else math.inf
        return low, high
    return max(wanted, default=-math.inf), min(unwanted, default=math.inf)

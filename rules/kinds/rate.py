"""Rate of change: how fast a result moves, over a window that outlives single noisy readings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rate:
    """Against the newest kept reading that is at least the window old, and at most twice it.

    A reading is kept when it is at least an eighth of the window newer than the one kept before.
    """

    window_us: int
    per_us: int
    """The time that limits are per, e.g. an hour."""
    of: Literal["rise", "fall", "change"]
    """What is held against the limits: the slope, its opposite, or its size."""

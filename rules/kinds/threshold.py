"""Threshold with hysteresis: raised at or beyond `on`, cleared when back past `off`.

Why two limits: with one, a level that hovers at it raises and clears on every reading. The width
of the band is the rule author's to choose, per station.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


class LimitError(ValueError):
    """A pair of limits that can never clear."""


def check_limits(on: NDArray[np.float64], off: NDArray[np.float64]) -> None:
    """Refuse limits that cannot clear.

    Args:
        on: (s,) raise at or above, in the datastream's unit.
        off: (s,) clear below, same unit.

    Raises:
        LimitError: some `off` is above its `on`, or one of them is NaN.
    """
    wrong = np.flatnonzero(~(off <= on))
    if wrong.size:
        slot = int(wrong[0])
        raise LimitError(
            f"slot {slot}: off {off[slot]} is above on {on[slot]}; "
            "both must be numbers and off at or below on, or the alert never clears"
        )


def step(
    active: NDArray[np.bool_],
    result: NDArray[np.float64],
    on: NDArray[np.float64],
    off: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return which subjects are in alarm after one reading each.

    The engine calls this once per rank, so a slot occurs at most once. No argument is changed.
    The arrays only have to broadcast: the engine hands in a column for each level.

    Args:
        active: (s,) in alarm before the reading.
        result: (s,) in the datastream's unit. NaN keeps the state: no value is not a low value.
        on: (s,) raise at or above. NaN is never reached.
        off: (s,) clear below; between `off` and `on` the state is kept.

    Returns:
        (s,) in alarm after the reading.

    Source:
        ISA-18.2, alarm deadband.

    >>> limits = {"on": np.array([3.8]), "off": np.array([3.75])}
    >>> [bool(step(np.array([True]), np.array([m]), **limits)[0]) for m in (3.8, 3.76, 3.74)]
    [True, True, False]
    """
    return (result >= on) | (active & ~(result < off))


@dataclass(frozen=True, slots=True, eq=False)
class Threshold:
    """The condition of a threshold rule, with up to four levels for each subject."""

    on: NDArray[np.float64]
    """(s, 4) limits by level, NaN where the subject has no such level."""
    off: NDArray[np.float64]
    """(s, 4) limits with the hysteresis taken off."""
    falling: bool
    """Alarm at or below `on` instead of at or above it (road speed, dissolved oxygen)."""

    def __post_init__(self) -> None:
        """Check that every level can clear.

        Raises:
            LimitError: as `check_limits`.
        """
        sign = -1.0 if self.falling else 1.0
        given = ~np.isnan(self.on)
        check_limits(sign * self.on[given], sign * self.off[given])

    def wanted(
        self, subject: NDArray[np.intp], active: NDArray[np.bool_], result: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Return which levels want alarm; see `rules.kinds.Condition.wanted`."""
        sign = -1.0 if self.falling else 1.0
        return step(
            active, sign * result[:, None], sign * self.on[subject], sign * self.off[subject]
        )

"""Measured numbers as whole millionths, so that an index is what the standard says and not 1 more.

Indices are rounded up, and floats are never quite what they stand for: 100 + 1e-14 rounded up is
101, and that is another level. So a number becomes a whole count of millionths as soon as it comes
in, and everything up to the index is integer arithmetic, which has no rounding of its own.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.indices.given import IndexInputError

SCALE: Final = 1_000_000
"""Counts in a unit. A mean of 24 hourly values carries noise of some 1e-14, no instrument resolves
1e-6 of a µg/m³ or mg/L, and between them nothing real is lost."""

SINGLE_SCALE: Final = 1_000
"""Counts in a unit that single precision holds: 61.7 is stored as 61.70000076."""

MISSING: Final = int(np.iinfo(np.int64).min)
"""Where there is no number: NaN outside."""

LARGEST: Final = 1_000_000.0
"""Beyond it nothing is a concentration, and products would leave 64 bits."""


def counts(
    name: str, values: NDArray[np.floating] | float, least: float = 0.0
) -> NDArray[np.int64]:
    """Return numbers as counts of millionths, `MISSING` where they are NaN.

    Args:
        name: what they are, for the message.
        values: any shape; float32 is taken to thousandths, as it holds no more.
        least: the smallest one that can be, the unit of the values.

    Raises:
        IndexInputError: one is infinite, below the least or above `LARGEST`.

    >>> counts("co", 4.1).item(), counts("pm25", np.float32(61.7)).item()
    (4100000, 61700000)
    """
    given = np.asarray(values)
    step = SINGLE_SCALE if given.dtype == np.float32 else SCALE
    numbers = given.astype(np.float64)
    is_missing = np.isnan(numbers)
    wrong = ~is_missing & ~((numbers >= least) & (numbers <= LARGEST))
    if wrong.any():
        value, at = float(numbers[wrong][0]), np.argwhere(wrong)[0].tolist()
        where = f" at {at}" if given.size > 1 else ""
        raise IndexInputError(name, f"{value:g}{where} {_why(value, least)}")
    whole = np.rint(np.where(is_missing, 0.0, numbers) * step).astype(np.int64)
    found: NDArray[np.int64] = np.where(is_missing, MISSING, whole * (SCALE // step))
    return found


def numbers(whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return counts as numbers, NaN where they are missing; the inverse of `counts`."""
    found: NDArray[np.float64] = np.where(whole == MISSING, np.nan, whole / SCALE)
    return found


def half_even(whole: NDArray[np.int64], decimals: int) -> NDArray[np.int64]:
    """Return counts rounded to decimals; a half goes to the even digit, what is missing stays so.

    Source:
        GB/T 8170-2008, 3.2 (进舍规则).

    >>> half_even(counts("pm25", np.array([60.5, 61.5, 60.51])), 0) // SCALE
    array([60, 62, 61])
    """
    unit = SCALE // 10**decimals
    down, rest = np.divmod(whole, unit)
    up = (2 * rest > unit) | ((2 * rest == unit) & (down % 2 == 1))
    found: NDArray[np.int64] = np.where(whole == MISSING, MISSING, (down + up) * unit)
    return found


def _why(value: float, least: float) -> str:
    if np.isinf(value):
        return "is not a finite number; NaN stands for what is missing"
    if value < least:
        return f"is below {least:g}; a result that cannot be is missing, not small"
    return f"is above {LARGEST:g}; is the unit right?"

"""What is known of datastreams at a time: their newest judged results."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.live import UNSET


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Newest judged readings by datastream, at a time."""

    time_us: NDArray[np.int64]
    """Phenomenon time, or `UNSET`."""
    result: NDArray[np.float64]
    now_us: int

    def fresh(self, slots: NDArray[np.int32], max_age_us: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the results of some datastreams, NaN where there is none or it is too old.

        Args:
            slots: of any shape; -1 has none.
            max_age_us: of the same shape.
        """
        at = self.time_us[slots]
        usable = (slots >= 0) & (at != UNSET) & (at >= self.now_us - max_age_us)
        return np.where(usable, self.result[slots], np.nan)

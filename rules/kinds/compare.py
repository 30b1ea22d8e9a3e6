"""A station beside others of the same property: its neighbours, or the next one upstream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Compare:
    """The reference is the median of the partners that are fresh; s subjects, at most k partners.

    Upstream stations are compared the other way round: partner less own, or partner by own.
    """

    partners: NDArray[np.int32]
    """(s, k) datastreams, -1 where there are fewer."""
    own_age_us: NDArray[np.int64]
    """(s,) an own result older than this gives no verdict."""
    partner_age_us: NDArray[np.int64]
    """(s, k) older results of partners do not count."""
    least: int
    """With fewer fresh partners there is no verdict."""
    measure: Literal["difference", "ratio", "absolute"]
    is_upstream: bool

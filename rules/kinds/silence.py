"""Silence: how long nothing was heard of a datastream; and of a gateway as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Silence:
    """The value is seconds since the datastream was heard; limits are seconds by subject."""


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """One alert for a silent gateway instead of one for each datastream; s gateways.

    The value is 1 when nothing at all was heard for `periods` of the shortest period, else the share
    of datastreams that were not heard for `periods` of their own.
    """

    periods: float
    starts: NDArray[np.intp]
    """(s + 1,) where the datastreams of each gateway begin in `members`."""
    members: NDArray[np.int32]
    """Watched datastreams, those of one gateway together; none is empty."""

"""One module for each kind of condition; the table of kinds is `rules.kinds.KINDS`.

A kind answers one question: which levels does this reading want in alarm, given which are. Delays,
order, alerts and state are the engine's and are the same for all kinds.
"""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from rules.kinds.threshold import Threshold


class Condition(Protocol):
    """A compiled condition over a rule's subjects."""

    @property
    def on(self) -> NDArray[np.float64]:
        """(s, 4) limit at which each level is wanted; NaN where a subject has no such level."""
        ...

    @property
    def off(self) -> NDArray[np.float64]:
        """(s, 4) limit beyond which it is no longer wanted."""
        ...

    def wanted(
        self, subject: NDArray[np.intp], active: NDArray[np.bool_], result: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Return which levels are wanted in alarm after one reading of each subject.

        Args:
            subject: (m,) distinct positions among the rule's subjects.
            active: (m, 4) levels in alarm now.
            result: (m,) readings, canonical unit, never NaN.

        Returns:
            (m, 4).
        """
        ...


class Maker(Protocol):
    """Makes a condition from limits."""

    def __call__(
        self, *, on: NDArray[np.float64], off: NDArray[np.float64], falling: bool
    ) -> Condition:
        """Check the limits and keep them; raises `rules.kinds.threshold.LimitError`."""
        ...


KINDS: Final[dict[str, Maker]] = {"threshold": Threshold}
"""Every kind by its name in rule files."""

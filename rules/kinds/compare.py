"""A station beside others of the same property: its neighbours, or the next one upstream."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rules.kinds.known import Known


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

    def of(self, subjects: NDArray[np.intp]) -> Compare:
        """Return the same for some subjects."""
        return replace(
            self,
            partners=self.partners[subjects],
            own_age_us=self.own_age_us[subjects],
            partner_age_us=self.partner_age_us[subjects],
        )


def value(compare: Compare, slots: NDArray[np.int32], known: Known) -> NDArray[np.float64]:
    """Return the value of each of s subjects, whose datastreams are `slots`; NaN: no verdict."""
    own = known.fresh(slots, compare.own_age_us)
    partners = np.sort(known.fresh(compare.partners, compare.partner_age_us), axis=1)  # NaN last
    fresh = (~np.isnan(partners)).sum(axis=1)
    usable = fresh >= max(compare.least, 1)
    each = np.arange(own.size)
    lower, upper = (np.maximum(fresh, 1) - 1) // 2, np.maximum(fresh, 1) // 2
    reference = (partners[each, lower] + partners[each, upper]) / 2
    first, second = (reference, own) if compare.is_upstream else (own, reference)
    if compare.measure == "ratio":
        found = np.where(second == 0, np.nan, first / np.where(second == 0, 1.0, second))
    else:
        found = first - second
        if compare.measure == "absolute":
            found = np.abs(found)
    return np.where(usable, found, np.nan)

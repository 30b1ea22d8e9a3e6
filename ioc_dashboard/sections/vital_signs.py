"""Vital signs: one number for each domain by the hour, so that today can be held against before.

| sign | of one datastream in an hour | of the city |
|---|---|---|
| `level_margin` | greatest level over its warning level | the greatest |
| `pm25_median` | mean | the median |
| `speed_mean` | mean | the mean |
| `ponding` | greatest confidence reaches its limit | how many |

An hour counts with the datastreams that have a good reading in it; with fewer than half of those
that have one at any time in the window it has no number: a city seen through a keyhole is not
compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from devices import Catalogue
from devices.calendar import DAY_US, HOUR_US
from ioc_dashboard.figures import SEEN_FROM
from ioc_dashboard.ports import History

if TYPE_CHECKING:
    from storage.rollups import Rollup

HOURS: Final = 24
"""Length of the line, the hour that is not over among them."""

LEAST_SHARE: Final = 0.5
"""Share of the datastreams that an hour must have."""


class Sign(msgspec.Struct, frozen=True):
    """One vital sign."""

    id: str
    start_ms: list[int]
    """(24,) starts of the hours, oldest first; the last one is not over."""
    value: list[float | None]
    """(24,)"""
    yesterday: float | None
    """Of the same hour of the day before, the whole of it."""
    last_week: float | None
    """Of the same hour seven days before."""


@dataclass(frozen=True, slots=True, eq=False)
class _Kind:
    id: str
    slots: NDArray[np.int64]
    offset: NDArray[np.float64]
    """(s,) what is taken from the value: a warning level, or a limit."""
    takes_max: bool
    city: Callable[[NDArray[np.float64]], float]


class VitalSigns:
    """What the database remembers of each sign; nothing before the first `refresh`."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Index the datastreams behind each sign."""
        self._kinds = [
            _kind(catalogue, "level_margin", "water_level", "warning", None, True, np.max),
            _kind(catalogue, "pm25_median", "pm25", "", 0.0, False, np.median),
            _kind(catalogue, "speed_mean", "speed", "", 0.0, False, np.mean),
            _kind(catalogue, "ponding", "ponding", "confident", SEEN_FROM, True, _reached),
        ]
        self.signs: list[Sign] = []
        """In the order of `devices.DOMAINS`; empty before the first `refresh`."""

    async def refresh(self, history: History, now_us: int) -> None:
        """Read the hours of a day and a bit, and those of a week ago."""
        this_us = now_us - now_us % HOUR_US
        first_us = this_us - DAY_US
        starts = first_us + np.arange(HOURS + 1) * HOUR_US
        slots = [int(slot) for one in self._kinds for slot in one.slots]
        recent = await history.rollup(slots, "1h", first_us, this_us + HOUR_US)
        week_us = this_us - 7 * DAY_US
        before = await history.rollup(slots, "1h", week_us, week_us + HOUR_US)
        signs = []
        for kind in self._kinds:
            hours = _by_hour(kind, recent, starts)
            (last_week,) = _by_hour(kind, before, np.array([week_us]))
            signs.append(
                Sign(
                    kind.id,
                    (starts[1:] // 1000).tolist(),
                    hours[1:],
                    hours[0],
                    last_week,
                )
            )
        self.signs = signs


def _kind(
    catalogue: Catalogue, name: str, observed: str, limit: str, otherwise: float | None,
    takes_max: bool, city: Callable[[NDArray[np.float64]], float],
) -> _Kind:  # fmt: skip
    of = [
        (one.slot, one.limits.get(limit, otherwise))
        for one in catalogue.datastreams
        if one.observed_property == observed and not one.retired
    ]
    known = [(slot, value) for slot, value in of if value is not None]
    return _Kind(
        name,
        np.array([slot for slot, _ in known], dtype=np.int64),
        np.array([value for _, value in known], dtype=np.float64),
        takes_max,
        city,
    )


def _reached(over: NDArray[np.float64]) -> float:
    return float((over >= 0).sum())


def _by_hour(kind: _Kind, found: Rollup, starts: NDArray[np.int64]) -> list[float | None]:
    """Return the city's number of each hour, None where too few datastreams have one."""
    where = np.searchsorted(kind.slots, found.datastream)
    where = np.minimum(where, max(kind.slots.size - 1, 0))
    ours = np.zeros(found.datastream.size, dtype=np.bool_)
    if kind.slots.size:
        ours = (kind.slots[where] == found.datastream) & (found.good > 0)
    values = (found.max if kind.takes_max else found.mean) - (
        kind.offset[where] if kind.slots.size else 0.0
    )
    ours &= np.isfinite(values)
    alive = np.unique(found.datastream[ours]).size
    told: list[float | None] = []
    for start in starts:
        of_hour = values[ours & (found.start_us == start)]
        enough = of_hour.size and of_hour.size >= LEAST_SHARE * alive
        told.append(round(float(kind.city(of_hour)), 3) if enough else None)
    return told

"""Trends: a few lines for each domain, from the database first and from the log after.

Each line is one statistic over the believable readings of a set of datastreams, every ten
seconds. Levels are shown against each station's own warning level, because the district lies in
two flood regimes and an absolute level means nothing without its station.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices import Catalogue
from ioc_dashboard.frames import Series
from ioc_dashboard.ports import History
from ioc_dashboard.state import LatestValues

EVERY_US = 10_000_000
"""Distance of live points: slower than the eye, faster than the weather."""

HISTORY_BUCKET_S = 60
"""Distance of points from the database: 120 of them fill a chart of two hours."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line of a trend chart."""

    id: str
    domain: str
    zh: str
    en: str
    symbol: str
    decimals: int
    statistic: str
    """`mean` or `max`."""
    slots: NDArray[np.int64]
    offset: NDArray[np.float64]
    """Subtracted from each datastream's result: its warning level, or 0."""

    def value(self, state: LatestValues, believable: NDArray[np.bool_]) -> float | None:
        """Return the statistic now; None where no reading is believable."""
        use = believable[self.slots]
        if not use.any():
            return None
        results = state.result[self.slots[use]] - self.offset[use]
        return float(results.max() if self.statistic == "max" else results.mean())


def series_of(catalogue: Catalogue) -> list[Line]:
    """Return the lines of a city, those without any datastream left out."""
    lines = []
    for regime, zh, en in (
        ("tongnan", "通南", "Tongnan"),
        ("lixiahe", "里下河", "Lixiahe"),
    ):
        slots = [
            one.slot
            for one in catalogue.datastreams
            if one.observed_property == "water_level"
            and "warning" in one.limits
            and catalogue.towns[catalogue.place_of(one.slot).town].flood_regime == regime
        ]
        warning = [catalogue.datastreams[slot].limits["warning"] for slot in slots]
        lines.append(_line(f"level_{regime}", "water", zh, en, "m", 2, "max", slots, warning))
    for name, domain, zh, en, symbol, statistic, decimals, observed_property in (
        ("pm25_mean", "air", "平均", "Mean", "µg/m³", "mean", 0, "pm25"),
        ("pm25_max", "air", "最高", "Highest", "µg/m³", "max", 0, "pm25"),
        ("speed_mean", "traffic", "平均", "Mean", "km/h", "mean", 1, "speed"),
        ("ponding_max", "camera", "积水", "Ponding", "", "max", 2, "ponding"),
        ("obstruction_max", "camera", "占道", "Obstruction", "", "max", 2, "obstruction"),
    ):
        slots = [
            one.slot for one in catalogue.datastreams if one.observed_property == observed_property
        ]
        lines.append(_line(name, domain, zh, en, symbol, decimals, statistic, slots, ()))
    return [line for line in lines if line.slots.size]


def _line(
    name: str, domain: str, zh: str, en: str, symbol: str, decimals: int, statistic: str,
    slots: list[int], offset: Iterable[float],
) -> Line:  # fmt: skip
    offsets = np.array(list(offset) or [0.0] * len(slots), dtype=np.float64)
    return Line(
        name, domain, zh, en, symbol, decimals, statistic, np.array(slots, dtype=np.int64), offsets
    )


class Trends:
    """The points of every line within the window, oldest first."""

    def __init__(self, lines: list[Line], hours: float) -> None:
        """Start empty.

        Args:
            lines: what to draw.
            hours: length of the window.
        """
        self._lines = lines
        self.window_ms = int(hours * 3_600_000)
        """Length of the window, ms."""
        self._points: dict[str, deque[tuple[int, float | None]]] = {
            line.id: deque() for line in lines
        }
        self._next_us = 0

    def sample(self, state: LatestValues, now_us: int) -> list[Series]:
        """Add a point to every line when it is due, and return the new points.

        A line without a believable reading gets a point without a value: a gap is shown as a gap.
        """
        if now_us < self._next_us:
            return []
        self._next_us = now_us - now_us % EVERY_US + EVERY_US
        believable = state.believable(now_us)
        now_ms = now_us // 1000
        new = []
        for line in self._lines:
            value = _rounded(line.value(state, believable), line)
            points = self._points[line.id]
            points.append((now_ms, value))
            while points and points[0][0] < now_ms - self.window_ms:
                points.popleft()
            new.append(Series(line.id, [now_ms], [value]))
        return new

    def columns(self) -> list[Series]:
        """Return every line with all its points."""
        return [
            Series(name, [at for at, _ in points], [value for _, value in points])
            for name, points in self._points.items()
        ]

    async def load(self, history: History, now_us: int) -> None:
        """Put what the database remembers before the live points."""
        since_us = now_us - self.window_ms * 1000
        for line in self._lines:
            buckets: dict[int, float] = {}
            # Of one offset at a time: the database knows nothing of warning levels.
            for offset in np.unique(line.offset):
                slots = [int(slot) for slot in line.slots[line.offset == offset]]
                start_us, mean, highest = await history.trend(slots, since_us, HISTORY_BUCKET_S)
                values = (highest if line.statistic == "max" else mean) - offset
                for at, value in zip(start_us.tolist(), values.tolist(), strict=True):
                    buckets[at] = max(value, buckets.get(at, -np.inf))
            points = self._points[line.id]
            live_from_ms = points[0][0] if points else now_us // 1000
            older = [
                (at // 1000, _rounded(value, line))
                for at, value in sorted(buckets.items())
                if at // 1000 < live_from_ms
            ]
            points.extendleft(reversed(older))


def _rounded(value: float | None, line: Line) -> float | None:
    return None if value is None else round(value, line.decimals + 1)

"""Key figures and domain badges: what the whole city looks like in ten numbers.

A figure is computed from readings that may stand for the present, or it has no value. Thresholds
of age are chosen here and told in `docs`: a domain is late when its newest reading is older than
three of its shortest periods (at least 4 s, so that stale data shows within 5 s but a jitter does
not), silent after ten (at least 30 s).
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from devices import DOMAINS, Catalogue
from ioc_dashboard.frames import Domain, Figure
from ioc_dashboard.state import LatestValues

LATE_AFTER_PERIODS, LATE_AFTER_AT_LEAST_S = 3.0, 4.0
SILENT_AFTER_PERIODS, SILENT_AFTER_AT_LEAST_S = 10.0, 30.0

RATE_OVER_S = 10
"""Seconds the rate of readings is averaged over: most periods are shorter."""

SEEN_FROM = 0.5
"""Confidence from which a camera's finding counts as seen, where its limits say nothing."""

CONGESTED_KMH = 20.0
"""Speed at or below which a segment counts as congested, where its limits say nothing: 中度拥堵
or worse on an arterial road."""


class Figures:
    """Computes the key figures of one city from its newest values."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Index the datastreams each figure stands on."""
        self._slots = {
            name: np.array(
                [one.slot for one in catalogue.datastreams if one.observed_property == name],
                dtype=np.int64,
            )
            for name in ("water_level", "rain_1h", "pm25", "speed", "ponding", "obstruction")
        }
        n = len(catalogue.datastreams)
        self._warning = np.full(n, np.nan)
        self._seen = np.full(n, SEEN_FROM)
        self._congested = np.full(n, CONGESTED_KMH)
        for one in catalogue.datastreams:
            self._warning[one.slot] = one.limits.get("warning", np.nan)
            self._seen[one.slot] = one.limits.get("confident", SEEN_FROM)
            self._congested[one.slot] = one.limits.get("congested", CONGESTED_KMH)
        self._slots["water_level"] = self._slots["water_level"][
            np.isfinite(self._warning[self._slots["water_level"]])
        ]

    def compute(self, state: LatestValues, now_us: int) -> dict[str, Figure]:
        """Return every figure by name."""
        good = state.believable(now_us)
        use = {name: slots[good[slots]] for name, slots in self._slots.items()}
        level, speed, ponding = use["water_level"], use["speed"], use["ponding"]
        return {
            "level_margin": _highest(state, level, state.result[level] - self._warning[level]),
            "rain_1h": _highest(state, use["rain_1h"], state.result[use["rain_1h"]]),
            "pm25_median": _whole(state, use["pm25"], np.median),
            "pm25_highest": _highest(state, use["pm25"], state.result[use["pm25"]]),
            "speed_mean": _whole(state, speed, np.mean),
            "congested": _share(state, speed, state.result[speed] <= self._congested[speed]),
            "ponding": _count(state, ponding, state.result[ponding] >= self._seen[ponding]),
            "obstruction": _count(
                state,
                use["obstruction"],
                state.result[use["obstruction"]] >= self._seen[use["obstruction"]],
            ),
        }


def _newest_ms(state: LatestValues, slots: NDArray[np.int64]) -> int:
    return int(state.time_us[slots].max()) // 1000


def _highest(state: LatestValues, slots: NDArray[np.int64], values: NDArray[np.float64]) -> Figure:
    if not slots.size:
        return Figure()
    at = int(values.argmax())
    slot = int(slots[at])
    return Figure(
        round(float(values[at]), 3), int(state.time_us[slot]) // 1000, slot, int(slots.size)
    )


def _whole(state: LatestValues, slots: NDArray[np.int64], statistic: object) -> Figure:
    if not slots.size or not callable(statistic):
        return Figure()
    value = float(statistic(state.result[slots]))
    return Figure(round(value, 2), _newest_ms(state, slots), None, int(slots.size))


def _share(state: LatestValues, slots: NDArray[np.int64], which: NDArray[np.bool_]) -> Figure:
    if not slots.size:
        return Figure()
    return Figure(
        round(float(which.mean()) * 100, 1), _newest_ms(state, slots), None, int(slots.size)
    )


def _count(state: LatestValues, slots: NDArray[np.int64], which: NDArray[np.bool_]) -> Figure:
    if not slots.size:
        return Figure()
    return Figure(float(which.sum()), _newest_ms(state, slots), None, int(slots.size))


class Badges:
    """How alive each domain is; remembers the counts of the last seconds for the rates."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Take the shortest period of each domain."""
        # What is retired is not silent.
        self._domain = np.where(catalogue.retired, -1, catalogue.domain)
        periods = np.array([one.period_s for one in catalogue.datastreams])
        self._shortest_s = [
            float(periods[self._domain == at].min(initial=np.inf)) for at in range(len(DOMAINS))
        ]
        self._counts: deque[tuple[int, NDArray[np.int64]]] = deque(maxlen=RATE_OVER_S + 1)

    def compute(
        self, state: LatestValues, now_us: int, silent: NDArray[np.bool_], worst: list[int]
    ) -> list[Domain]:
        """Return one badge for each of `devices.DOMAINS`. Call it once a second.

        Args:
            state: newest values.
            now_us: now, µs since 1970.
            silent: (d,) from `LatestValues.silent_devices`.
            worst: (4,) most urgent priority of each domain's active alerts, 0 for none.
        """
        self._counts.append((now_us, state.received.copy()))
        (first_us, first), (last_us, last) = self._counts[0], self._counts[-1]
        rate = (last - first) / max((last_us - first_us) / 1e6, 1.0)
        badges = []
        for at in range(len(DOMAINS)):
            slots = self._domain == at
            devices = np.unique(state.device[slots])
            newest_us = int(state.time_us[slots].max(initial=0))
            badges.append(
                Domain(
                    newest_ms=newest_us // 1000 if newest_us else None,
                    state=freshness(self._shortest_s[at], (now_us - newest_us) / 1e6),
                    devices=int(devices.size),
                    silent=int(silent[devices].sum()),
                    rate=round(float(rate[at]), 1),
                    worst=worst[at],
                )
            )
        return badges


def freshness(shortest_period_s: float, age_s: float) -> str:
    """Return `fresh`, `late` or `silent` for a domain whose newest reading is so old.

    >>> [freshness(1.0, age) for age in (4.0, 4.1, 30.1)]
    ['fresh', 'late', 'silent']
    """
    if age_s > max(SILENT_AFTER_PERIODS * shortest_period_s, SILENT_AFTER_AT_LEAST_S):
        return "silent"
    if age_s > max(LATE_AFTER_PERIODS * shortest_period_s, LATE_AFTER_AT_LEAST_S):
        return "late"
    return "fresh"

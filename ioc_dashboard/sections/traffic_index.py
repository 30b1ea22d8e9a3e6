"""The travel time index 行程时间比: how much longer a way takes than on an empty road.

Of one segment it is t / t₀ = v₀ / v, v₀ its free-flow speed; of several their mean weighted by
flow:

    TTI = Σ qᵢ · max(1, v₀ᵢ / vᵢ) / Σ qᵢ

Source:
    FHWA, Urban Congestion Report, "Documentation and Definitions": the ratio of the travel time to
    the free-flow travel time, averaged with vehicle miles as weights. Segments have no length in
    the registry: all count as equally long, so that vehicle miles are flow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from devices import Catalogue
from devices.calendar import DAY_US, HOUR_US, MINUTE_US
from ioc_dashboard.ports import History

if TYPE_CHECKING:
    from storage.rollups import Rollup

SLOWEST: Final = 0.1
"""Least share of the free-flow speed that is counted with: a queue that stands would alone make the
index of the district infinite."""

LEAST_FLOW: Final = 1.0
"""Vehicles per hour a segment counts with at least: at night an empty road is free, no gap."""

WEEK_US: Final = 7 * DAY_US
HOURS: Final = 24
"""Hours of the longest chart."""

ASKED_AT_ONCE: Final = 14
"""Hours that one refresh asks for, each by a query of its own: a wall that starts has the present
and last week's same hours at once, and the whole day after four minutes."""

COMPLETE_AFTER_US: Final = 15 * MINUTE_US
"""How long after its end an hour is still asked again: a gateway's spool is empty by then."""

LEAST_MINUTES: Final = 30
"""Minutes of an hour that must have an index for the hour to have one."""

Floats = NDArray[np.float64]


class Segments:
    """The road segments of a city that can have an index: with a free-flow speed and a flow."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Find them; one radar is one segment in one direction."""
        streams = [one for one in catalogue.datastreams if not one.retired]
        flow_of = {
            one.device: one.slot for one in streams if one.observed_property == "vehicle_flow"
        }
        found = [
            one
            for one in streams
            if one.observed_property == "speed"
            and catalogue.place_of(one.slot).kind == "road_segment"
            and one.device in flow_of
            and one.limits.get("free_flow", 0.0) > 0
        ]
        towns = {town: at for at, town in enumerate(catalogue.towns)}
        self.speed = np.array([one.slot for one in found], dtype=np.int64)
        """(n,) slots."""
        self.flow = np.array([flow_of[one.device] for one in found], dtype=np.int64)
        """(n,) slots."""
        self.free_kmh = np.array([one.limits["free_flow"] for one in found], dtype=np.float64)
        """(n,)."""
        self.town = np.array([towns[catalogue.place_of(one.slot).town] for one in found], np.int64)
        """(n,) index in the catalogue's towns."""
        self.member = np.zeros((1 + len(towns), len(found)))
        """(g, n) 1 where a segment is of a group: the district, then each town."""
        self.member[0] = 1.0
        self.member[1 + self.town, np.arange(len(found))] = 1.0

    def terms(self, speed_kmh: Floats, flow: Floats) -> Floats:
        """Return Σ q·t/t₀ and Σ q by group; segments with NaN in either are left out.

        Args:
            speed_kmh: (n, …).
            flow: of the same shape, vehicles per hour.

        Returns:
            (2, g, …).
        """
        free = self.free_kmh.reshape(-1, *[1] * (speed_kmh.ndim - 1))
        known = np.isfinite(speed_kmh) & np.isfinite(flow)
        slowest = np.maximum(np.where(known, speed_kmh, free), SLOWEST * free)
        weight = np.where(known, np.maximum(np.where(known, flow, 0.0), LEAST_FLOW), 0.0)
        return np.stack(
            [self.member @ (weight * np.maximum(free / slowest, 1.0)), self.member @ weight]
        )


def ratio(terms: Floats) -> Floats:
    """Return the index of terms (2, …), NaN where nothing is known."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(terms[1] > 0, terms[0] / terms[1], np.nan)


class IndexHistory:
    """Terms of each minute of the last day and of the same day a week before, by whole hours."""

    def __init__(self, segments: Segments) -> None:
        """Start with nothing known."""
        self._segments = segments
        self._terms: dict[int, Floats] = {}
        self._complete: set[int] = set()
        self._speed: dict[int, Floats] = {}

    async def load(self, history: History, now_us: int) -> None:
        """Ask for the hours that are missing or not over, those that matter most first."""
        hour = now_us // HOUR_US * HOUR_US
        wanted = [
            hour - back * HOUR_US - week for back in range(HOURS + 1) for week in (0, WEEK_US)
        ]
        missing = [one for one in wanted if one not in self._complete]
        for start in missing[:ASKED_AT_ONCE]:
            asked = [*self._segments.speed.tolist(), *self._segments.flow.tolist()]
            found = await history.rollup(asked, "1min", start, start + HOUR_US)
            speed = by_minute(found, self._segments.speed, start)
            self._terms[start] = self._segments.terms(
                speed, by_minute(found, self._segments.flow, start)
            )
            if start > hour - 3 * HOUR_US:
                self._speed[start] = speed
            if now_us >= start + HOUR_US + COMPLETE_AFTER_US:
                self._complete.add(start)
        for kept in (self._terms, self._speed):
            for old in [one for one in kept if one not in wanted]:
                del kept[old]
        for old in [one for one in self._speed if one <= hour - 3 * HOUR_US]:
            del self._speed[old]
        self._complete &= set(wanted)

    def terms(self, until_us: int, minutes: int) -> Floats:
        """Return (2, g, m) terms of the m whole minutes before a time; 0 where not known."""
        groups = self._segments.member.shape[0]
        end = until_us // MINUTE_US
        taken = np.zeros((2, groups, minutes))
        for start, terms in self._terms.items():
            to = start // MINUTE_US - (end - minutes) + np.arange(60)
            inside = (to >= 0) & (to < minutes)
            taken[:, :, to[inside]] = terms[:, :, inside]
        return taken

    def hour(self, until_us: int) -> list[float | None]:
        """Return by group the index over the 60 minutes before a time; None: too little known."""
        terms = self.terms(until_us, 60)
        enough = (terms[1] > 0).sum(axis=1) >= LEAST_MINUTES
        values = ratio(terms.sum(axis=2))
        return [
            rounded(one) if ok else None for one, ok in zip(values.tolist(), enough, strict=True)
        ]

    def line(self, until_us: int, minutes: int, step: int) -> list[float | None]:
        """Return the district's index in steps of some minutes, the last one ending at a time."""
        terms = self.terms(until_us, minutes)[:, 0].reshape(2, minutes // step, step)
        return [rounded(one) for one in ratio(terms.sum(axis=2)).tolist()]

    def slow_since(self, limit_kmh: Floats) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return since when each segment's minute means are at or below a limit without a break.

        Args:
            limit_kmh: (n,) NaN for none.

        Returns:
            (n,) start of the first such minute, µs since 1970, 0 for none; (n,) whether all that is
            known is slow, so that it may have begun earlier.
        """
        n = limit_kmh.size
        since, whole = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.bool_)
        if not self._speed:
            return since, whole
        hours = sorted(self._speed)
        speed = np.concatenate([self._speed[one] for one in hours], axis=1)
        start = np.concatenate([one + np.arange(60) * MINUTE_US for one in hours])
        for at in range(n):
            known = np.flatnonzero(np.isfinite(speed[at]))
            is_slow = speed[at, known] <= limit_kmh[at]
            if not known.size or not is_slow[-1]:
                continue
            free = np.flatnonzero(~is_slow)
            first = known[free[-1] + 1] if free.size else known[0]
            since[at], whole[at] = start[first], not free.size
        return since, whole


def by_minute(found: Rollup, slots: NDArray[np.int64], start_us: int) -> Floats:
    """Return (n, 60) means by slot and minute of an hour, NaN where there are none."""
    values = np.full((slots.size, 60), np.nan)
    order = np.argsort(slots, kind="stable")
    at = np.searchsorted(slots[order], found.datastream)
    known = at < slots.size
    known[known] = slots[order][at[known]] == found.datastream[known]
    minute = (found.start_us[known] - start_us) // MINUTE_US
    values[order[at[known]], minute] = np.where(found.good[known] > 0, found.mean[known], np.nan)
    return values


def rounded(value: float) -> float | None:
    """Return an index as it is told, to two decimals, or None for NaN."""
    return round(float(value), 2) if value == value else None

"""交通: states of the segments, the travel time index, what hinders traffic, and intersections.

Source:
    Classes of segments by speed and class of road, upper bounds inclusive, as used for city traffic
    (expressway 50/35/20 km/h, arterial 30/20/15, secondary and branch 25/15/10); each segment
    carries its own as `slow`, `congested`, `jammed`. The five classes of the tables become four on
    the wall: 畅通 and 基本畅通 are both no congestion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from devices import Catalogue
from devices.calendar import MINUTE_US
from dispatch import Priority
from ioc_dashboard.figures import SEEN_FROM
from ioc_dashboard.ports import History
from ioc_dashboard.sections.section import REFRESH_S, Now
from ioc_dashboard.sections.traffic_index import (
    HOURS,
    WEEK_US,
    IndexHistory,
    Segments,
    ratio,
    rounded,
)
from ioc_dashboard.sections.traffic_part import (
    CLASSES,
    Crossing,
    Incident,
    Index,
    Line,
    SegmentLine,
    States,
    TownTraffic,
    Traffic,
)

if TYPE_CHECKING:
    from storage.queries import AlertRow

MOST: Final = 40
"""Rows of a list that are sent."""


class TrafficSection:
    """Implements `Section`."""

    page = "traffic"
    every_s = 5
    refresh_s = REFRESH_S

    def __init__(self, catalogue: Catalogue) -> None:
        """Index segments, arms of intersections and cameras."""
        self._catalogue = catalogue
        self._segments = Segments(catalogue)
        self._history = IndexHistory(self._segments)
        streams = [one for one in catalogue.datastreams if not one.retired]
        self._beside = {
            name: {one.device: one.slot for one in streams if one.observed_property == name}
            for name in ("vehicle_flow", "occupancy")
        }
        speeds = [one for one in streams if one.observed_property == "speed"]
        kind = {one.slot: catalogue.place_of(one.slot).kind for one in speeds}
        self._roads = np.array([s for s in kind if kind[s] == "road_segment"], dtype=np.int64)
        self._arms: dict[str, list[int]] = {}
        for one in speeds:
            if kind[one.slot] == "intersection":
                self._arms.setdefault(catalogue.place_of(one.slot).id, []).append(one.slot)
        self._bounds = np.full((len(CLASSES) - 1, len(catalogue.datastreams)), np.nan)
        for one in speeds:
            self._bounds[:, one.slot] = [one.limits.get(name, np.nan) for name in CLASSES[1:]]
        self._views = [one for one in streams if one.observed_property == "obstruction"]
        self._towns = {town: at for at, town in enumerate(catalogue.towns)}
        self._since = {int(slot): (0, False) for slot in self._segments.speed}
        self._hour: list[float | None] = [None] * (1 + len(self._towns))
        self._last_week = list(self._hour)

    async def refresh(self, history: History, now_us: int) -> None:
        """Read the minutes of the last day and of last week's that are not known yet."""
        await self._history.load(history, now_us)
        until_us = now_us // MINUTE_US * MINUTE_US
        self._hour = self._history.hour(until_us)
        self._last_week = self._history.hour(until_us - WEEK_US)
        congested = self._bounds[1, self._segments.speed]
        since, whole = self._history.slow_since(congested)
        for at, slot in enumerate(self._segments.speed.tolist()):
            before, was_whole = self._since[slot]
            # What began before the hours that are looked at is remembered while it goes on.
            goes_on = whole[at] and 0 < before < since[at]
            self._since[slot] = (
                (before, was_whole) if goes_on else (int(since[at]), bool(whole[at]))
            )

    def show(self, now: Now) -> Traffic:
        """Return states, index and lists as they are now."""
        states = self._states(now)
        roads = states[self._roads]
        incidents = self._incidents(now)
        worst = self._worst(now, states)
        indices = self._indices(now)
        return Traffic(
            index=indices[0],
            states=[int((roads == at).sum()) for at in range(len(CLASSES))],
            segments=States(
                self._roads.tolist(),
                roads.tolist(),
                int(now.state.time_us[self._roads[roads >= 0]].max(initial=0)) // 1000 or None,
            ),
            unknown=int((roads < 0).sum()),
            towns=self._by_town(indices[1:], states),
            worst=worst[:MOST],
            worst_total=len(worst),
            incidents=incidents[:MOST],
            incidents_total=len(incidents),
            crossings=self._crossings(now, states),
            day=self._line(now.us, HOURS * 60, 5),
            hours=self._line(now.us, 120, 1),
        )

    def _states(self, now: Now) -> NDArray[np.int64]:
        """Return (s,) index in `CLASSES`, −1 where there is no believable speed or no limits."""
        speed = now.state.result
        known = now.believable & np.isfinite(self._bounds).any(axis=0)
        with np.errstate(invalid="ignore"):
            below = speed <= self._bounds
        found = np.zeros(speed.size, dtype=np.int64)
        for at in range(len(CLASSES) - 1):
            found[below[at]] = at + 1
        return np.where(known, found, -1)

    def _indices(self, now: Now) -> list[Index]:
        own = self._segments
        good = now.believable[own.speed] & now.believable[own.flow]
        speed = np.where(good, now.state.result[own.speed], np.nan)
        values = ratio(own.terms(speed, np.where(good, now.state.result[own.flow], np.nan)))
        newest = np.where(good, now.state.time_us[own.speed], 0)
        return [
            Index(
                rounded(values[at]),
                int((member * good).sum()),
                int(member.sum()),
                int((member * newest).max(initial=0)) // 1000 or None,
                self._hour[at],
                self._last_week[at],
            )
            for at, member in enumerate(own.member)
        ]

    def _by_town(self, indices: list[Index], states: NDArray[np.int64]) -> list[TownTraffic]:
        found = []
        of = np.array([self._town(slot) for slot in self._roads.tolist()], dtype=np.int64)
        for at, index in enumerate(indices):
            mine = states[self._roads[of == at]]
            if mine.size:
                known, congested = int((mine >= 0).sum()), int((mine >= 2).sum())
                found.append(TownTraffic(at, index, congested, known))
        found.sort(key=lambda one: (-(one.index.value or 0.0), one.town))
        return found

    def _worst(self, now: Now, states: NDArray[np.int64]) -> list[SegmentLine]:
        slots = self._roads[states[self._roads] > 0].tolist()
        speed = now.state.result
        lines = []
        for slot in sorted(slots, key=lambda one: (-states[one], speed[one], one)):
            since, is_at_least = self._since.get(slot, (0, False))
            is_congested = states[slot] >= 2
            lines.append(
                SegmentLine(
                    slot,
                    int(states[slot]),
                    round(float(speed[slot]), 1),
                    self._by_device(now, "vehicle_flow", slot),
                    self._by_device(now, "occupancy", slot),
                    int(now.state.time_us[slot]) // 1000,
                    since // 1000 if is_congested and since else None,
                    bool(is_at_least and is_congested),
                )
            )
        return lines

    def _crossings(self, now: Now, states: NDArray[np.int64]) -> list[Crossing]:
        found = []
        for name, arms in self._arms.items():
            place = self._catalogue.places[name]
            known = [slot for slot in arms if states[slot] >= 0]
            worst = max(
                known, key=lambda one: (states[one], -now.state.result[one]), default=arms[0]
            )
            flows = [self._by_device(now, "vehicle_flow", slot) for slot in arms]
            full = [self._by_device(now, "occupancy", slot) for slot in arms]
            found.append(
                Crossing(
                    name, *place.name, self._towns[place.town],
                    int(states[worst]) if known else None,
                    len(arms), len(known),
                    sum(told) if (told := [one for one in flows if one is not None]) else None,
                    max((one for one in full if one is not None), default=None),
                    worst,
                )
            )  # fmt: skip
        found.sort(
            key=lambda one: (
                one.state is None, -(one.state or 0), -(one.occupancy or 0.0), one.id
            )
        )  # fmt: skip
        return found

    def _incidents(self, now: Now) -> list[Incident]:
        told = [one for one in now.alerts if one.active and not one.drill]
        found = [self._alerted(one) for one in told if one.domain == "traffic"]
        alerted = {one.datastream: one for one in told}
        for view in self._views:
            value = float(now.state.result[view.slot])
            if not now.believable[view.slot] or value < view.limits.get("confident", SEEN_FROM):
                continue
            if view.slot in alerted:
                found.append(self._alerted(alerted[view.slot]))
            else:
                since_ms = int(now.state.time_us[view.slot]) // 1000
                found.append(
                    Incident(f"s{view.slot}", "obstruction", view.slot, 0, since_ms, False,
                             round(value, 2), "", "")
                )  # fmt: skip
        found.sort(key=lambda one: (one.priority or 9, one.since_ms, one.key))
        return found

    def _alerted(self, row: AlertRow) -> Incident:
        kind = "alert" if row.domain == "traffic" else "obstruction"
        return Incident(
            row.id, kind, row.datastream, int(Priority.of_colour(row.severity)),
            row.raised_us // 1000, row.acknowledged, None, row.message_zh, row.message_en,
        )  # fmt: skip

    def _line(self, now_us: int, minutes: int, step: int) -> Line:
        step_us = step * MINUTE_US
        until_us = now_us // step_us * step_us
        return Line(
            (until_us - minutes * MINUTE_US) // 1000,
            step_us // 1000,
            self._history.line(until_us, minutes, step),
            self._history.line(until_us - WEEK_US, minutes, step),
        )

    def _by_device(self, now: Now, name: str, slot: int) -> float | None:
        """Return what else the radar of a speed says, if it may be believed."""
        beside = self._beside[name].get(self._catalogue.datastreams[slot].device)
        if beside is None or not now.believable[beside]:
            return None
        return round(float(now.state.result[beside]), 1)

    def _town(self, slot: int) -> int:
        return self._towns[self._catalogue.place_of(slot).town]

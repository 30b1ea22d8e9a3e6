"""防汛: levels against their warning, rain, pumps, sluices, underpasses, rivers along their course.

Levels are held against the station's own limits: 警戒 `warning` and 保证 `guaranteed`.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from devices import Catalogue
from devices.calendar import HOUR_US
from dispatch import Priority, order
from ioc_dashboard.figures import SEEN_FROM
from ioc_dashboard.ports import History
from ioc_dashboard.sections.flood_past import (
    RAIN_HOURS,
    RATE_OVER_US,
    rain_sums,
    rates,
    warning_reached,
)
from ioc_dashboard.sections.section import REFRESH_S, Now

RUNS_FROM_KW: Final = 5.0
"""A pump set runs from this power on; standby takes less than one."""

ALERTS_MOST: Final = 20
"""Rows of alerts that are sent."""


class Level(msgspec.Struct, frozen=True):
    """A river station."""

    slot: int
    place: str
    zh: str
    en: str
    regime: str
    """`tongnan` or `lixiahe`."""
    level_m: float | None
    """None where the newest reading cannot stand for the present."""
    newest_ms: int | None
    warning_m: float
    guaranteed_m: float | None
    rate_m_h: float | None


class Rain(msgspec.Struct, frozen=True):
    """A rain gauge."""

    slot: int
    zh: str
    en: str
    hour_mm: float | None
    """Of the hour before the newest reading."""
    sums_mm: list[float | None]
    """(4,) of the last 3, 6, 12 and 24 whole hours."""
    reached: str | None
    """Colour of the 暴雨 warning whose rain is reached."""
    newest_ms: int | None


class Pumps(msgspec.Struct, frozen=True):
    """A pump station."""

    place: str
    zh: str
    en: str
    sets: int
    known: int
    """Sets whose power is known."""
    running: int
    """Of those that are known."""
    power_kw: float | None
    """Of all sets; None unless each is known."""
    slot: int
    newest_ms: int | None


class Sluice(msgspec.Struct, frozen=True):
    """A sluice by the water on its two sides."""

    place: str
    zh: str
    en: str
    up_slot: int
    up_m: float | None
    down_m: float | None
    newest_ms: int | None


class Underpass(msgspec.Struct, frozen=True):
    """An underpass."""

    slot: int
    zh: str
    en: str
    state: str
    """`closed`, `caution`, `dry` or `unknown`, by its own limits."""
    depth_m: float | None
    """The greatest of its gauges that can stand for the present."""
    caution_m: float
    closed_m: float
    seeing: int
    """Cameras there that see ponding."""
    newest_ms: int | None


class River(msgspec.Struct, frozen=True):
    """Stations of one course."""

    stations: list[int]
    """Indices in `levels`, upstream first."""
    margin_m: float | None
    """Greatest level over its warning."""


class WaterAlert(msgspec.Struct, frozen=True):
    """An active alert of the domain water."""

    id: str
    zh: str
    en: str
    priority: int
    """1–4, `dispatch.Priority`."""
    raised_ms: int
    acknowledged: bool


class Flood(msgspec.Struct, frozen=True):
    """The page's part; each list has the worst first."""

    levels: list[Level]
    rain: list[Rain]
    rain_until_ms: int | None
    """End of the whole hours that rain is summed to; None until the database has said."""
    pumps: list[Pumps]
    sluices: list[Sluice]
    underpasses: list[Underpass]
    rivers: list[River]
    alerts: list[WaterAlert]
    """In the order of `dispatch.order`, the first ones."""
    alerts_total: int


class FloodSection:
    """Implements `Section`."""

    page = "flood"
    every_s = 2
    refresh_s = REFRESH_S

    def __init__(self, catalogue: Catalogue) -> None:
        """Find the datastreams of each list, and the courses of the rivers."""
        self._catalogue = catalogue
        self._place = {
            one.slot: catalogue.places[catalogue.devices[one.device].place]
            for one in catalogue.datastreams
        }
        self._of: dict[tuple[str, str], list[int]] = {}
        """Slots by place and property."""
        for one in catalogue.datastreams:
            if not one.retired:
                key = (self._place[one.slot].id, one.observed_property)
                self._of.setdefault(key, []).append(one.slot)
        self._levels = [
            slots[0]
            for (place, observed), slots in self._of.items()
            if observed == "water_level"
            and catalogue.places[place].kind == "river_station"
            and "warning" in catalogue.datastreams[slots[0]].limits
        ]
        self._rain_period = {
            slot: catalogue.datastreams[slot].period_s
            for (_, observed), slots in self._of.items()
            if observed == "rain_1h"
            for slot in slots
        }
        self._rivers = self._courses()
        self._rates: dict[int, float] = {}
        self._sums: dict[int, tuple[float | None, ...]] = {}
        self._until_us: int | None = None

    def _courses(self) -> list[list[int]]:
        by_place = {self._place[slot].id: slot for slot in self._levels}
        places = self._catalogue.places
        reached = {places[one].downstream for one in by_place}
        courses = []
        for source in by_place:
            if source in reached:
                continue
            course, at = [], source
            while at in by_place and by_place[at] not in course:
                course.append(by_place[at])
                at = places[at].downstream
            if len(course) > 1:
                courses.append(course)
        return courses

    async def refresh(self, history: History, now_us: int) -> None:
        """Read the minutes of the last hour and the hours of the last day."""
        minutes = await history.rollup(self._levels, "1min", now_us - RATE_OVER_US, now_us)
        self._rates = rates(minutes, now_us)
        until_us = now_us - now_us % HOUR_US
        since_us = until_us - max(RAIN_HOURS) * HOUR_US
        hours = await history.rollup(list(self._rain_period), "1h", since_us, until_us)
        self._sums = rain_sums(hours, self._rain_period, until_us)
        self._until_us = until_us

    def show(self, now: Now) -> Flood:
        """Return all lists as they are now."""
        levels = sorted((self._level(now, slot) for slot in self._levels), key=_badness)
        at = {one.slot: n for n, one in enumerate(levels)}
        rivers = [_river([at[slot] for slot in course], levels) for course in self._rivers]
        rivers.sort(key=lambda one: -1e9 if one.margin_m is None else one.margin_m, reverse=True)
        active = order(one for one in now.alerts
                       if one.active and one.domain == "water" and not one.drill)  # fmt: skip
        return Flood(
            levels=levels,
            rain=self._rain(now),
            rain_until_ms=None if self._until_us is None else self._until_us // 1000,
            pumps=self._pumps(now),
            sluices=self._sluices(now),
            underpasses=self._underpasses(now),
            rivers=rivers,
            alerts=[
                WaterAlert(one.id, one.message_zh, one.message_en,
                           Priority.of_colour(one.severity), one.raised_us // 1000,
                           one.acknowledged)
                for one in active[:ALERTS_MOST]
            ],
            alerts_total=len(active),
        )  # fmt: skip

    def _level(self, now: Now, slot: int) -> Level:
        place, limits = self._place[slot], self._catalogue.datastreams[slot].limits
        return Level(
            slot, place.id, *place.name, self._catalogue.towns[place.town].flood_regime,
            _value(now, slot, 2), _newest_ms(now, [slot]), limits["warning"],
            limits.get("guaranteed"),
            None if slot not in self._rates else round(self._rates[slot], 2),
        )  # fmt: skip

    def _rain(self, now: Now) -> list[Rain]:
        none = (None,) * len(RAIN_HOURS)
        told = []
        for slot in self._rain_period:
            sums = self._sums.get(slot, none)
            told.append(
                Rain(slot, *self._place[slot].name, _value(now, slot, 1), list(sums),
                     warning_reached(sums), _newest_ms(now, [slot]))
            )  # fmt: skip
        colours = ("red", "orange", "yellow", "blue", None)
        return sorted(
            told, key=lambda one: (colours.index(one.reached), -(one.hour_mm or 0), one.slot)
        )

    def _pumps(self, now: Now) -> list[Pumps]:
        told = []
        for (place_id, observed), slots in self._of.items():
            if observed != "pump_power":
                continue
            place = self._catalogue.places[place_id]
            known = [slot for slot in slots if now.believable[slot]]
            power = now.state.result[known]
            told.append(
                Pumps(place_id, *place.name, len(slots), len(known),
                      int((power >= RUNS_FROM_KW).sum()),
                      round(float(power.sum()), 0) if len(known) == len(slots) else None,
                      slots[0],
                      _newest_ms(now, slots))
            )  # fmt: skip
        return sorted(told, key=lambda one: (-one.running, -(one.sets - one.known), one.place))

    def _sluices(self, now: Now) -> list[Sluice]:
        told = []
        for (place_id, observed), slots in self._of.items():
            place = self._catalogue.places[place_id]
            if observed != "water_level" or place.kind != "sluice":
                continue
            ends = {self._catalogue.datastreams[slot].device.rpartition("-")[2]: slot
                    for slot in slots}  # fmt: skip
            if "up" in ends and "down" in ends:
                up, down = ends["up"], ends["down"]
                told.append(
                    Sluice(place_id, *place.name, up, _value(now, up, 2), _value(now, down, 2),
                           _newest_ms(now, [up, down]))
                )  # fmt: skip
        return told

    def _underpasses(self, now: Now) -> list[Underpass]:
        told = []
        for (place_id, observed), slots in self._of.items():
            limits = self._catalogue.datastreams[slots[0]].limits
            if observed != "water_depth" or not {"caution", "closed"} <= limits.keys():
                continue
            # The deepest water is what cars meet, whichever gauge stands in it.
            known = [slot for slot in slots if now.believable[slot]]
            slot = max(known, key=lambda one: now.state.result[one], default=slots[0])
            depth = _value(now, slot, 2)
            seeing = sum(
                bool(now.believable[view])
                and now.state.result[view]
                >= self._catalogue.datastreams[view].limits.get("confident", SEEN_FROM)
                for view in self._of.get((place_id, "ponding"), [])
            )
            told.append(
                Underpass(slot, *self._catalogue.places[place_id].name,
                          _state(depth, limits["caution"], limits["closed"]), depth,
                          limits["caution"], limits["closed"], int(seeing),
                          _newest_ms(now, [slot] if known else slots))
            )  # fmt: skip
        order = ("closed", "caution", "unknown", "dry")
        return sorted(
            told, key=lambda one: (order.index(one.state), -one.seeing, -(one.depth_m or 0))
        )


def _state(depth_m: float | None, caution_m: float, closed_m: float) -> str:
    if depth_m is None:
        return "unknown"
    return "closed" if depth_m >= closed_m else "caution" if depth_m >= caution_m else "dry"


def _badness(one: Level) -> tuple[bool, float, str]:
    """Sort by how far over its warning; what is not known stands last."""
    return (one.level_m is None, one.warning_m - (one.level_m or 0), one.place)


def _river(stations: list[int], levels: list[Level]) -> River:
    over = [
        one.level_m - one.warning_m
        for one in (levels[at] for at in stations)
        if one.level_m is not None
    ]
    return River(stations, round(max(over), 2) if over else None)


def _value(now: Now, slot: int, digits: int) -> float | None:
    return round(float(now.state.result[slot]), digits) if now.believable[slot] else None


def _newest_ms(now: Now, slots: list[int]) -> int | None:
    return int(np.max(now.state.time_us[slots])) // 1000 or None

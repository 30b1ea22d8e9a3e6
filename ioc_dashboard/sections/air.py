"""生态环境: air quality of stations, towns and district, wind, dust, noise, and classes of water.

Real-time AQI is that of the newest hour that is over, by the edition of its time; daily AQI that
of today so far and of yesterday. All of it comes from hourly means (`air_hours`); wind, sites and
water from the newest readings.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from devices import Catalogue
from devices.calendar import HOUR_US
from ioc_dashboard import air_index, explaining
from ioc_dashboard.air_hours import (
    KEPT_HOURS,
    MICRO_KIND,
    STANDARD_KIND,
    AirHours,
)
from ioc_dashboard.ports import History
from ioc_dashboard.sections.air_sites import Site, Sites
from ioc_dashboard.sections.air_stations import (
    AirStation,
    Area,
    Day,
    area_means,
    quality_at,
    shown,
    worst_first,
)
from ioc_dashboard.sections.air_water import Station, Waters
from ioc_dashboard.sections.air_wind import Anemometers, Wind
from ioc_dashboard.sections.section import REFRESH_S, Now
from rules.indices import Report, edition_at
from rules.indices.aqi import NA, Indices
from rules.indices.aqi_tables import LEVELS, POLLUTANTS
from rules.indices.gb3838_tables import CLASSES

STALE_AFTER_US: Final = HOUR_US + HOUR_US // 4
"""Since the end of its hour an AQI is no longer that of the present: the next hour is over by then,
and a quarter of an hour is enough to roll it up."""


class Shown(msgspec.Struct, frozen=True):
    """The page's part."""

    as_of_ms: int | None
    """When the database was asked for means; None: never yet."""
    hour_ms: int | None
    """Start of the hour that the AQIs are of."""
    is_stale: bool
    """A newer hour is over, and its means are not known."""
    edition: str
    """Of that hour."""
    changed_ms: int | None
    """Since when the newer edition holds, if that is within the 24 hours shown."""
    pollutants: tuple[str, ...]
    levels: list[tuple[str, str, tuple[int, int, int]]]
    """Chinese, English, colour; level 1 first."""
    classes: list[tuple[str, str, str]]
    """Of water: name, Chinese, English; class Ⅰ first, 劣Ⅴ last."""
    hours_ms: list[int]
    """Starts of the 24 hours."""
    district: Area | None
    """None: nothing known of any hour yet."""
    towns: list[Area]
    """Those with stations, the worst first."""
    stations: list[AirStation]
    """The official ones, then the micro stations; each the worst first."""
    heard_ms: list[int | None]
    """When each of `stations` was last heard; None: never."""
    winds: dict[int, Wind | None]
    """By town, -1 for the district."""
    sites: dict[str, list[Site]]
    waters: list[Station]


@dataclass(frozen=True, slots=True)
class _Subject:
    """What has an AQI: a station or an area."""

    index: str
    name: tuple[str, str]
    rows: tuple[int, ...]
    """Stations whose mean it is."""
    is_reference: bool
    at: int
    """Index of device or town in the atlas; -1: the district."""
    is_area: bool


class AirSection:
    """Implements `Section` for the page `air`."""

    page = "air"
    every_s = 5
    refresh_s = REFRESH_S

    def __init__(self, catalogue: Catalogue) -> None:
        """Find stations, areas, sites and waters of a city."""
        self._hours = AirHours(catalogue)
        self._subjects = _subjects(catalogue, self._hours.devices)
        self._wind = Anemometers(catalogue, self._hours.devices)
        self._sites, self._waters = Sites(catalogue), Waters(catalogue)
        self._names = {one.id: one.name for one in catalogue.devices.values()}
        slots: dict[str, list[int]] = {one: [] for one in self._hours.devices}
        for stream in catalogue.datastreams:
            if stream.device in slots and stream.observed_property in POLLUTANTS:
                slots[stream.device].append(stream.slot)
        self._slots = list(slots.values())
        self._means = np.full((len(self._subjects), len(POLLUTANTS), KEPT_HOURS), np.nan)
        self._areas: list[Area] = []
        self._stations: list[AirStation] = []

    async def refresh(self, history: History, now_us: int) -> None:
        """Read hourly means, and compute what stands on them."""
        await self._hours.refresh(history, now_us)
        if not self._subjects:
            return
        hours = self._hours
        self._means = np.stack([area_means(hours.means, one.rows) for one in self._subjects])
        hourly = air_index.hourly(hours.start_us, self._means)
        days = [
            (start_us, air_index.day(hours.start_us, self._means, start_us),
             self._hours_of(start_us))
            for start_us in air_index.days_of(hours.start_us)
        ]  # fmt: skip
        self._areas, self._stations = [], []
        for at, one in enumerate(self._subjects):
            quality = quality_at(hourly.last, at)
            if one.is_area:
                yesterday, today = (_day(*day, at) for day in days)
                told = [None if aqi == NA else aqi for aqi in hourly.aqi[at].tolist()]
                self._areas.append(
                    Area(one.at, one.index, quality, len(one.rows), one.is_reference, told,
                         yesterday, today)
                )  # fmt: skip
            else:
                row = one.rows[0]
                minutes = [
                    count if has else None
                    for count, has in zip(
                        hours.minutes[row, :, -1].tolist(), hours.measures[row], strict=True
                    )
                ]
                values = shown(self._means[at, :, -1])
                self._stations.append(
                    AirStation(one.at, one.is_reference, quality, values, minutes)
                )

    def show(self, now: Now) -> Shown:
        """Return the page's part now."""
        hours = self._hours
        is_known = hours.as_of_us is not None
        hour_us = int(hours.start_us[-1])
        row_of = {one.at: one.rows[0] for one in self._subjects if not one.is_area}
        stations = sorted(self._stations, key=lambda one: (one.is_reference, *worst_first(one)))
        starts = hours.start_us[-air_index.SHOWN_HOURS :].tolist() if is_known else []
        changed = [
            at for before, at in itertools.pairwise(starts)
            if edition_at(before) != edition_at(at)
        ]  # fmt: skip
        towns = [one for one in self._areas if one.town >= 0]
        return Shown(
            None if hours.as_of_us is None else hours.as_of_us // 1000,
            hour_us // 1000 if is_known else None,
            is_known and now.us - (hour_us + HOUR_US) > STALE_AFTER_US,
            str(edition_at(hour_us if is_known else now.us)),
            changed[0] // 1000 if changed else None,
            POLLUTANTS,
            [(one.zh, one.en, one.rgb) for one in LEVELS],
            [(one.name, one.zh, one.en) for one in CLASSES],
            [at // 1000 for at in starts],
            next((one for one in self._areas if one.town < 0), None),
            sorted(towns, key=worst_first),
            stations,
            [self._heard_ms(row_of[one.device], now) for one in stations],
            {
                one.at: self._wind.mean([hours.devices[row] for row in one.rows], now)
                for one in self._subjects
                if one.is_area
            },
            self._sites.show(now),
            self._waters.show(now),
        )

    def explain(
        self, index: str, now: Now, report: Report = Report.REALTIME
    ) -> explaining.Explanation | None:
        """Return why a figure of this page is what it is.

        Args:
            index: `aqi:{device}`, `aqi:town:{town}`, `aqi:district` or `gb3838:{device}`.
            now: the present.
            report: of an AQI: that of the newest hour, or of today.

        Returns:
            None where there is no such figure, or nothing is known of any hour yet.
        """
        kind, _, device = index.partition(":")
        if kind == "gb3838":
            found = self._waters.explain(device, now)
            if found is None:
                return None
            return explaining.explain_water(index, self._names[device], found, now.us)
        if self._hours.as_of_us is None:
            return None
        for at, one in enumerate(self._subjects):
            if one.index == index:
                return explaining.explain_air(
                    index, one.name, one.is_reference, report,
                    self._hours.start_us, self._means[at], int(self._hours.start_us[-1]),
                )  # fmt: skip
        return None

    def _heard_ms(self, row: int, now: Now) -> int | None:
        newest = max((int(now.state.time_us[slot]) for slot in self._slots[row]), default=0)
        return newest // 1000 or None

    def _hours_of(self, day_us: int) -> NDArray[np.int64]:
        """Return how many hours of a day each subject has: of its best pollutant."""
        whole = air_index.of_day(self._hours.start_us, self._means, day_us)
        counts: NDArray[np.int64] = (~np.isnan(whole)).sum(axis=2).max(axis=1)
        return counts


def _day(start_us: int, found: Indices, hours: NDArray[np.int64], at: int) -> Day:
    return Day(start_us // 1000, quality_at(found, at), int(hours[at]))


def _subjects(catalogue: Catalogue, devices: tuple[str, ...]) -> list[_Subject]:
    """Return every station, town with stations, and the district.

    An area is the mean of its official stations; of its micro stations only where it has no other.
    """
    place = {at: index for index, at in enumerate(catalogue.devices)}
    kinds = [catalogue.devices[one].kind for one in devices]
    subjects = [
        _Subject(f"aqi:{one}", catalogue.devices[one].name, (row,), kind == MICRO_KIND,
                 place[one], is_area=False)
        for row, (one, kind) in enumerate(zip(devices, kinds, strict=True))
    ]  # fmt: skip
    towns = [catalogue.places[catalogue.devices[one].place].town for one in devices]
    areas = [(f"aqi:town:{town.id}", town.name, at, town.id)
             for at, town in enumerate(catalogue.towns.values())]  # fmt: skip
    for index, name, at, town_id in [*areas, ("aqi:district", catalogue.name, -1, "")]:
        mine = [row for row, town in enumerate(towns) if town_id in ("", town)]
        official = [row for row in mine if kinds[row] == STANDARD_KIND]
        if mine:
            subjects.append(
                _Subject(index, name, tuple(official or mine), not official, at, is_area=True)
            )
    return subjects

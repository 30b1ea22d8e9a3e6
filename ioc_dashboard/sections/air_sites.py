"""What has no AQI: dust at building sites, air beside roads, noise. Newest readings, not means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from devices import PROPERTIES, Catalogue, Datastream
from devices.calendar import DAY_US, HOUR_US
from ioc_dashboard.air_hours import BEIJING_US
from ioc_dashboard.sections.section import Now

GROUPS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "dust": ("dust_monitor", ("pm10", "tsp", "pm25", "noise")),
    "roadside": ("roadside_station", ("no2", "pm25")),
    "noise": ("noise_monitor", ("noise",)),
}
"""By group: device kind, and the properties shown, the one that orders the list first."""

_DAYTIME_HOURS: Final = (6, 22)
"""昼间, Beijing time; the rest is night. GB 3096-2008, 3.4."""


class Reading(msgspec.Struct, frozen=True):
    """One figure of a site."""

    property: str
    slot: int
    value: float | None
    """None: nothing that may be believed now."""
    limit: float | None
    """The station's own that applies now, canonical unit."""
    is_over: bool


class Site(msgspec.Struct, frozen=True):
    """One monitor."""

    device: int
    """Index in the atlas."""
    readings: list[Reading]
    time_ms: int | None
    """When it was last heard; None: never."""
    is_silent: bool


class Sites:
    """The monitors of a city, by group."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Find them."""
        at = {device: index for index, device in enumerate(catalogue.devices)}
        found: dict[str, dict[int, list[Datastream]]] = {name: {} for name in GROUPS}
        for one in catalogue.datastreams:
            kind = catalogue.devices[one.device].kind
            for name, (wanted, properties) in GROUPS.items():
                is_shown = one.observed_property in properties and not one.statistic
                if kind == wanted and is_shown and not one.retired:
                    found[name].setdefault(at[one.device], []).append(one)
        for name, (_, properties) in GROUPS.items():
            for streams in found[name].values():
                streams.sort(key=lambda one: properties.index(one.observed_property))
        self._found = found

    def show(self, now: Now) -> dict[str, list[Site]]:
        """Return the sites by group: the highest first, those without a figure last."""
        shown = {}
        for name, devices in self._found.items():
            sites = [_site(device, streams, now) for device, streams in devices.items()]
            shown[name] = sorted(sites, key=_order)
        return shown


def limit_at(one: Datastream, time_us: int) -> float | None:
    """Return the limit of a datastream that applies at a time: of noise that of day or night.

    Of concentrations it is the lowest one that has a name, `light`.
    """
    if "day" in one.limits and "night" in one.limits:
        hour = (time_us + BEIJING_US) % DAY_US // HOUR_US
        is_day = _DAYTIME_HOURS[0] <= hour < _DAYTIME_HOURS[1]
        return one.limits["day" if is_day else "night"]
    return one.limits.get("light")


def _site(device: int, streams: list[Datastream], now: Now) -> Site:
    readings = []
    for one in streams:
        is_known = bool(now.believable[one.slot])
        value = float(now.state.result[one.slot]) if is_known else None
        limit = limit_at(one, now.us)
        decimals = PROPERTIES[one.observed_property].decimals
        readings.append(
            Reading(
                one.observed_property,
                one.slot,
                None if value is None else round(value, decimals),
                limit,
                value is not None and limit is not None and value > limit,
            )
        )
    newest_us = max(int(now.state.time_us[one.slot]) for one in streams)
    return Site(device, readings, newest_us // 1000 or None, bool(now.silent[device]))


def _order(site: Site) -> tuple[bool, float]:
    first = site.readings[0].value
    return first is None, -(first or 0.0)

"""A small city of air, and a database that remembers what a test wrote down, minute by minute."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from devices import Quality, catalogue
from rules.indices.aqi_tables import POLLUTANTS
from storage.rollups import Rollup
from tests.small_city import TEXTS

MINUTE, HOUR = 60_000_000, 3_600_000_000

_DEVICES = {
    "official": ("north", "air_station", (*POLLUTANTS, "wind_speed", "wind_direction")),
    "micro-1": ("south", "micro_station", (*POLLUTANTS, "wind_speed", "wind_direction")),
    "micro-2": ("south", "micro_station", POLLUTANTS),
    "micro-3": ("north", "micro_station", ("pm25",)),
    "dust": ("south", "dust_monitor", ("pm10", "noise")),
    "dust-2": ("north", "dust_monitor", ("pm10", "tsp")),
    "loud": ("south", "noise_monitor", ("noise",)),
    "verge": ("south", "roadside_station", ("pm25", "no2")),
    "canal": ("south", "water_quality_station",
              ("ph", "dissolved_oxygen", "ammonia_nitrogen", "water_temperature")),
    "brook": ("north", "water_quality_station", ("ph", "total_phosphorus")),
}  # fmt: skip
_LIMITS = {"pm10": "light=120", "noise": "day=70 night=55"}


def at(text: str) -> int:
    """Return a time of Beijing as µs since 1970.

    >>> at("1970-01-01T08:00")
    0
    """
    return int(datetime.fromisoformat(text + "+08:00").timestamp()) * 1_000_000


def air_city():
    """Two towns: the north has an official station, the south two micro stations."""
    texts = dict(TEXTS)
    slot = texts["datastreams.csv"].count("\n") - 1
    for name, (town, kind, properties) in _DEVICES.items():
        texts["places.csv"] += f"{name}-place,{town},{kind},{name}点,{name} place,120.10,32.50\n"
        tags = "target-3" if name == "canal" else ""
        texts["devices.csv"] += f"{name},gw-road,{name}-place,{kind},{name}站,{name},{tags}\n"
        for one in properties:
            texts["datastreams.csv"] += (
                f"{slot},{name}/{one},{name},{one},60,0,5000,{_LIMITS.get(one, '')}\n"
            )
            slot += 1
    head, rest = texts["devices.csv"].split("\n", 1)
    old, new = rest[: rest.index("official")], rest[rest.index("official") :]
    texts["devices.csv"] = f"{head},tags\n" + old.replace("\n", ",\n") + new
    return catalogue.build(texts)


class Minutes:
    """Remembers readings, and rolls them up as slowly and plainly as can be."""

    def __init__(self, city):
        self.city = city
        self.readings = {}

    def write(self, device, hour, minutes=60, quality=Quality.GOOD, **values):
        """Note one reading a minute, from the start of an hour."""
        for name, value in values.items():
            slot = self.city.slot_of[f"{device}/{name}"]
            for minute in range(minutes):
                self.readings[slot, at(hour) + minute * MINUTE] = (value, quality)

    def write_hours(self, device, first, hours, **values):
        for hour in range(hours):
            start = at(first) + hour * HOUR
            for name, value in values.items():
                slot = self.city.slot_of[f"{device}/{name}"]
                for minute in range(60):
                    self.readings[slot, start + minute * MINUTE] = (value, Quality.GOOD)

    async def rollup(self, slots, level, since_us, until_us):
        assert level == "1h"
        buckets = {}
        for (slot, time_us), (value, quality) in self.readings.items():
            start = time_us - time_us % HOUR
            if slot in slots and since_us <= start < until_us:
                buckets.setdefault((slot, start), []).append((value, quality))
        rows = []
        for (slot, start), found in sorted(buckets.items()):
            good = [value for value, quality in found if quality == Quality.GOOD]
            known = good or [np.nan]
            mean = sum(known) / len(known)
            rows.append(
                (slot, start, len(found), len(good), mean, min(known), max(known), known[-1])
            )
        columns = list(zip(*rows, strict=True)) or [()] * 8
        whole, real = [np.array(one, np.int64) for one in columns[1:4]], [
            np.array(one, np.float64) for one in columns[4:]
        ]  # fmt: skip
        return Rollup(np.array(columns[0], np.int32), *whole, *real)


CLEAN = {"pm25": 20, "pm10": 40, "so2": 10, "no2": 20, "co": 0.5, "o3": 60}
"""By both editions below 50: no primary pollutant."""

"""A district in the middle of a day: readings everywhere, a history, and what goes wrong in it."""

from __future__ import annotations

import math
import random

from devices.calendar import HOUR_US
from devices.city import Datastream
from storage.conformance import Conformance, Deviation
from tests.wall.scripted import NOON_US, Stage, alert
from tests.wall.shift import picture

SECOND = 1_000_000

USUAL = {
    "pm25": 38.0, "pm10": 61.0, "so2": 9.0, "no2": 24.0, "o3": 88.0, "co": 0.6, "speed": 41.0,
    "vehicle_flow": 620.0, "occupancy": 14.0, "rain_1h": 3.2, "water_depth": 0.03, "ponding": 0.08,
    "obstruction": 0.1, "crowd": 22.0, "wind_speed": 2.4, "wind_direction": 110.0, "noise": 56.0,
    "ph": 7.4, "dissolved_oxygen": 7.1, "ammonia_nitrogen": 0.42, "permanganate_index": 4.2,
    "total_phosphorus": 0.11, "turbidity": 18.0, "water_temperature": 14.2, "tsp": 120.0,
}  # fmt: skip


def value(one: Datastream, chance: random.Random) -> float:
    """Return what a datastream may say on a calm day."""
    usual = USUAL.get(one.observed_property)
    if one.observed_property == "water_level":
        usual = one.limits.get("warning", 3.0) - 0.6
    if usual is None:
        usual = one.physical_min + (one.physical_max - one.physical_min) * 0.12
    return usual * (0.92 + 0.16 * chance.random())


def bring_to_life(stage: Stage, *, calm: bool = False) -> None:
    """Let a day pass on a stage of the district, and something happen unless it is calm."""
    chance = random.Random(3)
    city = stage.city
    names = list(city.devices)
    quiet = {name for name in names if chance.random() < 0.02}
    this_us = NOON_US - NOON_US % HOUR_US
    for one in city.datastreams:
        base = value(one, chance)
        for hours in [*range(25), 168]:
            swing = 1 + 0.12 * math.sin((hours + one.slot % 5) / 3)
            stage.world.rolled.append((one.slot, this_us - hours * HOUR_US, base * swing, 60))
    stage.world.found = [
        Conformance(
            city.devices[name].gateway, name, 20_000, 40 + at * 9,
            {"crc-mismatch": Deviation(40 + at * 6, "x"), "late": Deviation(at * 3 + 1, "y")},
        )
        for at, name in enumerate(names[::40])
    ]  # fmt: skip
    stage.world.introduced = [("gw-luotang-air", "WX-77")]
    for _ in range(3):
        stage.hear(
            [
                (one.slot, stage.now_us, value(one, chance), 0)
                for one in city.datastreams
                if one.device not in quiet
            ]
        )
        stage.second(10)
    stage.refresh()
    if not calm:
        stage.alerts(*_alerts(stage))
        town_of = {one.id: one.town for one in city.places.values()}
        stage.dispatch(picture(stage.arrangements, town_of))
    stage.second()


def _alerts(stage: Stage) -> list:
    def slots(name: str) -> list[int]:
        return [one.slot for one in stage.city.datastreams if one.observed_property == name]

    levels, depths, speeds, pm25 = map(slots, ("water_level", "water_depth", "speed", "pm25"))
    minute = 60 * SECOND
    return [
        alert("w1", levels[0], severity="red", result=4.71, limit=4.6,
              raised_us=NOON_US - 3 * minute, message_zh="老通扬运河东桥站水位 4.71 m，超保证水位",
              message_en="Dongqiao: level 4.71 m"),
        alert("w2", depths[0], severity="red", acknowledged=True, result=0.31, limit=0.27,
              raised_us=NOON_US - 9 * minute, message_zh="人民路铁路下穿立交积水 0.31 m",
              message_en="Renmin Road Underpass: 0.31 m of water"),
        alert("w3", levels[3], severity="orange", raised_us=NOON_US - 12 * minute,
              message_zh="中干河曹家站水位 4.33 m，超警戒水位", message_en="Caojia: level 4.33 m"),
        alert("w4", levels[5], severity="yellow", flapping=True, raised_us=NOON_US - 40 * minute),
        alert("a1", pm25[2], severity="yellow", domain="air", result=121.0, limit=115.0,
              raised_us=NOON_US - 22 * minute, message_zh="桃园微型空气站 PM2.5 121 µg/m³",
              message_en="Taoyuan: PM2.5 121 µg/m³"),
        *(
            alert(f"t{at}", speeds[at * 7], severity="blue", domain="traffic", result=11.0,
                  limit=15.0, raised_us=NOON_US - (5 + at) * minute, acknowledged=at % 2 == 0,
                  message_zh="三水大道拥堵 11 km/h", message_en="Sanshui Avenue: jam 11 km/h")
            for at in range(6)
        ),
        alert("c1", levels[8], active=False, cleared_us=NOON_US - minute),
    ]  # fmt: skip

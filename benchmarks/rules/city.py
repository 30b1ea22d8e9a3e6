"""A city of any size and rules of every kind for it, made of the same block again and again.

A block is a piece of a town with 50 datastreams: three stations of a river, a sluice, an underpass,
four air stations, six radars and three cameras. Blocks lie six kilometres apart, so neighbours are
the same however large the city is. Catalogues are put together without their files, which would
take longer to read than all that is measured.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from devices import DOMAINS, PROPERTIES, Catalogue, Datastream, Device, Gateway, Place, Town

BLOCK: Final = 50
"""Datastreams of a block."""

BLOCKS_PER_TOWN: Final = 10

SECTORS: Final = 10
"""Every block has the tag of one of so many sectors: rules can watch a tenth of the city."""

_DEGREES: Final = 0.055
"""Between blocks, some six kilometres."""

_PERIOD_S: Final = {"water_level": 120.0, "rain_1h": 60.0, "pm25": 60.0, "ponding": 20.0}

# Place, kind, distance in degrees; then devices with gateway, kind, tags, observed properties.
_PLACES: Final = (
    ("river-1", "river_station", 0.000), ("river-2", "river_station", 0.010),
    ("river-3", "river_station", 0.020), ("sluice", "sluice", 0.022),
    ("underpass", "underpass", 0.004), ("air-1", "town_air_station", 0.001),
    ("air-2", "town_air_station", 0.005), ("air-3", "town_air_station", 0.009),
    ("air-4", "town_air_station", 0.013), ("road-1", "road_segment", 0.002),
    ("road-2", "road_segment", 0.006), ("road-3", "road_segment", 0.012),
    ("road-4", "road_segment", 0.014), ("road-5", "road_segment", 0.016),
    ("road-6", "road_segment", 0.018), ("view-1", "camera_point", 0.003),
    ("view-2", "camera_point", 0.007), ("view-3", "camera_point", 0.011),
)  # fmt: skip
_DOWNSTREAM: Final = {"river-1": "river-2", "river-2": "river-3"}
_DEVICES: Final = (
    *((f"river-{n}", "water", "water_gauge", "", ("water_level", "rain_1h")) for n in (1, 2, 3)),
    ("sluice", "water", "water_gauge", "up", ("water_level",)),
    ("sluice", "water", "water_gauge", "down", ("water_level",)),
    ("underpass", "water", "depth_gauge", "", ("water_depth",)),
    ("underpass", "water", "camera", "", ("ponding",)),
    *((f"air-{n}", "air", "micro_station", "", ("pm25", "pm10", "o3", "no2")) for n in range(1, 5)),
    *((f"road-{n}", "road", "radar", "", ("speed", "vehicle_flow", "occupancy"))
      for n in range(1, 7)),
    *((f"view-{n}", "video", "camera", "", ("ponding", "crowd")) for n in range(1, 4)),
)  # fmt: skip


def catalogue(datastreams: int) -> Catalogue:
    """Return a city with so many datastreams, rounded up to whole blocks."""
    blocks = math.ceil(datastreams / BLOCK)
    side = math.ceil(math.sqrt(blocks))
    towns: dict[str, Town] = {}
    places: dict[str, Place] = {}
    gateways: dict[str, Gateway] = {}
    devices: dict[str, Device] = {}
    streams: list[Datastream] = []
    for block in range(blocks):
        lon = 110.0 + _DEGREES * (block % side)
        lat = 25.0 + _DEGREES * (block // side)
        town = f"town-{block // BLOCKS_PER_TOWN}"
        if town not in towns:
            towns[town] = Town(town, "321204001", ("镇", town), lon, lat, "tongnan")
        tags = (f"sector-{block % SECTORS}",)
        for place, kind, away in _PLACES:
            one = f"b{block}-{place}"
            onward = f"b{block}-{_DOWNSTREAM[place]}" if place in _DOWNSTREAM else ""
            places[one] = Place(
                one, town, kind, (f"{block}号{kind}", one), lon + away, lat + away, onward, tags
            )
        for name, place in (
            ("water", "river-1"), ("air", "air-1"), ("road", "road-1"), ("video", "view-1"),
        ):  # fmt: skip
            gateway = f"gw-b{block}-{name}"
            gateways[gateway] = Gateway(gateway, f"b{block}-{place}", ("网关", gateway))
        _add_devices(block, devices, streams)
    return _indexed(towns, places, gateways, devices, streams)


def _add_devices(block: int, devices: dict[str, Device], streams: list[Datastream]) -> None:
    for number, (place, gateway, kind, tag, observed) in enumerate(_DEVICES):
        device = f"b{block}-{place}-{kind}{number}"
        devices[device] = Device(
            device, f"gw-b{block}-{gateway}", f"b{block}-{place}", kind, ("设备", device),
            tags=(tag,) if tag else (),
        )  # fmt: skip
        for name in observed:
            streams.append(
                Datastream(
                    len(streams),
                    f"{device}/{name}",
                    device,
                    name,
                    _PERIOD_S.get(name, 60.0),
                    -1e6,
                    1e6,
                    _limits(name, block),
                )
            )


def _limits(observed: str, block: int) -> dict[str, float]:
    """Return limits as stations have them: levels of their own, the rest by a standard."""
    match observed:
        case "water_level":
            warning = (3.80, 2.00)[block % 2]
            return {"warning": warning, "guaranteed": round(warning + 0.8 + block % 21 / 100, 2)}
        case "rain_1h":
            return {"heavy": 20.0, "torrential": 50.0}
        case "water_depth":
            return {"caution": 0.15, "closed": 0.27}
        case "pm25":
            return {"light": 60.0, "moderate": 115.0, "heavy": 150.0}
        case "speed":
            return {"congested": (20.0, 15.0, 35.0)[block % 3], "jammed": 10.0}
        case "crowd":
            return {"capacity": 400.0 + 150 * (block % 4)}
    return {}


def _indexed(
    towns: dict[str, Town],
    places: dict[str, Place],
    gateways: dict[str, Gateway],
    devices: dict[str, Device],
    streams: list[Datastream],
) -> Catalogue:
    gateway_of = tuple(devices[one.device].gateway for one in streams)
    keys: dict[str, dict[str, int]] = {}
    for one, gateway in zip(streams, gateway_of, strict=True):
        keys.setdefault(gateway, {})[one.id] = one.slot
    names: dict[str, dict[str, str]] = {}
    for device in devices.values():
        names.setdefault(device.gateway, {})[device.id] = device.id
    count = len(streams)
    domain = {name: DOMAINS.index(one.domain) for name, one in PROPERTIES.items()}
    return Catalogue(
        code="321204",
        name=("城", "City"),
        bounds=(110.0, 25.0, 125.0, 40.0),
        datum="WGS-84",
        map_approval="none",
        towns=towns,
        places=places,
        gateways=gateways,
        devices=devices,
        datastreams=tuple(streams),
        slot_of={one.id: one.slot for one in streams},
        gateway_of=gateway_of,
        keys_of=keys,
        device_of=names,
        domain=np.array([domain[one.observed_property] for one in streams], dtype=np.int8),
        physical_min=np.full(count, -1e6),
        physical_max=np.full(count, 1e6),
        late_us=np.full(count, 3_600_000_000),
        future_us=np.full(count, -1_000_000),
        flags_beyond=np.zeros(count, dtype=np.bool_),
        retired=np.zeros(count, dtype=np.bool_),
        terminals={},
        digest=f"benchmark-{count}",
    )


_KINDS: Final[tuple[str, ...]] = (
    """kind: threshold
    subjects: {property: water_level@}
    levels:
      yellow: {limit: warning, plus: #}
      orange: {limit: warning, plus: #.5}
      red: {limit: warning, plus: #.9}
    hysteresis: 0.05
    off_delay: 5min""",
    """kind: threshold
    subjects: {property: pm25@}
    levels:
      blue: {limit: light, plus: #}
      yellow: {limit: moderate, plus: #}
      orange: {limit: heavy, plus: #}
    hysteresis: 5
    for: 3min
    off_delay: 5min
    repeat: {times: 3, within: 10min}""",
    """kind: rate
    subjects: {property: water_level@}
    window: 30min
    per: 1h
    of: rise
    levels: {yellow: {value: #.3}, orange: {value: #.6}}
    hysteresis: 0.05""",
    """kind: threshold
    subjects: {property: speed@}
    direction: below
    levels: {blue: {limit: congested, plus: -#}, yellow: {limit: jammed, plus: -#}}
    hysteresis: 3
    for: 1min
    off_delay: 2min
    schedule: {days: [workdays], from: "07:00", to: "22:00"}""",
    """kind: stuck
    subjects: {property: pm10@}
    tolerance: 0.001
    except: [0]
    levels: {blue: {value: #1h}, yellow: {value: #2h}}""",
    """kind: count
    subjects: {property: ponding@}
    at_least: 0.6
    within: 10min
    levels: {yellow: {value: #3}, orange: {value: #6}}""",
    """kind: silence
    subjects: {property: occupancy@}
    levels: {blue: {periods: #3}, yellow: {value: 1d}}
    fold:
      share: 0.8
      message: {zh: "{gateway}失联", en: "{gateway} is silent"}""",
    """kind: boolean
    by: place
    subjects: {place_kind: [underpass]@}
    conditions:
      deep: {property: water_depth, above: caution}
      seen: {property: ponding, above: 0.6}
    levels: {yellow: deep or seen, red: deep and seen}
    clear_after_quiet: 10min""",
    """kind: expression
    by: place
    inputs:
      up: {property: water_level, tag: [up]}
      down: {property: water_level, tag: [down]}
    subjects: {place_kind: [sluice]@}
    value: up - down
    unit: m
    levels: {yellow: {value: #.5}, orange: {value: #.8}}""",
    """kind: neighbours
    subjects: {property: pm25@}
    radius_km: 1.5
    least: 2
    measure: difference
    levels: {yellow: {value: #50}}""",
    """kind: upstream
    subjects: {property: water_level, place_kind: [river_station]@}
    levels: {yellow: {value: #.8}}
    flapping: {times: 5, within: 30min, hold: 10min}""",
)
"""Bodies of rules; @ narrows the subjects, # is a number from 1."""


def texts(rules: int) -> dict[str, str]:
    """Return files of so many rules, of all kinds in turn; of ten, one watches the whole city."""
    return {
        f"rules-{number}.yaml": "rules:\n" + "\n".join(some)
        for number, some in enumerate(_by_file(rules))
    }


def _by_file(rules: int) -> Iterator[list[str]]:
    made = (_rule(number) for number in range(rules))
    while some := list(itertools.islice(made, 50)):
        yield some


def _rule(number: int) -> str:
    turn, kind = divmod(number, len(_KINDS))
    narrower = "" if turn % 10 == 0 else f", tag: [sector-{turn % SECTORS}]"
    body = _KINDS[kind].replace("@", narrower).replace("#", str(1 + turn % 9))
    return f"""  - id: rule-{number}
    version: 1
    domain: {DOMAINS[number % len(DOMAINS)]}
    {body}
    message:
      zh: "{{place}} {{level}}"
      en: "{{place}}: {{level}}"
"""

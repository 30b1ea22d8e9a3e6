"""The things of a city: towns, places, gateways, devices and the datastreams they feed.

These are the words of OGC SensorThings with the field's own beside them: a device is its Thing,
a place its feature of interest. A datastream belongs to one device and a device to one gateway,
so everything a datastream ever reports comes by one way and stays in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

Name: TypeAlias = tuple[str, str]
"""A name in Chinese and in English."""


@dataclass(frozen=True, slots=True)
class Town:
    """A town or subdistrict (镇、街道)."""

    id: str
    """Short id in lower case, used in ids of places."""
    code: str
    """Administrative division code, nine digits."""
    name: Name
    lon: float
    """Longitude of the centre, degrees east, WGS-84."""
    lat: float
    """Latitude of the centre, degrees north, WGS-84."""
    flood_regime: str
    """`tongnan` (通南) or `lixiahe` (里下河): which warning level its rivers follow."""


@dataclass(frozen=True, slots=True)
class Place:
    """A spot where something is observed."""

    id: str
    town: str
    """Id of its town."""
    kind: str
    """What it is, e.g. `river_station`, `underpass`, `road_segment`."""
    name: Name
    lon: float
    """Degrees east, WGS-84."""
    lat: float
    """Degrees north, WGS-84."""
    downstream: str = ""
    """Id of the next place downstream on its river; empty where none is or nobody says."""
    tags: tuple[str, ...] = ()
    """Words by which rules select it."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A field gateway: one MQTT publisher with the devices behind it."""

    id: str
    place: str
    """Id of the place where it stands."""
    name: Name
    edition: str = ""
    """Edition of the protocol behind it, where its frames do not tell: one of `EDITIONS`."""
    zone: str = ""
    """What it shares with gateways whose datastreams a rule judges together; empty: its place."""

    @property
    def key(self) -> str:
        """Key of its records in the log: one key is one partition, so rules see all of it."""
        return self.zone or self.place


@dataclass(frozen=True, slots=True)
class Device:
    """A sensor station or camera (SensorThings: Thing)."""

    id: str
    gateway: str
    place: str
    kind: str
    """What it is, e.g. `water_gauge`, `air_station`, `radar`, `camera`."""
    name: Name
    field_id: str = ""
    """How it names itself in its own protocol: MN of HJ 212, station of SL 651, DeviceID of GB/T
    28181, node and device of Sparkplug; empty where it uses `id`."""
    vendor: str = ""
    """Who made it; what reports on conformance are grouped by."""
    tags: tuple[str, ...] = ()
    """Words by which rules select it."""


EDITIONS: Final = ("hj212-2005", "hj212-2017", "hj212-2025")
"""Editions that a gateway may be entered with: of the protocols whose frames may not tell."""

DATUMS: Final = {
    "1985": "1985国家高程基准",
    "huanghai-1956": "1956年黄海高程系",
    "feihuanghe": "废黄河零点",
    "wusong": "吴淞高程",
    "local": "假定高程",
}
"""Height datums of levels, by the name that the files use."""

TERMINALS: Final = ("phone", "app", "radio", "tablet", "vehicle")
"""Kinds of terminals."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """What reaches a crew (终端)."""

    id: str
    crew: str
    """Id of the crew that carries it."""
    kind: str
    """One of `TERMINALS`."""
    name: Name
    contact: str
    """Where it is reached: a telephone number, a call sign, an account."""


class Beyond(StrEnum):
    """What becomes of a reading that cannot be true."""

    QUARANTINE = "quarantine"
    """It is refused, and can be released when the registry was wrong."""
    FLAG = "flag"
    """It is stored with the quality that says why nobody believes it."""


@dataclass(frozen=True, slots=True)
class Datastream:
    """All observations of one property by one device."""

    slot: int
    """Dense number, 0-based, given once and never reused: readings are stored under it."""
    id: str
    """`{device}/{observed property}`, and `:{statistic}` where it has one: the SenML name."""
    device: str
    observed_property: str
    """Key of `devices.properties.PROPERTIES`."""
    period_s: float
    """Sampling period, seconds."""
    physical_min: float
    """Smallest result the instrument can give, inclusive, canonical unit."""
    physical_max: float
    """Largest result the instrument can give, inclusive, canonical unit."""
    limits: dict[str, float]
    """The station's own limits by name, e.g. `warning` (警戒水位) 3.80; canonical unit."""
    statistic: str = ""
    """What over each period the results are, one of `devices.statistics.STATISTICS`; empty for the
    value at an instant."""
    field_code: str = ""
    """How the device names the property, where its protocol has no code for it."""
    sent_unit: str = ""
    """Unit in which the device really sends, whatever it or its protocol says; empty: as said."""
    late_s: float = 3600.0
    """Received so long after its phenomenon time, or the end of its period, seconds, a reading is
    late: stored as such."""
    future_s: float = -1.0
    """How far the device's clock may be ahead of ours, seconds; below 0: as the gateway has it."""
    beyond: Beyond = Beyond.QUARANTINE
    """What becomes of a reading from the future or outside the physical range."""
    datum: str = ""
    """What a level is a height above, one of `DATUMS`; empty where the station does not say."""
    datum_m: float = 0.0
    """Height of the gauge's zero above the datum, m."""
    retired: bool = False
    """It is no more. Its slot stays its own, because there are readings under it."""
    tags: tuple[str, ...] = ()
    """Words by which rules select it."""

"""Draws the city's tables from `sites.yaml`, `city.yaml` and `base.json`.

Run `python cities/jiangyan/draw.py` after a change of those; it writes places.csv, gateways.csv,
devices.csv and datastreams.csv beside itself. There is no randomness in it: the same inputs give
the same bytes, and a test holds the committed tables against it.

Slots are for ever. Readings are stored under the slot, so a datastream keeps the slot that the
committed datastreams.csv gives it, new ones are numbered after the last, and a datastream that
would vanish is refused: an instrument that was taken down stays in the table.

Long, but one idea: what stands at a site of each kind, written out once, in the order of the
slots. Everything that differs from town to town is in `sites.yaml`.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
TABLES = {
    "places.csv": (
        "id", "town", "kind", "name_zh", "name_en", "lon", "lat", "downstream", "tags",
    ),
    "gateways.csv": ("id", "place", "name_zh", "name_en", "zone"),
    "devices.csv": ("id", "gateway", "place", "kind", "name_zh", "name_en", "tags"),
    "datastreams.csv": (
        "slot", "id", "device", "observed_property", "period_s", "physical_min", "physical_max",
        "limits",
    ),
}  # fmt: skip

# Observed property: sampling period in seconds, smallest and largest result of the instrument.
INSTRUMENT = {
    "water_level": (120, -1, 10), "rain_1h": (60, 0, 200), "flow": (300, -50, 500),
    "water_depth": (60, 0, 3), "pump_power": (60, 0, 400), "water_temperature": (900, -5, 45),
    "ph": (900, 0, 14), "dissolved_oxygen": (900, 0, 20), "ammonia_nitrogen": (900, 0, 50),
    "permanganate_index": (900, 0, 60), "total_phosphorus": (900, 0, 10),
    "turbidity": (900, 0, 1000), "pm25": (60, 0, 1000), "pm10": (60, 0, 2000),
    "so2": (60, 0, 1500), "no2": (60, 0, 4000), "o3": (60, 0, 1000), "co": (60, 0, 150),
    "air_temperature": (60, -40, 60), "relative_humidity": (60, 0, 100),
    "wind_speed": (60, 0, 60), "wind_direction": (60, 0, 360), "noise": (60, 25, 130),
    "speed": (60, 0, 180), "vehicle_flow": (60, 0, 8000), "occupancy": (60, 0, 100),
    "ponding": (20, 0, 1), "crowd": (30, 0, 20000), "obstruction": (30, 0, 1),
}  # fmt: skip
GASES = ("pm25", "pm10", "so2", "no2", "o3", "co")
WEATHER = ("air_temperature", "relative_humidity", "wind_speed", "wind_direction")
WATER_QUALITY = (
    "water_temperature", "ph", "dissolved_oxygen", "ammonia_nitrogen", "permanganate_index",
    "total_phosphorus", "turbidity",
)  # fmt: skip
WARNING_LEVEL_M = {"tongnan": 3.80, "lixiahe": 2.00}
# HJ 633-2026, one-hour means: where light, moderate and heavy pollution begin.
AIR_LIMITS = {
    "pm25": "light=60 moderate=115 heavy=150",
    "pm10": "light=120 moderate=250 heavy=350",
    "o3": "light=200 moderate=300 heavy=400",
    "no2": "light=200 moderate=700 heavy=1200",
    "so2": "light=500 moderate=650 heavy=800",
    "co": "light=10 moderate=35 heavy=60",
}
# Free-flow speed and the upper bounds of light, moderate and severe congestion, km/h.
ROAD_LIMITS = {
    "expressway": "free_flow=100 slow=50 congested=35 jammed=20",
    "arterial": "free_flow=60 slow=30 congested=20 jammed=15",
    "secondary": "free_flow=45 slow=25 congested=15 jammed=10",
}
FAST_PERIOD_S = {"expressway": 30, "arterial": 30, "secondary": 60}
NATIONAL_STATIONS = (
    ("luotang", "姜堰国控空气站", "Jiangyan National Air Station"),
    ("tianmushan", "天目山省控空气站", "Tianmushan Provincial Air Station"),
    ("qintong", "溱湖省控空气站", "Qinhu Provincial Air Station"),
)
UNDERPASS_SIDES = (("1", "东侧", "East", "east"), ("2", "西侧", "West", "west"))
DIRECTIONS = (("a", "上行", "up"), ("b", "下行", "down"))
ARMS = (
    ("n", "北进口", "north arm"), ("e", "东进口", "east arm"),
    ("s", "南进口", "south arm"), ("w", "西进口", "west arm"),
)  # fmt: skip
DEGREE_KM = 111.2
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))


class Ground:
    """The district's shape: which town a point lies in, and points along its lines."""

    def __init__(self, city: Mapping[str, Any], base: Mapping[str, Any]) -> None:
        """Take the outline and lines of `base.json` and the town centres of `city.yaml`."""
        self.centres = {one["id"]: tuple(one["centre"]) for one in city["towns"]}
        shapes = {one["properties"]["id"]: one["geometry"] for one in base["features"]}
        self._outline = shapes["outline"]["coordinates"][0]
        self._lines = {
            name: one["coordinates"] for name, one in shapes.items() if one["type"] == "LineString"
        }
        self._spirals = {town: self._spiral(town) for town in self.centres}

    def town_of(self, lon: float, lat: float) -> str | None:
        """Return the town with the nearest centre (示意), None outside the outline."""
        inside = False
        for (x1, y1), (x2, y2) in itertools.pairwise(self._outline):
            if (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) / (y2 - y1) * (x2 - x1):
                inside = not inside
        if not inside:
            return None
        return min(self.centres, key=lambda town: _km(self.centres[town], (lon, lat)))

    def along(self, line: str, share: float, town: str) -> tuple[float, float]:
        """Return the point at a share (0–1) of a line's course within one town."""
        course = [
            (lon1 + step / 80 * (lon2 - lon1), lat1 + step / 80 * (lat2 - lat1))
            for (lon1, lat1), (lon2, lat2) in itertools.pairwise(self._lines[line])
            for step in range(80)
        ]
        within = [point for point in course if self.town_of(*point) == town]
        if not within:
            raise SystemExit(f"sites.yaml: {line} does not cross {town}; choose another line")
        lon, lat = within[int(share * (len(within) - 1))]
        return round(lon, 5), round(lat, 5)

    def around(self, town: str) -> tuple[float, float]:
        """Return the next free point around the town's centre."""
        return next(self._spirals[town])

    def _spiral(self, town: str) -> Iterator[tuple[float, float]]:
        lon, lat = self.centres[town]
        apart_km = 0.12 * min(
            _km(centre, (lon, lat)) for name, centre in self.centres.items() if name != town
        )
        for turn in range(1, 400):
            radius_km = apart_km * math.sqrt(turn - 0.5)
            east_km = radius_km * math.cos(turn * GOLDEN_ANGLE)
            point = (
                round(lon + east_km / (DEGREE_KM * math.cos(math.radians(lat))), 5),
                round(lat + radius_km * math.sin(turn * GOLDEN_ANGLE) / DEGREE_KM, 5),
            )
            if self.town_of(*point) == town:
                yield point


def _km(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    east = (one[0] - other[0]) * math.cos(math.radians(32.53))
    return DEGREE_KM * math.hypot(east, one[1] - other[1])


@dataclass
class Drawing:
    """The four tables while they grow; rows stand in the order in which they are drawn."""

    slots: dict[str, int]
    """Slots given so far, by datastream id."""
    sites: Mapping[str, Any]
    """`sites.yaml`: which river leads where, which gateways share a zone."""
    rows: dict[str, list[tuple[Any, ...]]] = field(
        default_factory=lambda: {name: [] for name in TABLES}
    )

    def place(
        self, one: str, town: str, kind: str, zh: str, en: str, point: tuple[float, float]
    ) -> str:
        """Add a place and return its id."""
        onward = {
            above: below
            for course in self.sites["courses"].values()
            for above, below in itertools.pairwise(course)
        }
        profiles = [self.sites["courses"][name] for name in self.sites["profiles"]]
        tag = "profile" if any(one in course for course in profiles) else ""
        self.rows["places.csv"].append(
            (one, town, kind, zh, en, f"{point[0]:.5f}", f"{point[1]:.5f}",
             onward.get(one, ""), tag)
        )  # fmt: skip
        return one

    def gateway(self, one: str, place: str, zh: str, en: str) -> str:
        """Add a gateway and return its id."""
        zones = {name: zone for zone, names in self.sites["zones"].items() for name in names}
        self.rows["gateways.csv"].append((one, place, zh, en, zones.get(one, "")))
        return one

    def device(
        self, one: str, gateway: str, place: str, kind: str, zh: str, en: str,
        streams: Mapping[str, str], period_s: Mapping[str, int] | None = None, tag: str = "",
    ) -> None:  # fmt: skip
        """Add a device with its datastreams: limits by observed property."""
        self.rows["devices.csv"].append((one, gateway, place, kind, zh, en, tag))
        for observed, limits in streams.items():
            period, low, high = INSTRUMENT[observed]
            stream = f"{one}/{observed}"
            slot = self.slots.setdefault(stream, len(self.slots))
            self.rows["datastreams.csv"].append(
                (slot, stream, one, observed, (period_s or {}).get(observed, period), low, high,
                 limits)
            )  # fmt: skip

    def tables(self) -> dict[str, str]:
        """Return the four files' texts.

        Raises:
            SystemExit: a datastream that has a slot is not drawn any more.
        """
        drawn = {row[1] for row in self.rows["datastreams.csv"]}
        if gone := sorted(self.slots.keys() - drawn):
            raise SystemExit(
                f"datastreams.csv: {gone[0]} has slot {self.slots[gone[0]]} but is not drawn any "
                "more; slots are never given up, keep it in sites.yaml"
            )
        self.rows["datastreams.csv"].sort()
        texts = {}
        for name, header in TABLES.items():
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows([header, *self.rows[name]])
            texts[name] = text.getvalue()
        return texts


def draw(
    city: Mapping[str, Any],
    base: Mapping[str, Any],
    sites: Mapping[str, Any],
    slots: dict[str, int],
) -> dict[str, str]:
    """Return the text of each table.

    Args:
        city: `city.yaml`.
        base: `base.json`.
        sites: `sites.yaml`.
        slots: slots already given, by datastream id; empty for a new city.
    """
    ground, drawing = Ground(city, base), Drawing(dict(slots), sites)
    for order, town in enumerate(city["towns"]):
        one = _Site(drawing, ground, town, sites[town["id"]], order)
        one.draw_water()
        one.draw_air()
        one.draw_traffic()
        one.draw_cameras()
    return drawing.tables()


@dataclass
class _Site:
    """One town's row of `sites.yaml` on its way into the tables."""

    drawing: Drawing
    ground: Ground
    town: Mapping[str, Any]
    site: Mapping[str, Any]
    order: int

    def draw_water(self) -> None:
        draw, key, (zh, en) = self.drawing, self.town["id"], self._town_name()
        rivers = [
            draw.place(f"{key}-river-{n}", key, "river_station", name_zh, name_en,
                       self.ground.along(line, share, key))
            for n, (line, share, name_zh, name_en) in enumerate(self.site["rivers"], 1)
        ]  # fmt: skip
        gateway = draw.gateway(f"gw-{key}-water", rivers[0], f"{zh}水文网关", f"{en} Water Gateway")
        for n, (place, row) in enumerate(zip(rivers, self.site["rivers"], strict=True)):
            streams = {"water_level": self._level_limits(n), "rain_1h": "heavy=20 torrential=50"}
            if n == 0:
                streams["flow"] = ""
            draw.device(f"{place}-gauge", gateway, place, "water_gauge",
                        f"{row[2]}水位雨量计", f"{row[3]} Gauge", streams)  # fmt: skip
        row = self.site["rivers"][0]
        draw.device(f"{rivers[0]}-quality", gateway, rivers[0], "water_quality_station",
                    f"{row[2]}水质自动站", f"{row[3]} Water Quality Station",
                    dict.fromkeys(WATER_QUALITY, ""))  # fmt: skip
        self._draw_sluice(gateway)
        for n, names in enumerate(self.site["pumps"], 1):
            self._draw_pumps(n, *names)
        for n, names in enumerate(self.site["underpasses"], 1):
            self._draw_underpass(n, *names)
        name_zh, name_en = self.site["square"]
        square = draw.place(f"{key}-square", key, "square", name_zh, name_en,
                            self.ground.around(key))  # fmt: skip
        draw.device(f"{square}-rain", gateway, square, "rain_gauge", f"{name_zh}雨量计",
                    f"{name_en} Rain Gauge", {"rain_1h": "heavy=20 torrential=50"})  # fmt: skip

    def _draw_sluice(self, gateway: str) -> None:
        draw, key, (zh, en) = self.drawing, self.town["id"], self.site["sluice"]
        place = draw.place(f"{key}-sluice", key, "sluice", zh, en, self.ground.around(key))
        for side, (side_zh, side_en) in {
            "up": ("闸上", "Upstream"), "down": ("闸下", "Downstream"),
        }.items():  # fmt: skip
            streams = {"water_level": self._level_limits(2)}
            if side == "down":
                streams["flow"] = ""
            draw.device(f"{place}-{side}", gateway, place, "water_gauge",
                        f"{zh}{side_zh}水位计", f"{en} {side_en} Gauge", streams,
                        {"water_level": 300}, side)  # fmt: skip

    def _draw_pumps(self, n: int, zh: str, en: str) -> None:
        draw, key = self.drawing, self.town["id"]
        place = draw.place(f"{key}-pump-{n}", key, "pump_station", zh, en, self.ground.around(key))
        gateway = draw.gateway(f"gw-{key}-pump-{n}", place, f"{zh}网关", f"{en} Gateway")
        for side, (side_zh, side_en) in {
            "in": ("内河", "Inner"), "out": ("外河", "Outer"),
        }.items():  # fmt: skip
            streams = {"water_level": self._level_limits(2 + n)}
            if side == "out":
                streams["flow"] = ""
            draw.device(f"{place}-{side}", gateway, place, "water_gauge",
                        f"{zh}{side_zh}水位计", f"{en} {side_en} Gauge", streams)  # fmt: skip
        for unit in range(1, 5):
            draw.device(f"{place}-pump-{unit}", gateway, place, "pump", f"{zh}{unit}号机组",
                        f"{en} Pump {unit}", {"pump_power": ""})  # fmt: skip

    def _draw_underpass(self, n: int, zh: str, en: str) -> None:
        draw, key = self.drawing, self.town["id"]
        place = draw.place(
            f"{key}-underpass-{n}", key, "underpass", zh, en, self.ground.around(key)
        )
        gateway = draw.gateway(f"gw-{key}-underpass-{n}", place, f"{zh}网关", f"{en} Gateway")
        for mark, side_zh, side_en, side in UNDERPASS_SIDES:
            streams = {"water_depth": "caution=0.15 closed=0.27"}
            if mark == "1":
                streams["rain_1h"] = "heavy=20 torrential=50"
            draw.device(f"{place}-depth-{mark}", gateway, place, "depth_gauge",
                        f"{zh}{side_zh}积水计", f"{en} {side_en} Depth Gauge", streams,
                        tag=side)  # fmt: skip
            draw.device(f"{place}-camera-{mark}", gateway, place, "camera",
                        f"{zh}{side_zh}摄像机", f"{en} {side_en} Camera",
                        {"ponding": "confident=0.6", "obstruction": "confident=0.6"},
                        {"ponding": 10, "obstruction": 20}, side)  # fmt: skip

    def draw_air(self) -> None:
        draw, key, (zh, en) = self.drawing, self.town["id"], self._town_name()
        micros = [
            draw.place(f"{key}-air-{n}", key, "town_air_station", *names, self.ground.around(key))
            for n, names in enumerate(self.site["air"], 1)
        ]
        gateway = draw.gateway(f"gw-{key}-air", micros[0], f"{zh}空气网关", f"{en} Air Gateway")
        every = {name: AIR_LIMITS.get(name, "") for name in (*GASES, *WEATHER)}
        for place, names in zip(micros, self.site["air"], strict=True):
            draw.device(f"{place}-station", gateway, place, "micro_station", *names, every)
        name_zh, name_en = self.site["dust"]
        dust = draw.place(f"{key}-dust", key, "dust_site", name_zh, name_en,
                          self.ground.around(key))  # fmt: skip
        draw.device(f"{dust}-monitor", gateway, dust, "dust_monitor", f"{name_zh}扬尘监测仪",
                    f"{name_en} Dust Monitor",
                    {name: AIR_LIMITS.get(name, "") for name in ("pm25", "pm10", *WEATHER)}
                    | {"noise": "day=75 night=55"})  # fmt: skip
        square_zh, square_en = self.site["square"]
        draw.device(f"{key}-square-noise", gateway, f"{key}-square", "noise_monitor",
                    f"{square_zh}噪声监测仪", f"{square_en} Noise Monitor",
                    {"noise": "day=75 night=60"})  # fmt: skip
        road_zh, road_en = self.site["crossings"][0]
        draw.device(f"{key}-crossing-1-roadside", gateway, f"{key}-crossing-1",
                    "roadside_station", f"{road_zh}路边空气站", f"{road_en} Roadside Air Station",
                    {name: AIR_LIMITS[name] for name in ("pm25", "no2")})  # fmt: skip
        for town, station_zh, station_en in NATIONAL_STATIONS:
            if town == key:
                place = draw.place(f"{key}-national-air", key, "national_air_station", station_zh,
                                   station_en, self.ground.around(key))  # fmt: skip
                own = draw.gateway(f"gw-{key}-national-air", place, f"{station_zh}网关",
                                   f"{station_en} Gateway")  # fmt: skip
                draw.device(f"{place}-station", own, place, "air_station", station_zh,
                            station_en, every)  # fmt: skip

    def draw_traffic(self) -> None:
        draw, key, (zh, en) = self.drawing, self.town["id"], self._town_name()
        crossings = [
            draw.place(f"{key}-crossing-{n}", key, "intersection", *names, self.ground.around(key))
            for n, names in enumerate(self.site["crossings"], 1)
        ]
        gateways = [
            draw.gateway(f"gw-{key}-traffic-{n}", place, f"{zh}交通网关{n}",
                         f"{en} Traffic Gateway {n}")
            for n, place in enumerate(crossings, 1)
        ]  # fmt: skip
        for gateway, place, (name_zh, name_en) in zip(
            gateways, crossings, self.site["crossings"], strict=True
        ):
            for arm, arm_zh, arm_en in ARMS:
                draw.device(f"{place}-{arm}", gateway, place, "radar",
                            f"{name_zh}{arm_zh}雷达", f"{name_en} {arm_en} Radar",
                            {"speed": ROAD_LIMITS["secondary"], "vehicle_flow": "",
                             "occupancy": ""})  # fmt: skip
        for n, (line, share, road, name_zh, name_en) in enumerate(self.site["segments"], 1):
            point = self.ground.around(key) if line == "-" else self.ground.along(line, share, key)
            place = draw.place(f"{key}-road-{n}", key, "road_segment", name_zh, name_en, point)
            for mark, way_zh, way_en in DIRECTIONS:
                draw.device(f"{place}-{mark}", gateways[(n - 1) // 2], place, "radar",
                            f"{name_zh}{way_zh}雷达", f"{name_en} Radar {way_en}",
                            {"speed": ROAD_LIMITS[road], "vehicle_flow": "", "occupancy": ""},
                            {"speed": FAST_PERIOD_S[road]})  # fmt: skip

    def draw_cameras(self) -> None:
        draw, key, (zh, en) = self.drawing, self.town["id"], self._town_name()
        square, crowd_size = f"{key}-square", 400 + 150 * (self.order % 4)
        name_zh, name_en = self.site["square"]
        squares = draw.gateway(f"gw-{key}-video-1", square, f"{zh}视频网关1",
                               f"{en} Video Gateway 1")  # fmt: skip
        # The busiest square has a fifth camera.
        for n in range(1, 6 if self.order == 0 else 5):
            draw.device(f"{square}-camera-{n}", squares, square, "camera", f"{name_zh}{n}号摄像机",
                        f"{name_en} Camera {n}",
                        {"crowd": f"capacity={crowd_size}", "obstruction": "confident=0.6"},
                        )  # fmt: skip
        name_zh, name_en = self.site["camera"]
        view = draw.place(f"{key}-view", key, "camera_point", name_zh, name_en,
                          self.ground.around(key))  # fmt: skip
        for n in (1, 2):
            draw.device(f"{view}-camera-{n}", squares, view, "camera", f"{name_zh}{n}号摄像机",
                        f"{name_en} Camera {n}",
                        {"ponding": "confident=0.6", "crowd": f"capacity={crowd_size // 2}",
                         "obstruction": "confident=0.6"})  # fmt: skip
        roads = draw.gateway(f"gw-{key}-video-2", f"{key}-crossing-1", f"{zh}视频网关2",
                             f"{en} Video Gateway 2")  # fmt: skip
        seen = {"ponding": "confident=0.6", "obstruction": "confident=0.6"}
        for n, (name_zh, name_en) in enumerate(self.site["crossings"], 1):
            for arm, arm_zh, arm_en in ARMS:
                draw.device(f"{key}-crossing-{n}-camera-{arm}", roads, f"{key}-crossing-{n}",
                            "camera", f"{name_zh}{arm_zh}摄像机", f"{name_en} {arm_en} Camera",
                            seen)  # fmt: skip
        for n, (_, _, _, name_zh, name_en) in enumerate(self.site["segments"], 1):
            draw.device(f"{key}-road-{n}-camera", roads, f"{key}-road-{n}", "camera",
                        f"{name_zh}摄像机", f"{name_en} Camera", seen)  # fmt: skip

    def _town_name(self) -> tuple[str, str]:
        name = self.town["name"]
        return name["zh"], name["en"]

    def _level_limits(self, station: int) -> str:
        """Return warning and guaranteed level; the latter is 0.8–1.0 m higher, by station."""
        warning = WARNING_LEVEL_M[self.town["flood_regime"]]
        above = 0.80 + 0.05 * ((self.order + station) % 5)
        return f"warning={warning:.2f} guaranteed={warning + above:.2f}"


def committed_slots(text: str) -> dict[str, int]:
    """Read the slots that an earlier datastreams.csv gave."""
    return {row["id"]: int(row["slot"]) for row in csv.DictReader(io.StringIO(text))}


def main() -> None:
    """Draw the tables again, keeping every slot."""
    earlier = HERE / "datastreams.csv"
    tables = draw(
        yaml.safe_load((HERE / "city.yaml").read_text(encoding="utf-8")),
        json.loads((HERE / "base.json").read_text(encoding="utf-8")),
        yaml.safe_load((HERE / "sites.yaml").read_text(encoding="utf-8")),
        committed_slots(earlier.read_text(encoding="utf-8")) if earlier.exists() else {},
    )
    for name, text in tables.items():
        (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

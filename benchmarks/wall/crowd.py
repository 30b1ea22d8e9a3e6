"""A city with as many points as asked for, and a stage on which they change each second."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

from benchmarks.line import REPOSITORY
from devices import Catalogue, catalogue
from storage.queries import AlertRow
from tests.wall.scripted import Stage, alert

AT_PLACE = 5
"""Devices at one place; the district has 3.5."""

KINDS = {
    "water": ("water_level", "warning=3.80", 3.2),
    "air": ("pm25", "light=75", 38.0),
    "traffic": ("speed", "congested=20", 41.0),
    "camera": ("ponding", "confident=0.6", 0.1),
}
"""By domain: observed property, its limits, what it says on a calm day."""

PERIOD_S = 10
"""Sampling period: a device falls silent 30 s after its reading."""

SEVERITIES = ("orange", "yellow", "blue")


def city(devices: int, seed: int = 1) -> tuple[Catalogue, dict[str, Any]]:
    """Return a catalogue of so many devices over the district, and the district's base map."""
    folder = REPOSITORY / "cities" / "jiangyan"
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in catalogue.FILES}
    base_map = json.loads((folder / "base.json").read_text(encoding="utf-8"))
    west, south, east, north = catalogue.build(texts).bounds
    towns = list(catalogue.build(texts).towns)
    chance = random.Random(seed)  # noqa: S311 # no secret
    rows: dict[str, list[str]] = {
        "places.csv": ["id,town,kind,name_zh,name_en,lon,lat"],
        "gateways.csv": ["id,place,name_zh,name_en"],
        "devices.csv": ["id,gateway,place,kind,name_zh,name_en"],
        "datastreams.csv": [
            "slot,id,device,observed_property,period_s,physical_min,physical_max,limits"
        ],
    }
    for at in range(devices):
        place, domain = f"p{at // AT_PLACE}", list(KINDS)[at % len(KINDS)]
        if at % AT_PLACE == 0:
            lon = west + (east - west) * chance.random()
            lat = south + (north - south) * chance.random()
            rows["places.csv"].append(
                f"{place},{towns[at % len(towns)]},spot,点位{at},Spot {at},{lon:.5f},{lat:.5f}"
            )
            rows["gateways.csv"].append(f"g{at // AT_PLACE},{place},网关{at},Gateway {at}")
        observed, limits, _ = KINDS[domain]
        rows["devices.csv"].append(f"d{at},g{at // AT_PLACE},{place},{domain},设备{at},Device {at}")
        rows["datastreams.csv"].append(
            f"{at},d{at}/{observed},d{at},{observed},{PERIOD_S},-1,500,{limits}"
        )
    made = {name: "\n".join(lines) + "\n" for name, lines in rows.items()}
    return catalogue.build(texts | made), base_map


class Crowd:
    """Lets devices fall silent and come back, alerts come and go, and crews move."""

    def __init__(self, stage: Stage, states: int, moving: int) -> None:
        """Bring the stage to where it changes evenly.

        Args:
            stage: of `city`.
            states: how many points change their state each second.
            moving: crews, each of which has a new position each second.
        """
        self._stage = stage
        self._moving = moving
        self._chance = random.Random(2)  # noqa: S311 # no secret
        n = len(stage.city.devices)
        alerting = states // 12  # a twelfth come into alert or leave it, the others fall silent
        self._fresh = (states - alerting) // 2
        self._ring = cycle(range(n))
        self._alerted = cycle(range(0, n, 7))
        self._turnover = alerting // 2
        self._open: list[AlertRow] = []
        self._count = 0
        critical = [alert(f"p1-{at}", at * 97, severity="red") for at in range(1, 4)]
        stage.alerts(*critical)
        west, south, east, north = stage.city.bounds
        self._crews = [
            [west + (east - west) * self._chance.random(),
             south + (north - south) * self._chance.random()]
            for _ in range(moving)
        ]  # fmt: skip
        seconds = n // max(self._fresh, 1) + 1
        if seconds <= 31:
            raise SystemExit(f"{states} states a second need more than {n} devices")
        for _ in range(seconds):
            self.second()

    def second(self) -> None:
        """Let one second pass."""
        now_us = self._stage.now_us
        heard = list(islice(self._ring, self._fresh))
        values = [KINDS[list(KINDS)[at % len(KINDS)]][2] for at in heard]
        self._stage.hear(
            [
                (at, now_us, value * (0.9 + 0.2 * self._chance.random()), 0)
                for at, value in zip(heard, values, strict=True)
            ]
        )
        if self._turnover:
            self._stage.alerts(*self._turn_over(now_us))
        if self._moving:
            self._move()
        self._stage.second()

    def _turn_over(self, now_us: int) -> Sequence[AlertRow]:
        """Return new alerts, and as many that are over once 160 are open."""
        raised = []
        for at in islice(self._alerted, self._turnover):
            self._count += 1
            domain = list(KINDS)[at % len(KINDS)]
            raised.append(
                alert(f"a{self._count}", at, domain=domain, raised_us=now_us, changed_us=now_us,
                      severity=SEVERITIES[self._count % len(SEVERITIES)])
            )  # fmt: skip
        over = self._open[: max(0, len(self._open) - 160)]
        self._open = self._open[len(over) :] + raised
        ended = [
            alert(one.id, one.datastream, domain=one.domain, severity=one.severity, active=False,
                  cleared_us=now_us, version=2)
            for one in over
        ]  # fmt: skip
        return [*raised, *ended]

    def _move(self) -> None:
        for crew in self._crews:
            crew[0] += 0.002 * (self._chance.random() - 0.5)
            crew[1] += 0.002 * (self._chance.random() - 0.5)
        self._stage.move(
            [(f"c{at}", lon, lat, "idle" if at % 3 else "on_scene", self._stage.now_us)
             for at, (lon, lat) in enumerate(self._crews)]
        )  # fmt: skip


class Feeding:
    """A crowd that changes once a second by the clock, in a thread of its own."""

    def __init__(self, crowd: Crowd) -> None:
        """Prepare; entering the context starts it."""
        self._crowd = crowd
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Feeding:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop after the second that is under way."""
        self._ended.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._ended.wait(1.0):
            self._crowd.second()


def open_stage(points: int, states: int, moving: int) -> tuple[Stage, Crowd]:
    """Return a wall of so many points, and what changes on it."""
    stage = Stage(*city(points - moving))
    return stage, Crowd(stage, states, moving)

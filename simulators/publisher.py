"""Publishes the city through MQTT: one connection for each town, until told to stop.

When the broker is slow or away nothing is dropped: the city's clock stands still behind the wall
clock and catches up later, with the phenomenon times that the readings should have had.
"""

from __future__ import annotations

import collections
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import structlog

from devices import DOMAINS, Catalogue
from simulators import dirt
from simulators.city_model import CityModel
from simulators.connection import Connection, Pack
from simulators.scenario import named
from simulators.schedule import CityClock, Schedule
from simulators.senml_packs import PackBuilder, PackDraft
from simulators.settings import SimulatorSettings

_log = structlog.get_logger(__name__)

SCENARIO_AFTER_S: Final = 60.0
"""City seconds of ordinary life before a scenario begins."""

_BACKLOG: Final = 100
"""Packs one connection may be behind before the city's clock stands still."""

_SLICE_S: Final = 1.0
"""Longest piece of wall time that is made up at once when catching up."""

_HEALTH_S: Final = 1.0
_DRAIN_S: Final = 1.0
"""How long a stop waits for the last PUBACKs."""
_GOODBYE_S: Final = 0.5
"""How long it then waits for the sockets to close."""

Health = Callable[[Mapping[str, Any]], None]


def run(catalogue: Catalogue, settings: SimulatorSettings, health: Health) -> None:
    """Publish until SIGTERM or SIGINT.

    Args:
        catalogue: the city.
        settings: see there.
        health: called about once a second with the facts of `Publisher.facts`.
    """
    stop = threading.Event()
    publisher = Publisher(catalogue, settings, health, stop)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    publisher.publish()


class Publisher:
    """One run of the simulator: one boot, sequences from 0."""

    def __init__(
        self,
        catalogue: Catalogue,
        settings: SimulatorSettings,
        health: Health,
        stop: threading.Event,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing connects before `publish`.

        Args:
            catalogue: the city.
            settings: see there.
            health: called about once a second.
            stop: ends `publish` when set.
            clock: the wall clock, seconds since 1970.

        Raises:
            ValueError: the scenario's town is not in the catalogue, or a datastream has no model.
        """
        self._catalogue, self._settings, self._health = catalogue, settings, health
        self._stop, self._clock = stop, clock
        self.boot = os.urandom(6).hex()
        self._city = CityClock(clock(), settings.speed)
        self._made_until_s = self._city.started_s
        centres = {one.id: (one.lon, one.lat) for one in catalogue.towns.values()}
        begins_s = self._city.started_s + SCENARIO_AFTER_S
        scenario = named(settings.scenario, settings.scenario_town, centres, begins_s)
        self._model = CityModel(catalogue, settings.seed, scenario)
        self._schedule = Schedule(catalogue, settings.seed)
        self._builder = PackBuilder(catalogue)
        self._chance = np.random.default_rng(settings.seed)
        self._stirred = threading.Event()
        self._seq: collections.Counter[str] = collections.Counter()
        self._published, self._acknowledged = _Tally(), _Tally()
        towns = sorted({catalogue.places[one.place].town for one in catalogue.gateways.values()})
        self._connections = {town: self._connect(town) for town in towns}
        self._connection_of = {
            one.id: self._connections[catalogue.places[one.place].town]
            for one in catalogue.gateways.values()
        }

    def publish(self) -> None:
        """Publish until `stop` is set, then wait shortly for the last PUBACKs."""
        next_health_s = 0.0
        _log.info("the simulated city begins to publish", boot=self.boot)
        while not self._stop.is_set():
            self._stirred.clear()
            now_s = time.monotonic()
            self._make_due_packs()
            for connection in self._connections.values():
                connection.tend(now_s)
            if now_s >= next_health_s:
                self._health(self.facts())
                next_health_s = now_s + _HEALTH_S
            # Nobody waits for `stop` itself: a signal handler that sets an event whose lock its
            # own thread holds would never return.
            self._stirred.wait(min(self._settings.send_interval_s, 0.1))
        self._drain()

    def facts(self) -> dict[str, Any]:
        """Return what is true now: counts since the start, and how far the city is behind."""
        connections = self._connections.values()
        return {
            "boot": self.boot,
            "scenario": self._settings.scenario or "",
            "speed": self._settings.speed,
            "city_time": datetime.fromtimestamp(self._city.city(self._made_until_s), UTC).isoformat(
                timespec="seconds"
            ),
            "behind_s": round(max(0.0, self._clock() - self._made_until_s), 3),
            "connections": len(self._connections),
            "connected": sum(one.connected for one in connections),
            "unacknowledged_packs": sum(one.waiting for one in connections),
            "refused_packs": sum(one.refused for one in connections),
            "published": self._published.facts(),
            "acknowledged": self._acknowledged.facts(),
        }

    def _connect(self, town: str) -> Connection:
        return Connection(
            f"simulator-{self.boot}-{town}",
            self._settings.mqtt_host,
            self._settings.mqtt_port,
            self._settings.in_flight,
            self._stirred,
            self._acknowledged.add,
        )

    def _make_due_packs(self) -> None:
        """Make the packs of the time that has passed, unless a connection is behind."""
        now_s = self._clock()
        while now_s - self._made_until_s >= self._settings.send_interval_s:
            if any(one.waiting > _BACKLOG for one in self._connections.values()):
                return
            until_s = min(now_s, self._made_until_s + max(_SLICE_S, self._settings.send_interval_s))
            self._make_packs(self._made_until_s, until_s)
            self._made_until_s = until_s

    def _make_packs(self, begin_s: float, end_s: float) -> None:
        slot, city_s = self._schedule.due(self._city.city(begin_s), self._city.city(end_s))
        value = self._model.values(slot, city_s)
        time_us = np.floor(self._city.wall(city_s) * 1e6).astype(np.int64)
        for draft in self._builder.group(slot, time_us, value):
            self._submit_draft(draft)

    def _submit_draft(self, draft: PackDraft) -> None:
        spoilt = dirt.pick(self._catalogue, draft, self._settings.dirt, self._chance)
        records = self._builder.records(draft)
        records.extend(one.record for one in spoilt if one.record is not None)
        domains = np.bincount(self._catalogue.domain[draft.slot], minlength=len(DOMAINS))
        self._submit(
            draft.gateway,
            self._builder.encode(records),
            {name: int(n) for name, n in zip(DOMAINS, domains, strict=True) if n},
            tuple((one.kind, one.domain) for one in spoilt if one.record is not None),
        )
        for one in spoilt:
            if one.record is None:
                self._submit(draft.gateway, dirt.MALFORMED, {}, ((one.kind, one.domain),))

    def _submit(
        self,
        gateway: str,
        payload: bytes,
        readings: dict[str, int],
        spoilt: tuple[tuple[str, str], ...],
    ) -> None:
        pack = Pack(gateway, self.boot, self._seq[gateway], payload, readings, spoilt)
        self._seq[gateway] += 1
        self._published.add(pack)
        self._connection_of[gateway].submit(pack)

    def _drain(self) -> None:
        deadline_s = time.monotonic() + _DRAIN_S
        while (now_s := time.monotonic()) < deadline_s:
            self._stirred.clear()
            for connection in self._connections.values():
                connection.tend(now_s)
            if not any(one.waiting for one in self._connections.values()):
                break
            self._stirred.wait(0.05)
        for connection in self._connections.values():
            connection.close()
        deadline_s = time.monotonic() + _GOODBYE_S
        while time.monotonic() < deadline_s:
            self._stirred.clear()
            if all(one.closed for one in self._connections.values()):
                break
            self._stirred.wait(0.05)
        facts = self.facts()
        self._health(facts)
        _log.info(
            "the simulated city has stopped",
            boot=self.boot,
            unacknowledged_packs=facts["unacknowledged_packs"],
            acknowledged=facts["acknowledged"]["readings"],
        )


class _Tally:
    """Packs and readings, counted by domain and by kind of dirt."""

    def __init__(self) -> None:
        self._packs = 0
        self._readings = collections.Counter[str]({name: 0 for name in DOMAINS})
        self._kinds = collections.Counter[str]({name: 0 for name in dirt.KINDS})
        self._domains = collections.Counter[str](
            {name: 0 for name in (*DOMAINS, dirt.UNKNOWN_DOMAIN)}
        )

    def add(self, pack: Pack) -> None:
        self._packs += 1
        self._readings.update(pack.readings)
        for kind, domain in pack.dirt:
            self._kinds[kind] += 1
            self._domains[domain] += 1

    def facts(self) -> dict[str, Any]:
        """Return good readings by domain, bad ones by kind and by domain."""
        return {
            "packs": self._packs,
            "readings": dict(self._readings),
            "dirt": dict(self._kinds),
            "dirt_domains": dict(self._domains),
        }

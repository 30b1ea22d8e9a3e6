"""Publishes the city through MQTT: one connection for each town, until told to stop.

A pack counts as acknowledged when the collecting gateway has it on disk, and with a journal every
pack is there before it leaves. When the broker or the line is slow or away nothing is dropped: the
city's clock stands still behind the wall clock and catches up later, with the phenomenon times
that the readings should have had.
"""

from __future__ import annotations

import collections
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import structlog

from devices import PROPERTIES, Catalogue
from ingest.uplink import Connection
from simulators import dirt, protocols
from simulators.city_model import CityModel
from simulators.journal import Journal
from simulators.pack import Pack
from simulators.scenario import named
from simulators.schedule import CityClock, Schedule
from simulators.senml_packs import PackBuilder, PackDraft, Record
from simulators.settings import SimulatorSettings
from simulators.tally import Tally

RESPONSE_TOPIC: Final = "ack/simulator"
"""Where the line answers. One topic for all connections and runs, because the embedded broker keeps
up to 256 MiB for every topic filter it has seen; each connection takes what it waits for."""

_log = structlog.get_logger(__name__)

SCENARIO_AFTER_S: Final = 60.0
"""City seconds of ordinary life before a scenario begins."""

_BACKLOG: Final = 100
"""Packs one connection may be behind before the city's clock stands still."""

_SLICE_S: Final = 1.0
"""Longest piece of wall time that is made up at once when catching up."""

_HEALTH_S: Final = 1.0
_DRAIN_S: Final = 2.0
"""How long a stop waits for the last acknowledgements."""
_GOODBYE_S: Final = 0.5
"""How long it then waits for the sockets to close."""

Health = Callable[[Mapping[str, Any]], None]


def run(catalogue: Catalogue, settings: SimulatorSettings, health: Health) -> None:
    """Publish until SIGTERM or SIGINT.

    Args:
        catalogue: the city.
        settings: see there.
        health: called about once a second with the facts of `Publisher.facts`.

    Raises:
        simulators.journal.JournalError: the journal cannot be opened or written.
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
            simulators.journal.JournalError: the journal cannot be opened.
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
        kinds = [catalogue.devices[one.device].kind for one in catalogue.datastreams]
        by_kind = protocols.OF_KIND if settings.protocols == "mixed" else {}
        spoken = [by_kind.get(kind, protocols.USUAL) for kind in kinds]
        self._resolution_us = np.array([protocols.RESOLUTION_US[one] for one in spoken], np.int64)
        self._keys = [(one.id, PROPERTIES[one.observed_property].unit)
                      for one in catalogue.datastreams]  # fmt: skip
        self._builder = PackBuilder(catalogue, spoken)
        self._chance = np.random.default_rng(settings.seed)
        self._stirred = threading.Event()
        self._seq: collections.Counter[str] = collections.Counter()
        self._published, self._acknowledged = Tally(catalogue), Tally(catalogue)
        self._answered: list[Pack] = []
        """Acknowledged by the line, and not marked in the journal yet."""
        self._journal: Journal | None = None
        if settings.journal is not None:
            begin_us = self._made_until_us
            begin_us -= begin_us % int(self._resolution_us.max())  # the first ones' time too
            self._journal = Journal(settings.journal, self.boot, begin_us)
        towns = sorted({catalogue.places[one.place].town for one in catalogue.gateways.values()})
        self._connections = {town: self._connect(town) for town in towns}
        self._connection_of = {
            one.id: self._connections[catalogue.places[one.place].town]
            for one in catalogue.gateways.values()
        }

    def publish(self) -> None:
        """Publish until `stop` is set, then wait shortly for the last acknowledgements.

        Raises:
            simulators.journal.JournalError: the journal cannot be written.
        """
        next_health_s = 0.0
        _log.info("the simulated city begins to publish", boot=self.boot)
        while not self._stop.is_set():
            self._stirred.clear()
            now_s = time.monotonic()
            self._make_due_packs()
            self._settle([])
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
            "sent_again_packs": sum(one.sent_again for one in connections),
            "journal": str(self._journal.path) if self._journal else "",
            "journal_packs": self._journal.packs if self._journal else 0,
            "published": self._published.facts(),
            "acknowledged": self._acknowledged.facts(),
        }

    def _connect(self, town: str) -> Connection[Pack]:
        return Connection(
            f"simulator-{self.boot}-{town}",
            self._settings.mqtt_host,
            self._settings.mqtt_port,
            self._settings.in_flight,
            RESPONSE_TOPIC,
            self._stirred,
            self._answered.append,
        )

    @property
    def _made_until_us(self) -> int:
        return math.floor(self._made_until_s * 1e6)

    def _make_due_packs(self) -> None:
        """Make the packs of the time that has passed, unless a connection is behind."""
        now_s = self._clock()
        while now_s - self._made_until_s >= self._settings.send_interval_s:
            if any(one.waiting > _BACKLOG for one in self._connections.values()):
                return
            until_s = min(now_s, self._made_until_s + max(_SLICE_S, self._settings.send_interval_s))
            packs = self._make_packs(self._made_until_s, until_s)
            self._made_until_s = until_s
            self._settle(packs)

    def _make_packs(self, begin_s: float, end_s: float) -> list[Pack]:
        slot, city_s = self._schedule.due(self._city.city(begin_s), self._city.city(end_s))
        value = self._model.values(slot, city_s)
        time_us = np.floor(self._city.wall(city_s) * 1e6).astype(np.int64)
        time_us -= time_us % self._resolution_us[slot]
        made_us = int(min(time_us.min(), self._made_until_us)) if len(time_us) else 0
        return [
            pack
            for draft in self._builder.group(slot, time_us, value)
            for pack in self._packs_of(draft, made_us)
        ]

    def _packs_of(self, draft: PackDraft, made_us: int) -> Iterator[Pack]:
        """Yield the pack of a draft, with its dirt, and then each that cannot be read."""
        spoilt = dirt.pick(self._catalogue, draft, self._settings.dirt, self._chance)
        readable = tuple(one for one in spoilt if one.record is not None)
        payload = self._written(draft, [one.record for one in readable if one.record])
        yield Pack(
            draft.gateway,
            self.boot,
            self._next_seq(draft.gateway),
            payload,
            draft,
            readable,
            made_us,
            draft.protocol,
        )
        for one in spoilt:
            if one.record is None:
                yield Pack(
                    draft.gateway, self.boot, self._next_seq(draft.gateway), dirt.MALFORMED, None,
                    (one,), made_us, draft.protocol,
                )  # fmt: skip

    def _written(self, draft: PackDraft, spoilt: Sequence[Record]) -> bytes:
        if draft.protocol == protocols.USUAL:
            return self._builder.encode([*self._builder.records(draft), *spoilt])
        said = protocols.readings_of(draft, self._keys, spoilt)
        return protocols.write(draft.protocol, said)

    def _next_seq(self, gateway: str) -> int:
        self._seq[gateway] += 1
        return self._seq[gateway] - 1

    def _settle(self, made: Sequence[Pack]) -> None:
        """Put new packs and what the line has acknowledged into the journal, then go on with them.

        Nothing leaves before the journal has it, and nothing counts as acknowledged before.
        """
        answered = self._answered.copy()
        self._answered.clear()
        if self._journal is not None and (made or answered):
            self._journal.write(made, answered, self._made_until_us)
        for pack in answered:
            self._acknowledged.add(pack)
        for pack in made:
            self._published.add(pack)
            self._connection_of[pack.gateway].submit(pack)

    def _drain(self) -> None:
        deadline_s = time.monotonic() + _DRAIN_S
        while (now_s := time.monotonic()) < deadline_s:
            self._stirred.clear()
            for connection in self._connections.values():
                connection.tend(now_s)
            self._settle([])
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
        if self._journal is not None:
            self._journal.close()
        facts = self.facts()
        self._health(facts)
        _log.info(
            "the simulated city has stopped",
            boot=self.boot,
            unacknowledged_packs=facts["unacknowledged_packs"],
            acknowledged=facts["acknowledged"]["readings"],
        )

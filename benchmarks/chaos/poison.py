"""A reading that the database refuses: how long do its neighbours wait?"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.chaos.engines import Engines
from benchmarks.chaos.storm import SPEED
from benchmarks.chaos.system import System
from ioc import city

VALUE = 3.140625
"""What the database is told to refuse; a float that JSON carries exactly."""

_DELAYS = """
SELECT extract(epoch FROM stored_at - phenomenon_time)::float8 FROM reading
WHERE stored_at BETWEEN to_timestamp(%s) AND to_timestamp(%s)
"""


@dataclass(frozen=True, slots=True)
class Poison:
    """What was measured, seconds."""

    usual: float
    """99.9 % of all readings are stored so soon after they were taken."""
    beside: float
    """The longest that a reading took which was stored within 2 s after a poisoned one came."""
    quarantined: int
    """Poisoned readings in quarantine."""
    sent: int
    """Poisoned readings sent."""

    @property
    def delay(self) -> float:
        """What the poison cost its neighbours, seconds."""
        return self.beside - self.usual


def run(folder: Path, seed: int, times: int = 10, engine: str = "embedded") -> Poison:
    """Run and measure.

    Args:
        folder: for everything that is written.
        seed: of the city.
        times: poisoned packs.
        engine: which brokers.
    """
    system = System(folder, Engines(folder, engine), seed)
    try:
        system.start()
        with psycopg.connect(system.database_url, autocommit=True) as connection:
            connection.execute(f"ALTER TABLE reading ADD CHECK (result <> {VALUE})")
        load = system.simulate(f"--speed={SPEED}", seed=seed)
        time.sleep(8)
        quiet = (time.time(), time.time() + 10)
        time.sleep(10)
        moments = _poison(system, times)
        load.stop()
        time.sleep(2)
        with psycopg.connect(system.database_url) as connection:

            def delays(begin: float, end: float) -> np.ndarray:
                return np.array(connection.execute(_DELAYS, (begin, end)).fetchall()).ravel()

            beside = max(float(delays(at, at + 2).max()) for at in moments)
            row = connection.execute(
                "SELECT count(*) FROM quarantine WHERE reason = 'unstorable'"
            ).fetchone()
            assert row is not None
            usual = float(np.percentile(delays(*quiet), 99.9))
        return Poison(usual, beside, int(row[0]), times)
    finally:
        system.stop()


def _poison(system: System, times: int) -> list[float]:
    """Publish a poisoned reading between good ones, again and again; return when."""
    catalogue = city.load(system.settings.city).catalogue
    gauges = [one for one in catalogue.datastreams if "guaranteed" in one.limits][:3]
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "poisoner", protocol=mqtt.MQTTv5)
    client.connect(system.engines.mqtt_port.host, system.engines.mqtt_port.number)
    client.loop_start()
    moments = []
    for _ in range(times):
        at = time.time()
        moments.append(at)
        for gauge in gauges[:1]:
            pack = [{"n": gauge.id, "t": at, "v": VALUE}]
            topic = f"up/{catalogue.gateway_of[gauge.slot]}/senml"
            client.publish(topic, json.dumps(pack), qos=1).wait_for_publish(10)
        time.sleep(3)
    client.disconnect()
    client.loop_stop()
    return moments

"""The database is away for a minute under load: what is lost, what grows, how fast it returns."""

from __future__ import annotations

import itertools
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.chaos import oracle
from benchmarks.chaos.engines import Engines
from benchmarks.chaos.oracle import Verdict
from benchmarks.chaos.storm import SPEED
from benchmarks.chaos.system import System

AWAY_S = 60.0

_STEADY_S = 15
_STORED = "SELECT coalesce(sum(stored), 0)::bigint FROM intake"
_LAG = "SELECT extract(epoch FROM now() - max(phenomenon_time))::float8 FROM latest"
_CAUGHT_UP_S = 1.5
"""The newest stored reading is so old in ordinary life, at most."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What was measured."""

    live: float
    """Readings stored in a second of ordinary life."""
    catch_up: float
    """Readings stored in a second from the first commit until nothing was behind."""
    grown_mib: dict[str, float]
    """Growth of resident memory from before the outage to the highest during it, by process."""
    verdict: Verdict

    @property
    def ours_grown_mib(self) -> float:
        """Growth of gateway and worker together."""
        return self.grown_mib["gateway"] + self.grown_mib["worker"]


def run(folder: Path, seed: int, away_s: float = AWAY_S, engine: str = "embedded") -> Outage:
    """Run and measure.

    Args:
        folder: for everything that is written.
        seed: of the city.
        away_s: how long the database is away, seconds.
        engine: which brokers.
    """
    system = System(folder, Engines(folder, engine), seed)
    try:
        system.start()
        city = system.simulate(f"--speed={SPEED}", seed=seed)
        time.sleep(8)
        live = _rate(system, _STEADY_S)
        before = _memory_mib(system)
        system.engines.all["database"].kill()
        highest = dict(before)
        end = time.monotonic() + away_s
        while time.monotonic() < end:
            time.sleep(1)
            highest = {name: max(highest[name], now) for name, now in _memory_mib(system).items()}
        system.engines.all["database"].start()
        catch_up = _catch_up(system)
        highest = {name: max(highest[name], now) for name, now in _memory_mib(system).items()}
        city.stop()
        oracle.settle(system)
        grown = {name: highest[name] - before[name] for name in before}
        return Outage(live, catch_up, grown, oracle.judge(system))
    finally:
        system.stop()


def _rate(system: System, seconds: int) -> float:
    counts = [int(system.ask(_STORED))]
    for _ in range(seconds):
        time.sleep(1)
        counts.append(int(system.ask(_STORED)))
    return statistics.mean(after - one for one, after in itertools.pairwise(counts))


def _catch_up(system: System) -> float:
    start = int(system.ask(_STORED))
    while (now := int(system.ask(_STORED))) == start:
        time.sleep(0.02)
    began, first = time.monotonic(), now
    while float(system.ask(_LAG)) > _CAUGHT_UP_S:
        time.sleep(0.05)
    return (int(system.ask(_STORED)) - first) / (time.monotonic() - began)


def _memory_mib(system: System) -> dict[str, float]:
    running = {**system.ours, "kafka": system.engines.all["kafka"]}
    return {
        name: sum(
            one.memory_info().rss
            for one in [psutil.Process(part.pid), *psutil.Process(part.pid).children(True)]
        )
        / (1 << 20)
        for name, part in running.items()
    }

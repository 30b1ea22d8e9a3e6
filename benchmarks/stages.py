"""What each pure stage of the line costs, without brokers: `python -m benchmarks.stages`.

Medians over several rounds on the city of this checkout. Compare two versions on one machine in
one sitting; the numbers of another machine say nothing.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from devices import Batch, Tick, record
from devices.record import Pack, Record
from ingest.codecs import Heard, senml
from ingest.packing import Packer
from ingest.spool import Spooled
from ioc import city
from rules import checkpoint, engine, state
from rules.language import parse
from storage import binary_copy

READINGS = 1000
"""In one batch and in one pack."""

ROUNDS = 30

_NOW_US = 1_800_000_000_000_000


def main() -> None:
    """Print one line for each stage."""
    town = city.load(Path("cities/jiangyan"))
    catalogue, rule_set = town.catalogue, parse(town.rule_texts, town.catalogue)
    slots = np.arange(READINGS, dtype=np.int32)
    middle = (catalogue.physical_min + catalogue.physical_max)[slots] / 2
    batch = Batch(
        slots,
        np.full(READINGS, _NOW_US),
        middle,
        np.zeros(READINGS, dtype=np.int16),
    )
    one = Record(batch, (Pack("g", "b", 0, READINGS, "c:1", 0),))
    value = record.encode(one)
    gateway = max(catalogue.gateways, key=catalogue.gateway_of.count)
    mine = [s for s in catalogue.datastreams if catalogue.gateway_of[s.slot] == gateway]
    pack = json.dumps(
        [{"n": mine[i % len(mine)].id, "t": 1.7e9 + i, "v": 1.0} for i in range(READINGS)]
    ).encode()
    packer = Packer(catalogue, 4, 60)
    arrival = Spooled(1, f"up/{gateway}/senml", pack, gateway, "b", 0, _NOW_US, "c:1")
    memory = engine.step(rule_set, state.empty(rule_set), [batch]).state
    later = Batch(slots, np.full(READINGS, _NOW_US + 1), middle, batch.quality)
    stages: dict[str, tuple[Callable[[], object], int]] = {
        "SenML decode": (lambda: senml.decode(pack, Heard(received_us=_NOW_US)), READINGS),
        "decode, judge, pack": (lambda: packer.pack([arrival]), READINGS),
        "record encode": (lambda: record.encode(one), READINGS),
        "record decode": (lambda: record.decode(value), READINGS),
        "engine step, all rules": (lambda: engine.step(rule_set, memory, [later]), READINGS),
        "engine tick": (lambda: engine.step(rule_set, memory, [Tick(_NOW_US)]), 1),
        "checkpoint encode": (lambda: checkpoint.encode(rule_set, memory), READINGS),
        "COPY BINARY encode": (lambda: binary_copy.encode(batch), READINGS),
    }
    print(f"{READINGS} readings a round, median of {ROUNDS} rounds")
    for name, (work, readings) in stages.items():
        seconds = statistics.median(_timed(work) for _ in range(ROUNDS))
        print(f"{name:<24}{seconds * 1e6:>10.0f} µs{readings / seconds:>14,.0f} /s")


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()

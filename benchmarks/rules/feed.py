"""Readings of a city for the engine: quiet mostly, with the events that a bad day has."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from devices import Batch, Catalogue, Tick

BEGIN_US = 1_800_000_000_000_000
ROUND_US = 60_000_000
"""Each datastream reports once in a round."""

_USUAL = {
    "water_level": (1.2, 0.02), "rain_1h": (2.0, 1.0), "water_depth": (0.02, 0.01),
    "ponding": (0.1, 0.05), "pm25": (35.0, 3.0), "pm10": (60.0, 5.0), "o3": (80.0, 8.0),
    "no2": (30.0, 3.0), "speed": (45.0, 4.0), "vehicle_flow": (600.0, 60.0),
    "occupancy": (20.0, 3.0), "crowd": (80.0, 15.0),
}  # fmt: skip
"""Mean and spread by observed property."""

_UNUSUAL = {
    "water_level": 4.5, "water_depth": 0.4, "ponding": 0.9, "pm25": 130.0, "speed": 6.0,
    "crowd": 900.0, "rain_1h": 60.0,
}  # fmt: skip
"""What it is during an event."""

EVENTS = 0.0002
"""Share of datastreams in an event; one lasts three rounds."""


def rounds(
    catalogue: Catalogue, size: int, count: int, seed: int = 7
) -> Iterator[list[Batch | Tick]]:
    """Yield rounds: batches of `size` readings in no order of datastreams, then a tick."""
    chance = np.random.default_rng(seed)
    names = [one.observed_property for one in catalogue.datastreams]
    mean = np.array([_USUAL[name][0] for name in names])
    spread = np.array([_USUAL[name][1] for name in names])
    unusual = np.array([_UNUSUAL.get(name, np.nan) for name in names])
    n = len(names)
    until = np.zeros(n, dtype=np.int64)
    for number in range(count):
        began = chance.random(n) < EVENTS / 3
        until[began] = number + 3
        is_event = (until > number) & ~np.isnan(unusual)
        result = np.where(is_event, unusual, mean + spread * chance.standard_normal(n))
        yield [*_batches(chance.permutation(n).astype(np.int32), result, number, size),
               Tick(BEGIN_US + (number + 1) * ROUND_US)]  # fmt: skip


def _batches(
    order: NDArray[np.int32], result: NDArray[np.float64], number: int, size: int
) -> Iterator[Batch]:
    start_us = BEGIN_US + number * ROUND_US
    for at in range(0, order.size, size):
        slots = order[at : at + size]
        time_us = start_us + at * ROUND_US // order.size
        yield Batch(
            slots,
            np.full(slots.size, time_us, dtype=np.int64),
            result[slots],
            np.zeros(slots.size, dtype=np.int16),
        )

"""Roads: the fuller, the slower, and standing water stops them."""

from __future__ import annotations

import numpy as np

from simulators.day import Column, traffic_demand
from simulators.noise import share, smooth
from simulators.sites import Moment


def speed(m: Moment) -> Column:
    """Free flow at night; slow at rush hour where a road is known for it; collapsed in a flood."""
    demand = traffic_demand(m.time_s)
    liability = 0.7 + 0.5 * share(m.device_key)
    dry = m.sites.limit("free_flow")[m.slot] * (1 - 0.42 * liability * demand**2)
    jitter = 1 + 0.05 * smooth(m.key, m.time_s, 300) + 0.03 * smooth(m.key, m.time_s, 40)
    return np.maximum(dry * jitter * (1 - _stopped(m)), 1.0)


def vehicle_flow(m: Moment) -> Column:
    """Vehicles per hour past the radar."""
    size = 500 + 1100 * share(m.device_key)
    jitter = 1 + 0.12 * smooth(m.key, m.time_s, 300)
    return size * traffic_demand(m.time_s) * jitter * (1 - 0.8 * _stopped(m))


def occupancy(m: Moment) -> Column:
    """Share of the time with a vehicle under the radar."""
    demand = traffic_demand(m.time_s)
    return (
        2 + 26 * demand**1.5 * (0.8 + 0.4 * share(m.device_key))
        + 2 * smooth(m.key, m.time_s, 300) + 50 * _stopped(m)
    )  # fmt: skip


def _stopped(m: Moment) -> Column:
    """Return the share of its speed that a road loses to standing water, at most 0.9."""
    return 0.9 * np.minimum(1, 1.7 * m.water)

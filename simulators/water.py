"""Rivers, pumps and underpasses: a slow wave, pumping, and what a storm does to them."""

from __future__ import annotations

import numpy as np

from simulators.day import Column, hour, season, swing
from simulators.noise import share, smooth
from simulators.sites import Moment

TIDE_S = 44_714.0
"""Half a lunar day: the Yangtze's tide comes through the sluices."""


def water_level(m: Moment) -> Column:
    """0.5–1 m below warning on an ordinary day; 1.3–2.4 m higher in a flood."""
    station = 0.12 * (2 * share(m.device_key) - 1)
    phase = 2 * np.pi * share(m.town_key)
    tide = 0.10 * np.sin(2 * np.pi * m.time_s / TIDE_S + phase)
    pumping = 0.04 * smooth(m.device_key, m.time_s, 7200)
    ripple = 0.006 * smooth(m.key, m.time_s, 60)
    return m.limit("warning") - 0.75 + station + tide + pumping + ripple + 2.4 * m.water


def rain_1h(m: Moment) -> Column:
    """Drizzle now and then, and the scenario's rain."""
    drizzle = 6 * np.maximum(smooth(m.city_key, m.time_s, 14_400) - 0.6, 0)
    gauge = 1 + 0.05 * smooth(m.key, m.time_s, 600)
    return (drizzle + m.rain_1h_mm) * gauge


def flow(m: Moment) -> Column:
    """With the tide, strongly out of the town in a flood."""
    size = 6 + 14 * share(m.device_key)
    phase = 2 * np.pi * share(m.town_key)
    tide = 0.4 * np.cos(2 * np.pi * m.time_s / TIDE_S + phase)
    return size * (1 + tide + 0.1 * smooth(m.key, m.time_s, 900) + 3 * m.water)


def water_depth(m: Moment) -> Column:
    """Dry, up to a centimetre of puddle; 0.36–0.6 m in a flood."""
    puddle = 0.01 * np.maximum(smooth(m.key, m.time_s, 3600), 0)
    return puddle + 0.6 * m.water * (1 + 0.02 * smooth(m.key, m.time_s, 60))


def pump_power(m: Moment) -> Column:
    """Standby, or the set's full power: by the keeper's plan, and always in a flood."""
    runs = (smooth(m.key, m.time_s, 3600) > 0.45) | (m.water > 0.05)
    full = 110 + 90 * share(m.key)
    return np.where(runs, full * (1 + 0.02 * smooth(m.key, m.time_s, 120)), 0.4)


def water_temperature(m: Moment) -> Column:
    """Follows the season, and a little the afternoon."""
    return (
        17 + 11 * season(m.time_s) + 0.5 * swing(hour(m.time_s), 16)
        + 0.5 * smooth(m.device_key, m.time_s, 43_200)
    )  # fmt: skip


def ph(m: Moment) -> Column:
    """Slightly alkaline."""
    return 7.6 + 0.25 * smooth(m.key, m.time_s, 21_600) - 0.2 * m.water


def dissolved_oxygen(m: Moment) -> Column:
    """Highest in the afternoon, when the algae work; less in warm water."""
    return (
        7.8 - 1.6 * season(m.time_s) + 0.7 * swing(hour(m.time_s), 15)
        + 0.4 * smooth(m.key, m.time_s, 21_600) - 1.5 * m.water
    )  # fmt: skip


def ammonia_nitrogen(m: Moment) -> Column:
    """Class II to III of GB 3838; a first flush brings more."""
    return 0.42 + 0.2 * smooth(m.key, m.time_s, 28_800) + 0.7 * m.water


def permanganate_index(m: Moment) -> Column:
    """Class III of GB 3838."""
    return 4.3 + 0.9 * smooth(m.key, m.time_s, 28_800) + 2 * m.water


def total_phosphorus(m: Moment) -> Column:
    """Class III of GB 3838."""
    return 0.12 + 0.04 * smooth(m.key, m.time_s, 28_800) + 0.08 * m.water


def turbidity(m: Moment) -> Column:
    """Barges and wind; brown water after a storm."""
    return 32 + 14 * smooth(m.key, m.time_s, 3600) + 180 * m.water

"""Weather, pollutants and noise: the sun, the season, the inversion at night, the rush hour."""

from __future__ import annotations

import numpy as np

from simulators.day import Column, bell, hour, season, swing, traffic_demand
from simulators.noise import share, smooth
from simulators.sites import Moment


def pm25(m: Moment) -> Column:
    """High in the night and morning; below 60 µg/m³ on an ordinary day, washed out by rain."""
    city = 33 + 8 * swing(hour(m.time_s), 5.5) + 8 * smooth(m.city_key, m.time_s, 43_200)
    station = 3 * smooth(m.device_key, m.time_s, 5400) + 4 * (share(m.device_key) - 0.5)
    return (city + station + smooth(m.key, m.time_s, 90)) * _washed(m)


def pm10(m: Moment) -> Column:
    """Follows PM2.5; building sites add their working hours."""
    at = hour(m.time_s)
    works = np.where(m.sites.kind[m.slot] == "dust_site", (at > 7) & (at < 18), False)
    return 1.5 * pm25(m) + (10 + 14 * works + 3 * smooth(m.key, m.time_s, 900)) * _washed(m)


def so2(m: Moment) -> Column:
    """Low everywhere since coal left the boilers."""
    return 7 + 2 * smooth(m.key, m.time_s, 5400) + bell(hour(m.time_s), 9, 2)


def no2(m: Moment) -> Column:
    """The traffic's own; more beside a road."""
    roadside = np.where(m.sites.kind[m.slot] == "intersection", 1.5, 1.0)
    return roadside * (
        16 + 26 * traffic_demand(m.time_s) + 5 * smooth(m.device_key, m.time_s, 5400)
    ) * _washed(m)  # fmt: skip


def o3(m: Moment) -> Column:
    """Made by the sun: peaks at 14–15 o'clock, more in summer."""
    sun = bell(hour(m.time_s), 14.5, 2.8) * (1 - 0.6 * np.minimum(1, 1.5 * m.water))
    summer = 1 + 0.35 * season(m.time_s)
    return 24 + 78 * summer * sun + 6 * smooth(m.device_key, m.time_s, 5400)


def co(m: Moment) -> Column:
    """Traffic and the inversion."""
    return (
        0.5 + 0.35 * traffic_demand(m.time_s) + 0.1 * swing(hour(m.time_s), 4)
        + 0.08 * smooth(m.key, m.time_s, 5400)
    )  # fmt: skip


def air_temperature(m: Moment) -> Column:
    """Season, afternoon and weather; a cloudburst cools."""
    return (
        16.5 + 12 * season(m.time_s) + 4.2 * swing(hour(m.time_s), 14.5)
        + 2 * smooth(m.city_key, m.time_s, 86_400) + 0.5 * smooth(m.device_key, m.time_s, 1800)
        - 4 * m.water
    )  # fmt: skip


def relative_humidity(m: Moment) -> Column:
    """The opposite of the temperature; nearly full in rain."""
    dry = 70 - 16 * swing(hour(m.time_s), 14.5) + 6 * smooth(m.device_key, m.time_s, 7200)
    return np.minimum(dry + (98 - dry) * np.minimum(1, 1.6 * m.water), 99)


def wind_speed(m: Moment) -> Column:
    """A breeze by day; gusts under the storm."""
    breeze = 1.6 + 0.9 * swing(hour(m.time_s), 14) + 0.9 * smooth(m.city_key, m.time_s, 10_800)
    gust = 0.5 * smooth(m.device_key, m.time_s, 120)
    return np.maximum(breeze + gust, 0.1) + 11 * m.water * (1 + 0.3 * gust)


def wind_direction(m: Moment) -> Column:
    """Turns slowly about north-east, the winter monsoon."""
    return (45 + 80 * smooth(m.city_key, m.time_s, 21_600)
            + 15 * smooth(m.device_key, m.time_s, 300)) % 360  # fmt: skip


def noise(m: Moment) -> Column:
    """Quiet nights, busy days; rain is loud."""
    return (
        44 + 18 * traffic_demand(m.time_s) + 3 * smooth(m.device_key, m.time_s, 1800)
        + 2 * smooth(m.key, m.time_s, 60) + 8 * m.water
    )  # fmt: skip


def _washed(m: Moment) -> Column:
    return 1 - 0.65 * np.minimum(1, 1.5 * m.water)

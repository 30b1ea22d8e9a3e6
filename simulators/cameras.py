"""What the cameras' own recognition reports: confidences and counts, never pictures."""

from __future__ import annotations

import numpy as np

from simulators.day import Column, bell, hour, is_weekend
from simulators.noise import smooth
from simulators.sites import Moment

_EPISODE = 0.975
"""Above this an obstruction stands there: about one camera in 200 at any time."""


def ponding(m: Moment) -> Column:
    """Confidence that water stands on the road."""
    doubt = 0.05 + 0.04 * smooth(m.key, m.time_s, 120)
    return doubt + 0.88 * np.minimum(1, 1.8 * m.water)


def crowd(m: Moment) -> Column:
    """People in view: midday and the dancing in the evening; nobody stays in a cloudburst."""
    at = hour(m.time_s)
    day = 0.03 + 0.18 * bell(at, 12.5, 3) + 0.42 * bell(at, 19.3, 1.2)
    weekend = np.where(is_weekend(m.time_s), 1.3, 1.0)
    jitter = 1 + 0.2 * smooth(m.device_key, m.time_s, 900)
    people = m.limit("capacity") * day * weekend * jitter
    return people * (1 - 0.92 * np.minimum(1, 1.7 * m.water))


def obstruction(m: Moment) -> Column:
    """Confidence that something blocks the way; now and then something really does."""
    doubt = 0.08 + 0.06 * smooth(m.key, m.time_s, 120)
    return np.where(smooth(m.key, m.time_s, 1800) > _EPISODE, 0.78 + doubt / 2, doubt)

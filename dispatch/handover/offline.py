"""Which devices are not heard: all their datastreams have missed several readings in a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from devices import Catalogue
from dispatch.handover.facts import DeviceLine

AFTER_PERIODS: Final = 3.0
"""As the wall has it: one reading that is missing is a lost pack, three are silence."""

AFTER_AT_LEAST_S: Final = 30.0
"""Seconds a datastream may always be quiet."""


def offline(catalogue: Catalogue, newest_us: Mapping[int, int], at_us: int) -> list[DeviceLine]:
    """Return the devices that are not heard at a time, in the catalogue's order.

    What is retired is not expected to say anything.

    Args:
        catalogue: of the city.
        newest_us: phenomenon time of the newest reading by slot, µs since 1970.
        at_us: µs since 1970.
    """
    heard: set[str] = set()
    expected: dict[str, int] = {}
    for slot in np.flatnonzero(~catalogue.retired):
        one = catalogue.datastreams[slot]
        last_us = newest_us.get(int(slot), 0)
        expected[one.device] = max(expected.get(one.device, 0), last_us)
        limit_us = max(AFTER_PERIODS * one.period_s, AFTER_AT_LEAST_S) * 1e6
        if last_us and at_us - last_us <= limit_us:
            heard.add(one.device)
    return [
        DeviceLine(name, catalogue.devices[name].name, expected[name] or None)
        for name in catalogue.devices
        if name in expected and name not in heard
    ]

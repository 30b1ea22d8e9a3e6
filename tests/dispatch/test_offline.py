"""Devices that are not heard: the same as on the wall."""

from __future__ import annotations

import numpy as np
import pytest

from devices import Batch
from dispatch.handover import offline as module
from dispatch.handover.offline import offline
from ioc_dashboard import state
from tests.small_city import city

NOW = 1_790_000_000_000_000


def test_silence_begins_when_it_does_on_the_wall():
    assert state.SILENT_AFTER_PERIODS == module.AFTER_PERIODS
    assert state.SILENT_AFTER_AT_LEAST_S == module.AFTER_AT_LEAST_S


@pytest.mark.parametrize("age_s", [0, 29, 31, 179, 181, 100_000])
@pytest.mark.parametrize("slot", [0, 1, 2])
def test_a_device_is_not_heard_where_the_wall_says_so(age_s, slot):
    known = city()
    heard_us = NOW - age_s * 1_000_000
    latest = state.LatestValues(known)
    latest.apply(
        Batch(
            np.array([slot], dtype=np.int32), np.array([heard_us], dtype=np.int64),
            np.array([1.0]), np.array([0], dtype=np.int16),
        )
    )  # fmt: skip
    silent = latest.silent_devices(NOW)
    expected = [name for name, is_silent in zip(known.devices, silent, strict=True) if is_silent]
    found = offline(known, {slot: heard_us}, NOW)
    alive = {one.device for at, one in enumerate(known.datastreams) if not known.retired[at]}
    assert [one.id for one in found] == [name for name in expected if name in alive]


def test_what_was_never_heard_has_no_last_time():
    found = offline(city(), {0: NOW - 10**12}, NOW)
    device = city().datastreams[0].device
    assert {one.id: one.newest_us for one in found}[device] == NOW - 10**12
    assert {one.newest_us for one in found if one.id != device} == {None}

"""Readings against what is stored of their datastreams: out of order, or said twice.

The log has the order of receipt, and the table `latest` has the newest reading of each datastream,
moved in the transaction of the data. So a reading gets the same quality whoever judges it, and
whatever was killed in between.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from devices import Batch, Quality
from devices.batch import DTYPES
from storage.latest import Newest


def judge(batch: Batch, known: Mapping[int, Newest]) -> tuple[Batch, dict[int, Newest]]:
    """Give good readings the quality that their order is reason for.

    Older than one before it of the same datastream: OUT_OF_ORDER. Of the same time and with the
    same result as the newest: DUPLICATE. Of the same time with another result it is a correction
    and stays good. What the device or the gateway said before counts more.

    Args:
        batch: in the order of the log; not changed.
        known: newest stored reading of every datastream of the batch.

    Returns:
        The batch with qualities, and the newest readings after it where that changes.

    >>> from devices.record import columns
    >>> judge(columns([(3, 5, 1.5, 0)]), {3: Newest(5, 1.5)})[0].quality
    array([11], dtype=int16)
    """
    if not batch.n:
        return batch, {}
    slots, where = np.unique(batch.datastream, return_inverse=True)
    before = [known[slot] for slot in slots.tolist()]
    # Each datastream's newest reading stands before those of the batch.
    group = np.r_[np.arange(slots.size), where]
    order = np.argsort(group, kind="stable")
    group = group[order]
    time_us = np.r_[np.array([one.time_us for one in before]), batch.phenomenon_time_us][order]
    result = np.r_[np.array([one.result for one in before]), batch.result][order]
    # Ranks instead of times, so that a running maximum of one datastream ends where it ends.
    rank = np.unique(time_us, return_inverse=True)[1]
    key = rank + group * (int(rank.max()) + 1)
    newest = np.r_[-1, np.maximum.accumulate(key)[:-1]]
    place = np.arange(key.size)
    leads = np.r_[True, group[1:] != group[:-1]]
    moves = leads | (key >= newest)
    last = np.maximum.accumulate(np.where(moves, place, 0))
    again = ~leads & (key == newest) & (result == result[np.r_[0, last[:-1]]])
    quality = batch.quality.copy()
    row = order - slots.size
    for flagged, verdict in ((~moves, Quality.OUT_OF_ORDER), (again, Quality.DUPLICATE)):
        rows = row[flagged]
        quality[rows[quality[rows] == Quality.GOOD]] = verdict
    end = last[np.r_[np.flatnonzero(leads)[1:] - 1, key.size - 1]]
    after = {
        slot: Newest(int(time_us[at]), float(result[at]))
        for slot, at in zip(slots.tolist(), end.tolist(), strict=True)
        if order[at] >= slots.size
    }
    if (quality == batch.quality).all():
        return batch, after
    return Batch(**({name: getattr(batch, name) for name in DTYPES} | {"quality": quality})), after

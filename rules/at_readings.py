"""What the engine does at readings: kinds that look at one datastream judge it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from devices import Batch, Quality
from rules import bounds
from rules.assembly import accepted
from rules.kinds import READING_KINDS
from rules.ruleset import Family
from rules.state import FamilyState
from rules.turns import turns
from rules.work import Row, Work


def judge(work: Work, batch: Batch) -> None:
    """Judge the readings of a batch in their order."""
    is_distinct = work.is_distinct(batch.datastream)
    _hear(work, batch, is_distinct=is_distinct)
    finite = np.isfinite(batch.result)
    for gate, qualities in enumerate(work.rule_set.gates):
        judged = work.state.judges[gate][batch.datastream]
        sound = finite & accepted(qualities, batch.quality) & judged
        part = batch if sound.all() else _rows(batch, np.flatnonzero(sound))
        if is_distinct:
            _turn(work, gate, part)
        else:
            for turn in turns(part.datastream):
                _turn(work, gate, _rows(part, turn))


def _hear(work: Work, batch: Batch, *, is_distinct: bool) -> None:
    """Note that datastreams were heard, whatever they said."""
    slots, until_us = batch.datastream, batch.phenomenon_time_us
    heard = work.state.hears[slots] & (batch.quality != Quality.FUTURE)
    if not heard.all():
        slots, until_us = slots[heard], until_us[heard]
    if not slots.size:
        return
    until_us = until_us + work.rule_set.period_end_us[slots]
    heard_us = work.state.heard_us
    if is_distinct:
        heard_us[slots] = np.maximum(heard_us[slots], until_us)
    else:
        np.maximum.at(heard_us, slots, until_us)


def _turn(work: Work, gate: int, batch: Batch) -> None:
    """Take one acceptable reading for each of some distinct datastreams."""
    judged_us = work.state.judged_us[gate]
    result, quality = work.state.result[gate], work.state.quality[gate]
    newer = batch.phenomenon_time_us > judged_us[batch.datastream]
    if not newer.all():
        work.late += int(newer.size - np.count_nonzero(newer))
        batch = _rows(batch, np.flatnonzero(newer))
    if not batch.n:
        return
    slots = batch.datastream
    before = Batch(slots, judged_us[slots], result[slots], quality[slots])
    judged_us[slots] = batch.phenomenon_time_us
    result[slots] = batch.result
    if len(work.rule_set.gates[gate]) > 1:
        quality[slots] = batch.quality
    for family, state in work.families:
        if family.gate == gate and family.kind in READING_KINDS:
            for one, row, value, value_before in _odd(family, state, batch, before):
                seen = Row(work, family, state, row)
                seen.value = value_before
                seen.seen = (
                    float(before.result[one]),
                    int(before.phenomenon_time_us[one]),
                    int(before.quality[one]),
                )
                _read(seen, int(batch.phenomenon_time_us[one]), value)


def _read(row: Row, time_us: int, value: float) -> None:
    # A delay that was over before this reading ends with what was known then.
    row.settle(time_us)
    row.seen = None
    if row.family.kind == "count":
        if value >= row.rule.parameters.at_least:
            row.live.occurrences = [*row.live.occurrences, time_us]
        value = float(len(row.live.occurrences))
    row.evaluate(time_us, value)
    row.settle(time_us)
    row.close()


def _odd(
    family: Family, state: FamilyState, batch: Batch, before: Batch
) -> Iterator[tuple[int, int, float, float]]:
    """Take readings into what the kind remembers, and yield the rows that must be looked at.

    Args:
        family: judged at readings.
        state: its memory.
        batch: one reading for each of some distinct datastreams.
        before: the reading of each before that.

    Yields:
        Index of the reading, row, its value (of counts: the result), and its value before.
    """
    rows, at = family.rows_of(batch.datastream)
    if not rows.size:
        return
    time_us = batch.phenomenon_time_us.astype(np.float64)
    result, value_before = batch.result, before.result
    if at is not None:
        time_us, result, value_before = time_us[at], result[at], value_before[at]
    value = result if state.memory is None else state.memory.value(rows, time_us, result)
    own = state.bounds.take(rows, axis=0)
    if state.value is not None:
        value_before = state.value[rows]
    if family.kind == "count":
        odd = (result >= _at_least(family)[family.rule[rows]]) | (own[:, bounds.LOW] == np.inf)
    else:
        odd = (value < own[:, bounds.LOW]) | (value >= own[:, bounds.HIGH])
        if state.value is not None:
            state.value[rows] = value
    odd |= time_us >= own[:, bounds.DUE]
    for one in np.flatnonzero(odd).tolist():
        reading = one if at is None else int(at[one])
        yield reading, int(rows[one]), float(value[one]), float(value_before[one])


def _at_least(family: Family) -> NDArray[np.float64]:
    return np.array([rule.parameters.at_least for rule in family.rules])


def _rows(batch: Batch, at: NDArray[np.intp]) -> Batch:
    """Return some rows of a batch."""
    return Batch(
        batch.datastream[at], batch.phenomenon_time_us[at], batch.result[at], batch.quality[at]
    )

"""What the engine does at ticks: timers run out, and kinds that look at several datastreams judge.

At a tick that moves the clock, first the silence of gateways is judged, then it is asked what may
be told, then all the rest: so a gateway is never told of after its datastreams.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rules import bounds, machine
from rules.inhibiting import inhibit
from rules.kinds import FOLD, TICK_KINDS, combine, compare, silence
from rules.kinds.combine import Expression
from rules.kinds.compare import Compare
from rules.kinds.silence import Fold
from rules.live import UNSET
from rules.ruleset import Family
from rules.state import FamilyState
from rules.work import Row, Work

_BASE_3 = np.array([1, 3, 9, 27], dtype=np.int16)
_HOUR_US = 3_600_000_000
_REMEMBERED_US = 24 * _HOUR_US
"""A reading that comes later than this is one that nobody judges."""

_WANTED, _UNKNOWN = 1, 2
"""Digits of a level that is wanted, and of one of which that is not known."""


def tick(work: Work, time_us: int) -> None:
    """Take a tick of the log's clock."""
    state = work.state
    if time_us <= state.clock_us:
        # A tick that goes back still lets out what was over by its time; skipping it would
        # make the outcome depend on ticks that a checkpoint does not hold.
        _time_out(work, time_us, is_forward=False)
        return
    new = state.hears & (state.heard_us == UNSET)
    if new.any():
        state.heard_us[new] = time_us
    for family, memory in work.families:
        if family.kind == FOLD:
            _judge_values(work, family, memory, time_us)
    is_new_hour = time_us // _HOUR_US != state.clock_us // _HOUR_US
    state.clock_us = time_us
    parents = frozenset(_silent_gateways(work))
    is_changed, state.parents = parents != state.parents, parents
    if is_changed or time_us >= state.inhibition_due_us:
        inhibit(work)
    _time_out(work, time_us, is_forward=True)
    for family, memory in work.families:
        if family.kind == "boolean":
            _judge_conditions(work, family, memory, time_us)
        elif family.kind in TICK_KINDS:
            _judge_values(work, family, memory, time_us)
    if is_new_hour:
        _forget(work, time_us - _REMEMBERED_US)


def _forget(work: Work, before_us: int) -> None:
    """Forget when rows were last told, where nothing is the matter any more."""
    for row in work.rows_that("is_calm"):
        if row.live.told_us < before_us:
            row.live.told_us = UNSET
        row.close()


def _silent_gateways(work: Work) -> Iterator[str]:
    for family, state in work.families:
        if family.kind == FOLD:
            for row, live in state.live.items():
                if live.active:
                    yield work.catalogue.gateway_of[int(family.slot[row])]


def _time_out(work: Work, now_us: int, *, is_forward: bool) -> None:
    """Let the timers of all rows run out; those of gateways ran out first if the clock moves."""
    for family, state in work.families:
        if is_forward and family.kind == FOLD:
            continue
        due_rows = set()
        while state.timers and state.timers[0][0] <= now_us:
            due, row = heapq.heappop(state.timers)
            if state.bounds[row, bounds.DUE] == due:
                due_rows.add(row)
        for number in sorted(due_rows):
            row_ = Row(work, family, state, number)
            row_.settle(now_us)
            row_.close()


def _judge_values(work: Work, family: Family, state: FamilyState, now_us: int) -> None:
    """Judge all rows of a family that this partition owns by their values."""
    mine = state.mine
    if not mine.size or state.value is None:
        return
    value = _values(work, family, state, now_us)
    state.value[mine] = value
    limits = state.bounds[mine]
    odd = (value < limits[:, bounds.LOW]) | (value >= limits[:, bounds.HIGH])
    odd |= limits[:, bounds.DUE] <= now_us
    for at in np.flatnonzero(odd).tolist():
        row = Row(work, family, state, int(mine[at]))
        if family.kind == FOLD:  # the timers of all others have run out
            row.settle(now_us)
        row.evaluate(now_us, float(value[at]))
        row.settle(now_us)
        row.close()


def _values(work: Work, family: Family, state: FamilyState, now_us: int) -> NDArray[np.float64]:
    heard_us = work.state.heard_us
    if family.kind == "silence":
        return silence.silent_s(family.slot[state.mine], heard_us, now_us)
    known = work.known(family.gate, now_us)
    found = []
    for parameters, slots in state.parts:
        match parameters:
            case Fold():
                periods_us = work.rule_set.period_us
                found.append(silence.silent_share(parameters, heard_us, periods_us, now_us))
            case Expression():
                found.append(combine.value(parameters, known))
            case Compare():
                found.append(compare.value(parameters, slots, known))
    return np.concatenate(found)


def _judge_conditions(work: Work, family: Family, state: FamilyState, now_us: int) -> None:
    """Judge all rows of a family of conditions that this partition owns."""
    mine = state.mine
    if not mine.size or state.code is None:
        return
    known = work.known(family.gate, now_us)
    levels = np.concatenate([combine.wanted(parameters, known) for parameters, _ in state.parts])
    digits = np.where(np.isnan(levels), _UNKNOWN, levels).astype(np.int16)
    code = digits @ _BASE_3
    # What is at rest stays so as long as no level is wanted.
    limits = state.bounds[mine]
    concerns = (digits == _WANTED).any(axis=1) | (limits[:, bounds.LOW] == np.inf)
    odd = ((code != state.code[mine]) & concerns) | (limits[:, bounds.DUE] <= now_us)
    state.code[mine] = code
    for at in np.flatnonzero(odd).tolist():
        row = Row(work, family, state, int(mine[at]))
        for level, digit in enumerate(digits[at].tolist()):
            if digit != _UNKNOWN:
                machine.want(row.policy, row.live, now_us, level, met=digit == _WANTED)
        row.settle(now_us)
        row.close()

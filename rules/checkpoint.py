"""The engine's memory as bytes, and back into a rule set that may have changed since.

Only what a rule set would not have from the start is written: by datastream what was judged and
heard, by rule and subject what is the matter. So one partition's checkpoint holds that partition's
datastreams, survives added, changed and removed rules, and can be divided anew when datastreams
move to other partitions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from devices import Quality
from rules import machine
from rules.alerts import Transition
from rules.commands import Maintenance
from rules.kinds.rate import KEPT, RateMemory
from rules.kinds.stuck import StuckMemory
from rules.live import UNSET, Live
from rules.ruleset import CompiledRule, Family, RuleSet
from rules.state import FamilyState, State, empty
from rules.withdrawing import withdrawal
from rules.work import Row, Work

_VERSION = 2


class CheckpointError(ValueError):
    """The bytes are no checkpoint of this version."""


class _Judged(msgspec.Struct, frozen=True):
    """What was judged through one gate: columns as little-endian bytes, n datastreams each."""

    gate: list[int]
    slots: bytes
    judged_us: bytes
    result: bytes
    quality: bytes


class _Memory(msgspec.Struct, frozen=True):
    """What a kind remembers of one rule: n datastreams, a row of numbers each."""

    slots: bytes
    time_us: bytes
    number: bytes


class _Rule(msgspec.Struct, frozen=True):
    """What one rule remembers."""

    id: str
    kind: str
    version: int
    live: dict[str, Live]
    """By subject."""
    memory: _Memory | None


class _Checkpoint(msgspec.Struct, frozen=True):
    version: int
    clock_us: int
    command: int
    maintenance: list[Maintenance]
    parents: list[str]
    judged: list[_Judged]
    heard_slots: bytes
    heard_us: bytes
    rules: list[_Rule]


_decoder = msgspec.msgpack.Decoder(_Checkpoint)


def encode(rule_set: RuleSet, state: State) -> bytes:
    """Write a state; equal states give equal bytes."""
    heard = np.flatnonzero(state.heard_us != UNSET)
    saved = _Checkpoint(
        version=_VERSION,
        clock_us=state.clock_us,
        command=state.command,
        maintenance=[state.maintenance[key] for key in sorted(state.maintenance)],
        parents=sorted(state.parents),
        judged=[_judged(rule_set, state, gate) for gate in range(len(rule_set.gates))],
        heard_slots=_bytes(heard, "<i4"),
        heard_us=_bytes(state.heard_us[heard], "<i8"),
        rules=list(_rules(rule_set, state)),
    )
    return msgspec.msgpack.encode(saved)


def decode(
    rule_set: RuleSet, value: bytes, owned: NDArray[np.bool_] | None = None
) -> tuple[State, tuple[Transition, ...]]:
    """Read a state into a rule set.

    Args:
        rule_set: the rules in force now.
        value: what `encode` gave, perhaps under other rules.
        owned: as `rules.state.empty`; what it holds of other datastreams is left out.

    Returns:
        The state, and the transitions that the loss of a level causes: the alert is de-escalated
        or withdrawn, dated with the last tick (before the first one, with the newest judged reading
        of the subject). An alert whose subject no rule watches any more is
        not among them: see `withdrawals`.

    Raises:
        CheckpointError: other bytes, or another version.
    """
    saved = _read(value)
    state = empty(rule_set, owned)
    state.clock_us, state.command = saved.clock_us, saved.command
    state.maintenance = {one.id: one for one in saved.maintenance}
    state.parents = frozenset(saved.parents)
    for one in saved.judged:
        _restore_judged(rule_set, state, one)
    slots, heard_us = np.frombuffer(saved.heard_slots, "<i4"), np.frombuffer(saved.heard_us, "<i8")
    at = np.flatnonzero(_kept(state, slots))
    at = at[rule_set.heard[slots[at]]]
    state.heard_us[slots[at]] = heard_us[at]
    of_rule = {(one.id, one.kind): one for one in saved.rules}
    work = Work(rule_set, state)
    for family, memory in zip(rule_set.families, state.families, strict=True):
        for index, rule in enumerate(family.rules):
            if (before := of_rule.get((rule.id, rule.kind))) is not None:
                _restore_rule(work, family, memory, index, before)
    return state, tuple(work.transitions)


def withdrawals(
    rule_set: RuleSet, value: bytes, owned: NDArray[np.bool_] | None = None
) -> tuple[Transition, ...]:
    """Return the end of every open alert that no rule of the set watches any more.

    Also of those whose datastreams come by another partition now, which will raise them itself.
    Dated as there. `decode` leaves all these out of the state, so they are told once.

    Raises:
        CheckpointError: as `decode`.
    """
    saved = _read(value)
    current = {(rule.id, rule.kind): _subjects(rule_set, rule) for rule in rule_set.rules}
    judged = _newest(saved)
    found = []
    for rule in saved.rules:
        watched = current.get((rule.id, rule.kind), {})
        for subject, live in sorted(rule.live.items()):
            is_gone = owned is not None and (live.slot >= owned.size or not owned[live.slot])
            if live.is_open and (is_gone or subject not in watched):
                result, time_us = judged.get(live.slot, (float("nan"), UNSET))
                at_us = time_us if saved.clock_us == UNSET else saved.clock_us
                found.append(
                    withdrawal(
                        rule_set.catalogue, rule.id, rule.version, subject, live, result, time_us,
                        at_us,
                    )
                )  # fmt: skip
    return tuple(found)


def _read(value: bytes) -> _Checkpoint:
    try:
        saved = _decoder.decode(value)
    except msgspec.MsgspecError as error:
        raise CheckpointError(f"not a checkpoint: {error}") from error
    if saved.version != _VERSION:
        raise CheckpointError(f"checkpoint version {saved.version}; this one reads {_VERSION}")
    return saved


# -- what was judged


def _judged(rule_set: RuleSet, state: State, gate: int) -> _Judged:
    judged_us = state.judged_us[gate]
    slots = np.flatnonzero(judged_us != UNSET)
    return _Judged(
        [int(one) for one in rule_set.gates[gate]],
        _bytes(slots, "<i4"),
        _bytes(judged_us[slots], "<i8"),
        _bytes(state.result[gate][slots], "<f8"),
        _bytes(state.quality[gate][slots], "<i2"),
    )


def _restore_judged(rule_set: RuleSet, state: State, one: _Judged) -> None:
    qualities = tuple(Quality(number) for number in one.gate)
    if qualities not in rule_set.gates:
        return
    gate = rule_set.gates.index(qualities)
    slots = np.frombuffer(one.slots, "<i4")
    at = np.flatnonzero(_kept(state, slots))
    at = at[rule_set.watched[gate][slots[at]]]
    state.judged_us[gate][slots[at]] = np.frombuffer(one.judged_us, "<i8")[at]
    state.result[gate][slots[at]] = np.frombuffer(one.result, "<f8")[at]
    state.quality[gate][slots[at]] = np.frombuffer(one.quality, "<i2")[at]


def _newest(saved: _Checkpoint) -> dict[int, tuple[float, int]]:
    """Return the newest judged result of each datastream, and when it was."""
    found: dict[int, tuple[float, int]] = {}
    for one in saved.judged:
        columns = (one.slots, "<i4"), (one.result, "<f8"), (one.judged_us, "<i8")
        lists = [np.frombuffer(value, dtype).tolist() for value, dtype in columns]
        for slot, result, time_us in zip(*lists, strict=True):
            if slot not in found or found[slot][1] < time_us:
                found[slot] = (result, time_us)
    return found


def _kept(state: State, slots: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which saved datastreams this state has."""
    known = slots < state.owned.size
    kept = np.zeros(slots.size, dtype=np.bool_)
    kept[known] = state.owned[slots[known]]
    return kept


# -- what rules remember


def _rules(rule_set: RuleSet, state: State) -> Iterator[_Rule]:
    for family, memory in zip(rule_set.families, state.families, strict=True):
        live: dict[int, dict[str, Live]] = {}
        for row in sorted(memory.live):
            one = memory.live[row]
            if memory.value is not None:
                one = msgspec.structs.replace(one, value=float(memory.value[row]))
            index = int(family.rule[row])
            rule = family.rules[index]
            name = rule.subject(int(family.subject[row]), rule_set.catalogue)
            live.setdefault(index, {})[name] = one
        for index, rule in enumerate(family.rules):
            columns = _memory(family, memory, index)
            if index in live or columns is not None:
                yield _Rule(rule.id, rule.kind, rule.version, live.get(index, {}), columns)


def _memory(family: Family, memory: FamilyState, index: int) -> _Memory | None:
    match memory.memory:
        case RateMemory():
            rows = memory.memory.rows()
            rows = rows[family.rule[rows] == index]
            times, numbers = memory.memory.history(rows)
        case StuckMemory(anchor=anchor):
            rows = np.flatnonzero((family.rule == index) & ~np.isnan(anchor[:, 1]))
            times, numbers = anchor[rows, 1:].astype(np.int64), anchor[rows, :1]
        case _:
            return None
    if not rows.size:
        return None
    return _Memory(_bytes(family.slot[rows], "<i4"), _bytes(times, "<i8"), _bytes(numbers, "<f8"))


def _restore_rule(
    work: Work, family: Family, memory: FamilyState, index: int, before: _Rule
) -> None:
    rule = family.rules[index]
    rows = np.flatnonzero(family.rule == index)
    if before.memory is not None and memory.memory is not None:
        _restore_memory(family, memory, rows, before.memory)
    if not before.live:
        return
    row_of = {
        rule.subject(int(family.subject[row]), work.rule_set.catalogue): int(row) for row in rows
    }
    for subject, live in before.live.items():
        row = row_of.get(subject)
        if row is None or not work.state.owned[family.slot[row]]:
            continue
        live.slot = int(family.slot[row])
        memory.live[row] = live
        if memory.value is not None:
            memory.value[row] = live.value
        _fit(work, Row(work, family, memory, row))


def _restore_memory(
    family: Family, memory: FamilyState, rows: NDArray[np.intp], saved: _Memory
) -> None:
    slots = np.frombuffer(saved.slots, "<i4")
    row_of_slot = dict(zip(family.slot[rows].tolist(), rows.tolist(), strict=True))
    found = [
        (at, row_of_slot[slot]) for at, slot in enumerate(slots.tolist()) if slot in row_of_slot
    ]
    if not found:
        return
    at = np.array([one for one, _ in found])
    to = np.array([row for _, row in found])
    times = np.frombuffer(saved.time_us, "<i8").reshape(slots.size, -1)
    numbers = np.frombuffer(saved.number, "<f8").reshape(slots.size, -1)
    match memory.memory:
        case RateMemory() if times.shape[1] == KEPT:
            memory.memory.restore(to, times[at], numbers[at])
        case StuckMemory() if times.shape[1] == 1:
            memory.memory.anchor[to] = np.column_stack([numbers[at], times[at]])


def _fit(work: Work, row: Row) -> None:
    """Take a row's levels and timers to those that its rule has now."""
    live = row.live
    for level in range(4):
        if row.has_level(level):
            continue
        live.active &= ~(1 << level)
        live.since[level] = live.met[level] = UNSET
        live.notes[level] = []
    if row.policy.repeat is None:
        live.notes = [[], [], [], []]
    if row.policy.flapping is None:
        live.flapping, live.raises = False, []
        live.calm_us = UNSET
    at_us = work.state.clock_us
    if at_us == UNSET:
        at_us = int(work.state.judged_us[row.family.gate][live.slot])
    is_ended = (
        not live.active and live.calm_us == UNSET and not (live.returned and row.policy.latch)
    )
    if live.is_open and is_ended:
        machine.withdraw(live, at_us, row)
    elif live.is_open and live.active and live.severity < live.shown and not row.policy.latch:
        machine.deescalate(live, at_us, row)
    row.close()


def _subjects(rule_set: RuleSet, rule: CompiledRule) -> dict[str, None]:
    if rule.subjects is not None:
        return dict.fromkeys(rule.subjects)
    streams = rule_set.catalogue.datastreams
    return dict.fromkeys(streams[slot].id for slot in rule.slots.tolist())


def _bytes(column: NDArray[Any], dtype: str) -> bytes:
    return np.ascontiguousarray(column, dtype=dtype).tobytes()

"""The engine's memory as bytes, and back into a rule set that may have changed since.

Only subjects that were ever judged are written, under their rule id and slot, so one partition's
checkpoint holds that partition's subjects and survives added, changed and removed rules.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from devices import PROPERTIES, Quality
from rules.alerts import LEVELS, Evidence, Severity, Transition, TransitionKind, alert_id
from rules.engine import transition
from rules.messages import WITHDRAWN, fill
from rules.ruleset import RuleSet
from rules.state import NEVER, State, SubjectState, empty_subjects

_VERSION = 1


class CheckpointError(ValueError):
    """The bytes are no checkpoint of this version."""


class _Rows(msgspec.Struct, frozen=True):
    """One rule's judged subjects: columns as little-endian bytes, n rows each."""

    rule: str
    rule_version: int
    slots: bytes
    judged_us: bytes
    result: bytes
    active: bytes
    pending_us: bytes
    first_exceeded_us: bytes
    raised_us: bytes
    version: bytes


class _Checkpoint(msgspec.Struct, frozen=True):
    version: int
    time_us: int
    rules: list[_Rows]


_decoder = msgspec.msgpack.Decoder(_Checkpoint)

_DTYPES = {
    "judged_us": "<i8",
    "result": "<f8",
    "active": "?",
    "pending_us": "<i8",
    "first_exceeded_us": "<i8",
    "raised_us": "<i8",
    "version": "<i4",
}


def encode(rule_set: RuleSet, state: State) -> bytes:
    """Write a state; equal states give equal bytes."""
    rules = []
    for rule, memory in zip(rule_set.rules, state.subjects, strict=True):
        judged = np.flatnonzero(memory.judged_us != NEVER)
        columns = {
            name: np.ascontiguousarray(getattr(memory, name)[judged], dtype=dtype).tobytes()
            for name, dtype in _DTYPES.items()
        }
        slots = rule.slots[judged].astype("<i4").tobytes()
        rules.append(_Rows(rule.id, rule.version, slots, **columns))
    return msgspec.msgpack.encode(_Checkpoint(_VERSION, state.time_us, rules))


def decode(rule_set: RuleSet, value: bytes) -> tuple[State, tuple[Transition, ...]]:
    """Read a state into a rule set.

    Args:
        rule_set: the rules in force now.
        value: what `encode` gave, perhaps under other rules.

    Returns:
        The state, and the transitions that the loss of a level causes: the alert is de-escalated
        or withdrawn, dated with the last tick (before the first one, with the newest judged reading
        of the subject). An alert whose subject no rule watches any more is
        not among them: see `withdrawals`.

    Raises:
        CheckpointError: other bytes, or another version.
    """
    saved = _read(value)
    rows_of = {rows.rule: rows for rows in saved.rules}
    subjects = []
    transitions: list[Transition] = []
    for rule in rule_set.rules:
        memory = empty_subjects(rule)
        subjects.append(memory)
        rows = rows_of.get(rule.id)
        if rows is None:
            continue
        slots: NDArray[np.int32] = np.frombuffer(rows.slots, "<i4")
        known = slots < rule.position.size
        at = np.full(slots.size, -1, dtype=np.intp)
        at[known] = rule.position[slots[known]]
        kept = at >= 0
        for name, dtype in _DTYPES.items():
            column = np.frombuffer(getattr(rows, name), dtype)
            target = getattr(memory, name)
            target[at[kept]] = column.reshape(slots.size, *target.shape[1:])[kept]
        transitions += _drop_levels(rule_set, memory, subjects, saved.time_us)
    return State(saved.time_us, tuple(subjects)), tuple(transitions)


def withdrawals(rule_set: RuleSet, value: bytes) -> tuple[Transition, ...]:
    """Return the end of every open alert that no rule of the set watches any more.

    Dated as there. `decode` leaves these out of the state, so they are told once.

    Raises:
        CheckpointError: as `decode`.
    """
    saved = _read(value)
    current = {rule.id: rule for rule in rule_set.rules}
    found = []
    for rows in saved.rules:
        slots = np.frombuffer(rows.slots, "<i4")
        active = np.frombuffer(rows.active, "?").reshape(slots.size, len(LEVELS))
        rule = current.get(rows.rule)
        for at in np.flatnonzero(active.any(axis=1)).tolist():
            slot = int(slots[at])
            if rule is None or slot >= rule.position.size or rule.position[slot] < 0:
                found.append(_withdrawal(rule_set, rows, at, slot, saved.time_us))
    return tuple(found)


def _withdrawal(rule_set: RuleSet, rows: _Rows, at: int, slot: int, time_us: int) -> Transition:
    about = rule_set.catalogue.datastreams[slot]
    result = float(np.frombuffer(rows.result, "<f8")[at])
    raised_us = int(np.frombuffer(rows.raised_us, "<i8")[at])
    judged_us = int(np.frombuffer(rows.judged_us, "<i8")[at])
    zh, en = fill(WITHDRAWN, rule_set.catalogue, slot, result, math.nan, "rule", Severity.NONE)
    return Transition(
        alert=alert_id(rows.rule, about.id, raised_us),
        version=int(np.frombuffer(rows.version, "<i4")[at]) + 1,
        kind=TransitionKind.WITHDRAWN,
        at_us=_dated(time_us, judged_us),
        severity=Severity.NONE,
        rule=rows.rule,
        rule_version=rows.rule_version,
        subject=about.id,
        datastream=slot,
        domain=PROPERTIES[about.observed_property].domain,
        raised_us=raised_us,
        first_exceeded_us=int(np.frombuffer(rows.first_exceeded_us, "<i8")[at]),
        message_zh=zh,
        message_en=en,
        evidence=Evidence(
            result=result,
            phenomenon_time_us=judged_us,
            limit=math.nan,
            limit_name="rule",
            off=math.nan,
            on_delay_us=0,
            off_delay_us=0,
            unit=PROPERTIES[about.observed_property].unit,
            quality=int(Quality.GOOD),
        ),
    )


def _read(value: bytes) -> _Checkpoint:
    try:
        saved = _decoder.decode(value)
    except msgspec.MsgspecError as error:
        raise CheckpointError(f"not a checkpoint: {error}") from error
    if saved.version != _VERSION:
        raise CheckpointError(f"checkpoint version {saved.version}; this one reads {_VERSION}")
    return saved


def _dated(tick_us: int, judged_us: int) -> int:
    """Return when something ends that no reading ends; before the first tick there is none."""
    return judged_us if tick_us == NEVER else tick_us


def _drop_levels(
    rule_set: RuleSet, memory: SubjectState, subjects: list[SubjectState], at_us: int
) -> list[Transition]:
    """End the levels that the rule no longer has for a subject."""
    rule = rule_set.rules[len(subjects) - 1]
    gone = np.isnan(rule.condition.on)
    everyone = np.arange(rule.n)
    before = memory.severity(everyone)
    memory.active[gone] = False
    memory.pending_us[gone] = NEVER
    after = memory.severity(everyone)
    transitions = []
    for subject in np.flatnonzero(before != after).tolist():
        memory.version[subject] += 1
        dated_us = _dated(at_us, int(memory.judged_us[subject]))
        transitions.append(
            transition(
                rule_set, rule, memory, subject, int(before[subject]), int(after[subject]),
                dated_us, WITHDRAWN,
            )
        )  # fmt: skip
        if after[subject] == Severity.NONE:
            memory.raised_us[subject] = NEVER
            memory.first_exceeded_us[subject] = NEVER
            memory.version[subject] = 0
    return transitions

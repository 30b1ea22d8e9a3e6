"""The engine's memory as bytes, and back into a rule set that may have changed since.

Only subjects that were ever judged are written, under their rule id and slot, so one partition's
checkpoint holds that partition's subjects and survives added, changed and removed rules.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from rules.alerts import Severity, Transition
from rules.engine import transition
from rules.messages import WITHDRAWN
from rules.ruleset import RuleSet
from rules.state import NEVER, State, SubjectState, empty_subjects

_VERSION = 1


class CheckpointError(ValueError):
    """The bytes are no checkpoint of this version."""


class _Rows(msgspec.Struct, frozen=True):
    """One rule's judged subjects: columns as little-endian bytes, n rows each."""

    rule: str
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
        rules.append(_Rows(rule.id, rule.slots[judged].astype("<i4").tobytes(), **columns))
    return msgspec.msgpack.encode(_Checkpoint(_VERSION, state.time_us, rules))


def decode(rule_set: RuleSet, value: bytes) -> tuple[State, tuple[Transition, ...]]:
    """Read a state into a rule set.

    Args:
        rule_set: the rules in force now.
        value: what `encode` gave, perhaps under other rules.

    Returns:
        The state, and the transitions that the change of rules itself causes: an alert whose
        subject or level is no longer watched is withdrawn or de-escalated, dated with the last
        tick. An alert whose whole rule is gone is not among them: see `orphans`.

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


def orphans(rule_set: RuleSet, value: bytes) -> list[tuple[str, int]]:
    """Return (rule id, slot) of open alerts in a checkpoint that no rule of the set watches.

    Raises:
        CheckpointError: as `decode`.
    """
    rules = {rule.id: rule for rule in rule_set.rules}
    found = []
    for rows in _read(value).rules:
        slots = np.frombuffer(rows.slots, "<i4")
        active = np.frombuffer(rows.active, "?").reshape(slots.size, 4).any(axis=1)
        rule = rules.get(rows.rule)
        for slot in slots[active].tolist():
            if rule is None or slot >= rule.position.size or rule.position[slot] < 0:
                found.append((rows.rule, slot))
    return found


def _read(value: bytes) -> _Checkpoint:
    try:
        saved = _decoder.decode(value)
    except msgspec.MsgspecError as error:
        raise CheckpointError(f"not a checkpoint: {error}") from error
    if saved.version != _VERSION:
        raise CheckpointError(f"checkpoint version {saved.version}; this one reads {_VERSION}")
    return saved


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
        transitions.append(
            transition(
                rule_set, rule, memory, subject, int(before[subject]), int(after[subject]), at_us,
                WITHDRAWN,
            )
        )  # fmt: skip
        if after[subject] == Severity.NONE:
            memory.raised_us[subject] = NEVER
            memory.first_exceeded_us[subject] = NEVER
            memory.version[subject] = 0
    return transitions

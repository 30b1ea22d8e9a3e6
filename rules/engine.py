"""The engine: one pure step from a state and a stretch of the log to a state and transitions.

Order. Readings are judged in the order of the log. A datastream that occurs several times in a
batch is taken turn by turn: all first occurrences at once, then all second ones. Rules that look at
several datastreams are judged at ticks, on what is known then, so that no order between datastreams
matters and the log can be cut anywhere.

Late readings. A reading that is not newer than the last judged one of its datastream is stored
but not judged: an alert never goes back in time. It is counted in `Outcome.late`.

Time. A delay runs out at a later reading of the same datastream or at a tick, whichever the log
has first; the transition is dated when the delay was over, not when that was noticed.

Speed. Columns say which rows need looking at (`rules.bounds`); only these go through
`rules.machine`, one at a time.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices import Batch, Quality, Tick
from rules import bounds, inhibition, machine
from rules.alerts import Severity, Transition, TransitionKind, alert_id
from rules.assembly import accepted
from rules.commands import Command, Maintenance, MaintenanceEnd, Reset
from rules.kinds import FOLD, READING_KINDS, combine, compare, silence
from rules.kinds.combine import Boolean, Expression
from rules.kinds.compare import Compare
from rules.kinds.count import Count
from rules.kinds.known import Known
from rules.kinds.silence import Fold
from rules.live import UNSET
from rules.ruleset import Family, RuleSet
from rules.state import UNKNOWN_CODE, FamilyState, State
from rules.telling import Sight, transition
from rules.turns import turns

_BASE_3 = np.array([1, 3, 9, 27], dtype=np.int16)
_UNKNOWN = 2
"""Digit of a level of which it is not known whether it is wanted."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a step gives back."""

    state: State
    transitions: tuple[Transition, ...]
    """Those of one alert in the order of their versions; between alerts no order is promised."""
    late: int
    """Readings not judged because their datastream had been judged at that time or later."""


def step(rule_set: RuleSet, state: State, inputs: Iterable[Batch | Tick | Command]) -> Outcome:
    """Judge a stretch of one partition of the log.

    Args:
        rule_set: the rules in force for the whole stretch.
        state: memory before it; not changed.
        inputs: batches, ticks and commands in the order of the log.

    Returns:
        The outcome. Cutting the stretch anywhere, even inside a batch, and stepping twice gives
        the same state and the same transitions.
    """
    return advance(rule_set, state.copy(), inputs)


def advance(rule_set: RuleSet, state: State, inputs: Iterable[Batch | Tick | Command]) -> Outcome:
    """Do as `step`, but in the given state, which becomes the outcome's.

    For long replays, where nobody wants the state before.
    """
    work = Work(rule_set, state)
    with np.errstate(all="ignore"):
        for one in inputs:
            if isinstance(one, Tick):
                work.tick(one.time_us)
            elif isinstance(one, Batch):
                work.batch(one)
            else:
                work.command(one)
    return Outcome(state, tuple(work.transitions), work.late)


class Row:
    """A row that is looked at: what the machine needs of the engine. Used for one after the other."""

    def __init__(self, work: Work, family: Family, state: FamilyState, row: int) -> None:
        self.family, self.row = family, row
        self.rule = family.rule_of(row)
        self.policy = self.rule.policy
        limit = int(family.limit[row])
        self.on: Sequence[float] = family.on[limit].tolist()
        self.off: Sequence[float] = family.off[limit].tolist()
        self.live = state.touch(family, row)
        self.value = work.value_of(family, state, row)
        self.seen: tuple[float, int, int] | None = None
        """Result, time and quality to tell instead of the newest ones."""
        self._work, self._state = work, state

    def tell(
        self, kind: TransitionKind, at_us: int, level: int, since_us: int, reason: str
    ) -> None:
        work, live, slot = self._work, self.live, int(self.family.slot[self.row])
        gate = self.family.gate
        result, time_us, quality = self.seen or (
            float(work.state.result[gate][slot]),
            int(work.state.judged_us[gate][slot]),
            int(work.state.quality[gate][slot]),
        )
        ends = kind in (TransitionKind.CLEARED, TransitionKind.WITHDRAWN)
        work.transitions.append(
            transition(
                work.catalogue, self.rule, int(self.family.subject[self.row]), live, kind,
                at_us, Severity.NONE if ends else Severity(live.shown),
                Sight(
                    result, time_us, quality, self.value,
                    self.on[level], self.off[level], level, since_us, reason,
                    work.known(gate),
                ),
            )
        )  # fmt: skip

    def has_level(self, level: int) -> bool:
        """Return whether the rule has a level, 0 to 3, for this row's subject."""
        return self.on[level] == self.on[level]

    @property
    def alert(self) -> str:
        """Id of the open alert."""
        subject = self.rule.subject(int(self.family.subject[self.row]), self._work.catalogue)
        return alert_id(self.rule.id, subject, self.live.raised_us)

    def inhibition(self) -> str:
        return inhibition.reason(self._work.rule_set, self._work.state, self.family, self.row)

    def settle(self, now_us: int) -> None:
        if self.live.occurrences:
            assert isinstance(self.rule.parameters, Count)
            within_us = self.rule.parameters.within_us
            while self.live.occurrences and self.live.occurrences[0] + within_us <= now_us:
                out_us = self.live.occurrences[0] + within_us
                machine.settle(self.policy, self.live, out_us, self)
                gone = self.live.occurrences[0]
                self.live.occurrences = [one for one in self.live.occurrences if one > gone]
                self.evaluate(out_us, float(len(self.live.occurrences)))
                machine.settle(self.policy, self.live, out_us, self)
        machine.settle(self.policy, self.live, now_us, self)

    def evaluate(self, time_us: int, value: float) -> None:
        self.value = value
        if self._state.value is not None:
            self._state.value[self.row] = value
        if value == value:
            machine.evaluate(
                self.policy, self.live, time_us, value, self.on, self.off, falling=self.rule.falling
            )

    def close(self) -> None:
        """Note what follows from the row as it is now."""
        live, state = self.live, self._state
        if live.is_idle:
            del state.live[self.row]
            state.bounds[self.row] = self.family.at_rest[self.family.limit[self.row]]
            return
        low, high, due = bounds.of(self.policy, live, self.on, self.off, falling=self.rule.falling)
        if self.family.kind == "count":
            low, high = self._force(low, high)
            if live.occurrences:
                due = min(due, live.occurrences[0] + self.rule.parameters.within_us)
        elif self.family.kind == "boolean":
            if self.policy.quiet_us is not None and state.code is not None:
                state.code[self.row] = UNKNOWN_CODE  # to be asked at each tick
            low, high = bounds.NOWHERE
        if due != math.inf and due != state.bounds[self.row, bounds.DUE]:
            heapq.heappush(state.timers, (due, self.row))
        state.bounds[self.row] = (low, high, due)

    def _force(self, low: float, high: float) -> tuple[float, float]:
        """Return bounds for a count, whose readings mostly say nothing of it.

        The engine looks at rows whose low bound is infinite, and at occurrences.
        """
        now = float(len(self.live.occurrences))
        return (-math.inf if low <= now < high else math.inf), math.inf


class Work:
    """A state on its way through a stretch."""

    def __init__(self, rule_set: RuleSet, state: State) -> None:
        self.rule_set, self.state = rule_set, state
        self.catalogue = rule_set.catalogue
        self.transitions: list[Transition] = []
        self.late = 0
        self._marks = np.empty(len(self.catalogue.datastreams), dtype=np.int32)
        self._families = list(zip(rule_set.families, state.families, strict=True))

    def known(self, gate: int) -> Known:
        return Known(self.state.judged_us[gate], self.state.result[gate], self.state.clock_us)

    def value_of(self, family: Family, state: FamilyState, row: int) -> float:
        if state.value is not None:
            return float(state.value[row])
        return float(self.state.result[family.gate][family.slot[row]])

    # -- readings

    def batch(self, batch: Batch) -> None:
        is_distinct = self._is_distinct(batch.datastream)
        self._hear(batch, is_distinct=is_distinct)
        finite = np.isfinite(batch.result)
        for gate, qualities in enumerate(self.rule_set.gates):
            watched = self.rule_set.watched[gate]
            sound = finite & accepted(qualities, batch.quality) & watched[batch.datastream]
            if sound.all():
                part = batch
            else:
                at = np.flatnonzero(sound)
                if not at.size:
                    continue
                part = _rows(batch, at)
            if is_distinct:
                self._turn(gate, part)
            else:
                for turn in turns(part.datastream):
                    self._turn(gate, _rows(part, turn))

    def _is_distinct(self, slots: NDArray[np.int32]) -> bool:
        """Return whether no datastream occurs twice: each finds its own mark again."""
        marks = np.arange(slots.size, dtype=np.int32)
        self._marks[slots] = marks
        return bool((self._marks[slots] == marks).all())

    def _hear(self, batch: Batch, *, is_distinct: bool) -> None:
        if not self.rule_set.heard.any():
            return
        heard = self.rule_set.heard[batch.datastream] & (batch.quality != Quality.FUTURE)
        slots = batch.datastream[heard]
        until_us = batch.phenomenon_time_us[heard] + self.rule_set.period_end_us[slots]
        heard_us = self.state.heard_us
        if is_distinct:
            heard_us[slots] = np.maximum(heard_us[slots], until_us)
        else:
            np.maximum.at(heard_us, slots, until_us)

    def _turn(self, gate: int, batch: Batch) -> None:
        """Take one acceptable reading for each of some distinct datastreams."""
        judged_us = self.state.judged_us[gate]
        newer = batch.phenomenon_time_us > judged_us[batch.datastream]
        if not newer.all():
            self.late += int(newer.size - np.count_nonzero(newer))
            batch = _rows(batch, np.flatnonzero(newer))
            if not batch.n:
                return
        slots, time_us, result = batch.datastream, batch.phenomenon_time_us, batch.result
        before_us = judged_us[slots]
        before = self.state.result[gate][slots]
        before_quality = self.state.quality[gate][slots]
        judged_us[slots] = time_us
        self.state.result[gate][slots] = result
        if len(self.rule_set.gates[gate]) > 1:
            self.state.quality[gate][slots] = batch.quality
        now_us = time_us.astype(np.float64)
        for family, state in self._families:
            if family.gate != gate or family.kind not in READING_KINDS:
                continue
            rows, at = family.rows_of(slots)
            if not rows.size:
                continue
            own_us, own = (now_us, result) if at is None else (now_us[at], result[at])
            for odd, found, old in _look(family, state, rows, own_us, own, before, at):
                one = int(at[odd]) if at is not None else odd
                row = Row(self, family, state, int(rows[odd]))
                if family.kind != "count":
                    row.value = old
                row.seen = (float(before[one]), int(before_us[one]), int(before_quality[one]))
                at_us, value = int(time_us[one]), found
                row.settle(at_us)
                row.seen = None
                if family.kind == "count":
                    if found >= row.rule.parameters.at_least:
                        row.live.occurrences = [*row.live.occurrences, at_us]
                    value = float(len(row.live.occurrences))
                row.evaluate(at_us, value)
                row.settle(at_us)
                row.close()

    # -- time

    def tick(self, time_us: int) -> None:
        if time_us <= self.state.clock_us:
            # A tick that goes back still lets out what was over by its time; skipping it would
            # make the outcome depend on ticks that a checkpoint does not hold.
            self._time_out(time_us)
            return
        self._begin_hearing(time_us)
        folds = [one for one in self._families if one[0].kind == FOLD]
        for family, state in folds:
            self._judge_at_tick(family, state, time_us)
        self.state.clock_us = time_us
        parents = frozenset(self._silent_gateways(folds))
        changed = parents != self.state.parents
        self.state.parents = parents
        if changed or time_us >= self.state.inhibition_due_us:
            self._inhibit()
        self._time_out(time_us)
        for family, state in self._families:
            if family.kind != FOLD and family.kind not in READING_KINDS:
                self._judge_at_tick(family, state, time_us)

    def _begin_hearing(self, time_us: int) -> None:
        heard_us = self.state.heard_us
        new = self.rule_set.heard & self.state.owned & (heard_us == UNSET)
        if new.any():
            heard_us[new] = time_us

    def _silent_gateways(self, folds: Sequence[tuple[Family, FamilyState]]) -> Iterator[str]:
        for family, state in folds:
            for row, live in state.live.items():
                if live.active:
                    yield self.catalogue.gateway_of[int(family.slot[row])]

    def _time_out(self, now_us: int) -> None:
        """Let the timers of all rows run out."""
        for family, state in self._families:
            due_rows = set()
            while state.timers and state.timers[0][0] <= now_us:
                due, row = heapq.heappop(state.timers)
                if state.bounds[row, bounds.DUE] == due:
                    due_rows.add(row)
            for number in sorted(due_rows):
                row = Row(self, family, state, number)
                row.settle(now_us)
                row.close()

    def _judge_at_tick(self, family: Family, state: FamilyState, now_us: int) -> None:
        """Judge all rows of a family that this partition owns."""
        if family.kind == "boolean":
            self._judge_conditions(family, state, now_us)
            return
        value = self._values(family, now_us)
        state.value = value
        limits = state.bounds
        odd = (value < limits[:, bounds.LOW]) | (value >= limits[:, bounds.HIGH])
        odd |= limits[:, bounds.DUE] <= now_us
        odd &= self.state.owned[family.slot]
        for number in np.flatnonzero(odd).tolist():
            row = Row(self, family, state, number)
            row.settle(now_us)
            row.evaluate(now_us, float(value[number]))
            row.settle(now_us)
            row.close()

    def _judge_conditions(self, family: Family, state: FamilyState, now_us: int) -> None:
        assert state.code is not None
        levels = np.concatenate(
            [
                combine.wanted(rule.parameters, self._known_at(family.gate, now_us))
                for rule in family.rules
                if isinstance(rule.parameters, Boolean)
            ]
        )
        digits = np.where(np.isnan(levels), _UNKNOWN, levels).astype(np.int16)
        code = digits @ _BASE_3
        # What is at rest stays so as long as no level is wanted.
        concerns = (digits == 1).any(axis=1) | (state.bounds[:, bounds.LOW] == np.inf)
        odd = ((code != state.code) & concerns) | (state.bounds[:, bounds.DUE] <= now_us)
        odd &= self.state.owned[family.slot]
        state.code = code
        for number in np.flatnonzero(odd).tolist():
            row = Row(self, family, state, number)
            row.settle(now_us)
            for level, digit in enumerate(digits[number].tolist()):
                if digit != _UNKNOWN:
                    machine.want(row.policy, row.live, now_us, level, met=digit == 1)
            row.settle(now_us)
            row.close()

    def _known_at(self, gate: int, now_us: int) -> Known:
        return Known(self.state.judged_us[gate], self.state.result[gate], now_us)

    def _values(self, family: Family, now_us: int) -> NDArray[np.float64]:
        if family.kind == "silence":
            return silence.silent_s(family.slot, self.state.heard_us, now_us)
        known = self._known_at(family.gate, now_us)
        parts = []
        for rule in family.rules:
            match rule.parameters:
                case Fold():
                    parts.append(
                        silence.silent_share(
                            rule.parameters, self.state.heard_us, self.rule_set.period_us, now_us
                        )
                    )
                case Expression():
                    parts.append(combine.value(rule.parameters, known))
                case Compare():
                    parts.append(compare.value(rule.parameters, rule.slots, known))
        return np.concatenate(parts)

    # -- people

    def command(self, command: Command) -> None:
        if command.id <= self.state.command:
            return
        self.state.command = command.id
        match command:
            case Maintenance():
                self.state.maintenance[command.id] = command
                self._inhibit()
            case MaintenanceEnd():
                self.state.maintenance.pop(command.maintenance, None)
                self._inhibit()
            case Reset():
                self._reset(command)

    def _reset(self, command: Reset) -> None:
        for family, state in self._families:
            for number in [row for row, live in state.live.items() if live.returned]:
                row = Row(self, family, state, number)
                if row.alert == command.alert:
                    machine.reset(row.live, self.state.clock_us, row)
                row.close()

    def _inhibit(self) -> None:
        """Ask again of all rows that are in alarm or open whether they are told."""
        if self.state.clock_us == UNSET:
            return
        over = [key for key, one in self.state.maintenance.items()
                if one.until_us <= self.state.clock_us]  # fmt: skip
        for key in over:
            del self.state.maintenance[key]
        self.state.inhibition_due_us = inhibition.next_change_us(self.rule_set, self.state)
        for family, state in self._families:
            for number in [row for row, live in state.live.items() if live.active or live.shown]:
                row = Row(self, family, state, number)
                machine.inhibit(row.policy, row.live, self.state.clock_us, row)
                row.close()


def _rows(batch: Batch, at: NDArray[np.intp]) -> Batch:
    """Return some rows of a batch."""
    return Batch(
        batch.datastream[at], batch.phenomenon_time_us[at], batch.result[at], batch.quality[at]
    )


def _look(
    family: Family,
    state: FamilyState,
    rows: NDArray[np.intp],
    time_us: NDArray[np.float64],
    result: NDArray[np.float64],
    result_before: NDArray[np.float64],
    at: NDArray[np.intp] | None,
) -> Iterator[tuple[int, float, float]]:
    """Yield which of some distinct rows must be looked at: index, value, value before.

    Takes the readings into what the kind remembers.

    Args:
        family: the rows' family.
        state: its memory.
        rows: the rows.
        time_us: of each row's reading.
        result: of each row's reading.
        result_before: by datastream, before its reading.
        at: which datastream each row belongs to; None: the first row to the first, and so on.
    """
    if family.kind == "count":
        value = result
        own = state.bounds[rows]
        odd = (result >= _at_least(family)[family.rule[rows]]) | (own[:, bounds.LOW] == np.inf)
    else:
        value = result if state.memory is None else state.memory.value(rows, time_us, result)
        own = state.bounds[rows]
        odd = (value < own[:, bounds.LOW]) | (value >= own[:, bounds.HIGH])
    odd |= time_us >= own[:, bounds.DUE]
    if state.value is None:
        before = result_before if at is None else result_before[at]
    else:
        before = state.value[rows]
        if family.kind != "count":
            state.value[rows] = value
    for one in np.flatnonzero(odd).tolist():
        yield one, float(value[one]), float(before[one])


def _at_least(family: Family) -> NDArray[np.float64]:
    return np.array([rule.parameters.at_least for rule in family.rules])

"""The engine: one pure step from a state and a stretch of the log to a state and transitions.

Order. Readings are judged in the order of the log. A datastream that occurs several times in a
batch is taken rank by rank: all first occurrences at once, then all second ones.

Late readings. A reading that is not newer than the last judged one of its datastream is stored
but not judged: an alert never goes back in time. It is counted in `Outcome.late`.

Time. A delay runs out at a later reading of the same datastream or at a tick, whichever the log
has first; the transition is dated when the delay was over, not when that was noticed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices import PROPERTIES, Batch, Quality, Tick
from rules.alerts import Evidence, Severity, Transition, TransitionKind, alert_id
from rules.messages import CLEARED, fill
from rules.ruleset import CompiledRule, RuleSet
from rules.state import NEVER, State, SubjectState

# The largest time a delay can be added to without running over; 2^62 µs is the year 148 108.
_LATEST = np.int64(2**62)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a step gives back."""

    state: State
    transitions: tuple[Transition, ...]
    """Those of one alert in the order of their versions; between alerts no order is promised."""
    late: int
    """Readings not judged because their datastream had been judged at that time or later."""


def step(rule_set: RuleSet, state: State, inputs: Iterable[Batch | Tick]) -> Outcome:
    """Judge a stretch of one partition of the log.

    Args:
        rule_set: the rules in force for the whole stretch.
        state: memory before it; not changed.
        inputs: batches and ticks in the order of the log.

    Returns:
        The outcome. Cutting the stretch anywhere, even inside a batch, and stepping twice gives
        the same state and the same transitions.
    """
    work = _Work(rule_set, state)
    for one in inputs:
        if isinstance(one, Tick):
            work.tick(one.time_us)
        else:
            work.batch(one)
    return Outcome(State(work.time_us, tuple(work.subjects)), tuple(work.transitions), work.late)


class _Work:
    """The state being built; copies the arrays of a rule when it first changes them."""

    def __init__(self, rule_set: RuleSet, state: State) -> None:
        self.rule_set = rule_set
        self.time_us = state.time_us
        self.subjects = list(state.subjects)
        self.transitions: list[Transition] = []
        self.late = 0
        self._own = [False] * len(self.subjects)

    def tick(self, time_us: int) -> None:
        # A tick that goes back still lets out what was over by its time; skipping it would make
        # the outcome depend on ticks that a checkpoint does not hold.
        self.time_us = max(self.time_us, time_us)
        for index, rule in enumerate(self.rule_set.rules):
            memory = self.subjects[index]
            waiting = np.flatnonzero((memory.pending_us != NEVER).any(axis=1))
            if waiting.size:
                self._settle(index, rule, waiting, np.full(waiting.size, np.int64(time_us)))

    def batch(self, batch: Batch) -> None:
        sound = np.isfinite(batch.result) & (batch.quality == Quality.GOOD)
        for index, rule in enumerate(self.rule_set.rules):
            subject = rule.position[batch.datastream].astype(np.intp)
            rows = np.flatnonzero(sound & (subject >= 0))
            if not rows.size:
                continue
            rank = _rank(subject[rows])
            for turn in range(int(rank.max()) + 1):
                of_turn = rows[rank == turn]
                self._judge(
                    index, rule, subject[of_turn], batch.phenomenon_time_us[of_turn],
                    batch.result[of_turn],
                )  # fmt: skip

    def _memory(self, index: int) -> SubjectState:
        if not self._own[index]:
            self.subjects[index] = self.subjects[index].copy()
            self._own[index] = True
        return self.subjects[index]

    def _judge(
        self,
        index: int,
        rule: CompiledRule,
        subject: NDArray[np.intp],
        time_us: NDArray[np.int64],
        result: NDArray[np.float64],
    ) -> None:
        """Take one reading for each of some subjects, each subject at most once."""
        newer = time_us > self.subjects[index].judged_us[subject]
        self.late += int((~newer).sum())
        subject, time_us, result = subject[newer], time_us[newer], result[newer]
        if not subject.size:
            return
        order = np.argsort(subject)
        subject, time_us, result = subject[order], time_us[order], result[order]
        # A delay that was over before this reading ends with what was known then.
        self._settle(index, rule, subject, time_us)
        memory = self._memory(index)
        active = memory.active[subject]
        differs = rule.condition.wanted(subject, active, result) != active
        pending = memory.pending_us[subject]
        since = np.where(pending == NEVER, time_us[:, None], pending)
        memory.pending_us[subject] = np.where(differs, since, NEVER)
        memory.judged_us[subject] = time_us
        memory.result[subject] = result
        self._settle(index, rule, subject, time_us)

    def _settle(
        self,
        index: int,
        rule: CompiledRule,
        subject: NDArray[np.intp],
        now_us: NDArray[np.int64],
    ) -> None:
        """Let the delays of some subjects run out at `now_us` (m,); subjects ascend."""
        memory = self.subjects[index]
        active = memory.active[subject]
        pending = memory.pending_us[subject]
        delay = np.where(active, np.int64(rule.off_delay_us), np.int64(rule.on_delay_us))
        over_at = np.where(pending == NEVER, _LATEST, pending) + delay
        due = over_at <= now_us[:, None]
        hit = np.flatnonzero(due.any(axis=1))
        if not hit.size:
            return
        memory = self._memory(index)
        subject, due = subject[hit], due[hit]
        before = memory.severity(subject)
        memory.active[subject] = active[hit] ^ due
        memory.pending_us[subject] = np.where(due, NEVER, pending[hit])
        after = memory.severity(subject)
        at = np.where(due, over_at[hit], NEVER).max(axis=1)
        begun = np.where(due, pending[hit], _LATEST).min(axis=1)
        for one in np.flatnonzero(before != after):
            self._transit(
                rule, memory, int(subject[one]), int(before[one]), int(after[one]),
                int(at[one]), int(begun[one]),
            )  # fmt: skip

    def _transit(
        self,
        rule: CompiledRule,
        memory: SubjectState,
        subject: int,
        before: int,
        after: int,
        at_us: int,
        begun_us: int,
    ) -> None:
        if before == Severity.NONE:
            memory.raised_us[subject] = at_us
            memory.first_exceeded_us[subject] = begun_us
        memory.version[subject] += 1
        self.transitions.append(
            transition(self.rule_set, rule, memory, subject, before, after, at_us)
        )
        if after == Severity.NONE:
            memory.raised_us[subject] = NEVER
            memory.first_exceeded_us[subject] = NEVER
            memory.version[subject] = 0


def transition(
    rule_set: RuleSet,
    rule: CompiledRule,
    memory: SubjectState,
    subject: int,
    before: int,
    after: int,
    at_us: int,
    withdrawn: tuple[str, str] | None = None,
) -> Transition:
    """Describe a change of severity of a subject's open alert.

    Args:
        rule_set: where names come from.
        rule: the rule concerned.
        memory: its memory with the alert's version already counted.
        subject: position among the rule's subjects.
        before: severity before.
        after: severity after.
        at_us: when, µs since 1970.
        withdrawn: Chinese and English template if it ends because the rule no longer applies.
    """
    slot = int(rule.slots[subject])
    about = rule_set.catalogue.datastreams[slot]
    level = (after or before) - 1
    limit, off = float(rule.condition.on[subject, level]), float(rule.condition.off[subject, level])
    result = float(memory.result[subject])
    templates = (rule.message_zh, rule.message_en) if after else withdrawn or CLEARED
    zh, en = fill(
        templates, rule_set.catalogue, slot, result, limit, rule.limit_names[level],
        Severity(after),
    )  # fmt: skip
    if before == Severity.NONE:
        kind = TransitionKind.RAISED
    elif after == Severity.NONE:
        kind = TransitionKind.WITHDRAWN if withdrawn else TransitionKind.CLEARED
    else:
        kind = TransitionKind.ESCALATED if after > before else TransitionKind.DEESCALATED
    raised_us = int(memory.raised_us[subject])
    return Transition(
        alert=alert_id(rule.id, about.id, raised_us),
        version=int(memory.version[subject]),
        kind=kind,
        at_us=at_us,
        severity=Severity(after),
        rule=rule.id,
        rule_version=rule.version,
        subject=about.id,
        datastream=slot,
        domain=rule.domain,
        raised_us=raised_us,
        first_exceeded_us=int(memory.first_exceeded_us[subject]),
        message_zh=zh,
        message_en=en,
        evidence=Evidence(
            result=result,
            phenomenon_time_us=int(memory.judged_us[subject]),
            limit=limit,
            limit_name=rule.limit_names[level],
            off=off,
            on_delay_us=rule.on_delay_us,
            off_delay_us=rule.off_delay_us,
            unit=PROPERTIES[about.observed_property].unit,
            quality=int(Quality.GOOD),
        ),
    )


def _rank(subject: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return how many equal values stand before each value.

    >>> _rank(np.array([5, 7, 5, 5])).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(subject, kind="stable")
    ordered = subject[order]
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    group = np.repeat(begins, np.diff(np.r_[begins, ordered.size]))
    rank = np.empty(subject.size, dtype=np.intp)
    rank[order] = np.arange(subject.size) - group
    return rank

"""A state on its way through a stretch of the log, and one row of it that is looked at."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rules import bounds, inhibition, machine
from rules.alerts import Severity, Transition, TransitionKind, alert_id
from rules.kinds.known import Known
from rules.ruleset import Family, RuleSet
from rules.state import UNKNOWN_CODE, FamilyState, State
from rules.telling import Sight, transition


class Work:
    """What a step changes: its state and what it has to tell."""

    def __init__(self, rule_set: RuleSet, state: State) -> None:
        """Begin; `state` will be changed."""
        self.rule_set, self.state = rule_set, state
        self.catalogue = rule_set.catalogue
        self.transitions: list[Transition] = []
        self.late = 0
        self.families = list(zip(rule_set.families, state.families, strict=True))
        self._marks = np.empty(len(self.catalogue.datastreams), dtype=np.int32)

    def is_distinct(self, slots: NDArray[np.int32]) -> bool:
        """Return whether no datastream occurs twice: each finds its own mark again."""
        marks = np.arange(slots.size, dtype=np.int32)
        self._marks[slots] = marks
        return bool((self._marks[slots] == marks).all())

    def known(self, gate: int, now_us: int) -> Known:
        """Return what is known of all datastreams at a time."""
        return Known(self.state.judged_us[gate], self.state.result[gate], now_us)

    def rows_that(self, has: str) -> Iterator[Row]:
        """Yield the rows whose object has an attribute that counts as true."""
        for family, state in self.families:
            for row in [row for row, live in state.live.items() if getattr(live, has)]:
                yield Row(self, family, state, row)


class Row:
    """A row that is looked at: what the machine needs of the engine. One after the other."""

    def __init__(self, work: Work, family: Family, state: FamilyState, row: int) -> None:
        """Begin looking; `close` ends it."""
        self.family, self.row = family, row
        self.rule = family.rule_of(row)
        self.policy = self.rule.policy
        self.slot = int(family.slot[row])
        limit = int(family.limit[row])
        self.on: Sequence[float] = family.on[limit].tolist()
        self.off: Sequence[float] = family.off[limit].tolist()
        self.live = state.touch(family, row)
        self.value = float(
            work.state.result[family.gate][self.slot] if state.value is None else state.value[row]
        )
        """What was last held against the limits."""
        self.seen: tuple[float, int, int] | None = None
        """Result, time and quality to tell instead of the newest ones."""
        self._work, self._state = work, state

    def has_level(self, level: int) -> bool:
        """Return whether the rule has a level, 0 to 3, for this row's subject."""
        return self.on[level] == self.on[level]

    @property
    def alert(self) -> str:
        """Id of the open alert."""
        subject = self.rule.subject(int(self.family.subject[self.row]), self._work.catalogue)
        return alert_id(self.rule.id, subject, self.live.raised_us)

    def tell(
        self, kind: TransitionKind, at_us: int, level: int, since_us: int, reason: str
    ) -> None:
        """Take down a transition; see `machine.Teller`."""
        work, gate = self._work, self.family.gate
        result, time_us, quality = self.seen or (
            float(work.state.result[gate][self.slot]),
            int(work.state.judged_us[gate][self.slot]),
            int(work.state.quality[gate][self.slot]),
        )
        ends = kind in (TransitionKind.CLEARED, TransitionKind.WITHDRAWN)
        severity = Severity.NONE if ends else Severity(self.live.shown)
        sight = Sight(
            result=result,
            time_us=time_us,
            quality=quality,
            value=self.value,
            limit=self.on[level],
            off=self.off[level],
            level=level,
            since_us=since_us,
            reason=reason,
            known=work.known(gate, work.state.clock_us),
        )
        subject = int(self.family.subject[self.row])
        work.transitions.append(
            transition(work.catalogue, self.rule, subject, self.live, kind, at_us, severity, sight)
        )

    def inhibition(self) -> str:
        """Return why it is not told now; see `machine.Teller`."""
        return inhibition.reason(self._work.rule_set, self._work.state, self.family, self.row)

    def settle(self, now_us: int) -> None:
        """Let timers run out, and occurrences that no longer count drop out, in their order."""
        while self.live.occurrences and (out_us := self._next_out_us()) <= now_us:
            machine.settle(self.policy, self.live, out_us, self)
            gone = self.live.occurrences[0]
            self.live.occurrences = [one for one in self.live.occurrences if one > gone]
            self.evaluate(out_us, float(len(self.live.occurrences)))
            machine.settle(self.policy, self.live, out_us, self)
        machine.settle(self.policy, self.live, now_us, self)

    def evaluate(self, time_us: int, value: float) -> None:
        """Take a value of a time; NaN is no verdict."""
        self.value = value
        if self._state.value is not None:
            self._state.value[self.row] = value
        if value == value:
            machine.evaluate(
                self.policy, self.live, time_us, value, self.on, self.off, falling=self.rule.falling
            )

    def close(self) -> None:
        """End looking: note until when the row need not be looked at again."""
        live, state = self.live, self._state
        if live.is_idle:
            del state.live[self.row]
            state.bounds[self.row] = self.family.at_rest[self.family.limit[self.row]]
            return
        low, high, due = bounds.of(self.policy, live, self.on, self.off, falling=self.rule.falling)
        if self.family.kind == "count":
            # Most of its readings say nothing of the count: the low bound alone says whether they
            # must be looked at, like those that are occurrences.
            now = float(len(live.occurrences))
            low = -math.inf if low <= now < high else math.inf
            if live.occurrences:
                due = min(due, float(self._next_out_us()))
        elif self.family.kind == "boolean":
            if self.policy.quiet_us is not None and state.code is not None:
                state.code[self.row] = UNKNOWN_CODE  # to be asked at each tick
            low, high = bounds.NOWHERE
        if due != math.inf and due != state.bounds[self.row, bounds.DUE]:
            heapq.heappush(state.timers, (due, self.row))
        state.bounds[self.row] = (low, high, due)

    def _next_out_us(self) -> int:
        within_us: int = self.rule.parameters.within_us
        return self.live.occurrences[0] + within_us

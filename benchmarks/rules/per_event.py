"""The same rules judged as most systems do: one reading and one rule at a time, in plain Python.

Not slow on purpose: state in dictionaries and lists, each reading looks only at its own rules, and
a timer is looked at when it is due. It tells the same transitions as the engine, which is checked.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import Any

from devices import Batch, Tick
from rules import machine
from rules.alerts import TransitionKind
from rules.live import UNSET, Live
from rules.ruleset import CompiledRule, RuleSet


class PerEvent:
    """An evaluator of the rules that look at one datastream, and of silence."""

    def __init__(self, rule_set: RuleSet) -> None:
        """Prepare a row for each subject of each rule."""
        self.told: list[tuple[str, str, TransitionKind, int]] = []
        self.judged: dict[int, tuple[int, float]] = {}
        self.heard: dict[int, int] = {}
        self._rows: dict[int, list[_Row]] = defaultdict(list)
        self._silence: list[_Row] = []
        for rule in rule_set.rules:
            for subject, slot in enumerate(rule.slots.tolist()):
                row = _Row(self, rule, rule.subject(subject, rule_set.catalogue), subject, slot)
                if rule.kind == "silence":
                    self._silence.append(row)
                elif rule.kind in _VALUES:
                    self._rows[slot].append(row)

    def run(self, inputs: Iterable[Batch | Tick]) -> int:
        """Judge inputs one by one; return how many readings there were."""
        readings = 0
        for one in inputs:
            if isinstance(one, Tick):
                self._tick(one.time_us)
                continue
            for slot, time_us, result, quality in _events(one):
                readings += 1
                self.heard[slot] = max(time_us, self.heard.get(slot, UNSET))
                if quality or not math.isfinite(result):
                    continue
                if time_us <= self.judged.get(slot, (UNSET, 0.0))[0]:
                    continue
                self.judged[slot] = (time_us, result)
                for row in self._rows[slot]:
                    row.read(time_us, result)
        return readings

    def _tick(self, time_us: int) -> None:
        for rows in self._rows.values():
            for row in rows:
                row.settle(time_us)
        for row in self._silence:
            heard = self.heard.setdefault(row.slot, time_us)
            row.settle(time_us)
            row.evaluate(time_us, (time_us - heard) / 1e6)


class _Row:
    """One rule on one datastream."""

    def __init__(
        self, owner: PerEvent, rule: CompiledRule, subject: str, number: int, slot: int
    ) -> None:
        self.rule, self.subject, self.slot = rule, subject, slot
        limit = int(rule.limits[number])
        self.on, self.off = rule.on[limit].tolist(), rule.off[limit].tolist()
        self.live = Live(slot)
        self.memory: dict[str, Any] = {}
        self._owner = owner

    def read(self, time_us: int, result: float) -> None:
        self.settle(time_us)
        value = _VALUES[self.rule.kind](self, time_us, result)
        self.evaluate(time_us, value)

    def evaluate(self, time_us: int, value: float) -> None:
        if value == value:
            machine.evaluate(
                self.rule.policy, self.live, time_us, value, self.on, self.off,
                falling=self.rule.falling,
            )  # fmt: skip
        machine.settle(self.rule.policy, self.live, time_us, self)

    def settle(self, now_us: int) -> None:
        happened = self.memory.get("occurrences")
        while happened and happened[0] + self.rule.parameters.within_us <= now_us:
            out_us = happened.popleft() + self.rule.parameters.within_us
            machine.settle(self.rule.policy, self.live, out_us, self)
            self.evaluate(out_us, float(len(happened)))
        machine.settle(self.rule.policy, self.live, now_us, self)

    def tell(
        self, kind: TransitionKind, at_us: int, _level: int, _since_us: int, _reason: str
    ) -> None:
        self._owner.told.append((self.rule.id, self.subject, kind, at_us))

    def inhibition(self) -> str:
        return ""


def _threshold(_row: _Row, _time_us: int, result: float) -> float:
    return result


def _rate(row: _Row, time_us: int, result: float) -> float:
    rate, kept = row.rule.parameters, row.memory.setdefault("kept", deque())
    while len(kept) > 1 and kept[1][0] <= time_us - rate.window_us:
        kept.popleft()
    value = math.nan
    if kept and time_us - 2 * rate.window_us <= kept[0][0] <= time_us - rate.window_us:
        slope = (result - kept[0][1]) / ((time_us - kept[0][0]) / rate.per_us)
        value = {"rise": slope, "fall": -slope, "change": abs(slope)}[rate.of]
    if not kept or time_us - kept[-1][0] >= rate.window_us // 8:
        kept.append((time_us, result))
    return value


def _stuck(row: _Row, time_us: int, result: float) -> float:
    stuck, anchor = row.rule.parameters, row.memory.get("anchor")
    is_excepted = any(abs(result - one) <= stuck.tolerance for one in stuck.exceptions)
    if anchor is None or abs(result - anchor[0]) > stuck.tolerance or is_excepted:
        anchor = row.memory["anchor"] = (result, time_us)
    return (time_us - anchor[1]) / 1e6


def _count(row: _Row, time_us: int, result: float) -> float:
    happened = row.memory.setdefault("occurrences", deque())
    if result >= row.rule.parameters.at_least:
        happened.append(time_us)
    return float(len(happened))


_VALUES = {"threshold": _threshold, "rate": _rate, "stuck": _stuck, "count": _count}


def _events(batch: Batch) -> Iterator[tuple[int, int, float, int]]:
    return zip(
        batch.datastream.tolist(), batch.phenomenon_time_us.tolist(), batch.result.tolist(),
        batch.quality.tolist(), strict=True,
    )  # fmt: skip

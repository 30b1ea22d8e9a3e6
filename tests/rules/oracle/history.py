"""What was heard and what is judged: section 1 of the rules, by searching everything there was.

Nothing is ever forgotten here and nothing is kept up to date: every question is answered from the
whole past. That is slow, and it is why it can be believed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple, TypeAlias

from devices import Catalogue, Quality
from devices.statistics import length_s
from rules.kinds.combine import Boolean, Expression
from rules.kinds.compare import Compare
from rules.ruleset import CompiledRule

Gate: TypeAlias = tuple[Quality, ...]

SECOND = 1_000_000
"""µs."""

READING_KINDS = ("threshold", "rate", "stuck", "count")
"""Evaluated at each judged reading of their datastream; all others at ticks."""


class Reading(NamedTuple):
    slot: int
    time_us: int
    result: float
    quality: Quality


class Judged(NamedTuple):
    time_us: int
    result: float


class History:
    """All readings of one partition of the log, as far as it has been read."""

    def __init__(
        self, catalogue: Catalogue, rules: Iterable[CompiledRule], owned: Collection[int]
    ) -> None:
        self.catalogue = catalogue
        self.owned = owned
        self.clock_us: int | None = None
        self.late = 0
        self.watched: dict[Gate, set[int]] = defaultdict(set)
        for rule in rules:
            self.watched[rule.gate] |= watched_slots(rule)
        self._heard: list[tuple[int, int]] = []
        self._judged: dict[tuple[Gate, int], list[Judged]] = defaultdict(list)

    def take(self, reading: Reading) -> list[Gate]:
        """Remember a reading and return the gates that judge it."""
        if reading.quality != Quality.FUTURE:
            about = self.catalogue.datastreams[reading.slot]
            length_us = round(length_s(about.statistic) * SECOND)
            self._heard.append((reading.slot, reading.time_us + length_us))
        gates = []
        for gate, slots in self.watched.items():
            acceptable = math.isfinite(reading.result) and reading.quality in gate
            if reading.slot not in slots or not acceptable:
                continue
            before = self.judged(gate, reading.slot)
            if before and reading.time_us <= before[-1].time_us:
                self.late += 1
                continue
            before.append(Judged(reading.time_us, reading.result))
            gates.append(gate)
        return gates

    def first_tick(self, time_us: int) -> None:
        """Count silence from here for the datastreams that nothing was heard of so far."""
        for slot in self.owned:
            if self.heard_us(slot) is None:
                self._heard.append((slot, time_us))

    def heard_us(self, slot: int) -> int | None:
        """Return until when a datastream was heard; None: not known here."""
        return max((until for one, until in self._heard if one == slot), default=None)

    def judged(self, gate: Gate, slot: int) -> list[Judged]:
        """Return all judged readings of a datastream, oldest first."""
        return self._judged[gate, slot]

    def fresh(self, gate: Gate, slot: int, max_age_us: int, now_us: int) -> float | None:
        """Return the newest judged result of a datastream, None if there is none or it is old."""
        readings = self.judged(gate, slot) if slot >= 0 else []
        if not readings or now_us - readings[-1].time_us > max_age_us:
            return None
        return readings[-1].result


def watched_slots(rule: CompiledRule) -> set[int]:
    """Return the datastreams whose results a rule judges; silence judges none."""
    if rule.kind in READING_KINDS:
        return set(rule.slots.tolist())
    match rule.parameters:
        case Boolean(inputs=inputs) | Expression(inputs=inputs):
            slots = set(inputs.slots.ravel().tolist())
        case Compare(partners=partners):
            slots = {*rule.slots.tolist(), *partners.ravel().tolist()}
        case _:
            slots = set()
    return slots - {-1}

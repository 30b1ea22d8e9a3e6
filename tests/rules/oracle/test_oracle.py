"""The engine against the oracle: whatever the rules and the log, both tell the same.

However the log reaches the engine: in one step, cut anywhere into batches and steps, with a restart
between any two steps, over several partitions, or over partitions from some point on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from random import Random
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from devices import Tick
from rules import checkpoint, engine, state
from rules.alerts import TransitionKind
from rules.assembly import assemble
from rules.ruleset import CompiledRule
from tests.rules.oracle.alert import Told
from tests.rules.oracle.city import CITY
from tests.rules.oracle.drawn_rules import KINDS
from tests.rules.oracle.evaluator import Input, Oracle
from tests.rules.oracle.history import Reading
from tests.rules.oracle.judges import records, told_of
from tests.rules.oracle.shrinking import described, shrunk
from tests.rules.oracle.stories import Story, seconds, stories, zones

Rules: TypeAlias = Sequence[CompiledRule]
Found: TypeAlias = tuple[list[Told], int]
"""What was told, and how many readings were late; -1: the state is not what it must be."""
Way: TypeAlias = Callable[[Rules, Sequence[Input], Random], Found]

EXAMPLES = 52
"""Of each kind of rule and each way: 2 860 in all."""


def in_one_step(rules: Rules, inputs: Sequence[Input], random: Random) -> Found:
    journey = Journey(rules)
    journey.go([inputs])
    return journey.told, journey.late


def cut_anywhere(rules: Rules, inputs: Sequence[Input], random: Random) -> Found:
    return _as_in_one_step(Journey(rules, random), inputs)


def with_restarts(rules: Rules, inputs: Sequence[Input], random: Random) -> Found:
    return _as_in_one_step(Journey(rules, random, restarts=True), inputs)


def over_partitions(rules: Rules, inputs: Sequence[Input], random: Random) -> Found:
    journeys = [
        Journey(rules, random, owned, restarts=True) for owned in _partitions(rules, random)
    ]
    return _together(journeys, inputs)


def divided_midway(rules: Rules, inputs: Sequence[Input], random: Random) -> Found:
    midway = random.randrange(len(inputs) + 1)
    before = Journey(rules, random)
    before.go(_cut(inputs[:midway], random))
    journeys = [Journey(rules, random, owned) for owned in _partitions(rules, random)]
    for journey in journeys:
        journey.restore(before.saved)
    told, late = _together(journeys, inputs[midway:])
    return before.told + told, before.late + late


WAYS: dict[str, Way] = {
    "in_one_step": in_one_step,
    "cut_anywhere": cut_anywhere,
    "with_restarts": with_restarts,
    "over_partitions": over_partitions,
    "divided_midway": divided_midway,
}


class Journey:
    """One partition of a log on its way through the engine."""

    def __init__(
        self,
        rules: Rules,
        random: Random | None = None,
        owned: set[int] | None = None,
        *,
        restarts: bool = False,
    ) -> None:
        """Begin with nothing known.

        Args:
            rules: what to judge by.
            random: cuts batches within a step; None: they are as long as can be.
            owned: slots of this partition; None: all.
            restarts: whether the state is saved and read after each step.
        """
        self.rule_set = assemble(CITY, rules, "")
        self.random = random
        self.restarts = restarts
        self.slots = set(range(len(CITY.datastreams))) if owned is None else owned
        self.owned = np.isin(np.arange(len(CITY.datastreams)), sorted(self.slots))
        self.state = state.empty(self.rule_set, None if owned is None else self.owned)
        self.told: list[Told] = []
        self.late = 0

    @property
    def saved(self) -> bytes:
        return checkpoint.encode(self.rule_set, self.state)

    def restore(self, saved: bytes) -> None:
        self.state, owed = checkpoint.decode(self.rule_set, saved, self.owned)
        assert owed == ()

    def go(self, stretches: Iterable[Sequence[Input]]) -> None:
        """Make one step of each stretch."""
        for stretch in stretches:
            parts = [stretch] if self.random is None else _cut(stretch, self.random)
            log = [record for part in parts for record in records(part)]
            outcome = engine.step(self.rule_set, self.state, log)
            self.told += told_of(outcome.transitions)
            self.late += outcome.late
            self.state = outcome.state
            if self.restarts:
                self.restore(self.saved)


def _as_in_one_step(journey: Journey, inputs: Sequence[Input]) -> Found:
    """Go step by step; what is remembered in the end must not tell how many there were."""
    assert journey.random is not None
    journey.go(_cut(inputs, journey.random))
    whole = Journey(journey.rule_set.rules)
    whole.go([inputs])
    if journey.saved != whole.saved:
        return [], -1
    return journey.told, journey.late


def _together(journeys: Sequence[Journey], inputs: Sequence[Input]) -> Found:
    """Let each partition have its readings, and everything that is no reading."""
    for journey in journeys:
        assert journey.random is not None
        own = [one for one in inputs if not isinstance(one, Reading) or one.slot in journey.slots]
        journey.go(_cut(own, journey.random))
    told = [one for journey in journeys for one in journey.told]
    return told, sum(journey.late for journey in journeys)


def _partitions(rules: Rules, random: Random) -> list[set[int]]:
    partitions: list[set[int]] = [set(), set(), set()]
    for zone in zones(rules):
        random.choice(partitions).update(zone)
    return partitions


def _cut(inputs: Sequence[Input], random: Random) -> list[Sequence[Input]]:
    """Return the log in stretches."""
    share = random.choice((0.05, 0.3, 1.0))
    cuts = [at for at in range(1, len(inputs)) if random.random() < share]
    return [inputs[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(inputs)], strict=True)]


def _by_row(told: Sequence[Told]) -> dict[tuple[str, str], list[Told]]:
    """Return what was told of each row, in its order: between rows no order is promised."""
    found: dict[tuple[str, str], list[Told]] = {}
    for one in told:
        found.setdefault((one.rule, one.subject), []).append(one)
    return found


def _differs(rules: Rules, inputs: Sequence[Input], way: Way, seed: int) -> str:
    oracle = Oracle(CITY, rules)
    for one in inputs:
        oracle.take(one)
    return _difference(Story(rules, inputs, oracle), way, seed)


def _difference(story: Story, way: Way, seed: int) -> str:
    """Return how the engine differs from the oracle; empty if it does not."""
    told, late = way(story.rules, story.inputs, Random(seed))
    if late == -1:
        return "another state than in one step"
    if late != story.late:
        return f"late: {late} by the engine, {story.late} by the oracle"
    of_engine, of_oracle = _by_row(told), _by_row(story.told)
    for row in sorted({*of_engine, *of_oracle}):
        engine_says, oracle_says = of_engine.get(row, []), of_oracle.get(row, [])
        if engine_says != oracle_says:
            return f"{row}\n engine: {_lines(engine_says)}\n oracle: {_lines(oracle_says)}"
    return ""


def _lines(told: Sequence[Told]) -> str:
    return "".join(
        f"\n   {seconds(one.at_us)} {one.kind.value} {one.severity.word} version {one.version}, "
        f"first exceeded {seconds(one.first_exceeded_us)}"
        for one in told
    )


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("kind", [*KINDS, "several"])
def test_engine_tells_what_the_oracle_tells(kind: str, way: Way) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        # `shrunk` does it: it knows what a story is made of.
        phases=(Phase.generate,),
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(stories(kind), st.integers(0, 2**32 - 1))
    def compare(story: Story, seed: int) -> None:
        if _difference(story, way, seed):
            rules, inputs = shrunk(
                story.rules,
                story.inputs,
                lambda rules, inputs: bool(_differs(rules, inputs, way, seed)),
            )
            pytest.fail(f"{described(rules, inputs)}\n{_differs(rules, inputs, way, seed)}")

    compare()


def test_stories_tell_of_everything_often() -> None:
    told: Counter[TransitionKind] = Counter()
    ticks: Counter[str] = Counter()

    @settings(max_examples=400, deadline=None, database=None, derandomize=True)
    @given(st.sampled_from([*KINDS, "several"]).flatmap(stories))
    def collect(story: Story) -> None:
        told.update(one.kind for one in story.told)
        times = [one.time_us for one in story.inputs if isinstance(one, Tick)]
        ticks.update(
            "ahead" if later > time else "back" if later < time else "still"
            for time, later in pairwise(times)
        )

    collect()
    assert all(ticks[way] >= 50 for way in ("ahead", "back", "still")), ticks
    rare = {kind: told[kind] for kind in TransitionKind if told[kind] < 25}
    assert set(rare) == {TransitionKind.WITHDRAWN}, rare

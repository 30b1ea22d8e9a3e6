"""The engine against the oracle: whatever the rules and the log, both tell the same.

However the log reaches the engine: in one step, cut anywhere into batches and steps, with a restart
between any two steps, or divided over partitions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from devices import Tick
from rules import checkpoint, engine, state
from rules.alerts import Transition, TransitionKind
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
"""What was told, and how many readings were late."""
Way: TypeAlias = Callable[[Rules, Sequence[Input], Random], Found]

EXAMPLES = 52
"""Of each kind of rule and each way: 2 288 in all."""


def in_one_step(rules: Rules, inputs: Sequence[Input], random: Random) -> Found:
    return _through(rules, [inputs])[:2]


def cut_anywhere(rules: Rules, inputs: Sequence[Input], random: Random) -> Found:
    told, late, found = _through(rules, _cut(inputs, random), random=random)
    rule_set = assemble(CITY, rules, "")
    *_, whole = _through(rules, [inputs])
    assert checkpoint.encode(rule_set, found) == checkpoint.encode(rule_set, whole)
    return told, late


def with_restarts(rules: Rules, inputs: Sequence[Input], random: Random) -> Found:
    return _through(rules, _cut(inputs, random), random=random, restarts=True)[:2]


def over_partitions(rules: Rules, inputs: Sequence[Input], random: Random) -> Found:
    of_zone = [(random.randrange(3), zone) for zone in zones(rules)]
    told: list[Told] = []
    late = 0
    for partition in range(3):
        owned = {slot for number, zone in of_zone if number == partition for slot in zone}
        own = [one for one in inputs if not isinstance(one, Reading) or one.slot in owned]
        some = _through(rules, _cut(own, random), owned, random=random, restarts=True)
        told += some[0]
        late += some[1]
    return told, late


WAYS: dict[str, Way] = {
    "in_one_step": in_one_step,
    "cut_anywhere": cut_anywhere,
    "with_restarts": with_restarts,
    "over_partitions": over_partitions,
}


def _cut(inputs: Sequence[Input], random: Random) -> list[Sequence[Input]]:
    """Return the log in stretches."""
    share = random.choice((0.05, 0.3, 1.0))
    cuts = [at for at in range(1, len(inputs)) if random.random() < share]
    return [
        inputs[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(inputs)], strict=True)
    ]


def _through(
    rules: Rules,
    stretches: Sequence[Sequence[Input]],
    owned: set[int] | None = None,
    *,
    random: Random | None = None,
    restarts: bool = False,
) -> tuple[list[Told], int, state.State]:
    """Step through stretches of a log.

    Args:
        rules: what to judge by.
        stretches: one for each step.
        owned: slots of this partition; None: all.
        random: cuts batches within a stretch; None: they are as long as can be.
        restarts: whether the state is saved and read between any two steps.
    """
    rule_set = assemble(CITY, rules, "")
    own = None if owned is None else np.isin(np.arange(len(CITY.datastreams)), sorted(owned))
    now = state.empty(rule_set, own)
    transitions: list[Transition] = []
    late = 0
    for stretch in stretches:
        parts = [stretch] if random is None else _cut(stretch, random)
        log = [record for part in parts for record in records(part)]
        outcome = engine.step(rule_set, now, log)
        transitions += outcome.transitions
        late += outcome.late
        now = outcome.state
        if restarts:
            now, owed = checkpoint.decode(rule_set, checkpoint.encode(rule_set, now), own)
            assert owed == ()
    return told_of(transitions), late, now


def _by_alert(told: Sequence[Told]) -> dict[tuple[str, str], list[Told]]:
    """Return what was told of each row, in its order: between rows no order is promised."""
    found: dict[tuple[str, str], list[Told]] = {}
    for one in told:
        found.setdefault((one.rule, one.subject), []).append(one)
    return found


def _difference(rules: Rules, inputs: Sequence[Input], way: Way, seed: int) -> str:
    """Return how the engine differs from the oracle; empty if it does not."""
    oracle = Oracle(CITY, rules)
    for one in inputs:
        oracle.take(one)
    told, late = way(rules, inputs, Random(seed))
    if late != oracle.history.late:
        return f"late: {late} by the engine, {oracle.history.late} by the oracle"
    of_engine, of_oracle = _by_alert(told), _by_alert(oracle.told)
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
        if _difference(story.rules, story.inputs, way, seed):
            rules, inputs = shrunk(
                story.rules,
                story.inputs,
                lambda rules, inputs: bool(_difference(rules, inputs, way, seed)),
            )
            pytest.fail(f"{described(rules, inputs)}\n{_difference(rules, inputs, way, seed)}")

    compare()


def test_stories_tell_of_everything_often() -> None:
    told: Counter[TransitionKind] = Counter()
    ticks: Counter[str] = Counter()

    @settings(max_examples=300, deadline=None, database=None, derandomize=True)
    @given(st.sampled_from([*KINDS, "several"]).flatmap(stories))
    def collect(story: Story) -> None:
        told.update(one.kind for one in story.told)
        times = [one.time_us for one in story.inputs if isinstance(one, Tick)]
        ticks.update(
            "ahead" if later > time else "back" if later < time else "still"
            for time, later in zip(times, times[1:], strict=False)
        )

    collect()
    assert all(ticks[way] >= 50 for way in ("ahead", "back", "still")), ticks
    rare = {kind: told[kind] for kind in TransitionKind if told[kind] < 40}
    assert set(rare) == {TransitionKind.WITHDRAWN}, rare

"""Why there is no alert, and what will be one."""

import pytest

from devices import Tick
from rules import checkpoint, engine, explaining, state
from rules.language import parse
from tests.rules.test_engine import reading, tick
from tests.small_city import BRIDGE, RULES, SPEED, city

RULE_SET = parse(RULES, city())
SECOND = 1_000_000


def remembered(*inputs):
    return engine.step(RULE_SET, state.empty(RULE_SET), inputs).state


def explained(rule, subject, *inputs):
    found = explaining.find(RULE_SET, rule, subject)
    assert found is not None
    return explaining.explain(RULE_SET, remembered(*inputs), *found)


@pytest.mark.parametrize(
    ("inputs", "reasons"),
    [
        pytest.param([], ("unheard",), id="nothing_came"),
        pytest.param([reading(0, SPEED, 50)], ("below",), id="the_limit_was_not_reached"),
        pytest.param([reading(0, SPEED, 18), tick(60)], ("delay",), id="the_delay_still_runs"),
        pytest.param([reading(0, SPEED, 18), tick(120)], ("alert",), id="there_is_one"),
    ],
)
def test_it_says_where_a_slow_road_stopped(inputs, reasons):
    assert explained("slow", "radar/speed", *inputs).reasons == reasons


def test_it_says_what_was_held_against_which_limits():
    found = explained("level", "bridge-gauge/water_level", reading(0, BRIDGE, 3.5), Tick(SECOND))
    assert (found.value, found.result, found.judged_us, found.clock_us) == (3.5, 3.5, 0, SECOND)
    assert [(one.level, one.limit) for one in found.levels] == [("yellow", 3.8), ("red", 4.6)]


def test_a_subject_that_the_rule_does_not_watch_is_not_found():
    assert explaining.find(RULE_SET, "slow", "bridge-gauge/water_level") is None
    assert explaining.find(RULE_SET, "sloow", "radar/speed") is None


def test_what_waits_for_its_delay_is_pending_the_next_one_first():
    memory = remembered(reading(0, SPEED, 18), reading(30, SPEED, 14), tick(40))
    found = explaining.pending(RULE_SET, memory)
    assert [(one.level, one.since_us, one.due_us) for one in found] == [
        ("blue", 0, 120 * SECOND),
        ("yellow", 30 * SECOND, 150 * SECOND),
    ]
    assert {(one.rule, one.subject, one.value) for one in found} == {("slow", "radar/speed", 14.0)}


def test_asking_changes_nothing():
    memory = remembered(reading(0, SPEED, 18), tick(40))
    before = checkpoint.encode(RULE_SET, memory)
    explaining.pending(RULE_SET, memory)
    explaining.explain(RULE_SET, memory, *explaining.find(RULE_SET, "slow", "radar/speed"))
    assert checkpoint.encode(RULE_SET, memory) == before

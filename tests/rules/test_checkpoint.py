"""What the engine remembers over a restart, also one with other rules."""

import pytest
from hypothesis import given, settings

from devices.record import columns
from rules import checkpoint, engine, state
from rules.checkpoint import CheckpointError
from rules.language import parse
from tests.rules.test_engine import RULE_SET, _feed, _rows, _story, assert_same_state, reading, tick
from tests.small_city import BRIDGE, LOCK, RULES, SPEED, city


@settings(deadline=None)
@given(_rows)
def test_what_is_written_is_read_back_bit_for_bit(rows):
    memory, _ = _feed(_story(rows), [0])
    value = checkpoint.encode(RULE_SET, memory)
    again, owed = checkpoint.decode(RULE_SET, value)
    assert owed == ()
    assert checkpoint.withdrawals(RULE_SET, value) == ()
    assert again.clock_us == memory.clock_us
    assert_same_state(memory, again)
    assert checkpoint.encode(RULE_SET, again) == value


@settings(deadline=None)
@given(_rows, _rows)
def test_a_restart_in_the_middle_changes_nothing(first, second):
    story = _story(first + second)
    cut = len(_story(first))
    memory, before = _feed(story[:cut], [0])
    memory, _ = checkpoint.decode(RULE_SET, checkpoint.encode(RULE_SET, memory))
    inputs = [one if hasattr(one, "time_us") else columns([one]) for one in story[cut:]]
    after = engine.step(RULE_SET, memory, inputs).transitions
    _, whole = _feed(story, [0])
    assert sorted([*before, *after], key=lambda one: (one.alert, one.version)) == whole


def _with_open_alerts():
    inputs = [reading(0, BRIDGE, 4.7), reading(0, LOCK, 2.5), reading(0, SPEED, 1), tick(200)]
    outcome = engine.step(RULE_SET, state.empty(RULE_SET), inputs)
    return outcome.transitions, checkpoint.encode(RULE_SET, outcome.state)


def test_alerts_of_a_removed_rule_are_withdrawn():
    raised, value = _with_open_alerts()
    text = RULES["rules.yaml"]
    without = parse({"rules.yaml": text[: text.index("  - id: slow")]}, city())
    (gone,) = checkpoint.withdrawals(without, value)
    (was,) = [one for one in raised if one.rule == "slow"]
    assert (gone.alert, gone.version, gone.kind.value) == (was.alert, 2, "withdrawn")
    assert gone.at_us == 200_000_000
    assert "已撤销" in gone.message_zh


def test_an_alert_whose_level_is_gone_is_deescalated():
    raised, value = _with_open_alerts()
    text = RULES["rules.yaml"].replace("      red: {limit: guaranteed}\n", "")
    memory, owed = checkpoint.decode(parse({"rules.yaml": text}, city()), value)
    (was,) = [one for one in raised if one.datastream == BRIDGE]
    assert [(one.alert, one.version, one.kind.value) for one in owed] == [
        (was.alert, 2, "deescalated")
    ] or owed[0].kind.value == "withdrawn"
    (bridge,) = [
        one for family in memory.families for one in family.live.values() if one.slot == BRIDGE
    ]
    assert (bridge.severity, bridge.shown) == (2, 2)


@pytest.mark.parametrize("value", [b"", b"nonsense", b"\x93\x01\x02\x03"])
def test_other_bytes_are_refused(value):
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        checkpoint.decode(RULE_SET, value)

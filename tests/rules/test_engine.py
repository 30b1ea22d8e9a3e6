"""The engine, as a dispatcher would tell what happened."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import Batch, Quality, Tick
from devices.record import columns
from rules import checkpoint, engine, state
from rules.alerts import alert_id
from rules.language import parse
from tests.small_city import BRIDGE, LOCK, PONDING, RULES, SPEED, city

RULE_SET = parse(RULES, city())
SECOND = 1_000_000


def reading(at_s, slot, value, quality=Quality.GOOD):
    return columns([(slot, round(at_s * SECOND), value, int(quality))])


def tick(at_s):
    return Tick(round(at_s * SECOND))


def told(*inputs):
    """Step through inputs and return (kind, severity, subject, at s) of every transition."""
    outcome = engine.step(RULE_SET, state.empty(RULE_SET), inputs)
    return [
        (one.kind.value, one.severity.word, one.subject.split("/")[0], one.at_us / SECOND)
        for one in outcome.transitions
    ]


def test_a_level_at_the_warning_limit_of_its_own_station_is_raised_at_once():
    assert told(reading(10, BRIDGE, 3.79), reading(20, BRIDGE, 3.80)) == [
        ("raised", "yellow", "bridge-gauge", 20)
    ]
    assert told(reading(10, LOCK, 2.00)) == [("raised", "yellow", "lock-gauge", 10)]


def test_a_level_beyond_both_limits_is_raised_red_at_once_and_is_one_alert():
    assert told(reading(10, BRIDGE, 4.7)) == [("raised", "red", "bridge-gauge", 10)]


def test_a_rising_and_falling_river_escalates_deescalates_and_clears():
    assert told(
        reading(0, BRIDGE, 3.9),
        reading(60, BRIDGE, 4.6),
        reading(120, BRIDGE, 4.2),
        reading(180, BRIDGE, 3.7),
        tick(239),
        tick(241),
    ) == [
        ("raised", "yellow", "bridge-gauge", 0),
        ("escalated", "red", "bridge-gauge", 60),
        ("deescalated", "yellow", "bridge-gauge", 180),
        ("cleared", "none", "bridge-gauge", 240),
    ]


def test_inside_the_deadband_nothing_is_cleared():
    assert told(reading(0, BRIDGE, 3.8), reading(60, BRIDGE, 3.76), tick(600)) == [
        ("raised", "yellow", "bridge-gauge", 0)
    ]


def test_the_off_delay_begins_again_when_the_level_comes_back():
    assert told(
        reading(0, BRIDGE, 3.8),
        reading(60, BRIDGE, 3.7),
        reading(100, BRIDGE, 3.9),
        reading(150, BRIDGE, 3.7),
        tick(209),
    ) == [("raised", "yellow", "bridge-gauge", 0)]


@pytest.mark.parametrize(
    ("then", "raised"),
    [
        pytest.param([tick(119)], [], id="not_before_the_delay_is_over"),
        pytest.param([tick(120)], [120], id="a_tick_ends_the_delay"),
        pytest.param([tick(500)], [120], id="dated_when_it_was_over_not_when_noticed"),
        pytest.param([reading(130, SPEED, 17)], [120], id="a_reading_ends_the_delay"),
        pytest.param([reading(60, SPEED, 19), tick(120)], [120], id="still_slow_keeps_the_clock"),
        pytest.param([reading(60, SPEED, 40), tick(500)], [], id="one_fast_reading_resets_it"),
        pytest.param([reading(130, SPEED, 40)], [120], id="over_before_the_next_reading_counts"),
    ],
)
def test_a_slow_road_is_raised_after_two_minutes(then, raised):
    assert [at for kind, *_, at in told(reading(0, SPEED, 18), *then) if kind == "raised"] == raised


def test_below_means_at_or_below():
    assert told(reading(0, SPEED, 20), tick(120))[0][:2] == ("raised", "blue")
    assert told(reading(0, SPEED, 20.1), tick(120)) == []
    assert told(reading(0, SPEED, 15), tick(120))[0][:2] == ("raised", "yellow")


@pytest.mark.parametrize(
    "ignored",
    [
        pytest.param(reading(20, BRIDGE, float("nan")), id="no_number"),
        pytest.param(reading(20, BRIDGE, 1.0, Quality.FAULT), id="device_fault"),
        pytest.param(reading(20, BRIDGE, 1.0, Quality.MAINTENANCE), id="maintenance"),
        pytest.param(reading(5, BRIDGE, 1.0), id="older_than_the_judged_one"),
        pytest.param(reading(10, BRIDGE, 1.0), id="same_time_again"),
        pytest.param(reading(20, PONDING, 1.0), id="no_rule_for_it"),
    ],
)
def test_what_cannot_be_judged_neither_raises_nor_clears(ignored):
    before = [reading(10, BRIDGE, 4.0)]
    assert told(*before, ignored, tick(900)) == told(*before, tick(900))


def test_only_good_readings_raise():
    assert told(reading(0, BRIDGE, 9.0, Quality.CALIBRATING), tick(900)) == []


def test_late_readings_are_counted():
    outcome = engine.step(
        RULE_SET,
        state.empty(RULE_SET),
        [reading(10, BRIDGE, 1), reading(9, BRIDGE, 9), reading(10, BRIDGE, 9)],
    )
    assert outcome.late == 2
    assert outcome.transitions == ()


def test_a_partition_judges_only_its_own_datastreams():
    mine = np.arange(5) == LOCK
    inputs = [reading(10, BRIDGE, 9.0), reading(10, LOCK, 9.0), tick(20)]
    outcome = engine.step(RULE_SET, state.empty(RULE_SET, mine), inputs)
    assert [one.datastream for one in outcome.transitions] == [LOCK]


def test_a_datastream_that_occurs_twice_in_a_batch_is_taken_in_order():
    twice = columns([(BRIDGE, 10, 4.7, 0), (LOCK, 10, 1.0, 0), (BRIDGE, 20, 3.9, 0)])
    kinds = [one.kind.value for one in engine.step(
        RULE_SET, state.empty(RULE_SET), [twice, tick(100)]
    ).transitions]  # fmt: skip
    assert kinds == ["raised", "deescalated"]


def test_an_alert_explains_itself():
    (raised,) = engine.step(
        RULE_SET, state.empty(RULE_SET), [reading(10, BRIDGE, 3.85)]
    ).transitions
    assert raised.message_zh == "大桥站水位3.85m超警戒水位3.80"
    assert raised.rule_version == 3
    assert raised.alert == alert_id("level", "bridge-gauge/water_level", 10 * SECOND)
    evidence = raised.evidence
    assert (evidence.result, evidence.limit, evidence.limit_name) == (3.85, 3.80, "warning")
    assert evidence.off == pytest.approx(3.75)
    assert raised.first_exceeded_us == 10 * SECOND


def test_an_alert_after_a_delay_remembers_what_began_it():
    (raised,) = engine.step(
        RULE_SET, state.empty(RULE_SET), [reading(5, SPEED, 18), reading(60, SPEED, 17), tick(200)]
    ).transitions
    assert raised.first_exceeded_us == 5 * SECOND
    assert raised.raised_us == 125 * SECOND


# One datastream of each rule, values around all limits, times that also stand still and go back.
_rows = st.lists(
    st.tuples(
        st.sampled_from([BRIDGE, LOCK, SPEED]),
        st.integers(-5, 90),
        st.sampled_from([1.0, 1.97, 2.0, 3.76, 3.8, 4.57, 4.6, 14.0, 17.0, 19.0, 25.0]),
        st.sampled_from([0, 0, 0, 4]),
    ),
    max_size=30,
)


def _story(rows):
    """Rows with rising times (mostly) and a tick after every seventh."""
    time_s, story = 0, []
    for index, (slot, ahead_s, value, quality) in enumerate(rows):
        time_s += ahead_s
        story.append((slot, time_s * SECOND, value, quality))
        if index % 7 == 6:
            story.append(tick(time_s + 30))
    return [*story, tick(time_s + 1000)]


def _feed(story, cuts):
    """Step through a story cut into batches and into steps at the given places."""
    memory, transitions, batch, inputs = state.empty(RULE_SET), [], [], []

    def close_batch():
        if batch:
            inputs.append(columns(list(batch)))
            batch.clear()

    def close_step():
        nonlocal memory
        close_batch()
        outcome = engine.step(RULE_SET, memory, inputs)
        memory = outcome.state
        transitions.extend(outcome.transitions)
        inputs.clear()

    for index, one in enumerate(story):
        if isinstance(one, Tick):
            close_batch()
            inputs.append(one)
        else:
            batch.append(one)
        cut = cuts[index % len(cuts)]
        if cut == 1:
            close_batch()
        elif cut == 2:
            close_step()
    close_step()
    return memory, sorted(transitions, key=lambda one: (one.alert, one.version))


def assert_same_state(left, right):
    assert checkpoint.encode(RULE_SET, left) == checkpoint.encode(RULE_SET, right)


@settings(deadline=None)
@given(_rows, st.lists(st.integers(0, 2), min_size=1, max_size=9))
def test_cutting_the_log_anywhere_changes_nothing(rows, cuts):
    story = _story(rows)
    whole, cut = _feed(story, [0]), _feed(story, cuts)
    assert whole[1] == cut[1]
    assert_same_state(whole[0], cut[0])


@settings(deadline=None)
@given(_rows)
def test_a_step_changes_nothing_it_is_given(rows):
    memory, _ = _feed(_story(rows), [0])
    before = checkpoint.encode(RULE_SET, memory)
    batch = reading(10_000, BRIDGE, 9.0)
    kept = Batch(*(getattr(batch, name).copy() for name in batch.__slots__))
    engine.step(RULE_SET, memory, [batch, reading(10_000, SPEED, 1.0), tick(20_000)])
    assert checkpoint.encode(RULE_SET, memory) == before
    for name in batch.__slots__:
        np.testing.assert_array_equal(getattr(batch, name), getattr(kept, name))


class Slow:
    """One datastream, one reading and one level at a time, in plain Python."""

    LIMITS = {BRIDGE: {2: 3.8, 4: 4.6}, LOCK: {2: 2.0}, SPEED: {1: -20.0, 2: -15.0}}  # noqa: RUF012
    DELAYS = {BRIDGE: (0, 60), LOCK: (0, 60), SPEED: (120, 0)}  # noqa: RUF012 # on, off, s
    BAND = {BRIDGE: 0.05, LOCK: 0.05, SPEED: 3.0}  # noqa: RUF012

    def __init__(self, slot):
        self.slot = slot
        self.active = dict.fromkeys(self.LIMITS[slot], False)
        self.since = {}
        self.newest = None
        self.severity = 0
        self.found = []

    def settle(self, now_us):
        at = []
        for level, since in list(self.since.items()):
            over = since + self.DELAYS[self.slot][self.active[level]] * SECOND
            if over <= now_us:
                self.active[level] = not self.active[level]
                del self.since[level]
                at.append(over)
        after = max((level for level, on in self.active.items() if on), default=0)
        if after != self.severity:
            self.found.append((self.slot, max(at), self.severity, after))
            self.severity = after

    def read(self, time_us, value, quality):
        if quality or (self.newest is not None and time_us <= self.newest):
            return
        self.settle(time_us)
        self.newest = time_us
        worse = -value if self.slot == SPEED else value
        for level, limit in self.LIMITS[self.slot].items():
            off = limit - self.BAND[self.slot]
            wanted = worse >= limit or (self.active[level] and not worse < off)
            if wanted == self.active[level]:
                self.since.pop(level, None)
            else:
                self.since.setdefault(level, time_us)
        self.settle(time_us)


def slow(story):
    watched = {slot: Slow(slot) for slot in Slow.LIMITS}
    for one in story:
        if isinstance(one, Tick):
            for each in watched.values():
                each.settle(one.time_us)
        else:
            watched[one[0]].read(*one[1:])
    return sorted(found for each in watched.values() for found in each.found)


@settings(deadline=None, max_examples=300)
@given(_rows)
def test_equals_the_slow_reading(rows):
    story = _story(rows)
    _, transitions = _feed(story, [0])
    by_alert = {}
    found = []
    for one in transitions:
        found.append((one.datastream, one.at_us, by_alert.get(one.alert, 0), int(one.severity)))
        by_alert[one.alert] = int(one.severity)
    assert sorted(found) == slow(story)

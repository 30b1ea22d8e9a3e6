"""The figures of ISA-18.2 and EEMUA 191: small histories by hand, and a slow reading of each."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.alerts import Severity
from rules.figures import OPEN, TEN_MINUTES_US, Criteria, Flood, Frequent, History, measure

S = 1_000_000
MIN = 60 * S
H = 60 * MIN
DAY = 24 * H


def history(*alerts):
    """Alerts as (raised, cleared or None, rule, subject, severity)."""
    columns = list(zip(*alerts, strict=True)) or [(), (), (), (), ()]
    return History(
        np.array(columns[0], dtype=np.int64),
        np.array([OPEN if one is None else one for one in columns[1]], dtype=np.int64),
        np.array(columns[2], dtype=np.str_),
        np.array(columns[3], dtype=np.str_),
        np.array(columns[4], dtype=np.int8),
    )


def alert(raised, cleared=None, rule="high", subject="a", severity=Severity.BLUE):
    return (raised, cleared, rule, subject, severity)


def at(*times, **more):
    return [alert(time, time, **more) for time in times]


def test_rates_are_per_operator_and_ten_minutes():
    found = measure(history(*at(0, MIN, 2 * MIN, 31 * MIN)), 0, H, operators=2)
    assert found.alarms == 4
    assert found.per_ten_minutes == 4 / 6 / 2
    assert found.most_in_a_period == 1.5
    assert found.most_start_us == 0
    assert found.acceptable_share == pytest.approx(5 / 6)
    assert found.manageable_share == 1.0
    assert found.excessive_share == 0.0


def test_period_with_ten_alarms_is_not_excessive_and_one_with_eleven_is():
    ten = [*at(*range(10)), *at(*range(10 * MIN, 10 * MIN + 11))]
    found = measure(history(*ten), 0, H)
    assert found.excessive_share == 1 / 6
    assert found.most_start_us == 10 * MIN


def test_peak_is_of_any_ten_minutes_wherever_they_begin():
    found = measure(history(*at(8 * MIN, 9 * MIN, 11 * MIN, 18 * MIN - 1)), 0, H)
    assert found.most_in_a_period == 2
    assert found.peak == 4
    assert found.peak_end_us == 18 * MIN - 1


def test_alarms_exactly_ten_minutes_apart_are_not_within_ten_minutes():
    assert measure(history(*at(0, 10 * MIN)), 0, H).peak == 1
    assert measure(history(*at(1, 10 * MIN)), 0, H).peak == 2


def test_stretch_includes_its_start_and_excludes_its_end():
    found = measure(history(*at(MIN - 1, MIN, H - 1, H)), MIN, H)
    assert found.alarms == 2


def test_rest_that_is_shorter_than_a_period_counts_for_mean_and_peak_only():
    found = measure(history(*at(61 * MIN, 62 * MIN)), 0, 65 * MIN)
    assert found.per_ten_minutes == 2 / 6.5
    assert found.most_in_a_period == 0
    assert found.peak == 2


@pytest.mark.parametrize(
    ("times", "floods"),
    [
        pytest.param([MIN * one // 10 for one in range(9)], (), id="nine_are_none"),
        pytest.param(
            range(0, 10 * S, S),
            # Five are left once the first five are ten minutes old, four when the sixth is.
            (Flood(9 * S, 10 * MIN + 5 * S, 10, 10.0),),
            id="ten_begin_it_and_four_end_it",
        ),
        pytest.param(
            # Once the first ten are too old there are five, for as long as one comes as one goes.
            [*range(0, 10 * S, S), *range(2 * MIN, 60 * MIN + 1, 2 * MIN)],
            (Flood(9 * S, 62 * MIN, 40, 14.0),),
            id="five_keep_it_up",
        ),
    ],
)
def test_flood_begins_at_ten_and_ends_below_five(times, floods):
    found = measure(history(*at(*times)), 0, 2 * H)
    assert found.floods == floods
    assert found.flood_share == sum(one.end_us - one.start_us for one in floods) / (2 * H)


def test_alarm_ten_minutes_before_a_flood_is_no_part_of_it():
    found = measure(history(*at(0, *[10 * MIN] * 10)), 0, H)
    assert found.floods == (Flood(10 * MIN, 20 * MIN, 10, 10.0),)


def test_flood_that_goes_on_ends_with_the_stretch():
    found = measure(history(*at(*(H - 10 + one for one in range(10)))), 0, H)
    assert found.floods == (Flood(H - 1, H, 10, 10.0),)


def test_two_operators_bear_twice_as_much():
    times = range(0, 19 * S, S)
    assert len(measure(history(*at(*times)), 0, H).floods) == 1
    assert measure(history(*at(*times)), 0, H, operators=2).floods == ()


@pytest.mark.parametrize(
    ("times", "count"),
    [
        pytest.param([0, 30 * S, 60 * S], 3, id="three_within_a_minute"),
        pytest.param([0, 30 * S, 60 * S + 1], 0, id="a_microsecond_too_long"),
        pytest.param([0, 30 * S], 0, id="twice"),
        pytest.param([0, 30 * S, 60 * S, 90 * S, 200 * S], 4, id="the_fifth_came_later"),
        pytest.param([5 * MIN, 0, 5 * MIN + 1, 5 * MIN + 2], 3, id="out_of_order"),
    ],
)
def test_chattering(times, count):
    others = [*at(0, S, subject="b"), *at(2 * S, rule="low", subject="b")]
    found = measure(history(*at(*times), *others), 0, H)
    assert found.chattering == ((Frequent("high", "a", count),) if count else ())
    assert found.chattering_share == count / (len(times) + 3)


def test_chattering_can_be_told_otherwise():
    criteria = Criteria(chatter_times=2, chatter_within_us=5 * MIN)
    assert measure(history(*at(0, 5 * MIN)), 0, H, 1, criteria).chattering[0].alarms == 2


@pytest.mark.parametrize(
    ("raised", "cleared", "stale", "still"),
    [
        pytest.param(-DAY, None, 1, 1, id="open_for_longer_than_a_day"),
        pytest.param(H - DAY, None, 0, 0, id="open_for_exactly_a_day_at_the_end"),
        pytest.param(0, None, 0, 0, id="new"),
        pytest.param(-2 * DAY, 0, 0, 0, id="over_when_the_stretch_begins"),
        pytest.param(-2 * DAY, 1, 1, 0, id="over_just_after"),
        pytest.param(-2 * DAY, H, 1, 1, id="over_when_the_stretch_ends"),
        pytest.param(30 * MIN - DAY, 40 * MIN, 1, 0, id="stale_for_ten_minutes"),
        pytest.param(30 * MIN - DAY, 30 * MIN, 0, 0, id="cleared_after_exactly_a_day"),
        pytest.param(30 * MIN - DAY, 30 * MIN + 1, 1, 0, id="cleared_just_after_a_day"),
        pytest.param(2 * H, None, 0, 0, id="after_the_stretch"),
    ],
)
def test_stale(raised, cleared, stale, still):
    found = measure(history(alert(raised, cleared)), 0, H)
    assert (found.stale, found.stale_open, found.stale_at_once) == (stale, still, stale)


def test_stale_at_once_counts_only_those_that_overlap():
    early = alert(-2 * DAY, 10 * MIN)
    late = alert(20 * MIN - DAY, None, subject="b")
    found = measure(history(early, late), 0, H)
    assert (found.stale, found.stale_at_once) == (2, 1)


def test_most_frequent_first_and_by_name_where_equal():
    rows = [*at(0, 1), *at(2, 3, subject="b"), *at(4, rule="low", subject="b")]
    found = measure(history(*rows), 0, H, 1, Criteria(most=2))
    assert found.top_alarms.entries == (Frequent("high", "a", 2), Frequent("high", "b", 2))
    assert found.top_alarms.share == 0.8
    assert found.top_rules.entries == (Frequent("high", "", 4), Frequent("low", "", 1))
    assert found.top_subjects.entries == (Frequent("", "b", 3), Frequent("", "a", 2))


def test_priorities_are_shares_of_what_was_raised():
    rows = [alert(one, severity=severity) for one, severity in enumerate([1, 1, 2, 4])]
    assert measure(history(*rows), 0, H).priority_share == (0.5, 0.25, 0.0, 0.25)


def test_quiet_stretch_has_no_alarms_and_no_shares_of_them():
    found = measure(history(), 0, H)
    assert (found.alarms, found.per_ten_minutes, found.peak, found.stale) == (0, 0.0, 0.0, 0)
    assert (found.acceptable_share, found.flood_share) == (1.0, 0.0)
    assert found.floods == found.chattering == found.top_alarms.entries == ()
    assert all(map(math.isnan, [*found.priority_share, found.top_rules.share]))


@pytest.mark.parametrize(
    ("until", "operators", "told"),
    [
        (TEN_MINUTES_US - S, 1, "the stretch has 599 s; figures need 600 s or more"),
        (H, 0, "0 operators cannot share alarms; say 1 or more"),
    ],
)
def test_figures_of_nothing_are_refused(until, operators, told):
    with pytest.raises(ValueError, match=f"^{told}$"):
        measure(history(), 0, until, operators)


@pytest.mark.parametrize(
    ("criteria", "told"),
    [
        ({"flood_begins": 4}, "a flood cannot begin at 4 and end below 5"),
        ({"flood_ends": 0}, "a flood cannot begin at 10 and end below 0"),
        ({"chatter_times": 1}, "chattering: 1 raises"),
    ],
)
def test_criteria_that_make_no_sense_are_refused(criteria, told):
    with pytest.raises(ValueError, match=f"^{told}"):
        Criteria(**criteria)


# The oracle: minutes by hand, one alert at a time.

CRITERIA = Criteria(flood_begins=4, flood_ends=2, chatter_times=3, most=2)
TIMES = st.integers(-3 * DAY // (30 * S), 3 * H // (30 * S)).map(lambda one: one * 30 * S)
RECENT = st.integers(-40, 300).map(lambda one: one * 30 * S)
ALERTS = st.tuples(
    TIMES | RECENT, st.none() | st.integers(0, 30 * H // S).map(lambda one: one * S),
    st.sampled_from("rs"), st.sampled_from("ab"), st.sampled_from(list(Severity)[1:]),
).map(lambda one: (one[0], None if one[1] is None else one[0] + one[1], *one[2:]))  # fmt: skip


def slow_floods(times, until, operators):
    floods, began = [], None
    for now in sorted({*times, *(one + 10 * MIN for one in times)}):
        within = sum(now - 10 * MIN < one <= now for one in times)
        if began is None and within >= CRITERIA.flood_begins * operators:
            began = now
        elif began is not None and within < CRITERIA.flood_ends * operators:
            floods.append((began, min(now, until)))
            began = None
    return floods


def slow_chattering(rows):
    found = {}
    for one in rows:
        key = one[2:4]
        same = sorted(other[0] for other in rows if other[2:4] == key)
        # Some window of a minute holds it and two others.
        if any(
            sum(begin <= time <= begin + MIN for time in same) >= 3
            for begin in same
            if begin <= one[0] <= begin + MIN
        ):
            found[key] = found.get(key, 0) + 1
    return found


@given(st.lists(ALERTS, max_size=25), st.integers(1, 2), st.integers(10, 140))
@settings(max_examples=300, deadline=None)
def test_equals_the_slow_reading(rows, operators, minutes):
    since, until = 0, minutes * MIN
    found = measure(history(*rows), since, until, operators, CRITERIA)
    inside = [one for one in rows if since <= one[0] < until]
    times = [one[0] for one in inside]
    assert found.alarms == len(inside)
    periods = [
        sum(begin <= one < begin + 10 * MIN for one in times)
        for begin in range(0, until - 10 * MIN + 1, 10 * MIN)
    ]
    assert found.most_in_a_period == max(periods) / operators
    acceptable = sum(n <= operators for n in periods) / len(periods)
    assert found.acceptable_share == pytest.approx(acceptable)
    peaks = [sum(now - 10 * MIN < one <= now for one in times) for now in times]
    assert found.peak == max(peaks, default=0) / operators
    floods = slow_floods(times, until, operators)
    assert [(one.start_us, one.end_us) for one in found.floods] == floods
    assert found.flood_share == pytest.approx(sum(b - a for a, b in floods) / until)
    chattering = {(one.rule, one.subject): one.alarms for one in found.chattering}
    assert chattering == slow_chattering(inside)
    ends = [(one, until if one[1] is None else min(one[1], until)) for one in rows]
    stale = [one for one, end in ends if end - one[0] > DAY and end > since]
    assert found.stale == len(stale)
    still = [one for one in stale if one[1] is None or one[1] >= until]
    assert found.stale_open == len(still)
    by_alarm = {key: sum(one[2:4] == key for one in inside) for key in {r[2:4] for r in inside}}
    expected = sorted(by_alarm.items(), key=lambda item: (-item[1], item[0]))[:2]
    assert [((o.rule, o.subject), o.alarms) for o in found.top_alarms.entries] == expected


@given(st.lists(ALERTS, max_size=20), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_order_of_the_alerts_does_not_matter(rows, chance):
    mixed = list(rows)
    chance.shuffle(mixed)
    # As text, because NaN is not equal to itself.
    assert repr(measure(history(*mixed), 0, 2 * H)) == repr(measure(history(*rows), 0, 2 * H))

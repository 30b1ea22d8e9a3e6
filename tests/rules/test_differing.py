"""Alerts before and after: which are the same, and what became of the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import differing
from rules.alerts import Severity
from rules.differing import Change, Episode, Pair, compare
from rules.figures import OPEN
from rules.replaying import OpenAlert
from tests.storage.episodes import NOON
from tests.storage.episodes import Episode as Told

FROM, UNTIL = 100, 200


def alert(raised, cleared=OPEN, rule="level", subject="a", severity=Severity.BLUE):
    return Episode(rule, subject, raised, cleared, severity)


def changes(before, after):
    found = compare([alert(*one) for one in before], [alert(*one) for one in after], FROM, UNTIL)
    return [str(one.change) for one in found]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param([], [], [], id="nothing-at-all"),
        pytest.param([(110, 120)], [(110, 120)], ["same"], id="the-same"),
        pytest.param([(110, 120)], [(110, 190)], ["same"], id="ends-later"),
        pytest.param([(110, 120)], [(109, 120)], ["earlier"], id="earlier"),
        pytest.param([(110, 120)], [(119, 130)], ["later"], id="later-while-it-was-open"),
        pytest.param([(110, 120)], [(120, 130)], ["lost", "gained"], id="begins-as-it-ended"),
        pytest.param([(110, 120)], [(121, 130)], ["lost", "gained"], id="begins-after-it-ended"),
        pytest.param([(120, 130)], [(100, 120)], ["gained", "lost"], id="ended-as-it-began"),
        pytest.param([(110,)], [(150,)], ["later"], id="both-go-on"),
        pytest.param([(110,)], [], ["lost"], id="lost"),
        pytest.param([], [(110,)], ["gained"], id="gained"),
        pytest.param([(110, 190)], [(110, 120), (130, 190)], ["same", "gained"], id="one-to-two"),
        pytest.param([(110, 120), (130, 190)], [(110, 190)], ["same", "lost"], id="two-to-one"),
        pytest.param(
            [(110, 120), (130, 140)], [(115, 135), (136, 139)], ["later", "later"],
            id="the-earliest-first",
        ),
        pytest.param([(110, 110)], [(110, 110)], ["same"], id="of-no-length"),
        pytest.param([(110, 110)], [(105, 120)], ["earlier"], id="of-no-length-within"),
        pytest.param([(110, 110)], [(111, 120)], ["lost", "gained"], id="of-no-length-before"),
        pytest.param([(99, 150)], [(99, 150)], [], id="both-from-before"),
        pytest.param([(99, 150)], [], [], id="lost-from-before"),
        pytest.param([], [(50, 99)], [], id="gained-and-over-before"),
        pytest.param([(99, 150)], [(100, 150)], ["later"], id="from-before-and-at-the-begin"),
        pytest.param([(150, 160)], [(99, 160)], ["earlier"], id="earlier-than-the-begin"),
        pytest.param([(100, 101)], [], ["lost"], id="raised-at-the-begin"),
        pytest.param([(199, 300)], [], ["lost"], id="raised-just-before-the-end"),
        pytest.param([(200, 300)], [], [], id="raised-at-the-end"),
        pytest.param([(199, 300)], [(200, 300)], ["later"], id="later-than-the-end"),
    ],
)  # fmt: skip
def test_what_becomes_of_alerts(before, after, expected):
    assert changes(before, after) == expected


def test_only_the_same_rule_and_subject_can_be_the_same():
    before = [alert(110, 120), alert(110, 120, subject="b")]
    after = [alert(110, 120, rule="other"), alert(110, 120, subject="b")]
    found = compare(before, after, FROM, UNTIL)
    assert [(one.either.rule, one.either.subject, str(one.change)) for one in found] == [
        ("level", "a", "lost"), ("level", "b", "same"), ("other", "a", "gained"),
    ]  # fmt: skip
    assert differing.by_rule(found) == {
        "level": {Change.LOST: 1, Change.SAME: 1}, "other": {Change.GAINED: 1},
    }  # fmt: skip


_alerts = st.lists(
    st.tuples(st.integers(90, 210), st.integers(0, 40)).map(lambda one: (one[0], sum(one))),
    unique_by=lambda one: one[0],
    max_size=8,
)


@given(_alerts, _alerts)
def test_every_alert_of_the_time_is_counted_once_and_the_other_way_round_is_the_mirror(was, now):
    before, after = [alert(*one) for one in was], [alert(*one) for one in now]
    found = compare(before, after, FROM, UNTIL)
    assert len({id(one.before) for one in found if one.before}) == sum(1 for p in found if p.before)
    for alerts, side in ((before, "before"), (after, "after")):
        there = [getattr(one, side) for one in found]
        assert all(one in there for one in alerts if FROM <= one.raised_us < UNTIL)
    for one in found:
        assert one.before is None or one.after is None or one.before.overlaps(one.after)
    mirrored = compare(after, before, FROM, UNTIL)
    assert {(one.after, one.before) for one in mirrored} == {(p.before, p.after) for p in found}
    assert all(one.change is Change.SAME for one in compare(before, before, FROM, UNTIL))


def test_a_higher_severity_is_graver():
    blue, red = alert(110, 120), alert(110, 120, severity=Severity.RED)
    assert [Pair(blue, red).graver, Pair(red, blue).graver, Pair(red, red).graver] == [1, -1, 0]
    assert Pair(None, red).graver == 0


def test_alerts_are_put_together_from_what_is_told():
    one, two, three = (Told(raised_s=n) for n in (0, 10, 20))
    told = [
        one.tell("raised", "yellow"),
        two.tell("raised", "blue"),
        one.tell("escalated", "red", 5),
        one.tell("deescalated", "yellow", 6),
        one.tell("cleared", at_s=9),
        three.tell("cleared", at_s=1),
    ]
    second = 1_000_000
    three_us = NOON + 20 * second
    carried = [
        OpenAlert("level", "bridge-gauge/water_level", three_us, Severity.ORANGE),
        OpenAlert("slow", "road", 5, Severity.BLUE),
    ]
    found = differing.episodes(told, carried)
    level = "bridge-gauge/water_level"
    assert found == [
        Episode("slow", "road", 5, OPEN, Severity.BLUE),
        Episode("level", level, NOON, NOON + 9 * second, Severity.RED),
        Episode("level", level, NOON + 10 * second, OPEN, Severity.BLUE),
        Episode("level", level, three_us, three_us + second, Severity.ORANGE),
    ]
    columns = differing.history(found)
    assert columns.raised_us.tolist() == [one.raised_us for one in found]
    assert columns.severity.tolist() == [1, 4, 1, 3]
    assert differing.history([]).raised_us.tolist() == []

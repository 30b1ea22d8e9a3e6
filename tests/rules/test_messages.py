"""What people read of an alert."""

import math

import pytest

from rules.alerts import Severity
from rules.messages import MessageError, check_template, cleared, fill, returned
from tests.rules import town as t

TOWN = t.town()


def test_a_threshold_tells_the_reading_and_the_limit_in_the_propertys_digits():
    told = fill(
        ("{town}{place}{property} {value}{unit}，超{limit_name}{limit}，{level}",
         "{town}, {place}: {property} {value} {unit} ({limit_name} {limit}), {level}"),
        TOWN, t.BRIDGE, "threshold", Severity.YELLOW, result=3.847, measure=3.847,
        measure_unit="m", decimals=2, limit=3.5, limit_name="warning",
    )  # fmt: skip
    assert told == (
        "东镇大桥站水位 3.85m，超警戒水位3.50，黄色",
        "East, Bridge: Water level 3.85 m (warning level 3.50), yellow",
    )


def test_a_rate_tells_the_slope_beside_the_newest_reading():
    told = fill(
        ("{value} {unit}, {measure} {measure_unit} > {limit}",) * 2, TOWN, t.BRIDGE, "rate",
        Severity.YELLOW, result=3.2, measure=0.41, measure_unit="m/h", decimals=3, limit=0.3,
    )  # fmt: skip
    assert told[0] == "3.20 m, 0.410 m/h > 0.300"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.0, ("0 秒", "0 s")), (119.0, ("119 秒", "119 s")), (120.0, ("2 分钟", "2 min")),
        (725.0, ("12 分钟", "12 min")), (12_600.0, ("3.5 小时", "3.5 h")),
        (200_000.0, ("2.3 天", "2.3 d")), (math.nan, ("–", "–")),
    ],
)  # fmt: skip
def test_durations_are_told_with_their_own_unit(seconds, told):
    assert (
        fill(
            ("{measure}{measure_unit}",) * 2, TOWN, t.BRIDGE, "silence", Severity.BLUE,
            measure=seconds, measure_unit="s", limit=360.0,
        )
        == told
    )  # fmt: skip


def test_names_of_what_is_behind_a_datastream():
    told = fill(("{gateway}/{device}",) * 2, TOWN, t.MILL, "silence", Severity.BLUE)
    assert told == ("磨坊网关/磨坊水位计", "Mill gateway/Mill gauge")


def test_a_reading_that_never_came_is_told_as_nothing():
    assert fill(("{value}",) * 2, TOWN, t.MILL, "silence", Severity.BLUE)[0] == "–"


@pytest.mark.parametrize("kind", ["threshold", "stuck", "silence", "fold", "boolean", "expression"])
def test_what_a_cleared_or_returned_alert_says_can_be_filled(kind):
    for templates in (cleared(kind), returned(kind)):
        for template in templates:
            check_template(template, kind)
        zh, en = fill(templates, TOWN, t.MILL, kind, Severity.NONE, result=1.0, measure=2.0)
        assert "磨坊" in zh
        assert "Mill" in en


def test_a_field_that_means_nothing_for_a_kind_is_refused():
    check_template("{place} {value}", "boolean")
    with pytest.raises(MessageError, match=r"^\{limit\} is unknown; a message may use place, town"):
        check_template("{place} {limit}", "boolean")

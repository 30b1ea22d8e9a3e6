"""What the registry makes of a measurement: its unit, its quality, and what is refused."""

import pytest

from devices import Quality, catalogue
from devices.refusal import Reason
from ingest.codecs.decoded import Value, measurements
from ingest.judge import Judge
from tests.small_city import TEXTS

NOW_US = 1_800_000_000_000_000
HOUR_US = 3_600_000_000


def city(**columns):
    """The small city with an air station; `columns` are more of its PM2.5's row."""
    names = "".join(f",{name}" for name in columns)
    cells = "".join(f",{cell}" for cell in columns.values())
    head, _, rows = TEXTS["datastreams.csv"].partition("\n")
    empty = "," * len(columns)
    others = "".join(f"{row}{empty}\n" for row in rows.splitlines())
    pm25 = f"5,air/pm25,air,pm25,60,0,2000,{cells}\n"
    return catalogue.build(
        {
            **TEXTS,
            "devices.csv": TEXTS["devices.csv"] + "air,gw-road,road,air_station,空气站,Air\n",
            "datastreams.csv": f"{head}{names}\n{others}{pm25}",
        }
    )


def judged(value, unit="ug/m3", at_us=NOW_US, quality=Quality.GOOD, **columns):
    told = measurements([Value("air/pm25", at_us, value, unit, quality)])
    return Judge(city(**columns), 60).judge("gw-road", told, NOW_US)


def taken(one):
    return list(zip(one.batch.result.tolist(), one.batch.quality.tolist(), strict=True))


@pytest.mark.parametrize(
    ("value", "unit", "columns", "result", "quality", "findings"),
    [
        pytest.param(35000, "ng/m3", {}, 35.0, Quality.GOOD, [], id="ng_as_the_standard_says"),
        pytest.param(
            35, "ng/m3", {}, 0.035, Quality.SUSPECT, ["unit-implausible"], id="ug_read_as_ng"
        ),
        pytest.param(
            35, "ng/m3", {"sent_unit": "ug/m3"}, 35.0, Quality.GOOD, [], id="registry_knows_better"
        ),
        pytest.param(0.0, "ug/m3", {}, 0.0, Quality.GOOD, [], id="zero_in_no_unit_is_usual"),
        pytest.param(0.5, "mg/m3", {}, 500.0, Quality.GOOD, [], id="converted"),
    ],
)
def test_units(value, unit, columns, result, quality, findings):
    one = judged(value, unit, **columns)
    assert taken(one) == [(pytest.approx(result), quality)]
    assert [finding.code for finding in one.findings] == findings


def test_a_unit_of_another_kind_is_refused_and_evidence():
    one = judged(5, "kg")
    assert [(each.reason, each.rows) for each in one.refused] == [(Reason.WRONG_UNIT, [0])]
    assert [finding.code for finding in one.findings] == ["unit-unknown"]


@pytest.mark.parametrize(
    ("value", "at_us", "reason", "quality"),
    [
        pytest.param(
            5000, NOW_US, Reason.OUT_OF_PHYSICAL_RANGE, Quality.OUT_OF_PHYSICAL_RANGE, id="range"
        ),
        pytest.param(35, NOW_US + 2 * HOUR_US, Reason.FUTURE, Quality.FUTURE, id="future"),
    ],
)
def test_what_cannot_be_true_is_refused_or_flagged_as_the_datastream_says(
    value, at_us, reason, quality
):
    assert [one.reason for one in judged(value, at_us=at_us).refused] == [reason]
    assert taken(judged(value, at_us=at_us, beyond="flag")) == [(value, quality)]


@pytest.mark.parametrize(
    ("ago_s", "late_s", "quality"),
    [
        pytest.param(3600, "", Quality.GOOD, id="at_the_limit"),
        pytest.param(3601, "", Quality.LATE, id="beyond"),
        pytest.param(3601, "7200", Quality.GOOD, id="own_limit"),
    ],
)
def test_late_is_what_the_datastream_says(ago_s, late_s, quality):
    one = judged(35, at_us=NOW_US - ago_s * 1_000_000, late_s=late_s)
    assert taken(one) == [(35, quality)]


@pytest.mark.parametrize(
    ("ahead_s", "future_s", "is_taken"),
    [
        pytest.param(60, "", True, id="as_the_gateway_has_it"),
        pytest.param(61, "", False, id="beyond"),
        pytest.param(61, "100", True, id="own_limit"),
    ],
)
def test_future_is_what_the_datastream_says(ahead_s, future_s, is_taken):
    one = judged(35, at_us=NOW_US + ahead_s * 1_000_000, future_s=future_s)
    assert bool(one.batch.n) == is_taken


def test_what_the_device_says_of_itself_counts_more():
    one = judged(35, at_us=NOW_US - 2 * HOUR_US, quality=Quality.CALIBRATING)
    assert taken(one) == [(35, Quality.CALIBRATING)]

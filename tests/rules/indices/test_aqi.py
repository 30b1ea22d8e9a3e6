"""The air quality index: vectors of HJ 633, and the same number as in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.indices import Edition, IndexInputError, Report, edition_at
from rules.indices.aqi import NA, indices
from rules.indices.aqi_explained import Outcome, Verdict, explain
from rules.indices.aqi_tables import POLLUTANTS
from tests.rules.indices.standard import column, sub_index

OLD, NEW = Edition.HJ_633_2012, Edition.HJ_633_2026
DAILY, REALTIME = Report.DAILY, Report.REALTIME

CLEAN = {"pm25": 1, "pm10": 1, "so2": 1, "no2": 1, "co": 0.1, "o3": 1}
"""Every pollutant has an index of 3 or less."""

CLEAN_2012 = {
    DAILY: {**CLEAN, "o3_1h": 1},
    REALTIME: {**CLEAN, "pm25_1h": 1, "pm10_1h": 1, "o3_8h": 1},
}
"""Every indicator of a report by HJ 633-2012."""


def iaqi(edition, report, indicator, *values):
    """Return the sub-indices of some concentrations of one indicator."""
    found = indices(edition, report, {indicator: np.array(values, dtype=float)})
    row = [one.id for one in found.indicators].index(indicator)
    return found.iaqi[row].tolist()


COLUMNS = [
    ("SO2 24h", "so2_24h", OLD, DAILY), ("NO2 24h", "no2_24h", OLD, DAILY),
    ("CO 24h", "co_24h", OLD, DAILY), ("O3 8h", "o3_8h", OLD, DAILY),
    ("O3 1h", "o3_1h", OLD, DAILY), ("PM10 2012", "pm10_24h", OLD, DAILY),
    ("PM2.5 2012", "pm25_24h", OLD, DAILY),
    ("SO2 1h", "so2_1h", OLD, REALTIME), ("NO2 1h", "no2_1h", OLD, REALTIME),
    ("CO 1h", "co_1h", OLD, REALTIME), ("O3 1h", "o3_1h", OLD, REALTIME),
    ("O3 8h", "o3_8h", OLD, REALTIME), ("PM10 2012", "pm10_24h", OLD, REALTIME),
    ("PM2.5 2012", "pm25_24h", OLD, REALTIME),
    ("SO2 24h", "so2_24h", NEW, DAILY), ("NO2 24h", "no2_24h", NEW, DAILY),
    ("CO 24h", "co_24h", NEW, DAILY), ("O3 8h", "o3_8h", NEW, DAILY),
    ("PM10 2026", "pm10_24h", NEW, DAILY), ("PM2.5 2026", "pm25_24h", NEW, DAILY),
    ("SO2 1h", "so2_1h", NEW, REALTIME), ("NO2 1h", "no2_1h", NEW, REALTIME),
    ("CO 1h", "co_1h", NEW, REALTIME), ("O3 1h", "o3_1h", NEW, REALTIME),
    ("PM10 2026", "pm10_1h", NEW, REALTIME), ("PM2.5 2026", "pm25_1h", NEW, REALTIME),
]  # fmt: skip

TABLES = {OLD: "表1", NEW: "表3"}

ENDS = {indicator: column(name)[-1][0] for name, indicator, *_ in COLUMNS}
"""Last breakpoint by indicator."""

CELLS = [
    pytest.param(
        edition, report, indicator, float(point), index,
        id=f"{edition}-{TABLES[edition]}-{report}-{name}-{float(point):g}-{index}",
    )
    for name, indicator, edition, report in COLUMNS
    for point, index in column(name)
]  # fmt: skip


@pytest.mark.parametrize(("edition", "report", "indicator", "point", "index"), CELLS)
def test_a_breakpoint_has_the_index_of_its_row_and_what_is_above_has_a_larger_one(
    edition, report, indicator, point, index
):
    step = 0.1 if indicator.startswith("co") else 1.0
    at, above = iaqi(edition, report, indicator, point, point + step)
    assert at == index
    is_last = point == ENDS[indicator]
    assert is_last or above > index


VECTORS = [
    ("pm25_24h", 36, 52, 52), ("pm25_24h", 60, 82, 100), ("pm25_24h", 61, 83, 101),
    ("pm25_24h", 75, 100, 114), ("pm25_24h", 115, 150, 150), ("pm25_24h", 151, 201, 201),
    ("pm10_24h", 51, 51, 51), ("pm10_24h", 120, 85, 100), ("pm10_24h", 121, 86, 101),
    ("pm10_24h", 150, 100, 112), ("o3_8h", 161, 101, 101), ("o3_8h", 266, 201, 201),
    ("so2_24h", 150, 100, 100), ("so2_24h", 151, 101, 101), ("co_24h", 4.1, 101, 101),
]  # fmt: skip


@pytest.mark.parametrize(
    ("edition", "indicator", "value", "index"),
    [
        pytest.param(edition, name, value, index, id=f"{edition}-{clause}-{name}-{value:g}-{index}")
        for name, value, of_2012, of_2026 in VECTORS
        for edition, index, clause in ((OLD, of_2012, "4.2"), (NEW, of_2026, "式1"))
    ],
)
def test_daily_vectors(edition, indicator, value, index):
    assert iaqi(edition, DAILY, indicator, value) == [index]


@pytest.mark.parametrize(
    ("edition", "indicator", "value", "index"),
    [
        pytest.param(OLD, "no2_1h", 201, 101, id="HJ 633-2012-4.2-no2_1h-201-101"),
        pytest.param(NEW, "no2_1h", 201, 101, id="HJ 633-2026-式1-no2_1h-201-101"),
        pytest.param(OLD, "pm25_24h", 75, 100, id="HJ 633-2012-4.2-pm25_24h-75-100"),
        pytest.param(NEW, "pm25_1h", 61, 101, id="HJ 633-2026-表3-pm25_1h-61-101"),
        pytest.param(NEW, "pm10_1h", 150, 112, id="HJ 633-2026-表3-pm10_1h-150-112"),
        pytest.param(OLD, "so2_1h", 800, 200, id="HJ 633-2012-表1注2-so2_1h-800-200"),
        pytest.param(OLD, "so2_1h", 801, NA, id="HJ 633-2012-表1注2-so2_1h-801-NA"),
        pytest.param(NEW, "so2_1h", 801, 200, id="HJ 633-2026-表3注-so2_1h-801-200"),
        pytest.param(OLD, "o3_8h", 801, NA, id="HJ 633-2012-表1注3-o3_8h-801-NA"),
    ],
)
def test_real_time_vectors(edition, indicator, value, index):
    assert iaqi(edition, REALTIME, indicator, value) == [index]


@pytest.mark.parametrize(
    ("edition", "value", "index"),
    [
        pytest.param(OLD, 801, NA, id="HJ 633-2012-表1注3-801-NA"),
        pytest.param(NEW, 800, 300, id="HJ 633-2026-表3-800-300"),
        pytest.param(NEW, 801, 300, id="HJ 633-2026-表3注-801-300"),
    ],
)
def test_ozone_beyond_its_eight_hour_column(edition, value, index):
    assert iaqi(edition, DAILY, "o3_8h", value) == [index]


@pytest.mark.parametrize(
    ("indicator", "value", "index"),
    [
        pytest.param("pm25_24h", 60.5, 100, id="HJ 633-2026-4.2-60.5-to-even-60"),
        pytest.param("pm25_24h", 61.5, 102, id="HJ 633-2026-4.2-61.5-to-even-62"),
        pytest.param("pm25_24h", 60.501, 101, id="HJ 633-2026-4.2-60.501-to-61"),
        pytest.param("pm25_24h", 60.499, 100, id="HJ 633-2026-4.2-60.499-to-60"),
        pytest.param("co_24h", 4.05, 100, id="HJ 633-2026-4.2-co-4.05-to-even-4.0"),
        pytest.param("co_24h", 4.15, 101, id="HJ 633-2026-4.2-co-4.15-to-even-4.2"),
        pytest.param("co_24h", 4.06, 101, id="HJ 633-2026-4.2-co-4.06-to-4.1"),
    ],
)
def test_concentrations_are_rounded_half_to_even_before_the_index_of_2026(indicator, value, index):
    assert iaqi(NEW, DAILY, indicator, value) == [index]


def test_concentrations_are_not_rounded_before_the_index_of_2012():
    assert iaqi(OLD, DAILY, "pm25_24h", 75.1, 75.0) == [101, 100]


# What a report says.


@pytest.mark.parametrize(
    ("aqi", "number", "zh", "rgb"),
    [
        pytest.param(0, 1, "优", (0, 228, 0), id="附录A-0"),
        pytest.param(50, 1, "优", (0, 228, 0), id="附录A-50"),
        pytest.param(51, 2, "良", (255, 255, 0), id="附录A-51"),
        pytest.param(100, 2, "良", (255, 255, 0), id="附录A-100"),
        pytest.param(101, 3, "轻度污染", (255, 126, 0), id="附录A-101"),
        pytest.param(150, 3, "轻度污染", (255, 126, 0), id="附录A-150"),
        pytest.param(151, 4, "中度污染", (255, 0, 0), id="附录A-151"),
        pytest.param(200, 4, "中度污染", (255, 0, 0), id="附录A-200"),
        pytest.param(201, 5, "重度污染", (153, 0, 76), id="附录A-201"),
        pytest.param(300, 5, "重度污染", (153, 0, 76), id="附录A-300"),
        pytest.param(301, 6, "严重污染", (126, 0, 35), id="附录A-301"),
        pytest.param(500, 6, "严重污染", (126, 0, 35), id="附录A-500"),
    ],
)
def test_level_and_colour(aqi, number, zh, rgb):
    concentrations = {0: 0, 50: 50, 51: 50.5, 100: 150, 101: 151, 150: 250, 151: 251, 200: 350,
                      201: 350.5, 300: 420, 301: 420.5, 500: 600}  # fmt: skip
    found = explain(OLD, DAILY, {"pm10": concentrations[aqi]})
    assert found.aqi == aqi
    assert (found.level.number, found.level.zh, found.level.rgb) == (number, zh, rgb)


@pytest.mark.parametrize("edition", [OLD, NEW])
def test_no_primary_pollutant_up_to_50(edition):
    assert explain(edition, DAILY, {**CLEAN, "pm25": 35}).primary == ()
    assert explain(edition, DAILY, {**CLEAN, "pm25": 36}).primary == ("pm25",)


def test_primary_pollutants_that_tie_are_named_together():
    found = explain(NEW, DAILY, {**CLEAN, "pm25": 60, "pm10": 120, "so2": 147})
    assert (found.aqi, found.primary) == (100, ("pm25", "pm10"))
    rounded_up = explain(NEW, DAILY, {**CLEAN, "pm25": 60, "so2": 149})
    assert rounded_up.primary == ("pm25", "so2")


def test_pollutants_in_excess_are_of_2012_only():
    values = {**CLEAN, "pm25": 76, "o3": 161, "so2": 150}
    assert explain(OLD, DAILY, values).exceeding == ("pm25", "o3")
    assert explain(NEW, DAILY, values).exceeding == ()


def test_the_edition_is_that_of_the_data():
    first_us = 1_772_294_400_000_000  # 2026-03-01T00:00+08:00
    assert edition_at(first_us) is NEW
    assert edition_at(first_us - 1) is OLD


def test_2026_publishes_what_lacks_a_pollutant_only_above_100():
    some = {key: value for key, value in CLEAN.items() if key != "co"}
    clean, just, bad = (explain(NEW, DAILY, {**some, "pm25": pm}) for pm in (35, 60, 61))
    assert (clean.aqi, clean.computed, clean.verdict) == (None, 50, Verdict.INCOMPLETE)
    assert (just.aqi, just.computed) == (None, 100)
    assert (clean.level, clean.primary, clean.missing) == (None, (), ("co_24h",))
    assert (bad.aqi, bad.verdict, bad.primary) == (101, Verdict.PUBLISHED, ("pm25",))


def test_2012_publishes_the_rest_and_tells_what_is_missing():
    some = {key: value for key, value in CLEAN_2012[DAILY].items() if key != "co"}
    found = explain(OLD, DAILY, some)
    assert (found.aqi, found.missing) == (2, ("co_24h",))


def test_reports_of_2012_have_seven_and_nine_indicators():
    for report, number in ((DAILY, 7), (REALTIME, 9)):
        found = explain(OLD, report, CLEAN_2012[report])
        assert found.missing == ()
        assert sum(one.outcome is not Outcome.MISSING for one in found.steps) == number


@pytest.mark.parametrize("edition", [OLD, NEW])
@pytest.mark.parametrize("report", [DAILY, REALTIME])
def test_nothing_but_missing_values_is_na(edition, report):
    found = explain(edition, report, {"pm25": np.nan})
    assert (found.aqi, found.computed, found.verdict) == (None, None, Verdict.EMPTY)


def test_particles_of_an_hour_are_shown_without_an_index_in_2012():
    found = explain(OLD, REALTIME, {**CLEAN_2012[REALTIME], "pm25_1h": 400})
    (step,) = [one for one in found.steps if one.indicator.id == "pm25_1h"]
    assert (step.outcome, step.concentration, step.iaqi, found.aqi) == (Outcome.SHOWN, 400, None, 2)


def test_2012_reports_the_24_hour_index_of_sulphur_dioxide_where_the_hour_has_none():
    values = CLEAN_2012[REALTIME]
    spare = explain(OLD, REALTIME, {**values, "so2": 500, "so2_24h": 2620})
    assert spare.aqi == 100
    beyond = explain(OLD, REALTIME, {**values, "so2": 801, "so2_24h": 475})
    assert (beyond.aqi, beyond.primary) == (150, ("so2",))
    unknown = explain(OLD, REALTIME, {**values, "so2": 801})
    assert (unknown.aqi, unknown.verdict) == (None, Verdict.UNBOUNDED)
    assert unknown.exceeding == ("so2",)


def test_2012_reports_the_1_hour_index_of_ozone_where_eight_hours_have_none():
    beyond = explain(OLD, DAILY, {"o3_8h": 801, "o3_1h": 1000})
    assert (beyond.aqi, beyond.primary) == (400, ("o3",))
    unknown = explain(OLD, DAILY, {"pm25": 10, "o3_8h": 801})
    assert (unknown.aqi, unknown.computed, unknown.verdict) == (None, 15, Verdict.UNBOUNDED)


def test_a_result_explains_itself():
    found = explain(NEW, DAILY, {**CLEAN, "pm25": 60.6})
    step = found.steps[0]
    assert (step.concentration, step.used) == (60.6, 61.0)
    assert (step.low, step.high, step.index_low, step.index_high) == (60, 115, 100, 150)
    assert step.exact == Fraction(100) + Fraction(50, 55)
    assert (step.iaqi, step.clause) == (101, "表3, 式(1)")


# The same as the slow way, whatever the numbers.

AMOUNTS = st.one_of(
    st.decimals(0, 1300, places=3), st.decimals(0, 5, places=4), st.decimals(0, 4000, places=1)
).map(str)


@pytest.mark.parametrize(("name", "indicator", "edition", "report"), COLUMNS)
@settings(max_examples=25)
@given(st.lists(AMOUNTS, min_size=1, max_size=30))
def test_columns_give_what_fractions_give_one_by_one(name, indicator, edition, report, texts):
    year = 2012 if edition is OLD else 2026
    slow = [sub_index(name, year, text) for text in texts]
    fast = iaqi(edition, report, indicator, *map(float, texts))
    assert fast == [NA if one is None else one for one in slow]


@pytest.mark.parametrize(("name", "indicator", "edition", "report"), COLUMNS)
def test_a_higher_concentration_never_has_a_lower_index(name, indicator, edition, report):
    points = [float(point) for point, _ in column(name)]
    values = np.linspace(0, points[-1], 20_001)
    found = iaqi(edition, report, indicator, *values)
    assert found == sorted(found)
    assert found[0] == 0


@settings(max_examples=60)
@given(st.data())
def test_stations_do_not_touch_each_other_and_the_largest_index_wins(data):
    edition, report = data.draw(st.sampled_from([OLD, NEW])), data.draw(st.sampled_from(Report))
    names = [one for _, one, *where in COLUMNS if where == [edition, report]]
    one = st.one_of(st.just(np.nan), st.decimals(0, 700, places=1).map(float))
    station = st.fixed_dictionaries(dict.fromkeys(names, one))
    stations = data.draw(st.lists(station, min_size=1, max_size=5))
    found = indices(edition, report, {k: np.array([s[k] for s in stations]) for k in names})
    for at, values in enumerate(stations):
        alone = explain(edition, report, values)
        assert (int(found.aqi[at]), int(found.computed[at])) == (
            NA if alone.aqi is None else alone.aqi, NA if alone.computed is None else alone.computed
        )  # fmt: skip
        assert alone.computed == max(
            (s.iaqi for s in alone.steps if s.iaqi is not None), default=None
        )
        names_there = np.array(POLLUTANTS)[found.primary[:, at]].tolist()
        assert names_there == list(alone.primary)
        if alone.aqi is not None and edition is NEW and alone.missing:
            assert alone.aqi > 100


@pytest.mark.parametrize("hours", [3, 7, 24])
def test_the_noise_of_a_mean_does_not_lift_an_index(hours):
    mean = np.mean([74.9, 75.1, 75.0] * hours)
    noisy = np.array([mean, 75 + 1e-13, 75 - 1e-13, np.nextafter(75.0, 76.0)])
    assert iaqi(OLD, DAILY, "pm25_24h", *noisy) == [100] * 4


def test_single_precision_counts_as_the_number_that_was_measured():
    # 61.4 is 61.40000153 there; its index is 83 exactly, so any excess would make it 84.
    texts = ("4.9", "61.4", "75")
    values = np.array([float(one) for one in texts], dtype=np.float32)
    found = indices(OLD, DAILY, {"pm25_24h": values})
    assert found.iaqi[0].tolist() == [sub_index("PM2.5 24h", 2012, one) for one in texts]


def test_input_is_not_changed():
    values = np.array([61.5, np.nan])
    indices(NEW, DAILY, {"pm25_24h": values})
    np.testing.assert_array_equal(values, [61.5, np.nan])


# Bad input.


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param({"pm25": -0.1}, "pm25_24h: -0.1 is below 0", id="negative"),
        pytest.param({"pm25": np.inf}, "pm25_24h: inf is not a finite number", id="inf"),
        pytest.param({"pm25": -np.inf}, "pm25_24h: -inf is not a finite number", id="-inf"),
        pytest.param({"pm25": 2e6}, "is above 1e+06; is the unit right?", id="unit"),
        pytest.param({"pm1": 3}, "pm1: is no indicator of the daily report", id="unknown"),
        pytest.param({"so2_1h": 3}, "so2_1h: is no indicator of the daily report", id="表1注1"),
        pytest.param({"pm25": 1, "pm25_24h": 2}, "pm25_24h, which is given already", id="twice"),
        pytest.param({}, "nothing: is given; there are pm25_24h", id="nothing"),
    ],
)
def test_what_is_wrong_is_told(values, told):
    with pytest.raises(IndexInputError) as error:
        explain(NEW, DAILY, values)
    assert told in str(error.value)


def test_which_station_is_wrong_is_told():
    with pytest.raises(IndexInputError, match=r"co_24h: -1 at \[2\] is below 0"):
        indices(NEW, DAILY, {"co_24h": np.array([1.0, np.nan, -1.0])})


def test_arrays_of_different_length_are_refused():
    with pytest.raises(IndexInputError, match=r"pm25_24h \(2,\), co_24h \(1,\)"):
        indices(NEW, DAILY, {"pm25_24h": np.zeros(2), "co_24h": np.zeros(1)})

"""Which cases a report by hand is likely about, and how cases are numbered."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.calendar import HOUR_US
from devices.geo import distance_km
from dispatch.cases import Case, Outcome, Report
from dispatch.cases.duplicates import likely_originals
from dispatch.cases.numbers import Numbering
from dispatch.cases.policy import Sameness
from tests.dispatch.case_desk import GARBAGE, NINE, Desk

WITHIN = Sameness(50.0, 24 * HOUR_US)
M = 1 / 111_195
"""Degrees of latitude in a metre."""


def case(number=1, opened_h=-1.0, outcome=None, **changes) -> Case:
    """Return a case of the same garbage, reported so many hours from nine."""
    report = msgspec.structs.replace(GARBAGE, **changes)
    return msgspec.structs.replace(
        Desk().case, id=number, number=f"n{number}", report=report, outcome=outcome,
        opened_us=NINE + round(opened_h * HOUR_US),
    )  # fmt: skip


def found(report, *cases):
    return [one.case for one in likely_originals(report, NINE, cases, WITHIN)]


LAT = GARBAGE.lat
AT_LAMP = msgspec.structs.replace(GARBAGE, component="lamp-7")


@pytest.mark.parametrize(
    ("report", "other", "is_likely"),
    [
        pytest.param(GARBAGE, {}, True, id="same_spot"),
        pytest.param(GARBAGE, {"lat": LAT + 49.9 * M}, True, id="just_within"),
        pytest.param(GARBAGE, {"lat": LAT + 50.1 * M}, False, id="just_outside"),
        pytest.param(GARBAGE, {"category": "cover"}, False, id="other_category"),
        pytest.param(GARBAGE, {"opened_h": -24.0, "outcome": Outcome.CLOSED}, True, id="a_day_ago"),
        pytest.param(GARBAGE, {"opened_h": -24.1, "outcome": Outcome.CLOSED}, False, id="longer"),
        pytest.param(GARBAGE, {"opened_h": -900.0}, True, id="long_ago_and_still_open"),
        pytest.param(GARBAGE, {"opened_h": 23.0, "outcome": Outcome.CLOSED}, True, id="later"),
        pytest.param(GARBAGE, {"outcome": Outcome.REJECTED}, False, id="rejected"),
        pytest.param(GARBAGE, {"outcome": Outcome.VOIDED}, False, id="voided"),
        pytest.param(AT_LAMP, {"component": "lamp-7"}, True, id="same_component"),
        pytest.param(AT_LAMP, {"component": "lamp-8"}, False, id="its_neighbour"),
        pytest.param(AT_LAMP, {"component": "lamp-7", "lat": 32.9}, True, id="component_decides"),
        pytest.param(AT_LAMP, {}, True, id="one_names_no_component"),
        pytest.param(GARBAGE, {"lon": None, "lat": None}, False, id="no_position"),
        pytest.param(
            Report("garbage", "x", place="bridge"), {"place": "bridge"}, True, id="same_place"
        ),
        pytest.param(
            Report("garbage", "x", place="bridge"), {"place": "lock"}, False, id="other_place"
        ),
    ],
)  # fmt: skip
def test_a_case_is_likely_the_same(report, other, is_likely):
    assert found(report, case(**other)) == ([1] if is_likely else [])


def test_the_likeliest_comes_first():
    cases = [
        case(1, lat=LAT + 30 * M),
        case(2, lat=LAT + 10 * M, opened_h=-3),
        case(3, lat=LAT + 10 * M, opened_h=-2),
        case(4, lat=LAT + 40 * M, component="lamp-7"),
        case(5, lat=LAT + 10 * M, opened_h=-2),
    ]
    assert found(AT_LAMP, *cases) == [4, 3, 5, 2, 1]
    (one,) = likely_originals(AT_LAMP, NINE, cases[3:4], WITHIN)
    assert (one.is_same_component, round(one.distance_m), one.number) == (True, 40, "n4")


positions = st.tuples(st.floats(120.14, 120.141), st.floats(32.504, 32.505))


@given(positions, st.lists(st.tuples(positions, st.floats(-48, 0), st.booleans()), max_size=12))
def test_likely_ones_equal_a_plain_search(here, others):
    report = msgspec.structs.replace(GARBAGE, lon=here[0], lat=here[1])
    cases = [
        case(number, hours, Outcome.CLOSED if ended else None, lon=spot[0], lat=spot[1])
        for number, (spot, hours, ended) in enumerate(others)
    ]
    expected = {
        number
        for number, (spot, hours, ended) in enumerate(others)
        if distance_km(*here, *spot) * 1000 <= 50
        and (not ended or round(hours * HOUR_US) >= -24 * HOUR_US)
    }
    assert set(found(report, *cases)) == expected
    assert found(report, *cases) == found(report, *reversed(cases))


@pytest.mark.parametrize(
    ("pattern", "digits", "number"),
    [
        ("姜城管案字〔{year}〕{month}{day}-{sequence}号", 4, "姜城管案字〔2026〕0901-0007号"),
        ("{district}{year}{month}{day}{sequence}", 5, "3212042026090100007"),
        ("{sequence}/{day}.{month}.{year}", 1, "7/01.09.2026"),
    ],
)
def test_numbers_are_written_as_the_district_has_it(pattern, digits, number):
    assert Numbering(pattern, "321204", digits).number(date(2026, 9, 1), 7) == number


@given(
    st.lists(st.tuples(st.dates(date(2000, 1, 1)), st.integers(1, 200_000)), unique=True),
    st.sampled_from(["{year}{month}{day}{sequence}", "{sequence}{year}{month}{day}"]),
)
def test_no_two_cases_share_a_number(given_to, pattern):
    numbering = Numbering(pattern, "321204", 2)
    assert len({numbering.number(*one) for one in given_to}) == len(given_to)


@pytest.mark.parametrize(
    ("pattern", "digits", "why"),
    [
        ("{year}-{sequence}", 4, r"lacks \{month\}; without it two cases would share a number"),
        ("{year}{month}{day}", 4, r"lacks \{sequence\}"),
        ("{year}{month}{day}{sequence}{town}", 4, r"\{town\} is not known; there are \{district\}"),
        ("{year}{month}{day}{sequence:06}", 4, r"\{sequence:06\} is not known"),
        ("{year}{year}{month}{day}{sequence}", 4, r"has \{year\} twice"),
        ("{year", 4, "is no pattern: expected '}'"),
        ("{}{year}{month}{day}{sequence}", 4, r"\{\} is not known"),
        ("{year}{month}{day}{sequence}\n", 4, "gives no line of at most 60"),
        ("姜" * 60 + "{year}{month}{day}{sequence}", 4, "gives no line of at most 60"),
        ("{year}{month}{day}{sequence}", 0, "digits: 0 is not within 1 and 9"),
    ],
)
def test_a_pattern_that_gives_no_numbers_is_told(pattern, digits, why):
    with pytest.raises(ValueError, match=why):
        Numbering(pattern, "321204", digits)

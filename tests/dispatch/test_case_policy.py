"""The district's file of cases: what Jiangyan's says, and mistakes with their line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.calendar import WEEKDAYS_ONLY
from devices.mistakes import CatalogueError
from dispatch.cases import ClockName, parse_limit
from dispatch.cases.policy_file import read

CITY = Path(__file__).parents[2] / "cities" / "jiangyan"

TEXT = """\
number: "{year}{month}{day}-{sequence}"
hours: ["08:30-12:00", "14:00-18:00"]
same: {within_m: 50, within_h: 24}
amber: 0.75
limits: {filing: 1 工作时, verification: 1 工作日}
departments:
  - {id: sanitation, name: {zh: 环卫所, en: Sanitation}}
categories:
  - id: garbage
    name: {zh: 暴露垃圾, en: Garbage}
    kind: event
    department: sanitation
    limits: {handling: 1 工作日}
  - id: cover
    name: {zh: 井盖缺损, en: Cover}
    kind: component
    department: sanitation
    limits: {filing: none, handling: 6 紧急工作时}
    rework: 3 紧急工作时
    amber: 0.5
"""


def policy(text=TEXT):
    return read(text, "cases.yaml", "321204", WEEKDAYS_ONLY)


def test_a_category_takes_what_it_does_not_say_from_the_district():
    found = policy()
    garbage, cover = found.categories["garbage"], found.categories["cover"]
    assert garbage.limits == {
        ClockName.FILING: parse_limit("1 工作时"), ClockName.HANDLING: parse_limit("1 工作日"),
        ClockName.VERIFICATION: parse_limit("1 工作日"),
    }  # fmt: skip
    assert (garbage.rework, garbage.amber_share) == (parse_limit("1 工作日"), 0.75)
    assert set(cover.limits) == {ClockName.HANDLING, ClockName.VERIFICATION}
    assert (cover.rework, cover.amber_share) == (parse_limit("3 紧急工作时"), 0.5)
    assert (cover.is_component, garbage.is_component) == (True, False)
    assert found.hours.day_us == 7.5 * 3.6e9
    assert (found.sameness.within_m, found.sameness.within_us) == (50, 24 * 3_600_000_000)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("暴露垃圾", "1 工作日"),
        ("路面积水", "4 工作时"),
        ("道路不洁", "5 工作时"),
        ("井盖缺损", "6 紧急工作时"),
    ],
)
def test_jiangyan_has_the_limits_of_the_standard(name, limit):
    found = read((CITY / "cases.yaml").read_text(), "cases.yaml", "321204", WEEKDAYS_ONLY)
    (category,) = [one for one in found.categories.values() if one.name[0] == name]
    assert category.limits[ClockName.HANDLING] == parse_limit(limit)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(TEXT, "", "cases.yaml:1: None is no mapping", id="empty"),
        pytest.param("amber: 0.75", "amber: [", "is not YAML", id="not_yaml"),
        pytest.param("amber: 0.75\n", "", "cases.yaml:1: amber: is missing", id="missing"),
        pytest.param("amber: 0.75", "amber: 75", "cases.yaml:4: amber: 75 must be 1 or less",
                     id="percent"),
        pytest.param("amber: 0.5", "amber: 0", "cases.yaml:20: amber: 0 must be above 0",
                     id="no_amber"),
        pytest.param("same: {within_m: 50", "same: {within_km: 50",
                     "cases.yaml:3: same.within_km: is not known here; did you mean within_m?",
                     id="unknown_field"),
        pytest.param("    kind: component", "    kind: part",
                     "cases.yaml:16: kind: 'part'; known: event, component", id="kind"),
        pytest.param("    department: sanitation\n    limits: {filing",
                     "    department: sanitaton\n    limits: {filing",
                     "cases.yaml:17: department: 'sanitaton'; did you mean sanitation?",
                     id="department"),
        pytest.param("    limits: {handling: 1 工作日}", "    limits: {filing: 1 工作日}",
                     "cases.yaml:13: limits.handling: is missing", id="no_handling"),
        pytest.param("{handling: 1 工作日}", "{handling: 1 天}",
                     "cases.yaml:13: limits.handling: '1 天' is no time limit; write a number and",
                     id="no_limit"),
        pytest.param("{handling: 1 工作日}", "{handling: none}",
                     "cases.yaml:13: limits.handling: 'none' is no time limit",
                     id="handling_has_one_always"),
        pytest.param("{handling: 1 工作日}", "{handling: 1}",
                     "cases.yaml:13: limits.handling: 1 is no text; write it in quotes",
                     id="limit_without_unit"),
        pytest.param("    amber: 0.5", "    colour: red",
                     "cases.yaml:20: colour: is not known here; known: id, name, kind, department",
                     id="unknown_field_of_a_category"),
        pytest.param("id: cover", "id: garbage",
                     "cases.yaml:14: id: garbage is also in cases.yaml:9; ids are unique",
                     id="id_twice"),
        pytest.param("id: cover", "id: 井盖",
                     "cases.yaml:14: id: '井盖' is no name; write lower-case letters, digits and",
                     id="id_in_chinese"),
        pytest.param("{sequence}", "{no}", "cases.yaml:1: number: {no} is not known; there are",
                     id="number"),
        pytest.param('"08:30-12:00", ', '"8-12", ',
                     "cases.yaml:2: hours.0: '8-12' is no span of a day; write it in quotes",
                     id="hours"),
        pytest.param('"14:00-18:00"', '"11:00-18:00"',
                     "hours: 11:00-18:00 begins before 12:00", id="hours_overlap"),
        pytest.param('"14:00-18:00"', '"14:00-25:00"',
                     "hours: 14:00-25:00 ends before it begins", id="hours_beyond_the_day"),
        pytest.param("categories:", "categories: []\nrest:", "rest: is not known here",
                     id="list_of_nothing"),
        pytest.param("    name: {zh: 暴露垃圾, en: Garbage}", "    name: 暴露垃圾",
                     "cases.yaml:10: name: '暴露垃圾' is no mapping", id="one_language"),
        pytest.param("amber: 0.75", "amber: 0.75\namber: 0.8",
                     "cases.yaml:5: amber: stands twice; the first is in line 4", id="twice"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_field(before, after, message):
    assert TEXT.count(before) >= 1
    with pytest.raises(CatalogueError) as told:
        policy(TEXT.replace(before, after, 1))
    assert message in str(told.value)

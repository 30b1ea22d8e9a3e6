"""`crews.yaml`: what it says, and what is told of each mistake in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from devices import calendar, catalogue
from devices.crew import Shift
from dispatch.crews import read
from dispatch.crews.advice import is_on_shift
from rules.language import RuleError
from tests.small_city import TEXTS, city

CREWS = """skills:
  drainage: {zh: 排涝, en: Drainage}
  patrol: {zh: 巡查, en: Patrol}
needs: {water: drainage}
departments:
  water: {zh: 水利局, en: Water Bureau}
chains:
  urgent:
    - {to: leader, zh: 队长, en: Leader, after: 3min}
    - {to: duty, zh: 值班长, en: Duty leader, after: 5min}
crews:
  - id: pumps
    name: {zh: 排涝队, en: Pumps}
    department: water
    home: bridge
    towns: [south]
    skills: [drainage]
    shifts: [{days: [all], from: "20:00", to: "08:00"}]
    chain: urgent
  - id: eyes
    name: {zh: 巡查队, en: Eyes}
    department: water
    home: lock
    skills: [patrol, drainage]
    shifts: [{days: [workdays]}, {days: [sat], to: "12:00"}]
    chain: urgent
"""


def test_the_file_gives_crews_with_everything_in_order():
    roster = read(CREWS, city())
    pumps, eyes = roster.crews.values()
    assert (pumps.id, pumps.name, pumps.home, pumps.towns) == (
        "pumps", ("排涝队", "Pumps"), "bridge", ("south",),
    )  # fmt: skip
    assert pumps.shifts == (Shift(("all",), 72_000, 28_800),)
    assert eyes.towns == ()
    assert eyes.skills == ("patrol", "drainage")
    assert eyes.shifts[0] == Shift(("workdays",), 0, 86_400)
    assert [(one.to, one.after_us) for one in eyes.chain] == [
        ("leader", 180_000_000), ("duty", 300_000_000),
    ]  # fmt: skip
    assert roster.skills["patrol"] == ("巡查", "Patrol")
    assert roster.skill_for("water") == "drainage"
    assert roster.skill_for("water", "patrol") == "patrol"
    assert roster.skill_for("air") == ""


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        pytest.param("home: bridge", "home: brigde",
                     "crews.yaml:15: home: 'brigde'; did you mean bridge?", id="home"),
        pytest.param("towns: [south]", "towns: [south, nroth]",
                     "crews.yaml:16: towns.1: 'nroth'; did you mean north?", id="town"),
        pytest.param("[patrol, drainage]", "[patrol, drains]",
                     "crews.yaml:24: skills.1: 'drains'; did you mean drainage?", id="skill"),
        pytest.param("department: water\n    home: lock", "department: roads\n    home: lock",
                     "crews.yaml:22: department: 'roads'; known: water", id="department"),
        pytest.param("chain: urgent\n  - id", "chain: slow\n  - id",
                     "crews.yaml:19: chain: 'slow'; known: urgent", id="chain"),
        pytest.param("needs: {water:", "needs: {watr:",
                     "crews.yaml:4: needs.watr: 'watr'; did you mean water?", id="domain"),
        pytest.param("{water: drainage}", "{water: pumping}",
                     "crews.yaml:4: needs.water: 'pumping'; known: drainage, patrol", id="need"),
        pytest.param("after: 5min", "after: 3min",
                     "crews.yaml:10: chains.urgent.1.after: 180 s is not after 180 s of leader",
                     id="chain_order"),
        pytest.param("after: 5min", "after: soon",
                     "crews.yaml:10: chains.urgent.1.after: 'soon' is no duration; write a number",
                     id="duration"),
        pytest.param("id: eyes", "id: pumps",
                     "crews.yaml:20: id: pumps occurs twice; ids are unique", id="twice"),
        pytest.param('from: "20:00"', 'from: "25:00"',
                     "crews.yaml:18: shifts.0.from: '25:00' is no time of day", id="time"),
        pytest.param("days: [sat]", "days: [saturday]",
                     "crews.yaml:25: shifts.1.days.0: 'saturday'; known: mon, tue,",
                     id="day"),
        pytest.param("skills: [drainage]", "skill: [drainage]",
                     "crews.yaml:17: skill: is not known here; did you mean skills?",
                     id="field"),
        pytest.param("skills: [drainage]", "skills: []",
                     "crews.yaml:17: skills: is empty; give at least 1", id="no_skills"),
        pytest.param("    home: lock\n", "", "crews.yaml:20: home: is missing",
                     id="missing"),
        pytest.param("skills:\n", "skils:\n", "crews.yaml:1: skils: is not known here; did you",
                     id="section"),
        pytest.param("id: eyes", "id: 巡查", "crews.yaml:20: id: '巡查' is no name; write",
                     id="name"),
        pytest.param("chains:", "chains: [", "is not YAML", id="yaml"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_is_right(before, after, why):
    assert CREWS.count(before) == 1
    with pytest.raises(RuleError) as error:
        read(CREWS.replace(before, after), city())
    assert why in str(error.value)


@pytest.mark.parametrize("text", ["", "7", "[a]"])
def test_what_is_no_mapping_is_told(text):
    with pytest.raises(RuleError, match=r"^crews\.yaml:1: .+ is no mapping; write fields"):
        read(text, city())


def test_a_terminal_of_no_crew_is_told():
    texts = {
        **TEXTS,
        "terminals.csv": "id,crew,kind,name_zh,name_en,contact\n"
        "phone-1,pumbs,phone,电话,Phone,+86 523 8888 0000\n",
    }
    with pytest.raises(RuleError, match=r"terminals\.csv: crew: phone-1 belongs to 'pumbs'; did"):
        read(CREWS, catalogue.build(texts))


def test_the_district_has_a_crew_on_duty_for_every_skill_at_every_half_hour_of_a_fortnight():
    """With 国庆 and the Saturday after it, which is worked."""
    folder = Path(__file__).parents[2] / "cities" / "jiangyan"
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in catalogue.FILES}
    roster = read((folder / "crews.yaml").read_text(encoding="utf-8"), catalogue.build(texts))
    assert set(roster.needs) == {"water", "air", "traffic", "camera"}
    working = calendar.read((folder / "calendar" / "2026.yaml").read_text(), "2026.yaml")
    start_us = working.start_us(date(2026, 9, 28))
    for at_us in range(start_us, start_us + 14 * calendar.DAY_US, calendar.HOUR_US // 2):
        on = [one for one in roster.crews.values() if is_on_shift(one.shifts, working, at_us)]
        assert {skill for one in on for skill in one.skills} == set(roster.skills)

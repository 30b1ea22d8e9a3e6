"""Who should go, and why the others not."""

from __future__ import annotations

import math
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.calendar import WEEKDAYS_ONLY
from devices.crew import Crew, Shift, Step
from devices.geo import distance_km
from dispatch.crews import words
from dispatch.crews.advice import Candidate, Need, Settings, advise, is_on_shift
from dispatch.crews.roads import Roads
from dispatch.crews.state import CrewState, Position, Status, Task

SECOND = 1_000_000
THURSDAY_NOON = round(datetime.fromisoformat("2026-11-26T12:00+08:00").timestamp() * 1e6)
ALWAYS = (Shift(("all",), 0, 86400),)
NIGHT = (Shift(("all",), 20 * 3600, 8 * 3600),)
CHAIN = (Step("leader", ("队长", "leader"), 180 * SECOND),)
NEED = Need(120.1, 32.5, "south", "drainage")
NET = [
    ("arterial", [(120.0, 32.5), (120.2, 32.5)]),
    ("arterial", [(120.05, 32.4), (120.05, 32.6)]),
]
DEGREE = 111.195


def candidate(
    name="a", *, skills=("drainage",), shifts=ALWAYS, towns=("south",), status=Status.IDLE,
    lon=120.1, lat=32.5, age_s=0.0, workload=0, known=True,
):  # fmt: skip
    crew = Crew(name, (name, name), "water", "home", towns, skills, shifts, CHAIN)
    task = None if status is Status.IDLE else Task("a-1", "i-1", 0, "ann")
    at_us = THURSDAY_NOON - round(age_s * SECOND)
    position = Position(lon, lat, at_us) if known else None
    return Candidate(crew, CrewState(name, 5, status, task, position), workload)


def ask(*crews, need=NEED, roads=(), settings=Settings()):  # noqa: B008 # frozen
    return advise(need, crews, Roads(roads), WEEKDAYS_ONLY, THURSDAY_NOON, settings)


LAT_OF_30_KM = 32.5 + 30 / DEGREE


@pytest.mark.parametrize(
    ("one", "codes", "zh", "en"),
    [
        pytest.param(candidate(shifts=NIGHT), ["off_shift"], "不在班", "off shift", id="off_shift"),
        pytest.param(
            candidate(skills=("air", "patrol")), ["lacks_skill"], "缺技能 drainage",
            "lacks skill drainage, has air patrol", id="skill",
        ),
        pytest.param(
            candidate(status=Status.EN_ROUTE), ["busy"], "途中", "busy: en route", id="busy"
        ),
        pytest.param(
            candidate(known=False), ["no_position"], "位置未知", "no known position", id="unknown"
        ),
        pytest.param(
            candidate(age_s=601), ["position_old"], "位置已 601 秒未更新，上限 600 秒",
            "position is 601 s old, at most 600 s", id="old",
        ),
        pytest.param(
            candidate(age_s=-61), ["position_ahead"], "位置时间超前 61 秒",
            "position is 61 s in the future", id="ahead",
        ),
        pytest.param(
            candidate(lat=LAT_OF_30_KM + 0.001), ["outside_radius"], "距离 30.11 km，超出 30",
            "30.11 km away, at most 30", id="far",
        ),
    ],
)  # fmt: skip
def test_a_rejection_says_why(one, codes, zh, en):
    advice = ask(one)
    assert advice.choices == ()
    ((crew, reasons),) = [(each.crew, each.reasons) for each in advice.rejections]
    assert (crew, [each.code for each in reasons]) == ("a", codes)
    said = words.reason(reasons[0])
    assert zh in said[0]
    assert en in said[1]


def test_a_rejection_says_all_that_speaks_against_a_crew():
    worst = candidate(
        skills=("air",), shifts=NIGHT, status=Status.HANDLING, age_s=3600, lat=33.5
    )  # fmt: skip
    (rejected,) = ask(worst).rejections
    assert [one.code for one in rejected.reasons] == [
        "off_shift", "lacks_skill", "busy", "position_old", "outside_radius",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(candidate(age_s=600), id="a_position_of_the_greatest_age"),
        pytest.param(candidate(age_s=-60), id="a_clock_ahead_by_a_minute"),
        pytest.param(candidate(lat=LAT_OF_30_KM - 1e-6), id="at_the_radius"),
        pytest.param(candidate(status=Status.DONE), id="a_crew_that_has_finished"),
        pytest.param(candidate(shifts=(*NIGHT, *ALWAYS)), id="in_one_of_two_shifts"),
        pytest.param(candidate(skills=("air", "drainage")), id="with_another_skill_too"),
        pytest.param(candidate(towns=("north",)), id="of_another_town"),
    ],
)
def test_at_the_bound_a_crew_is_chosen(one):
    assert [each.crew for each in ask(one).choices] == ["a"]


def test_no_skill_is_needed_where_nobody_says_which():
    anyone = Need(120.1, 32.5, "south", "")
    assert ask(candidate(skills=("air",)), need=anyone).choices[0].crew == "a"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(candidate("b"), candidate("a", lat=32.51), id="nearer"),
        pytest.param(candidate("b"), candidate("a", workload=1), id="less_work"),
        pytest.param(candidate("b"), candidate("a", towns=("north",)), id="of_the_town"),
        pytest.param(candidate("a"), candidate("b"), id="ties_by_id"),
        pytest.param(candidate("b", towns=()), candidate("a", towns=("north",)), id="of_all_towns"),
        # 1.11 km across take 224 s; two tasks count 360 s.
        pytest.param(
            candidate("b", lat=32.51), candidate("a", workload=2), id="work_outweighs_nearness"
        ),
    ],
)
def test_the_first_goes_first(first, second):
    for crews in ([first, second], [second, first]):
        assert [one.crew for one in ask(*crews).choices] == [first.crew.id, second.crew.id]


def test_the_road_decides_and_not_the_straight_line():
    """From b it is farther as the crow flies, but the road leads there."""
    by_road = candidate("b", lon=120.16, lat=32.5)
    across = candidate("a", lon=120.1, lat=32.5 + 0.035)
    advice = ask(by_road, across, roads=NET)
    assert [one.crew for one in advice.choices] == ["b", "a"]
    assert [one.by_road for one in advice.choices] == [True, False]
    assert advice.choices[0].distance_km > advice.choices[1].distance_km
    east_km = 0.06 * DEGREE * math.cos(math.radians(32.5))
    assert advice.choices[0].eta_s == pytest.approx(east_km / 50 * 3600, abs=2)
    told = [words.reason(one) for one in advice.choices[0].reasons]
    assert told[0] == ("沿路约 7 分钟（直线 5.63 km）", "about 7 min by road (5.63 km)")
    assert told[1:] == [("近 12 小时 0 次任务", "0 tasks in 12 h"), ("本责任区", "its own town")]
    assert advice.choices[0].version == 5


@pytest.mark.parametrize(
    ("time", "on"),
    [
        pytest.param("2026-11-26T19:59:59+08:00", False, id="before"),
        pytest.param("2026-11-26T20:00:00+08:00", True, id="begins"),
        pytest.param("2026-11-27T07:59:59+08:00", True, id="after_midnight"),
        pytest.param("2026-11-27T08:00:00+08:00", False, id="ends"),
    ],
)
def test_a_night_shift_goes_over_midnight(time, on):
    at_us = round(datetime.fromisoformat(time).timestamp() * 1e6)
    assert is_on_shift(NIGHT, WEEKDAYS_ONLY, at_us) is on


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"radius_km": 0}, "radius_km: 0; it must be from 0.1 to 500", id="radius"),
        pytest.param({"stale_us": 0}, "stale_us", id="stale"),
        pytest.param({"ahead_us": -1}, "ahead_us", id="ahead"),
        pytest.param({"task_s": -1}, "task_s", id="task"),
        pytest.param({"away_s": math.nan}, "away_s", id="nan"),
    ],
)
def test_settings_that_cannot_be_are_refused(change, why):
    with pytest.raises(ValueError, match=why):
        Settings(**change)


drawn = st.builds(
    candidate,
    st.uuids().map(str),
    skills=st.sampled_from([("drainage",), ("air",), ("air", "drainage")]),
    shifts=st.sampled_from([ALWAYS, NIGHT, (*NIGHT, *ALWAYS)]),
    towns=st.sampled_from([(), ("south",), ("north",)]),
    status=st.sampled_from(Status),
    lon=st.floats(119.9, 120.3),
    lat=st.floats(32.2, 32.8),
    age_s=st.sampled_from([-61, -60, 0, 599, 600, 601]),
    workload=st.integers(0, 4),
    known=st.sampled_from([True, True, True, False]),
)


@given(st.lists(drawn, max_size=12, unique_by=lambda one: one.crew.id), st.randoms())
def test_the_advice_is_that_of_a_plain_search(crews, random):
    """Looks at every crew by itself, and takes the best of the rest again and again."""
    settings, roads = Settings(radius_km=15.0), Roads(NET)
    fit, unfit = {}, set()
    for one in crews:
        at = one.state.position
        good = (
            at is not None
            and one.crew.shifts != NIGHT
            and "drainage" in one.crew.skills
            and one.state.status in (Status.IDLE, Status.DONE)
            and -60 <= (THURSDAY_NOON - at.at_us) / SECOND <= 600
            and distance_km(at.lon, at.lat, NEED.lon, NEED.lat) <= 15
        )
        if not good:
            unfit.add(one.crew.id)
            continue
        (way,) = roads.ways(NEED.lon, NEED.lat, [(at.lon, at.lat)])
        later_s = 180 * one.workload + (300 if one.crew.towns == ("north",) else 0)
        fit[one.crew.id] = (round(way.time_s + later_s), round(way.time_s))
    shuffled = crews[:]
    random.shuffle(shuffled)
    advice = ask(*shuffled, roads=NET, settings=settings)
    expected = []
    while fit:
        best = min(fit, key=lambda name: (*fit[name], name))
        expected.append((best, *fit.pop(best)))
    assert [(one.crew, one.score_s, one.eta_s) for one in advice.choices] == expected
    assert [one.crew for one in advice.rejections] == sorted(unfit)
    for one in advice.rejections:
        assert one.reasons
        for reason in one.reasons:
            assert all(words.reason(reason))

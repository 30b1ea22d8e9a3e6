"""Kinds of rules that judge at ticks: silence, conditions, expressions, comparisons.

Worked out by hand; the oracle and the engine must agree.
"""

import math

import pytest

from devices import Quality
from tests.rules.oracle.city import BRIDGE, BRIDGE_CAMERA, CITY, DOWN, LOCK, UP, WEIR, WEIR_MEAN
from tests.rules.oracle.judges import JUDGES
from tests.rules.oracle.log import at, check, level, scenario, ticks, told
from tests.rules.oracle.making import boolean, expressed, fold, neighbours, silence, upstream

SILENCE = [
    scenario(
        "counted from the last reading, told at the tick that finds it",
        silence([BRIDGE], {"blue": 30, "yellow": 60}),
        [at(0, level(1)), ticks(10, 29, 30, 59, 65), at(66, level(1)), ticks(70)],
        [told(30, "raised", "blue"), told(65, "escalated", "yellow"), told(70, "cleared")],
    ),
    scenario(
        "never heard of counts from the first tick",
        silence([BRIDGE], {"blue": 30}),
        [ticks(1000, 1029, 1030)],
        [told(1030, "raised", "blue")],
    ),
    scenario(
        "any reading is heard but one from the future",
        silence([BRIDGE], {"blue": 30}),
        [
            at(0, level(1)),
            at(20, level(math.nan, quality=Quality.FAULT)),
            ticks(49),
            at(1000, level(1, quality=Quality.FUTURE)),
            ticks(50),
        ],
        [told(50, "raised", "blue")],
    ),
    scenario(
        "an average is heard at the end of what it is of",
        silence([WEIR_MEAN], {"blue": 30}),
        [at(0, level(1, WEIR_MEAN)), ticks(89, 90)],
        [told(90, "raised", "blue")],
    ),
    scenario(
        "an older reading is heard and changes nothing",
        silence([BRIDGE], {"blue": 30}),
        [at(20, level(1)), at(10, level(1)), ticks(49, 50)],
        [told(50, "raised", "blue")],
    ),
    scenario(
        "a tick that goes back judges nothing",
        silence([BRIDGE], {"blue": 30}),
        [at(0, level(1)), ticks(29, 30), at(10, level(1)), ticks(29, 30, 31)],
        [told(30, "raised", "blue"), told(31, "cleared")],
    ),
]

FOLDED = fold([LOCK, UP, WEIR], "yellow", 0.6, periods=2, id="fold")
"""Periods of 10, 10 and 5 s: silent after more than 20, 20 and 10 s."""

FOLD = [
    scenario(
        "two silent ones of three are enough, one is not",
        FOLDED,
        [
            at(0, level(1, UP), level(1, LOCK), level(1, WEIR)),
            at(10, level(1, LOCK)),
            ticks(11, 20),
            at(20, level(1, LOCK)),
            ticks(21),
            at(21.5, level(1, WEIR)),
            ticks(22),
        ],
        [told(21, "raised", "yellow", subject="gw-lock"), told(22, "cleared")],
    ),
    scenario(
        "nothing at all for the shortest period is a silent gateway",
        FOLDED,
        [at(0, level(1, UP), level(1, LOCK), level(1, WEIR)), ticks(10, 10.5)],
        [told(10.5, "raised", "yellow")],
    ),
]

JOINT = {
    "deep": ([BRIDGE], ">=", 3.0),
    "seen": ([BRIDGE_CAMERA], ">=", 0.6),
}

BOOLEAN = [
    scenario(
        "or is true as soon as one is, and each only once it is known",
        boolean(JOINT, {"yellow": "deep or seen", "red": "deep and seen"}, ["bridge"]),
        [
            at(0, level(3)),
            ticks(1),
            at(2, level(0.6, BRIDGE_CAMERA)),
            ticks(3),
            at(4, level(1)),
            ticks(5),
            at(6, level(0, BRIDGE_CAMERA)),
            ticks(7),
        ],
        [
            told(1, "raised", "yellow", begun=1, subject="bridge"),
            told(3, "escalated", "red", begun=1),
            told(5, "deescalated", "yellow"),
            told(7, "cleared"),
        ],
    ),
    scenario(
        "what is too old is unknown and keeps what is",
        boolean(JOINT, {"yellow": "deep", "red": "deep and seen"}, ["bridge"], max_age=30),
        [
            at(0, level(3), level(1, BRIDGE_CAMERA)),
            ticks(30),
            at(31, level(3)),
            ticks(32),
            at(33, level(0)),
            ticks(34),
        ],
        # At 32 the camera is unknown: red is not known and stays. At 34 false and unknown is false.
        [told(30, "raised", "red"), told(34, "cleared")],
    ),
    scenario(
        "not known is not no",
        boolean(JOINT, {"yellow": "not seen"}, ["bridge"], max_age=30),
        [ticks(1), at(2, level(0, BRIDGE_CAMERA)), ticks(3), ticks(33)],
        [told(3, "raised", "yellow")],
    ),
    scenario(
        "a condition can be a limit from above",
        boolean({"dry": ([BRIDGE], "<=", 1.0)}, {"blue": "dry"}, ["bridge-gauge"]),
        [at(0, level(1)), ticks(1), at(2, level(1.1)), ticks(3)],
        [told(1, "raised", "blue", subject="bridge-gauge"), told(3, "cleared")],
    ),
]

EXPRESSION = [
    scenario(
        "the fall at a lock is held against the limits at ticks",
        expressed(
            {"up": [UP], "down": [DOWN]}, "up - down", {"yellow": 1.5}, ["lock"], hysteresis=0.5
        ),
        [
            at(0, level(4, UP)),
            ticks(1),
            at(2, level(2.5, DOWN)),
            ticks(3),
            at(4, level(3, DOWN)),
            ticks(5),
            at(6, level(3.25, DOWN)),
            ticks(7),
        ],
        [told(3, "raised", "yellow", subject="lock"), told(7, "cleared")],
    ),
    scenario(
        "a division by nothing is no verdict",
        expressed({"up": [UP], "down": [DOWN]}, "up / down", {"yellow": 2}, ["lock"]),
        [at(0, level(4, UP), level(2, DOWN)), ticks(1), at(2, level(0, DOWN)), ticks(3)],
        [told(1, "raised", "yellow")],
    ),
]

STATIONS = [BRIDGE, LOCK, WEIR]

NEIGHBOURS = [
    scenario(
        "one that is far above the median of the others",
        neighbours(STATIONS, {"yellow": 2}, measure="difference", least=2),
        [at(0, level(4, BRIDGE), level(1, LOCK), level(3, WEIR)), ticks(1)],
        [told(1, "raised", "yellow", subject="bridge-gauge/water_level")],
    ),
    scenario(
        "too few fresh ones are no verdict",
        neighbours(STATIONS, {"yellow": 2}, measure="difference", least=2, max_age=30),
        [at(0, level(1, LOCK)), at(10, level(4, BRIDGE), level(3, WEIR)), ticks(30.5, 40)],
        [],
    ),
    scenario(
        "an own result that is too old is no verdict",
        neighbours([BRIDGE, LOCK], {"yellow": 2}, measure="difference", max_age=30),
        [at(0, level(4, BRIDGE)), ticks(30), at(31, level(1, LOCK)), ticks(32)],
        [],
    ),
    scenario(
        "absolute counts below as well",
        neighbours([BRIDGE, LOCK], {"yellow": 2}, measure="absolute"),
        [at(0, level(1, BRIDGE), level(3, LOCK)), ticks(1), at(2, level(1.5, LOCK)), ticks(3)],
        [told(1, "raised", "yellow"), told(1, "raised", "yellow"),
         told(3, "cleared"), told(3, "cleared")],
    ),
    scenario(
        "a ratio to nothing is no verdict",
        neighbours([BRIDGE, LOCK], {"yellow": 2}, measure="ratio"),
        [at(0, level(4, BRIDGE), level(2, LOCK)), ticks(1), at(2, level(0, LOCK)), ticks(3)],
        [told(1, "raised", "yellow", subject="bridge-gauge/water_level")],
    ),
]  # fmt: skip

UPSTREAM = [
    scenario(
        "the station upstream less this one",
        upstream([(BRIDGE, LOCK)], {"yellow": 2}, measure="difference"),
        [at(0, level(1, BRIDGE), level(3, LOCK)), ticks(1), at(2, level(2, BRIDGE)), ticks(3)],
        [told(1, "raised", "yellow", subject="bridge-gauge/water_level"), told(3, "cleared")],
    ),
    scenario(
        "the station upstream by this one, and nothing by nothing",
        upstream([(BRIDGE, LOCK)], {"yellow": 2}, measure="ratio"),
        [at(0, level(2, BRIDGE), level(4, LOCK)), ticks(1), at(2, level(0, BRIDGE)), ticks(3)],
        [told(1, "raised", "yellow")],
    ),
]

TABLES = (SILENCE, FOLD, BOOLEAN, EXPRESSION, NEIGHBOURS, UPSTREAM)


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES.keys())
@pytest.mark.parametrize(("rules", "log", "expected"), [row for rows in TABLES for row in rows])
def test_kind_of_ticks(judge, rules, log, expected):
    check(judge(CITY, rules, log), expected)

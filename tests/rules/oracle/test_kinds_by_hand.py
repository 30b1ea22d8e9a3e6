"""Every kind of rule, by scenarios worked out by hand: the oracle and the engine must agree."""

import math

import pytest

from devices import Quality
from tests.rules.oracle.city import (
    BRIDGE,
    BRIDGE_CAMERA,
    CITY,
    DOWN,
    LOCK,
    RAIN,
    UP,
    WEIR,
    WEIR_MEAN,
)
from tests.rules.oracle.judges import JUDGES
from tests.rules.oracle.log import at, check, level, scenario, ticks, told
from tests.rules.oracle.making import (
    boolean,
    count,
    expressed,
    fold,
    neighbours,
    policy,
    rate,
    silence,
    stuck,
    threshold,
    upstream,
)

RIVER = threshold([BRIDGE], {"yellow": 3.8, "red": 4.6}, hysteresis=0.25)

THRESHOLD = [
    scenario(
        "raised at the limit and not below it",
        RIVER,
        [at(10, level(3.79)), at(20, level(3.80))],
        [told(20, "raised", "yellow", begun=20)],
    ),
    scenario(
        "up and down through two levels is one alert",
        RIVER,
        [at(0, level(3.9)), at(60, level(4.6)), at(120, level(4.3)), at(180, level(3.5))],
        [
            told(0, "raised", "yellow"),
            told(60, "escalated", "red", begun=0),
            told(120, "deescalated", "yellow"),
            told(180, "cleared"),
        ],
    ),
    scenario(
        "at off it is still in alarm",
        threshold([BRIDGE], {"yellow": 3.75}, hysteresis=0.25),
        [at(0, level(3.75)), at(10, level(3.5)), at(20, level(3.49))],
        [told(0, "raised", "yellow"), told(20, "cleared")],
    ),
    scenario(
        "below means at or below and comes back above off",
        threshold([BRIDGE], {"blue": 2, "yellow": 1}, falling=True, hysteresis=0.5),
        [at(0, level(2.1)), at(10, level(2)), at(20, level(0.5)), at(30, level(2.5)),
         at(40, level(2.51))],
        [
            told(10, "raised", "blue"),
            told(20, "escalated", "yellow"),
            told(30, "deescalated", "blue"),
            told(40, "cleared"),
        ],
    ),
    scenario(
        "straight to the highest of three levels is one raise",
        threshold([BRIDGE], {"blue": 1, "yellow": 2, "red": 4}),
        [at(0, level(5)), at(10, level(0))],
        [told(0, "raised", "red"), told(10, "cleared")],
    ),
    scenario(
        "no number, a bad quality, an older and an equal time say nothing",
        RIVER,
        [
            at(10, level(4.0)),
            at(20, level(math.nan), level(math.inf), level(0, quality=Quality.FAULT)),
            at(5, level(0)),
            at(10, level(0)),
            ticks(100),
        ],
        [told(10, "raised", "yellow")],
    ),
    scenario(
        "a bad reading does not make an older good one late",
        RIVER,
        [at(20, level(0, quality=Quality.SUSPECT)), at(10, level(4.0))],
        [told(10, "raised", "yellow")],
    ),
    scenario(
        "a gate that lets more through judges by it",
        threshold([BRIDGE], {"red": 4}, gate=[Quality.GOOD, Quality.MANUAL]),
        [at(10, level(4, quality=Quality.MANUAL)), at(20, level(0, quality=Quality.FAULT)),
         at(30, level(0))],
        [told(10, "raised", "red"), told(30, "cleared")],
    ),
]  # fmt: skip

RISE = {"window": 40, "per": 10, "of": "rise"}

RATE = [
    scenario(
        "no verdict before the window is full",
        rate([BRIDGE], {"yellow": 1}, **RISE),
        [at(0, level(0)), at(39, level(5)), at(40, level(4))],
        [told(40, "raised", "yellow")],
    ),
    scenario(
        "against the newest kept one that is old enough",
        # At 50 the reading of 10 is 40 s old: (5 - 1) / 4 = 1 in 10 s; against 0 it would be 1.
        # At 56 that of 16 has been kept: (5 - 5) / 4 = 0.
        rate([BRIDGE], {"yellow": 1}, **RISE),
        [at(0, level(0)), at(10, level(1)), at(16, level(5)), at(50, level(5)), at(56, level(5))],
        [told(50, "raised", "yellow"), told(56, "cleared")],
    ),
    scenario(
        "nearer than an eighth of the window is not kept",
        # 4 s after 0 is nearer than 5 s: at 44 the reference is that of 0, 44 s ago. 4.4 in 44 s
        # are 1 in 10 s.
        rate([BRIDGE], {"yellow": 1}, **RISE),
        [at(0, level(0)), at(4, level(4)), at(44, level(4.4))],
        [told(44, "raised", "yellow")],
    ),
    scenario(
        "exactly an eighth of the window is kept",
        rate([BRIDGE], {"yellow": 1}, **RISE),
        [at(0, level(0)), at(5, level(4)), at(45, level(4.5))],
        [],
    ),
    scenario(
        "twice the window is old, more is too old",
        rate([BRIDGE], {"yellow": 0.5}, **RISE),
        [at(0, level(0)), at(80, level(4)), at(161, level(0))],
        [told(80, "raised", "yellow")],
    ),
    scenario(
        "a fall is the other way round",
        rate([BRIDGE], {"yellow": 1}, window=40, per=10, of="fall"),
        [at(0, level(4)), at(40, level(0)), at(80, level(4))],
        [told(40, "raised", "yellow"), told(80, "cleared")],
    ),
    scenario(
        "a change goes both ways",
        rate([BRIDGE], {"yellow": 1}, window=40, per=10, of="change"),
        [at(0, level(4)), at(40, level(0)), at(80, level(4)), at(120, level(4))],
        [told(40, "raised", "yellow"), told(120, "cleared")],
    ),
]

STUCK = [
    scenario(
        "counted from the first of equal results",
        stuck([BRIDGE], {"blue": 30}),
        [at(0, level(1)), at(10, level(2)), at(39, level(2)), at(40, level(2))],
        [told(40, "raised", "blue", begun=40)],
    ),
    scenario(
        "a move beyond the tolerance begins anew",
        stuck([BRIDGE], {"blue": 30, "yellow": 60}, tolerance=0.5),
        [at(0, level(1)), at(30, level(1.5)), at(60, level(0.5)), at(70, level(2))],
        [told(30, "raised", "blue"), told(60, "escalated", "yellow"), told(70, "cleared")],
    ),
    scenario(
        "measured from where it began, so that creeping is a move",
        stuck([BRIDGE], {"blue": 30}, tolerance=0.5),
        [at(0, level(1)), at(15, level(1.4)), at(30, level(1.8)), at(59, level(1.8)),
         at(60, level(1.8))],
        [told(60, "raised", "blue")],
    ),
    scenario(
        "no rain is no flat-line",
        stuck([RAIN], {"blue": 30}, exceptions=[0]),
        [at(0, level(0, RAIN)), at(100, level(0, RAIN)), at(110, level(2, RAIN)),
         at(140, level(2, RAIN)), at(150, level(0, RAIN))],
        [told(140, "raised", "blue"), told(150, "cleared")],
    ),
]  # fmt: skip

SEEN = {"at_least": 2, "within": 60}

COUNT = [
    scenario(
        "so many in the window, from above the lower end to now",
        count([BRIDGE], {"yellow": 3}, **SEEN),
        [at(0, level(2)), at(10, level(1)), at(30, level(2)), at(60, level(2)), at(70, level(5))],
        [told(70, "raised", "yellow")],
    ),
    scenario(
        "drops out exactly a window later, found by a tick",
        count([BRIDGE], {"yellow": 2}, **SEEN),
        [at(0, level(2)), at(30, level(2)), ticks(59.999), ticks(100)],
        [told(30, "raised", "yellow"), told(60, "cleared")],
    ),
    scenario(
        "drops out exactly a window later, found by the next reading",
        count([BRIDGE], {"yellow": 2}, **SEEN),
        [at(0, level(2)), at(30, level(2)), at(75, level(0))],
        [told(30, "raised", "yellow"), told(60, "cleared")],
    ),
    scenario(
        "each that drops out is a level less, in order",
        count([BRIDGE], {"blue": 1, "yellow": 2, "orange": 3}, **SEEN),
        [at(0, level(2)), at(10, level(2)), at(20, level(2)), ticks(500)],
        [
            told(0, "raised", "blue"),
            told(10, "escalated", "yellow"),
            told(20, "escalated", "orange"),
            told(60, "deescalated", "yellow"),
            told(70, "deescalated", "blue"),
            told(80, "cleared"),
        ],
    ),
    scenario(
        "the one that drops out as another comes leaves first",
        count([BRIDGE], {"yellow": 2}, policy=policy(off_delay=5), **SEEN),
        [at(0, level(2)), at(30, level(2)), at(60, level(2)), at(70, level(0))],
        [told(30, "raised", "yellow")],
    ),
    scenario(
        "the off-delay begins when it drops out",
        count([BRIDGE], {"yellow": 2}, policy=policy(off_delay=20), **SEEN),
        [at(0, level(2)), at(30, level(2)), ticks(79), ticks(85)],
        [told(30, "raised", "yellow"), told(80, "cleared")],
    ),
]

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

TABLES = (
    THRESHOLD, RATE, STUCK, COUNT, SILENCE, FOLD, BOOLEAN, EXPRESSION, NEIGHBOURS, UPSTREAM,
)  # fmt: skip


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES.keys())
@pytest.mark.parametrize(("rules", "log", "expected"), [row for rows in TABLES for row in rows])
def test_kind(judge, rules, log, expected):
    check(judge(CITY, rules, log), expected)

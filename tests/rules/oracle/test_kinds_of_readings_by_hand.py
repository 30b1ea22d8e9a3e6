"""Kinds of rules that judge readings: threshold, rate, stuck, count.

Worked out by hand; the oracle and the engine must agree.
"""

import math

import pytest

from devices import Quality
from tests.rules.oracle.city import BRIDGE, CITY, RAIN
from tests.rules.oracle.judges import JUDGES
from tests.rules.oracle.log import at, check, level, scenario, ticks, told
from tests.rules.oracle.making import count, policy, rate, stuck, threshold

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

TABLES = (THRESHOLD, RATE, STUCK, COUNT)


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES.keys())
@pytest.mark.parametrize(("rules", "log", "expected"), [row for rows in TABLES for row in rows])
def test_kind_of_readings(judge, rules, log, expected):
    check(judge(CITY, rules, log), expected)

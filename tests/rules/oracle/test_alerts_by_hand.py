"""What is told of levels in alarm: latched, told again, flapping.

The rule is mostly one threshold on one river: in alarm from 2 (yellow) and from 4 (red). Worked out
by hand; the oracle and the engine must agree.
"""

import pytest

from tests.rules.oracle.city import BRIDGE, CITY
from tests.rules.oracle.judges import JUDGES
from tests.rules.oracle.log import at, check, level, reset, scenario, ticks, told, works
from tests.rules.oracle.making import policy, threshold


def river(slot=BRIDGE, **more):
    return threshold([slot], {"yellow": 2, "red": 4}, policy=policy(**more))


LATCH = [
    scenario(
        "returns, comes back and never goes down",
        river(latch=True),
        [at(0, level(4)), at(10, level(2)), at(20, level(0)), at(30, level(2)), at(40, level(0))],
        [
            told(0, "raised", "red"),
            told(20, "returned", "red"),
            told(30, "reactivated", "red"),
            told(40, "returned", "red"),
        ],
    ),
    scenario(
        "comes back worse",
        river(latch=True),
        [at(0, level(2)), at(10, level(0)), at(20, level(4))],
        [
            told(0, "raised", "yellow"),
            told(10, "returned", "yellow"),
            told(20, "reactivated", "red"),
        ],
    ),
    scenario(
        "gets worse without having returned",
        river(latch=True),
        [at(0, level(2)), at(10, level(4))],
        [told(0, "raised", "yellow"), told(10, "escalated", "red")],
    ),
    scenario(
        "a reset ends what has returned, at the clock",
        river(latch=True),
        [ticks(0), at(1, level(2)), at(10, level(0)), ticks(15), reset(1), at(20, level(2))],
        [
            told(1, "raised", "yellow"),
            told(10, "returned", "yellow"),
            told(15, "cleared"),
            told(20, "raised", "yellow"),
        ],
    ),
    scenario(
        "a reset of what goes on, of another alert or without a latch is nothing",
        river(latch=True),
        [ticks(0), at(1, level(2)), reset(1), at(10, level(0)), reset(2), ticks(20)],
        [told(1, "raised", "yellow"), told(10, "returned", "yellow")],
    ),
]

REALARM = [
    scenario(
        "told again after so long, the last time that is over",
        river(realarm=30),
        [at(0, level(2)), ticks(29, 30, 125)],
        [
            told(0, "raised", "yellow"),
            told(30, "realarmed", "yellow"),
            told(120, "realarmed", "yellow"),
        ],
    ),
    scenario(
        "getting worse counts as told, getting better does not",
        river(realarm=30),
        [at(0, level(2)), at(20, level(4)), ticks(45, 50), at(60, level(2)), ticks(80)],
        [
            told(0, "raised", "yellow"),
            told(20, "escalated", "red"),
            told(50, "realarmed", "red"),
            told(60, "deescalated", "yellow"),
            told(80, "realarmed", "yellow"),
        ],
    ),
    scenario(
        "found by a reading too, but not once it is over",
        river(realarm=30),
        [at(0, level(2)), at(31, level(2)), at(59, level(0)), ticks(100)],
        [told(0, "raised", "yellow"), told(30, "realarmed", "yellow"), told(59, "cleared")],
    ),
    scenario(
        "what has returned is not told again",
        river(realarm=30, latch=True),
        [at(0, level(2)), at(20, level(0)), ticks(40), at(50, level(2)), ticks(79, 80)],
        [
            told(0, "raised", "yellow"),
            told(20, "returned", "yellow"),
            told(50, "reactivated", "yellow"),
            told(80, "realarmed", "yellow"),
        ],
    ),
]

FLAPPING = [
    scenario(
        "the third raise flaps and clears once it is calm",
        river(flapping=(3, 60, 20)),
        [
            at(0, level(2)), at(10, level(0)),
            at(20, level(2)), at(30, level(0)),
            at(60, level(2)), at(65, level(0)),
            ticks(84, 90),
        ],
        [
            told(0, "raised", "yellow"), told(10, "cleared"),
            told(20, "raised", "yellow"), told(30, "cleared"),
            told(60, "raised", "yellow"), told(60, "flapping", "yellow"),
            told(85, "cleared"),
        ],
    ),
    scenario(
        "over a longer time it does not flap",
        river(flapping=(3, 60, 20)),
        [
            at(0, level(2)), at(10, level(0)), at(20, level(2)), at(30, level(0)),
            at(61, level(2)), at(65, level(0)),
        ],
        [
            told(0, "raised", "yellow"), told(10, "cleared"),
            told(20, "raised", "yellow"), told(30, "cleared"),
            told(61, "raised", "yellow"), told(65, "cleared"),
        ],
    ),
    scenario(
        "coming back within the hold is not told, another level is",
        river(flapping=(2, 60, 20)),
        [
            at(0, level(2)), at(5, level(0)), at(10, level(2)), at(15, level(0)),
            at(20, level(2)), at(25, level(0)), at(30, level(4)), at(35, level(0)),
            at(40, level(2)), at(45, level(0)), ticks(65),
        ],
        [
            told(0, "raised", "yellow"), told(5, "cleared"),
            told(10, "raised", "yellow"), told(10, "flapping", "yellow"),
            told(30, "escalated", "red"), told(40, "deescalated", "yellow"),
            told(65, "cleared"),
        ],
    ),
    scenario(
        "calm over before the next reading: that one raises anew, and is the first of its count",
        river(flapping=(2, 60, 20)),
        [
            at(0, level(2)), at(5, level(0)), at(10, level(2)), at(15, level(0)),
            at(35, level(2)), at(36, level(0)), at(37, level(2)),
        ],
        [
            told(0, "raised", "yellow"), told(5, "cleared"),
            told(10, "raised", "yellow"), told(10, "flapping", "yellow"),
            told(35, "cleared"), told(35.000001, "raised", "yellow", begun=35), told(36, "cleared"),
            told(37, "raised", "yellow"), told(37, "flapping", "yellow"),
        ],
    ),
]  # fmt: skip

FLAPPING_AFTER_WORKS = [
    scenario(
        "a raise at the end of maintenance counts as one that flaps",
        river(flapping=(2, 100, 10)),
        [ticks(0), at(1, level(2)), at(2, level(0)), works("place", "bridge", 0, 50),
         at(3, level(2)), ticks(50), at(51, level(0)), ticks(61)],
        [
            told(1, "raised", "yellow"),
            told(2, "cleared"),
            told(50, "raised", "yellow", begun=3),
            told(50, "flapping", "yellow"),
            told(61, "cleared"),
        ],
    ),
]  # fmt: skip

TABLES = (LATCH, REALARM, FLAPPING, FLAPPING_AFTER_WORKS)


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES.keys())
@pytest.mark.parametrize(("rules", "log", "expected"), [row for rows in TABLES for row in rows])
def test_alerts(judge, rules, log, expected):
    check(judge(CITY, rules, log), expected)

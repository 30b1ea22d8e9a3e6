"""Timers, alerts and inhibition, by scenarios worked out by hand; the oracle and the engine agree.

The rule is always one threshold on one river: in alarm from 2 (yellow) and from 4 (red).
"""

from datetime import UTC, datetime

import pytest

from tests.rules.oracle.city import BRIDGE, CITY, LOCK, UP, WEIR
from tests.rules.oracle.judges import JUDGES
from tests.rules.oracle.log import (
    at,
    check,
    level,
    reset,
    scenario,
    ticks,
    told,
    works,
    works_end,
)
from tests.rules.oracle.making import boolean, count, fold, policy, schedule, silence, threshold


def river(slot=BRIDGE, **more):
    return threshold([slot], {"yellow": 2, "red": 4}, policy=policy(**more))


DELAYS = [
    scenario(
        "raised when the delay was over, not when that was found",
        river(delay=10),
        [at(0, level(2)), ticks(9, 25)],
        [told(10, "raised", "yellow", begun=0)],
    ),
    scenario(
        "a delay is over before the reading that finds it is judged",
        river(delay=10),
        [at(0, level(2)), at(12, level(0))],
        [told(10, "raised", "yellow", begun=0), told(12, "cleared")],
    ),
    scenario(
        "a short excursion is nothing",
        river(delay=10),
        [at(0, level(2)), at(9, level(0)), at(11, level(2)), ticks(20)],
        [],
    ),
    scenario(
        "each level has its own delay",
        river(delay=10),
        [at(0, level(2)), at(5, level(4)), ticks(10, 14, 15)],
        [told(10, "raised", "yellow", begun=0), told(15, "escalated", "red", begun=0)],
    ),
    scenario(
        "two delays over at once are one raise, dated by the later one",
        river(delay=10),
        [at(0, level(2)), at(5, level(4)), ticks(20)],
        [told(15, "raised", "red", begun=0)],
    ),
    scenario(
        "the off-delay begins again when the level comes back",
        river(off_delay=20),
        [at(0, level(2)), at(10, level(0)), at(25, level(2)), at(30, level(0)), ticks(49, 50)],
        [told(0, "raised", "yellow"), told(50, "cleared")],
    ),
    scenario(
        "a lower level that ends under a higher one is not told",
        threshold([BRIDGE], {"yellow": 1, "red": 4}, policy=policy(off_delay=10)),
        [at(0, level(4)), at(5, level(0)), at(12, level(4)), ticks(15, 30)],
        [told(0, "raised", "red")],
    ),
    scenario(
        "a tick that goes back lets out what was over by its time",
        river(delay=10),
        [ticks(5), at(0, level(2)), ticks(3, 5)],
        [],
    ),
    scenario(
        "a delayed reading behind the clock is over at the next tick, however early",
        river(delay=10),
        [ticks(100), at(0, level(2)), ticks(9, 10)],
        [told(10, "raised", "yellow", begun=0)],
    ),
]

QUIET = [
    scenario(
        "ends by quiet alone, whether readings come or not",
        river(off_delay=None, quiet=30),
        [at(0, level(2)), at(10, level(2)), at(20, level(0)), ticks(39, 45)],
        [told(0, "raised", "yellow"), told(40, "cleared")],
    ),
    scenario(
        "the first of both ends it",
        river(off_delay=10, quiet=30),
        [at(0, level(2)), at(25, level(0)), ticks(40)],
        [told(0, "raised", "yellow"), told(30, "cleared")],
    ),
    scenario(
        "an off-delay that is over earlier ends it",
        river(off_delay=10, quiet=30),
        [at(0, level(2)), at(5, level(0)), ticks(40)],
        [told(0, "raised", "yellow"), told(15, "cleared")],
    ),
    scenario(
        "each level is quiet by itself",
        river(off_delay=None, quiet=30),
        [at(0, level(4)), at(10, level(2)), ticks(30, 40)],
        [told(0, "raised", "red"), told(30, "deescalated", "yellow"), told(40, "cleared")],
    ),
    scenario(
        "what is still met within the hysteresis is not quiet",
        threshold([BRIDGE], {"yellow": 2}, hysteresis=1, policy=policy(off_delay=None, quiet=30)),
        [at(0, level(2)), at(20, level(1)), at(40, level(0.9)), ticks(49, 50)],
        [told(0, "raised", "yellow"), told(50, "cleared")],
    ),
]

REPEAT = [
    scenario(
        "wanted at the third within the time",
        river(repeat=(3, 60)),
        [at(0, level(2)), at(10, level(0)), at(20, level(2)), at(30, level(2))],
        [told(30, "raised", "yellow", begun=30)],
    ),
    scenario(
        "the first of three just as old as the time does not count",
        river(repeat=(3, 60)),
        [at(0, level(2)), at(20, level(2)), at(60, level(2)), at(79, level(2))],
        [told(79, "raised", "yellow")],
    ),
    scenario(
        "each level counts for itself",
        river(repeat=(2, 60)),
        [at(0, level(4)), at(10, level(2)), at(20, level(4))],
        [told(10, "raised", "yellow"), told(20, "escalated", "red")],
    ),
    scenario(
        "once it was in alarm it is counted anew",
        river(repeat=(2, 60)),
        [at(0, level(2)), at(10, level(2)), at(20, level(0)), at(30, level(2)), at(40, level(2))],
        [told(10, "raised", "yellow"), told(20, "cleared"), told(40, "raised", "yellow", begun=40)],
    ),
    scenario(
        "while the delay runs one is enough",
        river(repeat=(2, 15), delay=30),
        [at(0, level(2)), at(10, level(2)), at(39, level(2)), ticks(40)],
        [told(40, "raised", "yellow", begun=10)],
    ),
]

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
            told(35, "cleared"), told(35, "raised", "yellow"), told(36, "cleared"),
            told(37, "raised", "yellow"), told(37, "flapping", "yellow"),
        ],
    ),
]  # fmt: skip

MAINTENANCE = [
    scenario(
        "what goes on is suppressed from the tick that finds the window to the one after it",
        river(),
        [ticks(0), at(1, level(2)), works("place", "bridge", 10, 30), ticks(9, 12, 29, 33)],
        [
            told(1, "raised", "yellow"),
            told(12, "suppressed", "yellow"),
            told(33, "unsuppressed", "yellow"),
        ],
    ),
    scenario(
        "announced for now it suppresses at once, and its end tells again",
        river(),
        [ticks(20), at(21, level(2)), works("device", "bridge-gauge", 0, 900), works_end(),
         ticks(30)],
        [
            told(20, "suppressed", "yellow"),
            told(20, "unsuppressed", "yellow"),
            told(21, "raised", "yellow"),
        ],
    ),
    scenario(
        "what begins there is withheld and raised when it is over",
        river(),
        [works("gateway", "gw-bridge", 0, 50), ticks(10), at(20, level(2)), at(25, level(4)),
         ticks(40, 50)],
        [told(50, "raised", "red", begun=20)],
    ),
    scenario(
        "what begins and ends there is never told",
        river(),
        [works("town", "south", 0, 50), ticks(10), at(20, level(2)), at(30, level(0)), ticks(60)],
        [],
    ),
    scenario(
        "what ends there is told as usual",
        river(),
        [ticks(0), at(1, level(4)), works("rule", "rule", 0, 50), at(10, level(2)),
         at(20, level(0)), ticks(60)],
        [
            told(0, "suppressed", "red"),
            told(1, "raised", "red"),
            told(10, "deescalated", "yellow"),
            told(20, "cleared"),
        ],
    ),
    scenario(
        "works elsewhere are nothing",
        river(),
        [ticks(0), works("place", "lock", 0, 50), works("town", "north", 0, 50, 2),
         works("datastream", "bridge-gauge/rain_1h", 0, 50, 3), at(1, level(2)), ticks(10)],
        [told(1, "raised", "yellow")],
    ),
    scenario(
        "a rule that is told all the same",
        river(maintenance=False),
        [ticks(0), works("place", "bridge", 0, 50), at(1, level(2)), ticks(10)],
        [told(1, "raised", "yellow")],
    ),
    scenario(
        "one of two windows over is none over",
        river(),
        [ticks(0), works("place", "bridge", 0, 50), works("place", "bridge", 0, 90, 2),
         at(1, level(2)), works_end(1), ticks(89, 90)],
        [told(90, "raised", "yellow", begun=1)],
    ),
    scenario(
        "before the first tick nothing is inhibited",
        river(),
        [works("place", "bridge", 0, 50), at(1, level(2)), ticks(10)],
        [told(1, "raised", "yellow"), told(10, "suppressed", "yellow")],
    ),
    scenario(
        "what is suppressed is not told again",
        river(realarm=10),
        [ticks(0), at(1, level(2)), works("place", "bridge", 0, 50), ticks(30, 50, 59, 60)],
        [
            told(0, "suppressed", "yellow"),
            told(1, "raised", "yellow"),
            told(50, "unsuppressed", "yellow"),
            told(60, "realarmed", "yellow"),
        ],
    ),
    scenario(
        "a place is not covered by one of its devices",
        boolean({"deep": ([BRIDGE], ">=", 2)}, {"red": "deep"}, ["bridge"]),
        [ticks(0), works("device", "bridge-gauge", 0, 50), at(1, level(2)), ticks(2),
         works("gateway", "gw-bridge", 0, 50, 2)],
        [told(2, "raised", "red"), told(2, "suppressed", "red")],
    ),
]  # fmt: skip

GATEWAY = fold([LOCK, UP, WEIR], "yellow", 1.0, periods=4, id="fold")
"""20 s of nothing at all, or more than 40, 40 and 20 s of each."""

PARENT = [
    scenario(
        "a silent gateway is one alert instead of many",
        [GATEWAY, silence([LOCK, UP], {"blue": 25})],
        [ticks(0, 20, 21, 30), at(30, level(1, WEIR)), ticks(31)],
        [
            told(21, "raised", "yellow", subject="gw-lock"),
            told(31, "cleared"),
            told(31, "raised", "blue"),
            told(31, "raised", "blue"),
        ],
    ),
    scenario(
        "an alert of a datastream behind it is suppressed meanwhile",
        [GATEWAY, river(LOCK)],
        [at(0, level(2, LOCK), level(1, UP), level(1, WEIR)), ticks(1, 25), at(26, level(2, LOCK)),
         ticks(27)],
        [
            told(0, "raised", "yellow", subject="lock-gauge/water_level"),
            told(25, "raised", "yellow", subject="gw-lock"),
            told(25, "suppressed", "yellow"),
            told(27, "cleared"),
            told(27, "unsuppressed", "yellow"),
        ],
    ),
    scenario(
        "a rule that is told all the same, and a datastream behind another gateway",
        [GATEWAY, river(LOCK, parent=False), threshold([BRIDGE], {"red": 2}, id="other")],
        [ticks(0, 25), at(26, level(2, LOCK), level(2))],
        [
            told(25, "raised", "yellow", subject="gw-lock"),
            told(26, "raised", "yellow"),
            told(26, "raised", "red"),
        ],
    ),
]  # fmt: skip

EVE = datetime(2026, 4, 30, 15, 59, tzinfo=UTC).timestamp()
"""23:59 in China on a Thursday that is worked, before a holiday."""

SCHEDULE = [
    scenario(
        "outside its hours it is suppressed, inside told",
        river(schedule=schedule("all", "23:59:10", "23:59:30")),
        [ticks(EVE), at(EVE + 1, level(2)), ticks(EVE + 9, EVE + 10, EVE + 29, EVE + 30)],
        [
            told(EVE + 10, "raised", "yellow", begun=EVE + 1),
            told(EVE + 30, "suppressed", "yellow"),
        ],
    ),
    scenario(
        "on workdays until midnight before a holiday",
        river(schedule=schedule("workdays", "08:00", "24:00")),
        [at(EVE, level(2)), ticks(EVE + 59, EVE + 60)],
        [told(EVE, "raised", "yellow"), told(EVE + 60, "suppressed", "yellow")],
    ),
    scenario(
        "over midnight it belongs to the day on which it began",
        river(schedule=schedule("thu", "23:59:20", "00:00:10")),
        [ticks(EVE), at(EVE + 1, level(2)), ticks(EVE + 20, EVE + 69, EVE + 70)],
        [told(EVE + 20, "raised", "yellow"), told(EVE + 70, "suppressed", "yellow")],
    ),
    scenario(
        "on holidays",
        river(schedule=schedule("holidays", "00:00", "24:00")),
        [ticks(EVE), at(EVE + 1, level(2)), ticks(EVE + 59, EVE + 60)],
        [told(EVE + 60, "raised", "yellow")],
    ),
    scenario(
        "one reason taking over from another is not told",
        river(schedule=schedule("all", "00:00", "23:59:10")),
        [at(EVE, level(2)), ticks(EVE), works("place", "bridge", EVE, EVE + 20), ticks(EVE + 15),
         ticks(EVE + 25)],
        [told(EVE, "raised", "yellow"), told(EVE, "suppressed", "yellow")],
    ),
]  # fmt: skip

MIXED = [
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
    scenario(
        "a count that is delayed and repeated",
        count([BRIDGE], {"yellow": 2}, at_least=2, within=20, policy=policy(delay=5)),
        [at(0, level(2)), at(10, level(2)), ticks(15), at(16, level(0)), ticks(40)],
        [told(15, "raised", "yellow", begun=10), told(20, "cleared")],
    ),
]  # fmt: skip

TABLES = (
    DELAYS, QUIET, REPEAT, LATCH, REALARM, FLAPPING, MAINTENANCE, PARENT, SCHEDULE, MIXED,
)  # fmt: skip


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES.keys())
@pytest.mark.parametrize(("rules", "log", "expected"), [row for rows in TABLES for row in rows])
def test_policy(judge, rules, log, expected):
    check(judge(CITY, rules, log), expected)

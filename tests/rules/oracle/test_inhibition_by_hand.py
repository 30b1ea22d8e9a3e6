"""What is not told: maintenance, a silent gateway, outside the schedule.

The rule is mostly one threshold on one river: in alarm from 2 (yellow) and from 4 (red). Worked out
by hand; the oracle and the engine must agree.
"""

import pytest

from tests.rules.oracle.city import BRIDGE, CITY, LOCK, UP, WEIR
from tests.rules.oracle.judges import JUDGES
from tests.rules.oracle.log import at, check, level, scenario, ticks, told, works, works_end
from tests.rules.oracle.making import EVE, boolean, fold, policy, schedule, silence, threshold


def river(slot=BRIDGE, **more):
    return threshold([slot], {"yellow": 2, "red": 4}, policy=policy(**more))


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
        # The clock stands at 20, but nothing is dated before what was told.
        [
            told(21, "raised", "yellow"),
            told(21, "suppressed", "yellow"),
            told(21, "unsuppressed", "yellow"),
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
            told(1, "raised", "red"),
            told(1, "suppressed", "red"),
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
            told(1, "raised", "yellow"),
            told(1, "suppressed", "yellow"),
            told(50, "unsuppressed", "yellow"),
            told(60, "realarmed", "yellow"),
        ],
    ),
    scenario(
        "told again counts from when it was told again, not from the clock behind it",
        river(realarm=10),
        [ticks(0), at(5, level(2)), works("place", "bridge", 0, 50), works_end(), ticks(14, 15)],
        [
            told(5, "raised", "yellow"),
            told(5, "suppressed", "yellow"),
            told(5, "unsuppressed", "yellow"),
            told(15, "realarmed", "yellow"),
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

TABLES = (MAINTENANCE, PARENT, SCHEDULE)


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES.keys())
@pytest.mark.parametrize(("rules", "log", "expected"), [row for rows in TABLES for row in rows])
def test_inhibition(judge, rules, log, expected):
    check(judge(CITY, rules, log), expected)

"""When levels come into alarm and out of it: delays, quiet, repetition.

The rule is mostly one threshold on one river: in alarm from 2 (yellow) and from 4 (red). Worked out
by hand; the oracle and the engine must agree.
"""

import pytest

from tests.rules.oracle.city import BRIDGE, CITY, LOCK
from tests.rules.oracle.judges import JUDGES
from tests.rules.oracle.log import at, check, level, scenario, ticks, told, works
from tests.rules.oracle.making import count, policy, threshold, upstream


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

BACK = [
    scenario(
        "at a tick timers are over once before it judges",
        # At 40 the delay is over since 13. Quiet would be over since 21, but that is not asked
        # again before the tick has judged, and it meets the level.
        upstream(
            [(BRIDGE, LOCK)], {"blue": 1}, measure="difference",
            policy=policy(delay=12, off_delay=None, quiet=20),
        ),
        [at(0, level(0), level(2, LOCK)), ticks(1, 40, 59), at(60, level(2)), ticks(61, 79)],
        [told(13, "raised", "blue", begun=1), told(79, "cleared")],
    ),
    scenario(
        "a delayed reading never takes an alert back in time, nor to the time of another one",
        river(),
        [works("place", "bridge", 0, 50), ticks(10), at(40, level(2)), ticks(50),
         at(45, level(0)), at(50, level(4))],
        # Raised by the tick at 50; the reading of 45 ends it, but not before it began.
        [
            told(50, "raised", "yellow", begun=40),
            told(50, "cleared"),
            told(50.000001, "raised", "red", begun=50),
        ],
    ),
    scenario(
        "quiet that was over before the alert was raised ends it when it was raised",
        river(delay=10, off_delay=None, quiet=5),
        [at(0, level(2)), ticks(10), ticks(11)],
        [told(10, "raised", "yellow"), told(10, "cleared")],
    ),
]  # fmt: skip

COUNTED = [
    scenario(
        "a count that is delayed and repeated",
        count([BRIDGE], {"yellow": 2}, at_least=2, within=20, policy=policy(delay=5)),
        [at(0, level(2)), at(10, level(2)), ticks(15), at(16, level(0)), ticks(40)],
        [told(15, "raised", "yellow", begun=10), told(20, "cleared")],
    ),
]  # fmt: skip

TABLES = (DELAYS, QUIET, REPEAT, BACK, COUNTED)


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES.keys())
@pytest.mark.parametrize(("rules", "log", "expected"), [row for rows in TABLES for row in rows])
def test_timers(judge, rules, log, expected):
    check(judge(CITY, rules, log), expected)

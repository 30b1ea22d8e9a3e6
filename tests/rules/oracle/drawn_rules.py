"""Random rules of every kind over the small city, with limits where drawn values often cross them.

Durations are of the size of the steps of time in `stories`: timers run out between inputs, at them
and just after them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from devices import Quality
from rules.policy import Policy
from rules.ruleset import CompiledRule
from tests.rules.oracle.city import (
    BRIDGE,
    BRIDGE_CAMERA,
    CAMERA,
    DOWN,
    LOCK,
    RAIN,
    UP,
    WEIR,
    WEIR_MEAN,
)
from tests.rules.oracle.making import (
    boolean,
    count,
    expressed,
    fold,
    neighbours,
    policy,
    rate,
    schedule,
    silence,
    stuck,
    threshold,
    upstream,
)

SCHEDULES = (
    None, None, None, None, None, None,
    schedule("all", "23:59:00", "23:59:40"),
    schedule("thu", "23:59:20", "00:01:00"),
    schedule("workdays", "00:00", "24:00"),
    schedule("holidays sun", "00:00", "00:01"),
)  # fmt: skip
"""Stories begin shortly before midnight of a Thursday that is worked; see `making.CALENDAR`."""

GATES = (
    (Quality.GOOD,), (Quality.GOOD,), (Quality.GOOD,), (Quality.GOOD, Quality.MANUAL),
)  # fmt: skip

SLOTS = ((BRIDGE,), (BRIDGE, LOCK), (LOCK, CAMERA), (LOCK,), (BRIDGE, LOCK, UP))
"""Of rules on datastreams: few, so that each one has much of the story."""


@st.composite
def policies(draw: st.DrawFn, *, repeats: bool) -> Policy:
    """Draw a policy; most have a few of all there is."""
    off_delay, quiet = draw(
        st.sampled_from(
            [(0, None), (0, None), (10, None), (25, None), (None, 20), (None, 45), (10, 30),
             (30, 15)]
        )
    )  # fmt: skip
    ending = draw(
        st.sampled_from(
            ["", "", "latch", "latch", (2, 60, 20), (3, 100, 10), (2, 40, 30), (2, 1000, 5)]
        )
    )
    return policy(
        delay=draw(st.sampled_from([0, 0, 0, 5, 12])),
        off_delay=off_delay,
        quiet=quiet,
        repeat=draw(st.sampled_from([None, None, None, (2, 20), (2, 6), (3, 60)]))
        if repeats
        else None,
        latch=ending == "latch",
        realarm=draw(st.sampled_from([None, None, 10, 33])),
        flapping=ending if isinstance(ending, tuple) else None,
        schedule=draw(st.sampled_from(SCHEDULES)),
        maintenance=draw(st.sampled_from([True, True, True, False])),
        parent=draw(st.sampled_from([True, True, False])),
    )


def _levels(*of: tuple[float, ...]) -> st.SearchStrategy[list[dict[str, float]]]:
    """Draw one to four limits, weakest level first; once for all subjects, or for two in turn."""
    colours = {
        1: [("blue",), ("red",)],
        2: [("blue", "yellow"), ("yellow", "red")],
        3: [("blue", "yellow", "red"), ("yellow", "orange", "red")],
        4: [("blue", "yellow", "orange", "red")],
    }
    limits = st.sampled_from(
        [
            dict(zip(names, limits, strict=True))
            for limits in of
            for names in colours[len(limits)]
        ]
    )  # fmt: skip
    return st.lists(limits, min_size=1, max_size=2)


ABOVE = _levels((2,), (2, 4), (1.5, 3), (1, 2, 4), (1, 2, 3, 4))
BELOW = _levels((3,), (3, 1), (3, 2, 1), (4, 3, 2, 1))


@st.composite
def _common(draw: st.DrawFn, *, id: str, repeats: bool) -> dict[str, Any]:
    return {
        "id": id,
        "gate": draw(st.sampled_from(GATES)),
        "policy": draw(policies(repeats=repeats)),
    }


@st.composite
def thresholds(draw: st.DrawFn, id: str) -> list[CompiledRule]:
    falling = draw(st.booleans())
    return [
        threshold(
            draw(st.sampled_from(SLOTS)),
            draw(BELOW if falling else ABOVE),
            falling=falling,
            hysteresis=draw(st.sampled_from([0, 0.5, 1])),
            **draw(_common(id=id, repeats=True)),
        )
    ]


@st.composite
def rates(draw: st.DrawFn, id: str) -> list[CompiledRule]:
    return [
        rate(
            draw(st.sampled_from(SLOTS)),
            draw(_levels((0.5,), (0.25, 1), (0.25, 0.5, 1))),
            window=draw(st.sampled_from([20, 10, 33])),
            per=draw(st.sampled_from([10, 7])),
            of=draw(st.sampled_from(["rise", "fall", "change"])),
            hysteresis=draw(st.sampled_from([0, 0.25])),
            **draw(_common(id=id, repeats=True)),
        )
    ]


@st.composite
def stucks(draw: st.DrawFn, id: str) -> list[CompiledRule]:
    return [
        stuck(
            draw(st.sampled_from(SLOTS)),
            draw(_levels((5,), (10,), (5, 20), (5, 10, 20))),
            tolerance=draw(st.sampled_from([2.0, 1.0, 0.0])),
            exceptions=draw(st.sampled_from([(), (), (0.0,), (0.0, 4.0)])),
            **draw(_common(id=id, repeats=True)),
        )
    ]


@st.composite
def counts(draw: st.DrawFn, id: str) -> list[CompiledRule]:
    return [
        count(
            draw(st.sampled_from(SLOTS)),
            draw(_levels((1,), (2,), (1, 3), (1, 2, 3), (1, 2, 3, 4))),
            at_least=draw(st.sampled_from([2, 3])),
            within=draw(st.sampled_from([10, 25, 60])),
            hysteresis=draw(st.sampled_from([0, 0, 1])),
            **draw(_common(id=id, repeats=True)),
        )
    ]


@st.composite
def silences(draw: st.DrawFn, id: str) -> list[CompiledRule]:
    return [
        silence(
            draw(st.sampled_from([*SLOTS, (LOCK, WEIR_MEAN)])),
            draw(_levels((10,), (25,), (5, 20), (5, 10, 30))),
            **draw(_common(id=id, repeats=False)),
        )
    ]


@st.composite
def folds(draw: st.DrawFn, id: str) -> list[CompiledRule]:
    """Draw a rule on gateways and another one on the datastreams behind them."""
    gateways = fold(
        draw(st.sampled_from([(LOCK, WEIR), (LOCK, UP, WEIR), (BRIDGE, RAIN, LOCK, UP, DOWN)])),
        draw(st.sampled_from(["yellow", "red"])),
        draw(st.sampled_from([0.5, 1.0])),
        periods=draw(st.sampled_from([1, 2, 0.5])),
        **draw(_common(id=id, repeats=False)),
    )
    behind = st.one_of(thresholds(f"{id}-behind"), silences(f"{id}-behind"))
    return [gateways, *draw(behind)]


AGES = st.sampled_from([90, 30, 60])


@st.composite
def booleans(draw: st.DrawFn, id: str) -> list[CompiledRule]:
    """Draw conditions on two subjects; the second one lacks a datastream."""
    texts = st.sampled_from(
        ["a", "b", "not a", "a or b", "a and b", "a and not b", "a and b or c", "not (b or c)",
         "a or not c"]
    )  # fmt: skip
    colours = draw(st.sampled_from([("yellow",), ("blue", "red"), ("blue", "yellow", "orange")]))
    sign = st.sampled_from([">=", "<="])
    return [
        boolean(
            {
                "a": ((BRIDGE, LOCK), draw(sign), 2),
                "b": ((BRIDGE_CAMERA, UP), draw(sign), 3),
                "c": ((BRIDGE, -1), draw(sign), 4),
            },
            {colour: draw(texts) for colour in colours},
            draw(st.sampled_from([("bridge", "lock"), ("bridge-gauge", "lock-gauge"),
                                  ("gw-bridge", "gw-lock")])),
            max_age=draw(AGES),
            **draw(_common(id=id, repeats=False)),
        )
    ]  # fmt: skip


@st.composite
def expressions(draw: st.DrawFn, id: str) -> list[CompiledRule]:
    falling = draw(st.booleans())
    return [
        expressed(
            {"up": (BRIDGE, UP), "down": (BRIDGE_CAMERA, DOWN)},
            draw(st.sampled_from(["up - down", "up / down", "max(up, 2 * down) - abs(-down)"])),
            draw(BELOW if falling else ABOVE),
            ("bridge", "lock"),
            falling=falling,
            hysteresis=draw(st.sampled_from([0, 0.5])),
            max_age=draw(AGES),
            **draw(_common(id=id, repeats=False)),
        )
    ]


COMPARED = _levels((1,), (2,), (1, 2), (0.5, 1, 2))


@st.composite
def neighbourhoods(draw: st.DrawFn, id: str) -> list[CompiledRule]:
    return [
        neighbours(
            draw(st.sampled_from([(BRIDGE, LOCK), (BRIDGE, LOCK, WEIR), (BRIDGE, LOCK, UP, WEIR)])),
            draw(COMPARED),
            measure=draw(st.sampled_from(["difference", "ratio", "absolute"])),
            least=draw(st.sampled_from([1, 1, 2])),
            hysteresis=draw(st.sampled_from([0, 0.5])),
            max_age=draw(AGES),
            **draw(_common(id=id, repeats=False)),
        )
    ]


@st.composite
def upstreams(draw: st.DrawFn, id: str) -> list[CompiledRule]:
    return [
        upstream(
            draw(st.sampled_from([((BRIDGE, LOCK),), ((BRIDGE, LOCK), (LOCK, WEIR))])),
            draw(COMPARED),
            measure=draw(st.sampled_from(["difference", "ratio"])),
            hysteresis=draw(st.sampled_from([0, 0.5])),
            max_age=draw(AGES),
            **draw(_common(id=id, repeats=False)),
        )
    ]


KINDS: dict[str, Callable[[str], st.SearchStrategy[list[CompiledRule]]]] = {
    "threshold": thresholds,
    "rate": rates,
    "stuck": stucks,
    "count": counts,
    "silence": silences,
    "fold": folds,
    "boolean": booleans,
    "expression": expressions,
    "neighbours": neighbourhoods,
    "upstream": upstreams,
}


@st.composite
def rule_sets(draw: st.DrawFn, kind: str) -> tuple[CompiledRule, ...]:
    """Draw one or two rules of a kind, or some of several kinds."""
    if kind != "several":
        kinds = [kind] * draw(st.sampled_from([1, 1, 2]))
    else:
        kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=4))
    rules = [one for at, name in enumerate(kinds) for one in draw(KINDS[name](f"rule-{at}"))]
    return tuple(rules)

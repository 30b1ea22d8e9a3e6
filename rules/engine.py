"""The engine: one pure step from a state and a stretch of the log to a state and transitions.

Order. Readings are judged in the order of the log. A datastream that occurs several times in a
batch is taken turn by turn: all first occurrences at once, then all second ones. Rules that look at
several datastreams are judged at ticks, on what is known then, so that no order between datastreams
matters and the log can be cut anywhere.

Late readings. A reading that is not newer than the last judged one of its datastream is stored
but not judged: an alert never goes back in time. It is counted in `Outcome.late`.

Time. A delay runs out at a later reading of the same datastream or at a tick, whichever the log
has first; the transition is dated when the delay was over, not when that was noticed.

Speed. Columns say which rows need looking at (`rules.bounds`); only these go through
`rules.machine`, one at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from devices import Batch, Tick
from rules import at_readings, at_ticks, inhibiting
from rules.alerts import Transition
from rules.commands import Command
from rules.ruleset import RuleSet
from rules.state import State
from rules.work import Work

Input: TypeAlias = Batch | Tick | Command
"""What the engine takes, in the order of the log."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a step gives back."""

    state: State
    transitions: tuple[Transition, ...]
    """Those of one alert in the order of their versions; between alerts no order is promised."""
    late: int
    """Readings not judged because their datastream had been judged at that time or later."""


def step(rule_set: RuleSet, state: State, inputs: Iterable[Input]) -> Outcome:
    """Judge a stretch of one partition of the log.

    Args:
        rule_set: the rules in force for the whole stretch.
        state: memory before it; not changed.
        inputs: batches, ticks and commands in the order of the log.

    Returns:
        The outcome. Cutting the stretch anywhere, even inside a batch, and stepping twice gives
        the same state and the same transitions.
    """
    return advance(rule_set, state.copy(), inputs)


def advance(rule_set: RuleSet, state: State, inputs: Iterable[Input]) -> Outcome:
    """Do as `step`, but in the given state, which becomes the outcome's.

    For long replays, where nobody wants the state before.
    """
    work = Work(rule_set, state)
    with np.errstate(all="ignore"):
        for one in inputs:
            match one:
                case Batch():
                    at_readings.judge(work, one)
                case Tick():
                    at_ticks.tick(work, one.time_us)
                case _:
                    inhibiting.obey(work, one)
    return Outcome(state, tuple(work.transitions), work.late)

"""案卷: a case from the report to its mark, in seven stages, as a pure machine.

`decide` makes events of commands or says why not, `apply` makes the next case of an event; a case
is what its events made of it, and nothing else. Knows no clock, no database and no language of its
readers: time comes in, refusals go out as a code with facts. A change here changes what the events
stored of old cases mean: give new events new names, and leave the old ones readable.
"""

from dispatch.cases.applying import EventError, apply
from dispatch.cases.case import (
    Case,
    CaseEvent,
    EventKind,
    Outcome,
    Report,
    Role,
    Stage,
    Who,
)
from dispatch.cases.clock import Clock, ClockName, Light
from dispatch.cases.commands import Command
from dispatch.cases.deciding import collect, decide, possible
from dispatch.cases.limits import Limit, Unit, due_us, parse_limit
from dispatch.cases.policy import CasePolicy, Category, Department
from dispatch.cases.refusals import Refusal, RefusalCode
from dispatch.cases.steps import CommandKind

__all__ = [
    "Case",
    "CaseEvent",
    "CasePolicy",
    "Category",
    "Clock",
    "ClockName",
    "Command",
    "CommandKind",
    "Department",
    "EventError",
    "EventKind",
    "Light",
    "Limit",
    "Outcome",
    "Refusal",
    "RefusalCode",
    "Report",
    "Role",
    "Stage",
    "Unit",
    "Who",
    "apply",
    "collect",
    "decide",
    "due_us",
    "parse_limit",
    "possible",
]

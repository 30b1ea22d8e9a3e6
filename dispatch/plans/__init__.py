"""Plans 预案 and response levels 应急响应: what is to be done in an incident, by whom, by when.

Pure: the time is in every command and question. Knows of incidents only their ids, and nothing of
databases or crews. Started plans keep their items as they were: a change of `machine` or `response`
changes what events that are stored mean, a change of a city's `plans.yaml` does not.
"""

from dispatch.plans.commands import Command, Do, Move, Reopen, Skip, Start
from dispatch.plans.file import FILE, read
from dispatch.plans.machine import Event, EventKind, Refusal, decide, evolve
from dispatch.plans.overdue import Overdue, due
from dispatch.plans.plan import Item, Plan, PlanBook
from dispatch.plans.response import Level, Response, Scope, SetLevel
from dispatch.plans.run import ItemState, Run, RunItem

__all__ = [
    "FILE",
    "Command",
    "Do",
    "Event",
    "EventKind",
    "Item",
    "ItemState",
    "Level",
    "Move",
    "Overdue",
    "Plan",
    "PlanBook",
    "Refusal",
    "Reopen",
    "Response",
    "Run",
    "RunItem",
    "Scope",
    "SetLevel",
    "Skip",
    "Start",
    "decide",
    "due",
    "evolve",
    "read",
]

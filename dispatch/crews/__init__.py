"""Crews: what they do at the moment, who goes where, and what if nobody answers.

Pure: the time is in every command and question. Knows nothing of databases, and of the world only
crews, places and roads. A change of `machine` touches what every terminal and console may do next.
"""

from dispatch.crews.advice import Advice, Candidate, Choice, Rejection, Settings, advise
from dispatch.crews.commands import Command
from dispatch.crews.escalation import Escalation, Pending, due
from dispatch.crews.file import FILE, read
from dispatch.crews.machine import Event, Refusal, evolve, step
from dispatch.crews.roads import Roads
from dispatch.crews.state import CrewState, Position, Status, Task

__all__ = [
    "FILE",
    "Advice",
    "Candidate",
    "Choice",
    "Command",
    "CrewState",
    "Escalation",
    "Event",
    "Pending",
    "Position",
    "Refusal",
    "Rejection",
    "Roads",
    "Settings",
    "Status",
    "Task",
    "advise",
    "due",
    "evolve",
    "read",
    "step",
]

"""Incidents: alerts that are one happening, put together by hand or because they are of one place.

Pure: the time is in every command. Knows alerts only as members: their colour, place and times. A
change of `joining` touches how many rows a dispatcher sees in a cloudburst.
"""

from dispatch.incidents.commands import (
    Add,
    Close,
    Command,
    Merge,
    Open,
    Remove,
    SetParent,
    Split,
)
from dispatch.incidents.joining import Join, New, Stays, join_or_open
from dispatch.incidents.machine import Event, EventKind, Refusal, decide, evolve, evolve_all
from dispatch.incidents.state import Incident, Member, Settings

__all__ = [
    "Add",
    "Close",
    "Command",
    "Event",
    "EventKind",
    "Incident",
    "Join",
    "Member",
    "Merge",
    "New",
    "Open",
    "Refusal",
    "Remove",
    "SetParent",
    "Settings",
    "Split",
    "Stays",
    "decide",
    "evolve",
    "evolve_all",
    "join_or_open",
]

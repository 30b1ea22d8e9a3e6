"""What needs people, in which order, and who may do it: pure functions, with the clock given.

Knows alerts only by their warning colour, their times and whether somebody took them; nothing of
databases, screens or brokers. Cases 案卷 are in `dispatch.cases`, crews in `dispatch.crews`, what
they are sent to in `dispatch.incidents`, what is to be done there in `dispatch.plans`; what others
are told is written by `dispatch.cap` and `dispatch.atom`. A change here touches the order of every
list people work from, and what each of them may do.
"""

from dispatch.queue import Priority, Waiting, order
from dispatch.rights import Grant, Right, Role, may, may_somewhere

__all__ = [
    "Grant",
    "Priority",
    "Right",
    "Role",
    "Waiting",
    "may",
    "may_somewhere",
    "order",
]

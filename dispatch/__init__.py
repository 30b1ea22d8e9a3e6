"""What needs people, in which order: pure functions, with the clock given.

Knows alerts only by their warning colour, their times and whether somebody took them; nothing of
databases, screens or brokers. A change here touches the order of every list people work from.
Crews stand in `dispatch.crews`, what they are sent to in `dispatch.incidents`.
"""

from dispatch.queue import Priority, Waiting, order

__all__ = ["Priority", "Waiting", "order"]

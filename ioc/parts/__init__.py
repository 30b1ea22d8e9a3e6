"""The processes that make up a running system, one module each.

A part says how to start one process, how to see that it is ready and how to end it; it does not
start anything itself (`ioc.supervisor` and the tests do). A new part is a module here and a line
in `ioc.parts.table`.
"""

from ioc.parts.part import Launch, Part, PartError, Port

__all__ = ["Launch", "Part", "PartError", "Port"]

"""What a database error means for the line: wait, look closer, or stop.

Decided by SQLSTATE class, never by the text.
"""

from __future__ import annotations

from enum import Enum

import psycopg

_INFRASTRUCTURE = ("08", "53", "57P", "40001", "40P01", "55P03", "25006")
"""Connection, resources, shutdown, serialization, deadlock, lock timeout, read-only standby."""

_DATA = ("22", "23")
"""Data exception, integrity violation."""


class Fault(Enum):
    """What to do."""

    WAIT = "wait"
    """The world is broken: retry the same transaction in place, for ever."""
    DATA = "data"
    """A row cannot be stored: find it and quarantine it."""
    UNKNOWN = "unknown"
    """A broken assumption: stop before anything is acknowledged."""


def classify(error: psycopg.Error) -> Fault:
    """Return what an error asks for.

    An error without SQLSTATE is one of the connection itself (refused, reset, closed), except
    for the mistakes psycopg finds before it sends anything.

    >>> classify(psycopg.errors.AdminShutdown())
    <Fault.WAIT: 'wait'>
    >>> classify(psycopg.errors.UniqueViolation())
    <Fault.DATA: 'data'>
    >>> classify(psycopg.errors.UndefinedTable())
    <Fault.UNKNOWN: 'unknown'>
    """
    state = error.sqlstate
    if state is None:
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return Fault.WAIT if lost else Fault.UNKNOWN
    if state.startswith(_INFRASTRUCTURE):
        return Fault.WAIT
    if state.startswith(_DATA):
        return Fault.DATA
    return Fault.UNKNOWN


class AwayError(RuntimeError):
    """The database cannot be reached or cannot work now; whether it stored is not known."""


class RefusedError(RuntimeError):
    """The database refuses what it was given, as data; nothing is stored."""

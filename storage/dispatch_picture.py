"""All that the wall shows of incidents, cases and crews, read at one moment.

One transaction that sees one state: a crew is never shown on its way to an incident that the same
picture does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices.calendar import DAY_US, WEEKDAYS_ONLY
from dispatch.cases import Case
from dispatch.crews import CrewState, Pending
from dispatch.incidents import Incident, Member
from dispatch.queue import Priority
from storage import case_lists, crew_lists, incidents, queries
from storage.case_lists import StageCount
from storage.instants import time_us

_Connection = AsyncConnection[TupleRow]

MOST_INCIDENTS: Final = 60
MOST_CASES: Final = 60
"""More than any screen shows of either; the rest is a number."""

_ALL: Final = 1 << 30

NEWS: Final = 20
"""Newest changes of cases."""

NEWS_US: Final = DAY_US
"""What ended longer ago is no news."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Incidents, cases and crews as they stood at one moment."""

    at_us: int
    """The database's clock, µs since 1970."""
    incidents: Sequence[Incident]
    """Open ones, in the order of `incidents.open_incidents`; the first `MOST_INCIDENTS`."""
    incidents_total: int
    """All open ones."""
    parts: Mapping[str, Incident]
    """Incidents to which a crew was sent and that are not among these, by id; closed ones too."""
    messages: Mapping[str, tuple[str, str]]
    """By incident without a title: what its worst alert says, Chinese and English."""
    crews: Mapping[str, CrewState]
    """By id: those that were asked for, then others with a task."""
    waiting: Sequence[Pending]
    """Assignments that nobody has accepted, the oldest first."""
    stages: Sequence[StageCount]
    """Stages that have open cases."""
    due: Sequence[Case]
    """Open cases with a limit that runs or is over: that which ends first stands first."""
    ran_out: int
    """Limits that ran out since Beijing's midnight."""
    news: Sequence[Case]
    """By their last change, the newest first."""


async def read(
    connection: _Connection, crews: Iterable[str], crew_of: Mapping[str, str]
) -> Picture:
    """Return how everything stands.

    Args:
        connection: where to ask, in autocommit.
        crews: ids of all crews of the city.
        crew_of: crew by terminal.
    """
    async with connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        at_us = await _now_us(connection)
        open_ones = await incidents.open_incidents(connection, _ALL)
        working = await crew_lists.with_task(connection)
        states = await crew_lists.standing(
            connection, dict.fromkeys([*crews, *working]), crew_of, at_us
        )
        shown = open_ones[:MOST_INCIDENTS]
        known = {one.id for one in shown}
        sent = {one.task.incident for one in states.values() if one.task}
        others = await incidents.by_id(connection, sent - known)
        today_us = WEEKDAYS_ONLY.start_us(WEEKDAYS_ONLY.local_day(at_us))
        due = await case_lists.open_cases(connection, MOST_CASES)
        return Picture(
            at_us=at_us,
            incidents=shown,
            incidents_total=len(open_ones),
            parts=others,
            messages=await _messages(connection, [*shown, *others.values()]),
            crews=states,
            waiting=await crew_lists.waiting(connection),
            stages=await case_lists.counts(connection, at_us),
            due=[one for one in due if one.clock is not None and one.clock.due_us is not None],
            ran_out=await case_lists.ran_out(connection, today_us, at_us),
            news=await case_lists.lately_changed(connection, at_us - NEWS_US, NEWS),
        )


async def _messages(
    connection: _Connection, untitled: Iterable[Incident]
) -> dict[str, tuple[str, str]]:
    """Return what the worst alert says of each incident that has no title and has alerts."""
    lead = {
        min(one.members.values(), key=_urgency).alert: one.id
        for one in untitled
        if not one.title and one.members
    }
    rows = await queries.alerts_by_id(connection, list(lead))
    return {lead[row.id]: (row.message_zh, row.message_en) for row in rows}


def _urgency(one: Member) -> tuple[bool, Priority, int, str]:
    return not one.active, Priority.of_colour(one.severity), one.raised_us, one.alert


async def _now_us(connection: _Connection) -> int:
    cursor = await connection.execute("SELECT clock_timestamp()")
    (row,) = await cursor.fetchall()
    return time_us(row[0])

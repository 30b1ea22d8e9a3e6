"""What happened in a stretch of time, as numbers: for handovers and reports. Reading only.

All questions of one activity are of one moment: they are asked in one transaction.
"""

from __future__ import annotations

from typing import Final

from psycopg import AsyncConnection, IsolationLevel, sql
from psycopg.rows import TupleRow

from dispatch.cases import Stage
from dispatch.handover import Activity, PastAlert, StageCount, Work, activity
from storage.instants import instant, to_us

_Connection = AsyncConnection[TupleRow]

_WORK: Final = """
    SELECT (SELECT count(*) FROM case_file WHERE opened >= %(from)s AND opened < %(until)s),
           closed.n, closed.in_time,
           (SELECT count(*) FROM incident WHERE opened >= %(from)s AND opened < %(until)s),
           (SELECT count(*) FROM incident WHERE closed >= %(from)s AND closed < %(until)s),
           sent.n, sent.median,
           (SELECT count(*) FROM escalation WHERE told >= %(from)s AND told < %(until)s)
    FROM (SELECT count(*) AS n, count(*) FILTER (WHERE jsonb_array_length(state->'late') = 0)
                 AS in_time
          FROM case_file
          WHERE outcome = 'closed' AND ended >= %(from)s AND ended < %(until)s) AS closed,
         (SELECT count(*) AS n, percentile_cont(0.5) WITHIN GROUP (
                 ORDER BY extract(epoch FROM accepted - assigned))::float8 AS median
          FROM assignment WHERE assigned >= %(from)s AND assigned < %(until)s) AS sent
"""

_STAGES: Final = """
    SELECT stage, count(*), count(*) FILTER (WHERE due_us < %(until_us)s)
    FROM (SELECT DISTINCT ON (case_file) (body->>'stage')::int AS stage,
                 body->>'outcome' AS outcome,
                 (body->'clock'->>'due_us')::bigint AS due_us
          FROM case_event WHERE at < %(until)s ORDER BY case_file, version DESC) AS newest
    WHERE outcome IS NULL GROUP BY stage ORDER BY stage
"""


async def read(
    connection: _Connection, from_us: int, until_us: int, operators: int = 1
) -> Activity:
    """Return the numbers of a stretch of time.

    Args:
        connection: where to ask.
        from_us: begin, inclusive, µs since 1970.
        until_us: end, exclusive.
        operators: how many people share the alarms.
    """
    bounds = {"from": instant(from_us), "until": instant(until_us), "until_us": until_us}
    async with connection.transaction():
        await _one_moment(connection)
        alerts = await _alerts(connection, from_us, until_us)
        cursor = await connection.execute(_STAGES, bounds)
        stages = [
            StageCount(Stage(number).word, *rest) for number, *rest in await cursor.fetchall()
        ]
        cursor = await connection.execute(_WORK, bounds)
        ((opened, closed, in_time, begun, over, sent, median, told),) = await cursor.fetchall()
    work = Work(opened, closed, in_time, begun, over, sent, median, told)
    return activity(alerts, from_us, until_us, operators, stages, work)


async def _one_moment(connection: _Connection) -> None:
    """Let all that this transaction asks be of one moment."""
    level = IsolationLevel.REPEATABLE_READ.name.replace("_", " ")
    await connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}, READ ONLY".encode())


async def _alerts(connection: _Connection, from_us: int, until_us: int) -> list[PastAlert]:
    query = sql.SQL(
        "SELECT id::text, rule, subject, domain, severity, {raised}, {cleared}, {acknowledged}, "
        "suppressed IS NOT NULL FROM alert "
        "WHERE raised < %s AND (cleared IS NULL OR cleared >= %s) ORDER BY raised, id"
    ).format(
        raised=to_us("raised"), cleared=to_us("cleared"), acknowledged=to_us("acknowledged_at")
    )
    cursor = await connection.execute(query, (instant(until_us), instant(from_us)))
    return [PastAlert(*row) for row in await cursor.fetchall()]

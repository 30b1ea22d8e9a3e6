"""Alerts of a stretch of time: as columns for figures over many of them, and step by step.

Reading only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from rules.alerts import Severity
from rules.differing import Episode
from rules.figures import OPEN, History
from storage.instants import instant, to_us


@dataclass(frozen=True, slots=True)
class Step:
    """A stored transition, with what its alert says of itself. Times are µs since 1970."""

    alert: str
    version: int
    kind: str
    at_us: int
    severity: str
    """`none` at the end."""
    evidence: str
    """JSON as the database writes it."""
    rule: str
    rule_version: int | None
    """That judged it; None where that was not written yet."""
    subject: str
    datastream: int
    """Slot."""
    raised_us: int
    first_exceeded_us: int
    message_zh: str | None
    """None where the alert has a newer transition, whose message it shows."""
    message_en: str | None


@dataclass(frozen=True, slots=True)
class Past:
    """An alert that is over."""

    alert: str
    raised_us: int
    cleared_us: int


async def read(connection: AsyncConnection[TupleRow], since_us: int, until_us: int) -> History:
    """Return the alerts raised before the end of a stretch and not over before its begin.

    Args:
        connection: where to ask.
        since_us: begin, inclusive, µs since 1970.
        until_us: end, exclusive.
    """
    query = sql.SQL(
        "SELECT {raised}, {cleared}, rule, subject, severity FROM alert "
        "WHERE raised < %s AND (cleared IS NULL OR cleared >= %s) ORDER BY raised, id"
    ).format(raised=to_us("raised"), cleared=to_us("cleared"))
    cursor = await connection.execute(query, (instant(until_us), instant(since_us)))
    rows = await cursor.fetchall()
    number = {one.word: int(one) for one in Severity}
    return History(
        raised_us=np.array([row[0] for row in rows], dtype=np.int64),
        cleared_us=np.array([OPEN if row[1] is None else row[1] for row in rows], dtype=np.int64),
        rule=np.array([row[2] for row in rows], dtype=np.str_),
        subject=np.array([row[3] for row in rows], dtype=np.str_),
        severity=np.array([number[row[4]] for row in rows], dtype=np.int8),
    )


async def episodes(
    connection: AsyncConnection[TupleRow], since_us: int, until_us: int
) -> list[Episode]:
    """Return the alerts of a stretch of time with the highest severity of each.

    Args:
        connection: where to ask.
        since_us: begin, inclusive, µs since 1970: those that were over before it are left out.
        until_us: end, exclusive: those raised later are left out.
    """
    query = sql.SQL(
        "SELECT rule, subject, {raised}, {cleared}, (SELECT max(array_position("
        "ARRAY['blue', 'yellow', 'orange', 'red'], step.severity)) FROM alert_transition AS step "
        "WHERE step.alert = alert.id) FROM alert "
        "WHERE raised < %s AND (cleared IS NULL OR cleared >= %s) ORDER BY raised, rule, subject"
    ).format(raised=to_us("raised"), cleared=to_us("cleared"))
    cursor = await connection.execute(query, (instant(until_us), instant(since_us)))
    return [
        Episode(rule, subject, raised, OPEN if cleared is None else cleared, Severity(highest or 0))
        for rule, subject, raised, cleared, highest in await cursor.fetchall()
    ]


async def reach(connection: AsyncConnection[TupleRow]) -> tuple[int, int] | None:
    """Return when the first and the newest alert were raised, µs since 1970; None without any."""
    query = sql.SQL("SELECT {}, {} FROM (SELECT min(raised) AS a, max(raised) AS b FROM alert) x")
    cursor = await connection.execute(query.format(to_us("a"), to_us("b")))
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else (row[0], row[1])


async def steps(
    connection: AsyncConnection[TupleRow],
    since_us: int,
    until_us: int,
    alerts: Sequence[str] = (),
) -> list[Step]:
    """Return the engine's transitions of a stretch of time, by time, alert and version.

    Args:
        connection: where to ask.
        since_us: begin, inclusive.
        until_us: end, inclusive.
        alerts: ids; also all of theirs, whenever they were.
    """
    query = sql.SQL(
        "SELECT alert::text, step.version, kind, {at}, coalesce(step.severity, 'none'), "
        "evidence::text, rule, step.rule_version, subject, datastream, {raised}, {first}, "
        "CASE WHEN step.version = alert.version THEN message_zh END, "
        "CASE WHEN step.version = alert.version THEN message_en END "
        "FROM alert_transition AS step JOIN alert ON alert.id = step.alert "
        "WHERE at BETWEEN %s AND %s OR alert = ANY(%s::uuid[]) ORDER BY at, alert, step.version"
    ).format(at=to_us("at"), raised=to_us("raised"), first=to_us("first_exceeded"))
    cursor = await connection.execute(query, (instant(since_us), instant(until_us), list(alerts)))
    return [Step(*row) for row in await cursor.fetchall()]


async def as_stored(connection: AsyncConnection[TupleRow], texts: Sequence[str]) -> list[str]:
    """Return JSON as the database would write it, had it been stored."""
    cursor = await connection.execute(
        "SELECT one::jsonb::text FROM unnest(%s::text[]) WITH ORDINALITY AS given (one, number) "
        "ORDER BY number",
        (list(texts),),
    )
    return [row[0] for row in await cursor.fetchall()]


async def last_over(
    connection: AsyncConnection[TupleRow], rule: str, subject: str, by_us: int
) -> Past | None:
    """Return the newest alert of a rule on a subject that was over by a time; None without one."""
    query = sql.SQL(
        "SELECT id::text, {raised}, {cleared} FROM alert "
        "WHERE rule = %s AND subject = %s AND cleared <= %s ORDER BY raised DESC LIMIT 1"
    ).format(raised=to_us("raised"), cleared=to_us("cleared"))
    cursor = await connection.execute(query, (rule, subject, instant(by_us)))
    row = await cursor.fetchone()
    return Past(*row) if row else None

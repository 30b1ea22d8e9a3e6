"""Cases 案卷 in the database: a command and its event in one transaction, and one of many wins.

What may be done is decided in `dispatch.cases`; here it is read, held, stored and told. A refusal
leaves nothing behind, not a number either. Times are of the database's clock where nobody gives
one.

All take a psycopg AsyncConnection in autocommit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec
from psycopg import AsyncConnection, Rollback
from psycopg.rows import TupleRow

from dispatch.cases import (
    Case,
    CaseEvent,
    CasePolicy,
    Command,
    Refusal,
    RefusalCode,
    Report,
    Who,
    apply,
    collect,
    decide,
)
from dispatch.cases.duplicates import Likely, likely_originals
from storage import case_lists
from storage.instants import instant, time_us
from storage.texts import storable

_Connection = AsyncConnection[TupleRow]

CHANNEL: Final = "cases"
"""NOTIFY channel; the payload is a JSON list of case ids."""

_T = TypeVar("_T", Report, Command, Who)


async def report(
    connection: _Connection,
    said: Report,
    who: Who,
    policy: CasePolicy,
    *,
    anyway: bool = False,
    at_us: int | None = None,
) -> Case | Refusal:
    """Begin a case with a report, and give it its number.

    Reports of one day are taken one after the other: numbers have no gaps, and of two about the
    same thing the second learns of the first.

    Args:
        connection: where to.
        said: what somebody saw.
        who: who reports.
        policy: the district's.
        anyway: begin one also where there is one already that is likely the same.
        at_us: when, µs since 1970; None for now.

    Returns:
        The case, or why there is none.
    """
    said, who = _storable(said), _storable(who)
    async with connection.transaction() as transaction:
        found = await _report(connection, said, who, policy, anyway, at_us)
        if isinstance(found, Refusal):
            raise Rollback(transaction)
    return found


async def act(
    connection: _Connection,
    case: int,
    command: Command,
    who: Who,
    policy: CasePolicy,
    *,
    at_us: int | None = None,
) -> Case | Refusal:
    """Do something with a case: its event, the case after it and the notification, or nothing.

    Of many with the same version one wins, and the others are told who it was.

    Args:
        connection: where to.
        case: id.
        command: what is wanted, with the version its author saw.
        who: who wants it.
        policy: the district's.
        at_us: when, µs since 1970; None for now.

    Returns:
        The case after it, or why nothing was done.
    """
    command, who = _storable(command), _storable(who)
    async with connection.transaction():
        before = await case_lists.held(connection, case)
        if before is None:
            return Refusal(RefusalCode.UNKNOWN_CASE, "case", {"case": case})
        now_us = await _now_us(connection) if at_us is None else at_us
        events = decide(before, command, now_us, who, policy)
        if isinstance(events, Refusal):
            return events
        return await _store(connection, before, events)


async def _report(
    connection: _Connection,
    said: Report,
    who: Who,
    policy: CasePolicy,
    anyway: bool,
    at_us: int | None,
) -> Case | Refusal:
    now_us = await _now_us(connection) if at_us is None else at_us
    day = policy.hours.calendar.local_day(now_us)
    sequence = await _one(
        connection,
        "INSERT INTO case_count AS c (day, district, last) VALUES (%s, %s, 1) "
        "ON CONFLICT (day, district) DO UPDATE SET last = c.last + 1 RETURNING last",
        day, policy.numbering.district,
    )  # fmt: skip
    case = await _one(connection, "SELECT nextval(pg_get_serial_sequence('case_file', 'id'))")
    number = policy.numbering.number(day, sequence)
    events = collect(case, number, said, now_us, who, policy)
    if isinstance(events, Refusal):
        return events
    if not anyway:
        since_us = now_us - policy.sameness.within_us
        same = await case_lists.of_category(connection, said.category, since_us)
        if originals := likely_originals(said, now_us, same, policy.sameness):
            facts = {"originals": [_facts(one) for one in originals]}
            return Refusal(RefusalCode.DUPLICATE, facts=facts)
    return await _store(connection, None, events)


async def _store(connection: _Connection, before: Case | None, events: Sequence[CaseEvent]) -> Case:
    """Write events, and the case that they make."""
    case = before
    for event in events:
        case = apply(case, event)
    assert case is not None  # noqa: S101 (a decision has an event)
    columns = _columns(case)
    if before is None:
        await connection.execute(
            "INSERT INTO case_file (id, number, version, category, department, town, stage, "
            "outcome, opened, changed, ended, clock, amber, due, handling_due, state) VALUES "
            "(%(id)s, %(number)s, %(version)s, %(category)s, %(department)s, %(town)s, %(stage)s, "
            "%(outcome)s, %(opened)s, %(changed)s, %(ended)s, %(clock)s, %(amber)s, %(due)s, "
            "%(handling_due)s, %(state)s)",
            columns,
        )
    else:
        await connection.execute(
            "UPDATE case_file SET version = %(version)s, department = %(department)s, "
            "stage = %(stage)s, outcome = %(outcome)s, changed = %(changed)s, ended = %(ended)s, "
            "clock = %(clock)s, amber = %(amber)s, due = %(due)s, handling_due = %(handling_due)s, "
            "state = %(state)s WHERE id = %(id)s",
            columns,
        )
    for event in events:
        await connection.execute(
            "INSERT INTO case_event (case_file, version, kind, at, actor, role, department, "
            "reason, body) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                event.case, event.version, event.kind.value, instant(event.at_us), event.who.name,
                event.who.role.value, event.who.department, event.text,
                msgspec.json.encode(event).decode(),
            ),
        )  # fmt: skip
    payload = msgspec.json.encode([case.id]).decode()
    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))
    return case


def _columns(case: Case) -> dict[str, Any]:
    clock = case.clock
    times = {
        "opened": case.opened_us,
        "changed": case.changed_us,
        "ended": case.ended_us,
        "amber": None if clock is None else clock.amber_at_us,
        "due": None if clock is None else clock.due_us,
        "handling_due": case.handling_due_us,
    }
    return {
        "id": case.id,
        "number": case.number,
        "version": case.version,
        "category": case.report.category,
        "department": case.department,
        "town": case.report.town,
        "stage": case.stage.word,
        "outcome": case.outcome and case.outcome.value,
        "clock": clock and clock.name.value,
        "state": msgspec.json.encode(case).decode(),
        **{name: None if at is None else instant(at) for name, at in times.items()},
    }


def _facts(one: Likely) -> dict[str, object]:
    return {
        "case": one.case, "number": one.number, "distance_m": one.distance_m,
        "is_same_component": one.is_same_component, "opened_us": one.opened_us,
    }  # fmt: skip


def _storable(one: _T) -> _T:
    """Return the same with texts that PostgreSQL can hold."""
    texts = {
        name: storable(value)
        for name, value in msgspec.structs.asdict(one).items()
        if type(value) is str
    }
    return msgspec.structs.replace(one, **texts)


async def _now_us(connection: _Connection) -> int:
    return time_us(await _one(connection, "SELECT clock_timestamp()"))


async def _one(connection: _Connection, statement: str, *values: Any) -> Any:  # noqa: ANN401 # SQL's
    cursor = await connection.execute(statement.encode(), values)
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 (these statements give a row)
    return row[0]

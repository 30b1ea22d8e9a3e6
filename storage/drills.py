"""Drills and their alerts: never in the outbox, never among the real ones.

A drill lives as long as its process says so: one that was not heard of for a while is over, whether
or not somebody has said it. All take a psycopg AsyncConnection in autocommit. Times are µs since
1970.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from rules.alerts import Transition, TransitionKind
from rules.digest import digest_of
from storage.alerts import notify
from storage.instants import instant, to_us
from storage.queries import AlertRow
from storage.texts import storable

_Connection = AsyncConnection[TupleRow]

DEAD_AFTER_S: Final = 15.0
"""A drill beats each second; a database that is busy for some seconds must not end it."""

_ALIVE: Final = sql.SQL(
    "(drill.ended IS NULL AND drill.beat > clock_timestamp() - make_interval(secs => {}))"
).format(DEAD_AFTER_S)


class DrillRunsError(ValueError):
    """Another drill runs; one at a time."""


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill, running or over."""

    id: str
    started_us: int
    until_us: int
    actor: str
    note: str
    sha256: str
    ended_us: int | None
    outcome: str | None
    """`over`, `stopped`, `failed`, `died`; None while it runs."""
    open: int
    """Alerts that are active."""
    alerts: int
    """All that it raised."""
    alive: bool
    """Whether its process is there."""


@dataclass(frozen=True, slots=True)
class Heart:
    """What a drill's process learns when it says that it is there."""

    is_stopped: bool
    """Somebody asked it to stop, or ended it."""
    is_over: bool
    """Its time is over."""


async def start(
    connection: _Connection, for_s: float, texts: Mapping[str, str], actor: str, note: str
) -> str:
    """Begin a drill and return its id; one whose process died is ended first.

    Raises:
        DrillRunsError: another one runs.
    """
    await tidy(connection)
    made = str(uuid.uuid4())
    try:
        await connection.execute(
            "INSERT INTO drill (id, until, actor, note, sha256, texts) "
            "VALUES (%s, clock_timestamp() + make_interval(secs => %s), %s, %s, %s, %s)",
            (made, for_s, storable(actor), storable(note), digest_of(texts), Jsonb(dict(texts))),
        )
    except psycopg.errors.UniqueViolation:
        raise DrillRunsError("a drill runs already; end it with `ioc drill stop`") from None
    return made


async def beat(connection: _Connection, drill: str) -> Heart:
    """Say that a drill's process is there."""
    cursor = await connection.execute(
        "UPDATE drill SET beat = clock_timestamp() WHERE id = %s AND ended IS NULL "
        "RETURNING stop_asked IS NOT NULL, until <= clock_timestamp()",
        (drill,),
    )
    row = await cursor.fetchone()
    return Heart(is_stopped=True, is_over=False) if row is None else Heart(*row)


async def ask_stop(connection: _Connection) -> str | None:
    """Ask the drill that runs to stop, and end one whose process died; return its id."""
    await tidy(connection)
    cursor = await connection.execute(
        "UPDATE drill SET stop_asked = clock_timestamp() WHERE ended IS NULL RETURNING id::text"
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def end(connection: _Connection, drill: str, outcome: str) -> None:
    """End a drill and withdraw its alerts, in one transaction."""
    async with connection.transaction():
        cursor = await connection.execute(
            "UPDATE drill SET ended = clock_timestamp(), outcome = %s "
            "WHERE id = %s AND ended IS NULL",
            (outcome, drill),
        )
        if not cursor.rowcount:
            return
        cursor = await connection.execute(
            "UPDATE drill_alert SET active = false, version = version + 1, "
            "cleared = clock_timestamp(), changed = clock_timestamp() "
            "WHERE drill = %s AND active RETURNING id::text",
            (drill,),
        )
        await notify(connection, {row[0] for row in await cursor.fetchall()})


async def tidy(connection: _Connection) -> None:
    """End the drill whose process died, if there is one."""
    cursor = await connection.execute(
        sql.SQL("SELECT id::text FROM drill WHERE ended IS NULL AND NOT {}").format(_ALIVE)
    )
    for (dead,) in await cursor.fetchall():
        await end(connection, dead, "died")


async def current(connection: _Connection) -> Drill | None:
    """Return the newest drill, running or over; None before the first."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT id::text, {started}, {until}, actor, note, sha256, {ended}, outcome, "
            "(SELECT count(*) FROM drill_alert WHERE drill = drill.id AND active), "
            "(SELECT count(*) FROM drill_alert WHERE drill = drill.id), {alive} "
            "FROM drill ORDER BY started DESC LIMIT 1"
        ).format(started=to_us("started"), until=to_us("until"), ended=to_us("ended"), alive=_ALIVE)
    )
    row = await cursor.fetchone()
    return Drill(*row) if row else None


async def write(connection: _Connection, drill: str, told: Sequence[Transition]) -> None:
    """Store what a drill tells, in its order and in one transaction.

    An alert that was open when the drill began is real, and is the drill's only from the moment on
    that the drill raises it to a higher level.
    """
    async with connection.transaction():
        changed = set()
        for one in told:
            if one.kind in (TransitionKind.RAISED, TransitionKind.ESCALATED):
                changed.add(await _put(connection, drill, one))
            elif (name := await _move(connection, drill, one)) is not None:
                changed.add(name)
        await notify(connection, changed)


def alert_of(drill: str, alert: str) -> str:
    """Return the id of a drill's alert, which no real one has.

    >>> drill = "6f6a1c1e-2f0b-5b0e-9a53-3a8f1f0c2d11"
    >>> alert_of(drill, "a") == alert_of(drill, "a") != alert_of(drill, "b")
    True
    """
    return str(uuid.uuid5(uuid.UUID(drill), alert))


async def _put(connection: _Connection, drill: str, one: Transition) -> str:
    name = alert_of(drill, one.alert)
    await connection.execute(
        "INSERT INTO drill_alert AS old (id, drill, rule, rule_version, subject, datastream, "
        "domain, severity, active, first_exceeded, raised, changed, result, limit_value, "
        "message_zh, message_en, version) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, true, %s, %s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, changed = excluded.changed, "
        "result = excluded.result, limit_value = excluded.limit_value, "
        "message_zh = excluded.message_zh, message_en = excluded.message_en, "
        "version = excluded.version",
        (
            name, drill, one.rule, one.rule_version, one.subject, one.datastream, one.domain,
            one.severity.word, instant(one.first_exceeded_us), instant(one.raised_us),
            instant(one.at_us), one.evidence.result, one.evidence.limit, one.message_zh,
            one.message_en, one.version,
        ),
    )  # fmt: skip
    return name


async def _move(connection: _Connection, drill: str, one: Transition) -> str | None:
    at = instant(one.at_us)
    cursor = await connection.execute(
        "UPDATE drill_alert SET severity = coalesce(%s, severity), active = %s, cleared = %s, "
        "changed = %s, result = %s, limit_value = %s, message_zh = %s, message_en = %s, "
        "version = %s WHERE id = %s AND active RETURNING id::text",
        (
            None if one.is_end else one.severity.word, not one.is_end, at if one.is_end else None,
            at, one.evidence.result, one.evidence.limit, one.message_zh, one.message_en,
            one.version, alert_of(drill, one.alert),
        ),
    )  # fmt: skip
    row = await cursor.fetchone()
    return row[0] if row else None


_ROW: Final = sql.SQL(
    "SELECT one.id::text, rule, rule_version, datastream, domain, severity, active, false, "
    "{raised}, {changed}, {cleared}, {first}, result, limit_value, message_zh, message_en, "
    "version, subject FROM drill_alert AS one JOIN drill ON drill.id = one.drill "
).format(
    raised=to_us("raised"), changed=to_us("changed"), cleared=to_us("cleared"),
    first=to_us("first_exceeded"),
)  # fmt: skip


async def shown(connection: _Connection, limit: int = 50) -> list[AlertRow]:
    """Return the alerts of the drill that runs and those that ended last, newest change first.

    Active ones whose drill's process died are left out: nobody takes them back.
    """
    which = sql.SQL("WHERE NOT active OR {} ORDER BY active DESC, changed DESC LIMIT %s")
    cursor = await connection.execute(_ROW + which.format(_ALIVE), (limit,))
    return [_row(row) for row in await cursor.fetchall()]


async def by_id(connection: _Connection, ids: Sequence[str]) -> list[AlertRow]:
    """Return the drills' alerts among some ids, in no order."""
    cursor = await connection.execute(
        _ROW + sql.SQL("WHERE one.id = ANY(%s::uuid[])"), (list(ids),)
    )
    return [_row(row) for row in await cursor.fetchall()]


def _row(row: TupleRow) -> AlertRow:
    return msgspec.structs.replace(AlertRow(*row), drill=True)

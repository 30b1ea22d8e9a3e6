"""Response levels 应急响应 in tables: decided by `dispatch.plans.response`, one transaction each.

The row of a response is held while it is decided on: of many at once one wins and the others are
told who. What happened is written once, goes to the outbox, and is notified.

All take a psycopg AsyncConnection in autocommit. Times are of the database's clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from dispatch.plans import Level, Refusal, Response, Scope, SetLevel
from dispatch.plans.response import ResponseEvent, ResponseKind, decide, evolve
from storage.instants import instant, to_us
from storage.plans import PlanError, check_open, now_us
from storage.texts import storable

CHANNEL: Final = "responses"
"""NOTIFY channel; the payload is a JSON list of scopes: `incident/…` or `district/…`."""

OUTBOX_TOPIC: Final = "responses"

_Connection = AsyncConnection[TupleRow]

_STANDING: Final = sql.SQL(
    "SELECT coalesce(response.incident::text, ''), coalesce(matter, ''), response.version, level, "
    "coalesce({since}, 0), actor, reason, how FROM response "
).format(since=to_us("since"))


async def set_level(
    connection: _Connection,
    scope: Scope,
    level: Level | None,
    actor: str,
    reason: str,
    *,
    seen: int | None = None,
) -> Response:
    """Start, raise, lower or end a response, and return it as it stands then.

    A response of an incident that is over can only be ended.

    Args:
        connection: where to.
        scope: of what.
        level: None ends it.
        actor: who says so.
        reason: why; needed.
        seen: version that the actor saw; None for the one it has now.

    Raises:
        PlanError: it is refused; the refusal says who was first.
        IncidentError: there is no such incident, or it is over.
    """
    async with connection.transaction():
        if scope.incident:
            await check_open(connection, scope.incident, may_be_over=level is None)
        standing = await _held(connection, scope)
        command = SetLevel(
            level=level, seen=standing.version if seen is None else seen, actor=storable(actor),
            reason=storable(reason), at_us=await now_us(connection),
        )  # fmt: skip
        events = decide(standing, command)
        if isinstance(events, Refusal):
            raise PlanError(events)
        for event in events:
            standing = evolve(standing, event)
            await _write(connection, standing, event)
    return standing


async def of(connection: _Connection, scope: Scope) -> Response:
    """Return a response as it stands; without a level where there is none."""
    cursor = await connection.execute(_STANDING + sql.SQL("WHERE scope = %s"), (scope.key,))
    row = await cursor.fetchone()
    return Response(scope) if row is None else _response(row)


async def of_incidents(connection: _Connection, incidents: Iterable[str]) -> dict[str, Level]:
    """Return the levels of some incidents by id; those that have a response."""
    cursor = await connection.execute(
        "SELECT incident::text, level FROM response "
        "WHERE incident = ANY(%s::uuid[]) AND level IS NOT NULL",
        (list(incidents),),
    )
    return {row[0]: Level(row[1]) for row in await cursor.fetchall()}


async def current(connection: _Connection) -> list[Response]:
    """Return the responses that are on: the district's first, then the highest."""
    cursor = await connection.execute(
        _STANDING + sql.SQL(
            "WHERE level IS NOT NULL ORDER BY matter IS NULL, "
            "array_position(ARRAY['I', 'II', 'III', 'IV'], level), since, scope"
        )
    )  # fmt: skip
    return [_response(row) for row in await cursor.fetchall()]


async def history(connection: _Connection, scope: Scope) -> list[ResponseEvent]:
    """Return what happened to a response, in order."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT number, kind, level, {at}, actor, reason FROM response_event "
            "WHERE scope = %s ORDER BY number"
        ).format(at=to_us("at")),
        (scope.key,),
    )
    return [
        ResponseEvent(
            scope, number, ResponseKind(kind), None if level is None else Level(level), *rest
        )
        for number, kind, level, *rest in await cursor.fetchall()
    ]


async def _held(connection: _Connection, scope: Scope) -> Response:
    """Return a response, held until the transaction ends."""
    await connection.execute(
        "INSERT INTO response (scope, incident, matter) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (scope.key, scope.incident or None, scope.matter or None),
    )
    cursor = await connection.execute(
        _STANDING + sql.SQL("WHERE scope = %s FOR UPDATE"), (scope.key,)
    )
    (row,) = await cursor.fetchall()
    return _response(row)


async def _write(connection: _Connection, standing: Response, event: ResponseEvent) -> None:
    level = event.level.value if event.level else None
    at, key = instant(event.at_us), event.scope.key
    cursor = await connection.execute(
        "UPDATE response SET version = %s, level = %s, since = %s, actor = %s, reason = %s, "
        "how = %s WHERE scope = %s AND version = %s",
        (
            standing.version, level, at, event.actor, event.reason, event.kind.value, key,
            event.version - 1,
        ),
    )  # fmt: skip
    if cursor.rowcount != 1:
        raise RuntimeError(f"response {key} is not at version {event.version - 1}")
    await connection.execute(
        "INSERT INTO response_event (scope, number, kind, level, at, actor, reason) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (key, event.version, event.kind.value, level, at, event.actor, event.reason),
    )
    payload = {
        "scope": key, "version": event.version, "kind": event.kind.value, "level": level,
        "at_us": event.at_us, "actor": event.actor, "reason": event.reason,
    }  # fmt: skip
    await connection.execute(
        "INSERT INTO outbox (topic, key, payload) VALUES (%s, %s, %s)",
        (OUTBOX_TOPIC, key, Jsonb(payload)),
    )
    await connection.execute(
        "SELECT pg_notify(%s, %s)", (CHANNEL, msgspec.json.encode([key]).decode())
    )


def _response(row: TupleRow) -> Response:
    incident, matter, version, level, *rest = row
    scope = Scope(incident, matter)
    return Response(scope, version, None if level is None else Level(level), *rest)

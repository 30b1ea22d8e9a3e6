"""Crews in tables: commands decided by `dispatch.crews`, one transaction each.

The row of a crew is held while a command is decided, so of many who send it at once one wins and
the others are told who. What happened is written once, goes to the outbox, and is notified.

All take a psycopg AsyncConnection in autocommit. Times of what people do are of the database's
clock; positions carry their own.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Final

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from devices.crew import Crew, Step
from dispatch.crews import (
    Command,
    CrewState,
    Escalation,
    Event,
    Pending,
    Position,
    Refusal,
    Status,
    Task,
    due,
    step,
)
from dispatch.crews.commands import Do
from dispatch.crews.machine import EventKind
from dispatch.crews.words import refusal as told
from dispatch.incidents.machine import Refusal as IncidentRefusal
from storage.incidents import IncidentError
from storage.instants import instant, to_us
from storage.texts import storable

CHANNEL: Final = "crews"
"""NOTIFY channel; the payload is a JSON list of crew ids."""

OUTBOX_TOPIC: Final = "crews"
"""What crews and posts are to be told: assignments, what becomes of them, escalations."""

AHEAD_US: Final = 60_000_000
"""A position reported by hand may be so far in the future, µs: no two clocks agree."""

_OUTCOMES: Final = {
    EventKind.DECLINED: "declined",
    EventKind.RECALLED: "recalled",
    EventKind.FINISHED: "finished",
}

_ESCALATING: Final = 0x494F4343
"""Advisory lock ("IOCC"): two who tell what is due would tell it twice."""

_Connection = AsyncConnection[TupleRow]


class CrewError(ValueError):
    """A command was refused; nothing was done.

    Attributes:
        refusal: code and facts, for the reader's language.
    """

    def __init__(self, refusal: Refusal) -> None:
        """Say what and what would be right, Chinese and English."""
        super().__init__(" · ".join(told(refusal)))
        self.refusal = refusal


class Happened(msgspec.Struct, frozen=True):
    """An event of a crew, as it is stored."""

    number: int
    kind: str
    """As `dispatch.crews.machine.EventKind`."""
    status: str
    """After it."""
    at_us: int
    actor: str
    reason: str
    incident: str | None


class Assigned(msgspec.Struct, frozen=True):
    """That a crew was sent to an incident, and what became of it."""

    id: str
    crew: str
    incident: str
    assigned_us: int
    assigned_by: str
    accepted_us: int | None
    ended_us: int | None
    outcome: str | None
    """`declined`, `recalled` or `finished`; None while it is not over."""
    told: int
    """How many posts were told that nobody accepts."""


async def states(connection: _Connection, crews: Iterable[str]) -> dict[str, CrewState]:
    """Return how crews stand, by id; those nobody ever told anything are idle."""
    wanted = list(crews)
    cursor = await connection.execute(_standing("WHERE crew_state.crew = ANY(%s)"), (wanted,))
    found = {one.crew: one for one in map(_state, await cursor.fetchall())}
    return {crew: found.get(crew) or CrewState(crew) for crew in wanted}


async def act(
    connection: _Connection,
    crew: Crew,
    do: Do,
    seen: int,
    actor: str,
    *,
    reason: str = "",
    incident: str = "",
) -> Event:
    """Do something with a crew, and return what happened.

    Args:
        connection: where to.
        crew: which one; its chain is kept with the assignment.
        do: what.
        seen: version of the crew that the actor saw.
        actor: who does it.
        reason: why; some need one.
        incident: id, of a dispatch.

    Raises:
        CrewError: it is refused; the refusal says who was first.
        IncidentError: there is no such incident, or it is over.
    """
    dispatched = do is Do.DISPATCH
    async with connection.transaction():
        if dispatched and incident:
            await _check_open(connection, incident)  # its row before the crew's: as merging does
        standing, now_us = await _held(connection, crew.id)
        outcome = step(
            standing,
            Command(
                do, seen, storable(actor), now_us, storable(reason),
                incident if dispatched else "", str(uuid.uuid4()) if dispatched else "",
            ),
        )  # fmt: skip
        if isinstance(outcome, Refusal):
            raise CrewError(outcome)
        (event,) = outcome
        await _write(connection, crew, event)
        await _notify(connection, {crew.id})
    return event


async def move(connection: _Connection, crew: str, position: Position, reported_by: str) -> bool:
    """Store where a crew was, as somebody reports it; return whether that was news.

    An older position than the known one changes nothing. The crew's version stays.

    Raises:
        ValueError: there is no such point, it is from the future, or nobody reports it.
    """
    if not (math.isfinite(position.lon) and -180 <= position.lon <= 180):
        raise ValueError(f"lon {position.lon:g} is no longitude; write degrees east, -180 to 180")
    if not (math.isfinite(position.lat) and -90 <= position.lat <= 90):
        raise ValueError(f"lat {position.lat:g} is no latitude; write degrees north, -90 to 90")
    if not reported_by.strip():
        raise ValueError("an actor is needed")
    async with connection.transaction():
        _, now_us = await _held(connection, crew)
        if position.at_us > now_us + AHEAD_US:
            raise ValueError(
                f"{instant(position.at_us).isoformat()} is in the future; "
                "a position says where a crew was"
            )
        cursor = await connection.execute(
            "UPDATE crew_state SET lon = %s, lat = %s, position_time = %s, position_by = %s "
            "WHERE crew = %s AND (position_time IS NULL OR position_time < %s)",
            (
                position.lon, position.lat, instant(position.at_us), storable(reported_by), crew,
                instant(position.at_us),
            ),
        )  # fmt: skip
        if cursor.rowcount:
            await _notify(connection, {crew})
        return bool(cursor.rowcount)


async def heard(
    connection: _Connection, crew_of: Mapping[str, str], since_us: int, until_us: int
) -> dict[str, Position]:
    """Return where terminals last said they were, by crew: events of kind `position`.

    Args:
        connection: where to ask.
        crew_of: crew by terminal; a terminal that reports positions is a device of that id.
        since_us: older positions are of no use, µs since 1970, inclusive.
        until_us: later ones are of a wrong clock, µs since 1970, inclusive.
    """
    cursor = await connection.execute(
        sql.SQL(
            "SELECT DISTINCT ON (device) device, lon, lat, {time} FROM event "
            "WHERE kind = 'position' AND device = ANY(%s) AND time BETWEEN %s AND %s "
            "AND lon IS NOT NULL AND lat IS NOT NULL ORDER BY device, time DESC"
        ).format(time=to_us("time")),
        (list(crew_of), instant(since_us), instant(until_us)),
    )
    found: dict[str, Position] = {}
    for terminal, *where in await cursor.fetchall():
        crew, position = crew_of[terminal], Position(*where)
        if crew not in found or found[crew].at_us < position.at_us:
            found[crew] = position
    return found


async def workloads(connection: _Connection, hours: float = 12.0) -> dict[str, int]:
    """Return how many tasks crews were given in the last hours, those they declined left out."""
    cursor = await connection.execute(
        "SELECT crew, count(*) FROM assignment "
        "WHERE assigned > clock_timestamp() - make_interval(secs => %s) "
        "AND outcome IS DISTINCT FROM 'declined' GROUP BY crew",
        (hours * 3600,),
    )
    return dict(await cursor.fetchall())


async def escalate(connection: _Connection) -> tuple[Escalation, ...]:
    """Tell what is due because crews do not accept, and return it; each step is told once.

    Several may call it at once, and as often as they like.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ESCALATING,))
        # Rows are held: who accepts at this moment comes before or after.
        cursor = await connection.execute(
            sql.SQL(
                "SELECT id::text, crew, incident::text, {assigned}, chain, told FROM assignment "
                "WHERE accepted IS NULL AND ended IS NULL ORDER BY id FOR UPDATE"
            ).format(assigned=to_us("assigned"))
        )
        waiting = [
            Pending(
                assignment,
                crew,
                incident,
                assigned_us,
                msgspec.convert(chain, tuple[Step, ...]),
                steps,
            )
            for assignment, crew, incident, assigned_us, chain, steps in await cursor.fetchall()
        ]
        found = due(waiting, await _now_us(connection))
        for one in found:
            await connection.execute(
                "INSERT INTO escalation (assignment, number, post, due, told) "
                "VALUES (%s, %s, %s, %s, clock_timestamp())",
                (one.assignment, one.number, one.to, instant(one.due_us)),
            )
            await connection.execute(
                "UPDATE assignment SET told = %s WHERE id = %s", (one.number + 1, one.assignment)
            )
            await _tell(connection, one.crew, {"kind": "escalated", **asdict(one)})
        if found:
            await _notify(connection, {one.crew for one in found})
    return found


async def history(connection: _Connection, crew: str, most: int = 50) -> list[Happened]:
    """Return what happened to a crew, the newest first."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT number, kind, status, {at}, actor, reason, incident::text FROM crew_event "
            "WHERE crew = %s ORDER BY number DESC LIMIT %s"
        ).format(at=to_us("at")),
        (crew, most),
    )
    return [Happened(*row) for row in await cursor.fetchall()]


async def assigned_to(connection: _Connection, incidents: Iterable[str]) -> list[Assigned]:
    """Return who was sent to some incidents, the oldest first."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT id::text, crew, incident::text, {assigned}, assigned_by, {accepted}, {ended}, "
            "outcome, told FROM assignment WHERE incident = ANY(%s::uuid[]) ORDER BY assigned, id"
        ).format(assigned=to_us("assigned"), accepted=to_us("accepted"), ended=to_us("ended")),
        (list(incidents),),
    )
    return [Assigned(*row) for row in await cursor.fetchall()]


def _standing(which: str) -> sql.Composed:
    """Return SQL for how crews stand, of a condition written here."""
    return sql.SQL(
        "SELECT crew_state.crew, version, status, assignment.id::text, assignment.incident::text, "
        "{assigned}, assigned_by, lon, lat, {position}, {changed}, changed_by, changed_how "
        "FROM crew_state LEFT JOIN assignment ON assignment.id = crew_state.assignment {which}"
    ).format(
        assigned=to_us("assignment", "assigned"), position=to_us("position_time"),
        changed=to_us("changed"), which=sql.SQL(which),
    )  # fmt: skip


def _state(row: TupleRow) -> CrewState:
    task = Task(row[3], row[4], row[5], row[6]) if row[3] else None
    position = Position(row[7], row[8], row[9]) if row[7] is not None else None
    return CrewState(row[0], row[1], Status(row[2]), task, position, row[10] or 0, row[11], row[12])


async def _held(connection: _Connection, crew: str) -> tuple[CrewState, int]:
    """Return a crew, held until the transaction ends, and the time, µs since 1970."""
    await connection.execute(
        "INSERT INTO crew_state (crew) VALUES (%s) ON CONFLICT DO NOTHING", (crew,)
    )
    await connection.execute("SELECT FROM crew_state WHERE crew = %s FOR UPDATE", (crew,))
    # A statement of its own: the joined row of a statement that waited is as old as its start.
    cursor = await connection.execute(_standing("WHERE crew_state.crew = %s"), (crew,))
    (row,) = await cursor.fetchall()
    return _state(row), await _now_us(connection)


async def _now_us(connection: _Connection) -> int:
    cursor = await connection.execute(
        "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    )
    (row,) = await cursor.fetchall()
    now_us: int = row[0]
    return now_us


async def _check_open(connection: _Connection, incident: str) -> None:
    """Return if an incident is open; it stays so until the transaction ends."""
    cursor = await connection.execute(
        "SELECT closed IS NULL, coalesce(merged_into::text, ''), changed_by FROM incident "
        "WHERE id = %s FOR SHARE",
        (incident,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise IncidentError(IncidentRefusal("unknown", {"incident": incident}))
    if not row[0]:
        code = "merged" if row[1] else "closed"
        facts = {"incident": incident, "into": row[1], "by": row[2]}
        raise IncidentError(IncidentRefusal(code, facts))


async def _write(connection: _Connection, crew: Crew, event: Event) -> None:
    """Store an event and what it changes, within the caller's transaction."""
    at = instant(event.at_us)
    if event.kind is EventKind.DISPATCHED:
        await connection.execute(
            "INSERT INTO assignment (id, crew, incident, assigned, assigned_by, chain) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            (
                event.assignment, event.crew, event.incident, at, event.actor,
                Jsonb([asdict(one) for one in crew.chain]),
            ),
        )  # fmt: skip
    elif event.kind is EventKind.ACCEPTED:
        await connection.execute(
            "UPDATE assignment SET accepted = %s WHERE id = %s", (at, event.assignment)
        )
    elif event.kind in _OUTCOMES:
        await connection.execute(
            "UPDATE assignment SET ended = %s, outcome = %s WHERE id = %s",
            (at, _OUTCOMES[event.kind], event.assignment),
        )
    idle = event.status is Status.IDLE
    await connection.execute(
        "UPDATE crew_state SET version = %s, status = %s, assignment = %s, changed = %s, "
        "changed_by = %s, changed_how = %s WHERE crew = %s",
        (
            event.version, event.status.value, None if idle else event.assignment, at,
            event.actor, event.kind.value, event.crew,
        ),
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO crew_event (crew, number, kind, status, at, actor, reason, assignment, "
        "incident) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            event.crew, event.version, event.kind.value, event.status.value, at, event.actor,
            event.reason, event.assignment or None, event.incident or None,
        ),
    )  # fmt: skip
    await _tell(connection, event.crew, asdict(event))


async def _tell(connection: _Connection, crew: str, payload: Mapping[str, object]) -> None:
    await connection.execute(
        "INSERT INTO outbox (topic, key, payload) VALUES (%s, %s, %s)",
        (OUTBOX_TOPIC, crew, Jsonb(dict(payload))),
    )


async def _notify(connection: _Connection, changed: set[str]) -> None:
    await connection.execute(
        "SELECT pg_notify(%s, %s)", (CHANNEL, msgspec.json.encode(sorted(changed)).decode())
    )

"""Incidents in tables: commands decided by `dispatch.incidents`, one transaction each.

One command of all incidents at a time: a lock stands before every decision, so what it sees is what
it changes, also where several incidents are concerned. Commands are as rare as people are.

All take a psycopg AsyncConnection in autocommit. Times of what people do are of the database's
clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from dispatch.incidents import (
    Add,
    Close,
    Command,
    Event,
    EventKind,
    Incident,
    Member,
    Merge,
    New,
    Open,
    Refusal,
    Remove,
    SetParent,
    Settings,
    Split,
    Stays,
    decide,
    evolve_all,
    join_or_open,
)
from dispatch.incidents.state import DEFAULT
from dispatch.incidents.words import refusal as told
from storage.instants import instant, to_us
from storage.texts import storable

CHANNEL: Final = "incidents"
"""NOTIFY channel; the payload is a JSON list of incident ids, or empty for "read all again"."""

ENGINE: Final = "rules"
"""Actor of what no person did."""

_LOCK: Final = 0x494F4349
"""Advisory lock ("IOCI") of every command."""

_NOTIFY_LIMIT: Final = 190
"""Ids in one notification: PostgreSQL takes less than 8000 bytes, an id needs 39."""

_Connection = AsyncConnection[TupleRow]

PlaceOf = Callable[[int], str]
"""Id of the place by slot; empty where nobody knows."""


class IncidentError(ValueError):
    """A command was refused; nothing was done.

    Attributes:
        refusal: code and facts, for the reader's language.
    """

    def __init__(self, refusal: Refusal) -> None:
        """Say what and what would be right, Chinese and English."""
        super().__init__(" · ".join(told(refusal)))
        self.refusal = refusal


class Happened(msgspec.Struct, frozen=True):
    """An event of an incident, as it is stored."""

    number: int
    kind: str
    """As `dispatch.incidents.EventKind`."""
    at_us: int
    actor: str
    reason: str
    came: list[str]
    """Ids of alerts."""
    went: list[str]
    other: str | None
    """Id of the other incident that is concerned."""


_STANDING: Final = sql.SQL(
    "SELECT id::text, version, place, title, coalesce(parent::text, ''), "
    "coalesce(merged_into::text, ''), {opened}, {closed}, changed_by, changed_how FROM incident "
).format(opened=to_us("opened"), closed=to_us("closed"))

_MEMBERS: Final = sql.SQL(
    "SELECT incident::text, alert.id::text, alert.severity, alert.active, {raised}, "
    "incident_member.place FROM incident_member JOIN alert ON alert.id = incident_member.alert "
    "WHERE incident = ANY(%s::uuid[]) AND departed IS NULL ORDER BY incident_member.id"
).format(raised=to_us("alert", "raised"))


async def act(
    connection: _Connection, command: Command, settings: Settings = DEFAULT
) -> list[Event]:
    """Do what a command says, and return what happened.

    Args:
        connection: where to.
        command: its time, and which crews are at work, are not looked at: the database knows them.
        settings: bounds of membership.

    Raises:
        IncidentError: it is refused.
    """
    async with connection.transaction():
        now_us = await _locked(connection)
        await _hold(connection, command)
        wanted = replace(command, at_us=now_us, **_storable(command))
        if isinstance(wanted, Close):
            wanted = replace(wanted, at_work=await _at_work(connection, wanted.incident))
        events = decide(await _known(connection, wanted), wanted, settings)
        if isinstance(events, Refusal):
            raise IncidentError(events)
        await _write(connection, events)
        await _notify(connection, {one.incident for one in events})
    return list(events)


async def collect(
    connection: _Connection, place_of: PlaceOf, settings: Settings = DEFAULT, most: int = 1000
) -> list[Event]:
    """Put open alerts into incidents that never were in one, and return what happened.

    Suppressed alerts are left alone until they are told. Who was taken out by hand stays out.
    Idempotent; several may call it at once.

    Args:
        connection: where to.
        place_of: knows the place of a slot.
        settings: window and bounds of membership.
        most: alerts taken up in one transaction; the rest comes with the next call.
    """
    done: list[Event] = []
    async with connection.transaction():
        now_us = await _locked(connection)
        cursor = await connection.execute(
            sql.SQL(
                "SELECT id::text, severity, active, {raised}, datastream FROM alert WHERE active "
                "AND suppressed IS NULL AND NOT EXISTS "
                "(SELECT FROM incident_member AS m WHERE m.alert = alert.id) "
                "ORDER BY raised, id LIMIT %s"
            ).format(raised=to_us("raised")),
            (most,),
        )
        rows = await cursor.fetchall()
        if not rows:
            return done
        standing = {one.id: one for one in await _load(connection, "WHERE closed IS NULL")}
        for alert, severity, active, raised_us, slot in rows:
            member = Member(alert, severity, active, raised_us, place_of(slot))
            where = join_or_open(standing.values(), member, settings)
            if isinstance(where, Stays):
                continue
            command: Command = (
                Open(actor=ENGINE, at_us=now_us, incident=where.incident, members=(member,))
                if isinstance(where, New)
                else Add(
                    actor=ENGINE, at_us=now_us, incident=where.incident,
                    seen=standing[where.incident].version, members=(member,),
                )
            )  # fmt: skip
            events = decide(standing, command, settings)
            if isinstance(events, Refusal):
                raise IncidentError(events)
            standing = evolve_all(standing, events)
            done += events
        await _write(connection, done)
        await _notify(connection, {one.incident for one in done})
    return done


async def open_incidents(connection: _Connection, most: int = 500) -> list[Incident]:
    """Return open incidents: the most urgent first, those without an active alert last.

    Of one priority the oldest is first.
    """
    found = await _load(connection, "WHERE closed IS NULL ORDER BY opened, id")
    found.sort(key=lambda one: (one.priority is None, one.priority or 0, one.opened_us, one.id))
    return found[:most]


async def recent(connection: _Connection, most: int = 500) -> list[Incident]:
    """Return incidents, open and closed, the newest first."""
    return await _load(connection, "ORDER BY opened DESC, id LIMIT %s", most)


async def by_id(connection: _Connection, wanted: Iterable[str]) -> dict[str, Incident]:
    """Return some incidents by id; those that there are."""
    found = await _load(connection, "WHERE id = ANY(%s::uuid[]) ORDER BY id", list(wanted))
    return {one.id: one for one in found}


async def parts(connection: _Connection, incident: str) -> list[Incident]:
    """Return the parts of an incident, open and closed, the oldest first."""
    return await _load(connection, "WHERE parent = %s ORDER BY opened, id", incident)


async def ids(connection: _Connection, beginning: str, most: int = 5) -> list[str]:
    """Return incidents whose id begins so, ascending.

    Args:
        connection: where to ask.
        beginning: hexadecimal digits and hyphens.
        most: return no more than these.
    """
    cursor = await connection.execute(
        "SELECT id::text FROM incident WHERE starts_with(id::text, %s) ORDER BY id LIMIT %s",
        (beginning, most),
    )
    return [row[0] for row in await cursor.fetchall()]


async def history(connection: _Connection, incident: str) -> list[Happened]:
    """Return what happened to an incident, in order."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT number, kind, {at}, actor, reason, came::text[], went::text[], other::text "
            "FROM incident_event WHERE incident = %s ORDER BY number"
        ).format(at=to_us("at")),
        (incident,),
    )
    return [Happened(*row) for row in await cursor.fetchall()]


async def members(
    connection: _Connection, alerts: Sequence[str], place_of: PlaceOf
) -> list[Member]:
    """Return alerts as members, in the order of their ids' argument; those that there are."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT id::text, severity, active, {raised}, datastream FROM alert "
            "WHERE id = ANY(%s::uuid[])"
        ).format(raised=to_us("raised")),
        (list(alerts),),
    )
    found = {
        row[0]: Member(row[0], row[1], row[2], row[3], place_of(row[4]))
        for row in await cursor.fetchall()
    }
    return [found[one] for one in alerts if one in found]


async def having(connection: _Connection, alerts: Sequence[str]) -> dict[str, str]:
    """Return the open incident of each of some alerts, by the alert's id; those that are in one."""
    cursor = await connection.execute(
        "SELECT alert::text, incident::text FROM incident_member "
        "WHERE alert = ANY(%s::uuid[]) AND departed IS NULL AND NOT closed",
        (list(alerts),),
    )
    return dict(await cursor.fetchall())


async def _locked(connection: _Connection) -> int:
    """Wait until no other command is under way, and return the time, µs since 1970."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    # A statement of its own: what waited for the lock saw an older time.
    cursor = await connection.execute(
        "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    )
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 (a SELECT without FROM gives a row)
    now_us: int = row[0]
    return now_us


async def _hold(connection: _Connection, command: Command) -> None:
    """Hold the incidents that a command names, so that no crew is sent there meanwhile."""
    await connection.execute(
        "SELECT FROM incident WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE",
        (_concerned(command)[0],),
    )


async def _known(connection: _Connection, command: Command) -> Mapping[str, Incident]:
    """Return all incidents that a command touches, as `decide` wants them."""
    named, alerts = _concerned(command)
    found = await _load(
        connection,
        "WHERE id = ANY(%(named)s::uuid[]) OR parent = ANY(%(named)s::uuid[]) OR id IN "
        "(SELECT incident FROM incident_member WHERE alert = ANY(%(alerts)s::uuid[]) "
        "AND departed IS NULL AND NOT closed) ORDER BY id",
        named={"named": named, "alerts": alerts},
    )
    return {one.id: one for one in found}


def _concerned(command: Command) -> tuple[list[str], list[str]]:
    """Return ids of incidents and of alerts that a command names."""
    match command:
        case Merge():
            return [command.into, command.other], []
        case Split():
            return [command.incident, command.new], []
        case SetParent():
            return [one for one in (command.incident, command.parent) if one], []
        case Open() | Add():
            return [command.incident], [one.alert for one in command.members]
        case Remove() | Close():
            return [command.incident], []


async def _load(
    connection: _Connection,
    which: str,
    *values: Any,  # noqa: ANN401 # whatever the condition needs
    named: Mapping[str, object] | None = None,
) -> list[Incident]:
    """Return incidents with their members, of a condition written here and not by anybody else."""
    cursor = await connection.execute(
        _STANDING + sql.SQL(which),
        values if named is None else named,
    )
    rows = await cursor.fetchall()
    cursor = await connection.execute(_MEMBERS, ([row[0] for row in rows],))
    found: dict[str, dict[str, Member]] = {row[0]: {} for row in rows}
    for incident, *columns in await cursor.fetchall():
        member = Member(*columns)
        found[incident][member.alert] = member
    return [
        Incident(
            id=row[0], version=row[1], place=row[2], title=row[3], members=found[row[0]],
            parent=row[4], merged_into=row[5], opened_us=row[6], closed_us=row[7],
            changed_by=row[8], changed_how=row[9],
        )
        for row in rows
    ]  # fmt: skip


async def _at_work(connection: _Connection, incident: str) -> tuple[str, ...]:
    cursor = await connection.execute(
        "SELECT crew FROM assignment WHERE incident = %s AND ended IS NULL ORDER BY crew",
        (incident,),
    )
    return tuple(row[0] for row in await cursor.fetchall())


async def _write(connection: _Connection, events: Iterable[Event]) -> None:
    """Apply events in their order, within the caller's transaction.

    Those that go away do so before they come elsewhere: an alert is in one open incident at most,
    at every moment.
    """
    ordered = list(events)
    for one in ordered:
        if one.kind is EventKind.OPENED:
            await connection.execute(
                "INSERT INTO incident (id, version, place, title, opened, changed, changed_by, "
                "changed_how) VALUES (%s, 1, %s, %s, %s, %s, %s, %s)",
                (
                    one.incident, one.place, one.title, instant(one.at_us), instant(one.at_us),
                    one.actor, one.kind.value,
                ),
            )  # fmt: skip
        else:
            await _change(connection, one)
        if one.alerts:
            await connection.execute(
                "UPDATE incident_member SET departed = %s "
                "WHERE incident = %s AND alert = ANY(%s::uuid[]) AND departed IS NULL",
                (instant(one.at_us), one.incident, list(one.alerts)),
            )
    for one in ordered:
        for member in one.members:
            await connection.execute(
                "INSERT INTO incident_member (incident, alert, place, joined) "
                "VALUES (%s, %s, %s, %s)",
                (one.incident, member.alert, member.place, instant(one.at_us)),
            )
        await connection.execute(
            "INSERT INTO incident_event (incident, number, kind, at, actor, reason, came, went, "
            "other) VALUES (%s, %s, %s, %s, %s, %s, %s::uuid[], %s::uuid[], %s)",
            (
                one.incident, one.version, one.kind.value, instant(one.at_us), one.actor,
                one.reason, [each.alert for each in one.members], list(one.alerts),
                one.other or None,
            ),
        )  # fmt: skip


async def _change(connection: _Connection, one: Event) -> None:
    """Move an incident to its next version.

    Raises:
        RuntimeError: it is not at the version before; nobody else may move it under the lock.
    """
    columns: dict[str, object] = {}
    if one.kind in (EventKind.CLOSED, EventKind.MERGED_AWAY):
        columns["closed"] = instant(one.at_us)
        await connection.execute(
            "UPDATE incident_member SET closed = true WHERE incident = %s", (one.incident,)
        )
    if one.kind is EventKind.MERGED_AWAY:
        columns |= {"merged_into": one.other, "parent": None}
        await connection.execute(
            # In the order in which escalating holds them.
            "UPDATE assignment SET incident = %s WHERE id IN (SELECT id FROM assignment "
            "WHERE incident = %s AND ended IS NULL ORDER BY id FOR UPDATE)",
            (one.other, one.incident),
        )
    if one.kind is EventKind.PARENT_SET:
        columns["parent"] = one.other or None
    columns |= {
        "version": one.version, "changed": instant(one.at_us), "changed_by": one.actor,
        "changed_how": one.kind.value,
    }  # fmt: skip
    cursor = await connection.execute(
        sql.SQL("UPDATE incident SET {} WHERE id = %s AND version = %s").format(
            sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(key)) for key in columns)
        ),
        (*columns.values(), one.incident, one.version - 1),
    )
    if cursor.rowcount != 1:
        raise RuntimeError(f"incident {one.incident} is not at version {one.version - 1}")


def _storable(command: Command) -> dict[str, Any]:
    """Return the texts of a command as PostgreSQL can hold them."""
    names = ("actor", "reason", "title", "place")
    return {name: storable(getattr(command, name)) for name in names if hasattr(command, name)}


async def _notify(connection: _Connection, changed: set[str]) -> None:
    if changed:
        few = len(changed) <= _NOTIFY_LIMIT
        payload = msgspec.json.encode(sorted(changed)).decode() if few else ""
        await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))

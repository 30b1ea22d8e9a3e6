"""Handovers in tables: a command and its event in one transaction, and one of many wins.

What may be done is decided in `dispatch.handover`; here it is read, held, stored and told. Whether
a P1 waits for somebody is asked in the transaction of the signature. Times are of the database's
clock where nobody gives one.

All take a psycopg AsyncConnection in autocommit.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from dispatch.handover import (
    Command,
    Content,
    Draft,
    Edit,
    Event,
    EventKind,
    Handover,
    Refusal,
    RefusalCode,
    Reopen,
    Side,
    Sign,
    Signature,
    apply,
    decide,
    sealed,
)
from storage.instants import instant, time_us, to_us
from storage.texts import storable

_Connection = AsyncConnection[TupleRow]

CHANNEL: Final = "handovers"
"""NOTIFY channel; the payload is a JSON list of keys."""

_LOCK: Final = 0x494F4348
"""Advisory lock ("IOCH") of every command: they are as rare as shifts."""

_CONTENT: Final = msgspec.json.Decoder(Content)
_EVENT: Final = msgspec.json.Decoder(Event)


class Stored(msgspec.Struct, frozen=True):
    """A handover, and the digest of its content as it lies in the database."""

    handover: Handover
    sha256: str
    """Of the stored text, worked out now; equal to those of the signatures if it is what they
    signed."""

    @property
    def is_intact(self) -> bool:
        """Whether what is stored is what was signed; True also of what nobody has signed."""
        signatures = (self.handover.outgoing, self.handover.incoming)
        return all(one is None or one.sha256 == self.sha256 for one in signatures)


async def act(
    connection: _Connection, key: str, command: Command, by: str, *, at_us: int | None = None
) -> Handover | Refusal:
    """Do something with a handover: its event, the handover after it, the notification; or nothing.

    Of many with the same version one wins, and the others are told who it was.

    Args:
        connection: where to.
        key: which handover.
        command: what is wanted, with the version its author saw; of a signature the P1 alerts that
            nobody acknowledged are asked here.
        by: who wants it.
        at_us: when, µs since 1970; None for now.

    Returns:
        The handover after it, or why nothing was done.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        found = await load(connection, key)
        before = None if found is None else found.handover
        if at_us is None:
            at_us = time_us(await _one(connection, "SELECT clock_timestamp()"))
        event = decide(before, await _told(connection, command), at_us, storable(by))
        if isinstance(event, Refusal):
            if event.code is RefusalCode.UNKNOWN_HANDOVER:
                return Refusal(event.code, "handover", {"handover": key})
            return event
        if event.handover != key:
            facts = {"shift": event.handover, "right": key}
            return Refusal(RefusalCode.OTHER_SHIFT, "facts", facts)
        after = apply(before, event)
        await _write(connection, after, event)
    return after


async def load(connection: _Connection, key: str) -> Stored | None:
    """Return a handover as it stands; None where there is none."""
    found = await _stored(connection, sql.SQL("WHERE key = %s"), key)
    return found[0] if found else None


async def recent(connection: _Connection, most: int = 50) -> list[Stored]:
    """Return handovers, those of the newest shifts first."""
    return await _stored(connection, sql.SQL("ORDER BY starts DESC LIMIT %s"), most)


async def events(connection: _Connection, key: str) -> list[Event]:
    """Return what was done to a handover, in its order."""
    cursor = await connection.execute(
        "SELECT body FROM handover_event WHERE handover = %s ORDER BY version", (key,)
    )
    return [_EVENT.decode(row[0]) for row in await cursor.fetchall()]


async def unacknowledged_p1(connection: _Connection) -> list[str]:
    """Return the P1 alerts that people are told and nobody has acknowledged, the oldest first."""
    cursor = await connection.execute(
        "SELECT id::text FROM alert WHERE active AND NOT acknowledged AND severity = 'red' "
        "AND suppressed IS NULL AND NOT coalesce(shelved_until > clock_timestamp(), false) "
        "ORDER BY raised, id"
    )
    return [row[0] for row in await cursor.fetchall()]


async def _told(connection: _Connection, command: Command) -> Command:
    """Return a command with texts that can be stored, and with what only the database knows."""
    match command:
        case Sign():
            waiting = tuple(await unacknowledged_p1(connection))
            return msgspec.structs.replace(command, unacknowledged=waiting)
        case Edit():
            return msgspec.structs.replace(command, text=storable(command.text))
        case Reopen():
            return msgspec.structs.replace(command, reason=storable(command.reason))
        case Draft():
            return command


async def _write(connection: _Connection, one: Handover, event: Event) -> None:
    shift = one.content.facts.shift
    outgoing, incoming, signature = one.outgoing, one.incoming, event.signature
    columns: dict[str, Any] = {
        "key": one.key,
        "version": one.version,
        "status": one.status,
        "starts": instant(shift.from_us),
        "ends": instant(shift.until_us),
        "drafted": instant(one.content.facts.drafted_us),
        "changed": instant(one.changed_us),
        "changed_by": one.changed_by,
        "changed_how": one.changed.value,
        "outgoing": outgoing and outgoing.by,
        "outgoing_at": outgoing and instant(outgoing.at_us),
        "incoming": incoming and incoming.by,
        "incoming_at": incoming and instant(incoming.at_us),
        "sha256": (incoming or outgoing) and (incoming or outgoing).sha256,  # type: ignore[union-attr]
        "content": sealed(one.content).decode(),
    }
    names = list(columns)
    statement = sql.SQL(
        "INSERT INTO handover ({names}) VALUES ({values}) ON CONFLICT (key) DO UPDATE SET {moved}"
    ).format(
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
        values=sql.SQL(", ").join(map(sql.Placeholder, names)),
        moved=sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in names[1:]
        ),
    )
    await connection.execute(statement, columns)
    await connection.execute(
        "INSERT INTO handover_event (handover, version, kind, at, actor, side, sha256, body) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            one.key, one.version, event.kind.value, instant(event.at_us), event.by,
            signature and signature.side.value, signature and signature.sha256,
            msgspec.json.encode(event).decode(),
        ),
    )  # fmt: skip
    payload = msgspec.json.encode([one.key]).decode()
    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))


async def _stored(
    connection: _Connection,
    which: sql.SQL,
    value: Any,  # noqa: ANN401 # SQL's
) -> list[Stored]:
    query = sql.SQL(
        "SELECT key, version, content, {changed}, changed_by, changed_how, outgoing, "
        "{outgoing_at}, incoming, {incoming_at}, (SELECT sha256 FROM handover_event AS e "
        "WHERE e.handover = key AND side = 'outgoing' ORDER BY e.version DESC LIMIT 1), sha256 "
        "FROM handover {which}"
    ).format(
        changed=to_us("changed"), outgoing_at=to_us("outgoing_at"),
        incoming_at=to_us("incoming_at"), which=which,
    )  # fmt: skip
    cursor = await connection.execute(query, (value,))
    return [_of_row(row) for row in await cursor.fetchall()]


def _of_row(row: TupleRow) -> Stored:
    key, version, content, changed_us, by, how, out, out_us, into, into_us, first, last = row
    return Stored(
        Handover(
            key, version, _CONTENT.decode(content), changed_us, by, EventKind(how),
            None if out is None else Signature(Side.OUTGOING, out, out_us, first),
            None if into is None else Signature(Side.INCOMING, into, into_us, last),
        ),
        hashlib.sha256(content.encode()).hexdigest(),
    )  # fmt: skip


async def _one(connection: _Connection, statement: str) -> Any:  # noqa: ANN401 # SQL's
    cursor = await connection.execute(statement.encode())
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 (these statements give a row)
    return row[0]

"""What people do with alerts: acknowledge, comment, shelve, judge and reset them.

It stands beside the engine's transitions and never between them. Every action names the alerts with
the version (`alert.handled`) that its actor saw. If somebody was first, or one of the alerts cannot
be handled so, nothing is done at all and the error says who, or why.

All take a psycopg AsyncConnection in autocommit. Times are of the database's clock, one for all.

Source:
    ISA-18.2-2016, 5.2 (acknowledged, shelved, latched), 11.8 (shelving is for a limited time).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow, class_row
from psycopg.types.json import Jsonb

from rules.commands import Reset
from storage import alerts, engine_commands
from storage.instants import instant
from storage.texts import storable

_Connection = AsyncConnection[TupleRow]

Seen = Mapping[str, int]
"""`handled` of each alert, by its id, as the actor saw it."""

SHELVED_AT_MOST: Final = {
    "red": timedelta(hours=1),
    "orange": timedelta(hours=4),
    "yellow": timedelta(hours=8),
    "blue": timedelta(hours=24),
}
"""How long from now an alert may be shelved, by its severity: the graver, the sooner it comes back
by itself. It may be shelved again."""

_HOUR: Final = timedelta(hours=1)


class ActionKind(StrEnum):
    """What was done."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    COMMENT = "comment"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    RESET = "reset"
    VERDICT = "verdict"


_DONE: Final = {
    ActionKind.ACKNOWLEDGE: "acknowledged",
    ActionKind.UNACKNOWLEDGE: "given back",
    ActionKind.COMMENT: "commented",
    ActionKind.SHELVE: "shelved",
    ActionKind.UNSHELVE: "unshelved",
    ActionKind.RESET: "reset",
    ActionKind.VERDICT: "judged",
}


MOST_TEXT: Final = 500
"""Characters of a comment or a reason."""

MOST_NAME: Final = 100
"""Characters of whose an alert is."""


class HandlingError(ValueError):
    """An alert, or maintenance, cannot be handled so; nothing was done.

    Attributes:
        code: what is wrong, in one word, for the reader's language; empty where there is none.
        facts: what a text about it needs.
    """

    def __init__(self, text: str, code: str = "", **facts: str | int | float) -> None:
        """Say what is wrong and what would be right, in English, and as a code with facts."""
        super().__init__(text)
        self.code = code
        self.facts: Mapping[str, str | int | float] = facts


class StaleError(HandlingError):
    """Somebody was first; nothing was done.

    Attributes:
        by: who it was.
    """

    def __init__(self, what: str, by: str, code: str = "stale", **facts: str | int | float) -> None:
        """Say what is done already, and by whom."""
        super().__init__(f"{what}; look at it again", code, by=by, **facts)
        self.by = by


@dataclass(frozen=True, slots=True)
class _Standing:
    """An alert as it stands before an action."""

    id: str
    handled: int
    severity: str
    active: bool
    acknowledged: bool
    acknowledged_by: str | None
    owner: str | None
    returned: bool
    shelved: bool
    now: datetime

    @property
    def name(self) -> str:
        return f"alert {self.id[:8]}"


@dataclass(frozen=True, slots=True)
class _Change:
    """What an action does to an alert."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)


async def acknowledge(
    connection: _Connection, seen: Seen, actor: str, *, owner: str = "", comment: str = ""
) -> None:
    """Say that somebody has taken alerts; also of those that are cleared.

    Args:
        connection: where to.
        seen: which alerts, as the actor saw them.
        actor: who does it.
        owner: who deals with them; empty for whose they are, or else the actor.
        comment: may be empty.

    Raises:
        StaleError: somebody was first with one of them.
        HandlingError: one is acknowledged already, or unknown, or a text is too long.
    """
    check_length("the owner", owner, MOST_NAME)

    def change(one: _Standing) -> _Change:
        if one.acknowledged:
            raise HandlingError(
                f"{one.name} is acknowledged already, by {one.acknowledged_by}",
                "acknowledged", by=one.acknowledged_by or "",
            )  # fmt: skip
        mine = storable(owner) or one.owner or storable(actor)
        return _Change(
            {
                "acknowledged": True, "acknowledged_by": storable(actor),
                "acknowledged_at": one.now, "owner": mine,
            },
            {"owner": mine, "owner_before": one.owner},
        )  # fmt: skip

    await _act(connection, seen, ActionKind.ACKNOWLEDGE, actor, comment, change)


async def unacknowledge(
    connection: _Connection, seen: Seen, actor: str, *, reason: str = ""
) -> None:
    """Undo the newest acknowledgement of alerts; they are then whose they were before it.

    Raises:
        StaleError: somebody was first with one of them.
        HandlingError: one is not acknowledged, or unknown.
    """
    before = await _owners_before(connection, seen)

    def change(one: _Standing) -> _Change:
        if not one.acknowledged:
            raise HandlingError(f"{one.name} is not acknowledged", "not_acknowledged")
        return _Change(
            {
                "acknowledged": False, "acknowledged_by": None, "acknowledged_at": None,
                "owner": before.get(one.id),
            },
            {"was_by": one.acknowledged_by},
        )  # fmt: skip

    await _act(connection, seen, ActionKind.UNACKNOWLEDGE, actor, reason, change)


async def comment(connection: _Connection, seen: Seen, actor: str, text: str) -> None:
    """Write a comment to alerts.

    Raises:
        StaleError: somebody was first with one of them.
        HandlingError: there is no text, or an alert is unknown.
    """
    check_said("a comment", text)
    await _act(connection, seen, ActionKind.COMMENT, actor, text, lambda _: _Change())


async def shelve(
    connection: _Connection, seen: Seen, actor: str, until_us: int, reason: str
) -> None:
    """Take alerts out of sight for a while, and those that their rule raises there meanwhile.

    One that gets graver comes back at once.

    Args:
        connection: where to.
        seen: which alerts, as the actor saw them.
        actor: who does it.
        until_us: exclusive, µs since 1970; from now at most as `SHELVED_AT_MOST` says.
        reason: why.

    Raises:
        StaleError: somebody was first with one of them.
        HandlingError: there is no reason, the time is none or too long, or an alert is cleared or
            unknown.
    """
    check_said("a reason", reason)
    until = instant(until_us)

    def change(one: _Standing) -> _Change:
        if not one.active:
            raise HandlingError(
                f"{one.name} is cleared; only an open alert can be shelved", "cleared"
            )
        if until <= one.now:
            raise HandlingError(f"{until.isoformat()} is past; shelve until a time to come", "past")
        most = SHELVED_AT_MOST[one.severity]
        if until - one.now > most:
            raise HandlingError(
                f"{one.name} is {one.severity} and can be shelved for {most / _HOUR:g} h at most, "
                f"until {(one.now + most).isoformat(timespec='seconds')}; not until "
                f"{until.isoformat(timespec='seconds')}",
                "shelved_too_long", severity=one.severity, hours=most / _HOUR,
            )  # fmt: skip
        return _Change(
            {
                "shelved_until": until, "shelved_by": storable(actor),
                "shelve_reason": storable(reason),
            },
            {"until": until.isoformat()},
        )  # fmt: skip

    await _act(connection, seen, ActionKind.SHELVE, actor, reason, change)


async def unshelve(connection: _Connection, seen: Seen, actor: str, *, reason: str = "") -> None:
    """Bring shelved alerts back before their time; a cleared one so that its next raise is seen.

    Raises:
        StaleError: somebody was first with one of them.
        HandlingError: one is not shelved, or unknown.
    """

    def change(one: _Standing) -> _Change:
        if not one.shelved:
            raise HandlingError(f"{one.name} is not shelved", "not_shelved")
        return _Change({"shelved_until": None, "shelved_by": None, "shelve_reason": None})

    await _act(connection, seen, ActionKind.UNSHELVE, actor, reason, change)


async def verdict(
    connection: _Connection, seen: Seen, actor: str, *, is_true: bool, reason: str
) -> None:
    """Say whether alerts were true (真警) or false (误报); a later verdict replaces it.

    Raises:
        StaleError: somebody was first with one of them.
        HandlingError: there is no reason, or an alert is unknown.
    """
    check_said("a reason", reason)
    word = "true" if is_true else "false"

    def change(_: _Standing) -> _Change:
        return _Change({"verdict": word}, {"verdict": word})

    await _act(connection, seen, ActionKind.VERDICT, actor, reason, change)


async def reset(connection: _Connection, seen: Seen, actor: str, *, reason: str = "") -> None:
    """Let latched alerts end whose condition is gone; the engine does it within seconds.

    Raises:
        StaleError: somebody was first with one of them.
        HandlingError: one is cleared or its condition still holds, or it is unknown.
    """

    def change(one: _Standing) -> _Change:
        if not one.active:
            raise HandlingError(f"{one.name} is cleared already", "cleared_already")
        if not one.returned:
            raise HandlingError(
                f"{one.name} cannot be reset: only a latched alert can whose condition is gone",
                "not_latched",
            )
        return _Change()

    async with _acting(connection, seen, ActionKind.RESET, actor, reason, change):
        for alert in sorted(seen):
            await engine_commands.put(connection, Reset(0, alert), actor, reason)


async def _act(
    connection: _Connection,
    seen: Seen,
    kind: ActionKind,
    actor: str,
    reason: str,
    change: Callable[[_Standing], _Change],
) -> None:
    async with _acting(connection, seen, kind, actor, reason, change):
        pass


@asynccontextmanager
async def _acting(
    connection: _Connection,
    seen: Seen,
    kind: ActionKind,
    actor: str,
    reason: str,
    change: Callable[[_Standing], _Change],
) -> AsyncIterator[None]:
    """Do something with every one of some alerts; what the caller adds is of the transaction."""
    check_said("an actor", actor)
    check_length("the text", reason, MOST_TEXT)
    async with connection.transaction():
        for one in await _standing(connection, seen):
            if one.handled != seen[one.id]:
                raise await _stale(connection, one)
            changed = change(one)
            columns = {**changed.columns, "handled": one.handled + 1}
            await connection.execute(
                sql.SQL("UPDATE alert SET {} WHERE id = %s").format(
                    sql.SQL(", ").join(
                        sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns
                    )
                ),
                (*columns.values(), one.id),
            )
            await connection.execute(
                "INSERT INTO alert_action (alert, number, kind, at, actor, reason, detail) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (
                    one.id, one.handled + 1, kind.value, one.now, storable(actor),
                    storable(reason), Jsonb(dict(changed.detail)),
                ),
            )  # fmt: skip
        yield
        await alerts.notify(connection, set(seen))


async def _standing(connection: _Connection, seen: Seen) -> list[_Standing]:
    """Return alerts as they stand and hold them; in one order, so that two do not hold each other.

    Raises:
        HandlingError: one is unknown.
    """
    async with connection.cursor(row_factory=class_row(_Standing)) as cursor:
        await cursor.execute(
            "SELECT id::text, handled, severity, active, acknowledged, acknowledged_by, owner, "
            "returned, coalesce(shelved_until > clock_timestamp(), false) AS shelved, "
            "clock_timestamp() AS now FROM alert WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE",
            (list(seen),),
        )
        found = await cursor.fetchall()
    if unknown := seen.keys() - {one.id for one in found}:
        raise HandlingError(f"there is no alert {min(unknown)}", "unknown", alert=min(unknown))
    return found


async def _stale(connection: _Connection, one: _Standing) -> StaleError:
    cursor = await connection.execute(
        "SELECT kind, actor, at FROM alert_action WHERE alert = %s ORDER BY number DESC LIMIT 1",
        (one.id,),
    )
    row = await cursor.fetchone()
    if row is None:
        return StaleError(f"{one.name}: nobody has handled it yet", "", "ahead")
    done = _DONE[ActionKind(row[0])]
    return StaleError(
        f"{one.name} was {done} by {row[1]}, {at_text(row[2])}", row[1],
        done=row[0], at_us=int(row[2].timestamp() * 1e6), alert=one.id,
    )  # fmt: skip


async def _owners_before(connection: _Connection, seen: Seen) -> dict[str, str | None]:
    """Return whose alerts were before they were last acknowledged."""
    cursor = await connection.execute(
        "SELECT DISTINCT ON (alert) alert::text, detail->>'owner_before' FROM alert_action "
        "WHERE alert = ANY(%s::uuid[]) AND kind = 'acknowledge' ORDER BY alert, number DESC",
        (list(seen),),
    )
    return dict(await cursor.fetchall())


def check_said(what: str, text: str) -> None:
    """Return if a text says something.

    Raises:
        HandlingError: it is empty.
    """
    if not text.strip():
        raise HandlingError(f"{what} is needed", f"no_{what.split()[-1]}")


def check_length(what: str, text: str, most: int) -> None:
    """Return if a text is not longer than so many characters.

    Raises:
        HandlingError: it is.
    """
    if len(text) > most:
        raise HandlingError(
            f"{what} has {len(text)} characters, at most {most}; say it in fewer",
            "too_long", characters=len(text), most=most,
        )  # fmt: skip


def at_text(moment: datetime) -> str:
    """Return a moment as an error tells it."""
    return moment.astimezone().isoformat(timespec="seconds")

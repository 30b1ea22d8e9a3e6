"""One alert from its first transition to its last action, and alerts by the beginning of their id.

All take a psycopg AsyncConnection in autocommit. Times are µs since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from storage.instants import to_us
from storage.queries import AlertRow, alerts_by_id

_Connection = AsyncConnection[TupleRow]


class Stepped(msgspec.Struct, frozen=True):
    """A transition, as the engine told it."""

    version: int
    kind: str
    """As `rules.alerts.TransitionKind`."""
    at_us: int
    """Of the log."""
    severity: str | None
    """After it; None once cleared."""
    rule_version: int
    """Of the rule that judged."""
    evidence: dict[str, Any]
    """As `rules.alerts.Evidence` in JSON: what is not a number is None."""
    recorded_us: int
    """When it was stored, of the database's clock."""


class Done(msgspec.Struct, frozen=True):
    """What somebody did."""

    number: int
    kind: str
    """As `storage.handling.ActionKind`."""
    at_us: int
    """Of the database's clock."""
    actor: str
    reason: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Life:
    """An alert with all that happened to it."""

    alert: AlertRow
    steps: list[Stepped]
    """By version."""
    done: list[Done]
    """By number."""


async def life(connection: _Connection, alert: str) -> Life | None:
    """Return an alert with all that happened to it; None where there is none of that id."""
    rows = await alerts_by_id(connection, [alert])
    if not rows:
        return None
    return Life(rows[0], await transitions(connection, alert), await actions(connection, alert))


async def ids(connection: _Connection, beginning: str, most: int = 5) -> list[str]:
    """Return alerts whose id begins so, ascending.

    Args:
        connection: where to ask.
        beginning: hexadecimal digits and hyphens.
        most: return no more than these.
    """
    cursor = await connection.execute(
        "SELECT id::text FROM alert WHERE starts_with(id::text, %s) ORDER BY id LIMIT %s",
        (beginning, most),
    )
    return [row[0] for row in await cursor.fetchall()]


async def transitions(connection: _Connection, alert: str) -> list[Stepped]:
    """Return the transitions of an alert, in order."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT one.version, kind, {at}, one.severity, "
            "coalesce(one.rule_version, alert.rule_version), evidence, {recorded} "
            "FROM alert_transition AS one JOIN alert ON alert.id = one.alert "
            "WHERE one.alert = %s ORDER BY one.version"
        ).format(at=to_us("at"), recorded=to_us("recorded")),
        (alert,),
    )
    return [Stepped(*row) for row in await cursor.fetchall()]


async def actions(connection: _Connection, alert: str) -> list[Done]:
    """Return what people did with an alert, in order."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT number, kind, {at}, actor, reason, detail FROM alert_action WHERE alert = %s "
            "ORDER BY number"
        ).format(at=to_us("at")),
        (alert,),
    )
    return [Done(*row) for row in await cursor.fetchall()]

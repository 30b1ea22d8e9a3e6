"""Alerts as the engine tells them, written by hand: one call, one transition."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import psycopg
from psycopg import AsyncConnection

from rules.alerts import Evidence, Severity, Transition, TransitionKind, alert_id
from storage.commit import Stretch, commit

SECOND = 1_000_000
NOON = 1_790_000_000 * SECOND

EVIDENCE = Evidence(3.9, NOON, 3.8, "warning", 3.75, 0, 60 * SECOND, "m", 0, value=3.9)


class Episode:
    """One alert; each call tells its next transition."""

    def __init__(
        self, rule: str = "level", subject: str = "bridge-gauge/water_level", raised_s: int = 0
    ) -> None:
        self.raised_us = NOON + raised_s * SECOND
        self.id = alert_id(rule, subject, self.raised_us)
        self.severity = Severity.NONE
        self._rule, self._subject, self._version = rule, subject, 0

    def tell(
        self, kind: str, severity: str = "", at_s: int = 0, reason: str = "", **more: Any
    ) -> Transition:
        if severity:
            self.severity = Severity[severity.upper()]
        if kind in ("cleared", "withdrawn"):
            self.severity = Severity.NONE
        self._version += 1
        return Transition(
            self.id, self._version, TransitionKind(kind), self.raised_us + at_s * SECOND,
            self.severity, self._rule, 3, self._subject, 0, "water", self.raised_us,
            self.raised_us, "大桥站水位3.9m", "Bridge 3.9 m",
            msgspec.structs.replace(EVIDENCE, reason=reason), **more,
        )  # fmt: skip


def in_database(url: str, work: Callable[[AsyncConnection[Any]], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            return await work(connection)

    return asyncio.run(run())


def told(url: str, *transitions: Transition) -> None:
    in_database(url, lambda connection: commit(connection, Stretch([], transitions=transitions)))


def row(url: str, statement: str, *values: Any) -> Any:
    """Return the only row."""
    with psycopg.connect(url) as connection:
        (found,) = connection.execute(statement, values).fetchall()
    return found


def state(url: str, alert: str, *columns: str) -> Any:
    return row(url, f"SELECT {', '.join(columns)} FROM alert WHERE id = %s", alert)

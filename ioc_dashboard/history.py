"""What the database remembers: newest values, trends and roll-ups."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import TypeVar

import numpy as np
import psycopg
import structlog
from numpy.typing import NDArray

from devices import Batch
from devices.reports import DEVIANT, MESSAGES
from storage import alert_life, camera_events, conformance, contacts, maintenance, queries, rollups
from storage.conformance import Conformance
from storage.queries import Readings
from storage.rollups import Rollup

log = structlog.get_logger(__name__)

AGAIN_AFTER_S = (0.5, 3.0)
"""Least and most seconds before a lost database is asked again."""

_T = TypeVar("_T")


class DatabaseHistory:
    """Implements `ports.History` on PostgreSQL."""

    def __init__(self, database_url: str) -> None:
        """Take the database's URL."""
        self._url = database_url

    async def latest(self) -> Batch:
        """Return the newest reading of every datastream; waits until there is a database."""
        latest = await self._ask(queries.latest)
        return Batch(latest.datastream, latest.phenomenon_time_us, latest.result, latest.quality)

    async def trend(
        self, slots: Sequence[int], since_us: int, bucket_s: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Return start µs, mean and maximum of each bucket with data, by time."""
        trend = await self._ask(
            lambda connection: queries.trend(connection, slots, since_us, bucket_s)
        )
        return trend.start_us, trend.mean, trend.max

    async def conformance(self, first: date, last: date) -> Sequence[Conformance]:
        """See `ports.History`."""
        return await self._ask(
            lambda connection: conformance.read(
                connection, first, last, messages=MESSAGES, deviant=DEVIANT
            )
        )

    async def contacts(self) -> Sequence[tuple[str, str]]:
        """See `ports.History`."""
        found = await self._ask(contacts.contacts)
        return [(one.gateway, one.device) for one in found]

    async def rollup(
        self, slots: Sequence[int], level: str, since_us: int, until_us: int
    ) -> Rollup:
        """Return buckets of `1min`, `1h` or `1d` of datastreams, up to the newest reading."""
        return await self._ask(
            lambda connection: rollups.rollup(connection, slots, level, since_us, until_us)
        )

    async def readings(self, slot: int, since_us: int, until_us: int) -> Readings:
        """Return the readings of a datastream, whatever their quality, by time; end exclusive."""
        return await self._ask(
            lambda connection: queries.readings(connection, slot, since_us, until_us)
        )

    async def alert_life(self, alert: str) -> alert_life.Life | None:
        """Return an alert with all that happened to it; None where there is none of that id."""
        return await self._ask(lambda connection: alert_life.life(connection, alert))

    async def camera_events(
        self, after: int, again: Sequence[int], most: int
    ) -> camera_events.Seen:
        """See `storage.camera_events`."""
        return await self._ask(
            lambda connection: camera_events.camera_events(connection, after, again, most)
        )

    async def picture(self, gateway: str, snapshot: str) -> bytes | None:
        """Return the picture of an event as JPEG, or None where there is none of that name."""
        return await self._ask(
            lambda connection: camera_events.picture(connection, gateway, snapshot)
        )

    async def maintenance(self, until_us: int) -> Sequence[maintenance.Announced]:
        """See `ports.History`."""
        return await self._ask(
            lambda connection: maintenance.announced(connection, until_us=until_us)
        )

    async def _ask(self, question: Callable[[psycopg.AsyncConnection], Awaitable[_T]]) -> _T:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=5
                ) as connection:
                    return await question(connection)
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
                log.warning("history_waits_for_database", error=str(error).strip())
            await asyncio.sleep(random.uniform(*AGAIN_AFTER_S))  # noqa: S311 (jitter, no secret)

"""Alerts from the database: all of them first, then each change as it is committed.

A NOTIFY says which alerts changed; the rows are read again, so what the wall shows is what is
stored. Everything is read anew after a lost connection and from time to time, so a notification
that never came is a delay, not a lie.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence

import msgspec
import psycopg
import structlog

from storage import drills, journal
from storage.queries import AlertRow, alerts_by_id, open_alerts, recent_alerts

log = structlog.get_logger(__name__)

CHANNEL = "alerts"
"""NOTIFY channel; the payload is a JSON list of alert ids, or empty for "read all again"."""

READ_ALL_EVERY_S = 30.0
JUDGED_EVERY_S = 1.0
"""How often it is asked how far the rules are: a worker that died shows within seconds."""

AGAIN_AFTER_S = (0.3, 2.0)
"""Least and most seconds before a lost database is tried again."""

MOST_ALERTS = 5000
"""More open alerts than this are a flood that no list helps with; the oldest are left out."""

Deliver = Callable[[Sequence[AlertRow], bool], None]
_ids = msgspec.json.Decoder(list[str])


class DatabaseAlerts:
    """Implements `ports.AlertRows` on PostgreSQL."""

    def __init__(self, database_url: str) -> None:
        """Take the database's URL."""
        self._url = database_url
        self.connected = False
        self.judged_us: int | None = None

    async def run(self, deliver: Deliver) -> None:
        """Deliver alerts; a lost database is tried again for ever."""
        while True:
            try:
                await self._listen(deliver)
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.warning("database_lost", error=str(error).strip())
            finally:
                self.connected = False
            await asyncio.sleep(random.uniform(*AGAIN_AFTER_S))  # noqa: S311 (jitter, no secret)

    async def _listen(self, deliver: Deliver) -> None:
        async with (
            await connect(self._url) as listening,
            await connect(self._url) as reading,
        ):
            # First listen, then read: a change in between comes twice, not never.
            await listening.execute(f"LISTEN {CHANNEL}")
            while True:
                await self._read_all(reading, deliver)
                self.connected = True
                again_at = time.monotonic() + READ_ALL_EVERY_S
                all_changed = False
                while time.monotonic() < again_at and not all_changed:
                    self.judged_us = await journal.judged_until(reading)
                    async for notify in listening.notifies(timeout=JUDGED_EVERY_S):
                        ids = _ids.decode(notify.payload) if notify.payload else []
                        if not ids:
                            all_changed = True
                            break
                        rows = await alerts_by_id(reading, ids)
                        deliver([*rows, *await drills.by_id(reading, ids)], False)

    async def _read_all(self, reading: psycopg.AsyncConnection, deliver: Deliver) -> None:
        rows = await recent_alerts(reading)
        rows += await open_alerts(reading, MOST_ALERTS)
        rows += await drills.shown(reading)
        deliver(rows, True)


async def connect(url: str) -> psycopg.AsyncConnection:
    """Return a connection on which nothing is ever waited for in vain."""
    # A server that vanished without a word must be noticed in seconds, not in two hours.
    return await psycopg.AsyncConnection.connect(
        url,
        autocommit=True,
        connect_timeout=5,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
    )

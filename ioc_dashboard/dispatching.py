"""Incidents, cases and crews from the database: read whole, and again with each change.

A NOTIFY only says that something changed: what is shown is small, and one picture of one moment
cannot contradict itself. It is also read from time to time, because terminals say where they are
without one, and so that a notification that never came is a delay, not a lie.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Collection, Mapping
from typing import Final

import psycopg
import structlog

from ioc_dashboard import alerts
from storage import cases, crews, dispatch_picture, incidents
from storage.dispatch_picture import Picture

log = structlog.get_logger(__name__)

CHANNELS: Final = (incidents.CHANNEL, cases.CHANNEL, crews.CHANNEL, alerts.CHANNEL)
"""An incident is as urgent as its alerts are."""

READ_EVERY_S: Final = 10.0
"""How often it is read without a change: positions may be so much older than they say."""

READ_APART_S: Final = 1.0
"""Least seconds between two pictures: a cloudburst changes alerts many times a second."""

AGAIN_AFTER_S: Final = (0.3, 2.0)
"""Least and most seconds before a lost database is tried again."""

Deliver = Callable[[Picture], None]


class DatabaseDispatch:
    """Implements `ports.Dispatching` on PostgreSQL."""

    def __init__(
        self, database_url: str, crews: Collection[str], crew_of: Mapping[str, str]
    ) -> None:
        """Take what is asked for.

        Args:
            database_url: as libpq reads it.
            crews: ids of all crews of the city.
            crew_of: crew by terminal.
        """
        self._url, self._crews, self._crew_of = database_url, crews, crew_of

    async def run(self, deliver: Deliver) -> None:
        """Deliver pictures; a lost database is tried again for ever."""
        while True:
            try:
                await self._listen(deliver)
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.warning("dispatch_waits_for_database", error=str(error).strip())
            await asyncio.sleep(random.uniform(*AGAIN_AFTER_S))  # noqa: S311 (jitter, no secret)

    async def _listen(self, deliver: Deliver) -> None:
        async with (
            await alerts.connect(self._url) as listening,
            await alerts.connect(self._url) as reading,
        ):
            # First listen, then read: a change in between makes one picture more, not one less.
            for channel in CHANNELS:
                await listening.execute(f"LISTEN {channel}")
            while True:
                began = time.monotonic()
                deliver(await dispatch_picture.read(reading, self._crews, self._crew_of))
                async for _ in listening.notifies(timeout=READ_EVERY_S, stop_after=1):
                    pass
                await asyncio.sleep(max(0.0, began + READ_APART_S - time.monotonic()))
                # The picture to come is of all that was said until here.
                async for _ in listening.notifies(timeout=0):
                    pass

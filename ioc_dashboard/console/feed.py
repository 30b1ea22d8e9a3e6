"""The console's news: all open alerts, incidents and crews first, then each change as committed.

As `ioc_dashboard.alerts` does for the wall: listen, then read; read all anew after a lost
connection and from time to time. Ten thousand alerts come in pieces, so that nobody who is being
served meanwhile waits for them.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec
import psycopg
import structlog
from psycopg import sql

from dispatch.crews import CrewState
from dispatch.incidents import Incident
from ioc_dashboard.console.ports import Advisor
from ioc_dashboard.latest_answer import Connection
from storage import alerts, crews, incidents
from storage.queries import AlertRow, alerts_by_id, open_alerts_after

log = structlog.get_logger(__name__)

READ_ALL_EVERY_S: Final = 120.0
"""A notification that never came is late by so much at most."""

CREWS_EVERY_S: Final = 10.0
"""Positions come without a notification."""

PIECE: Final = 500
"""Alerts read at once: 10 ms."""

MOST_INCIDENTS: Final = 5000

AGAIN_AFTER_S: Final = (0.3, 2.0)
"""Least and most seconds before a lost database is tried again."""

_ids = msgspec.json.Decoder(list[str])


class Taker(Protocol):
    """Who is told."""

    def take_alerts(self, rows: Sequence[AlertRow]) -> None:
        """Take in alerts that may have changed."""

    def missing(self, ids: set[str]) -> list[str]:
        """Return the ids of alerts held as open that are not among some."""

    def take_incidents(self, found: Sequence[Incident], *, complete: bool) -> None:
        """Take in incidents."""

    def take_crews(self, states: dict[str, CrewState]) -> None:
        """Take in how crews stand."""


class Feed:
    """Works while `run` runs."""

    def __init__(
        self, database_url: str, advisor: Advisor, taker: Taker,
        now_us: Callable[[], int],
    ) -> None:  # fmt: skip
        """Take the database's URL, who knows crews, whom to tell, and the clock."""
        self._url, self._advisor, self._taker, self._now_us = database_url, advisor, taker, now_us
        self.connected = False
        """Whether nothing that was committed is unheard."""

    async def run(self) -> None:
        """Tell until cancelled; a lost database is tried again for ever."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.warning("console_lost_database", error=str(error).strip())
            finally:
                self.connected = False
            await asyncio.sleep(random.uniform(*AGAIN_AFTER_S))  # noqa: S311 (jitter, no secret)

    async def _listen(self) -> None:
        async with await connect(self._url) as listening, await connect(self._url) as reading:
            for channel in (alerts.CHANNEL, incidents.CHANNEL, crews.CHANNEL):
                await listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            while True:
                # Incidents first: a list made meanwhile has its alerts in them.
                await self._read_incidents(reading)
                await self._read_crews(reading)
                await self._read_alerts(reading)
                self.connected = True
                if not await self._follow(listening, reading):
                    log.debug("console_reads_all")

    async def _follow(self, listening: Connection, reading: Connection) -> bool:
        """Tell changes until all is to be read again; False where there were too many to name."""
        again_at = time.monotonic() + READ_ALL_EVERY_S
        crews_at = time.monotonic() + CREWS_EVERY_S
        while time.monotonic() < again_at:
            async for notify in listening.notifies(timeout=1.0, stop_after=1):
                ids = _ids.decode(notify.payload) if notify.payload else []
                if notify.channel == crews.CHANNEL:
                    await self._read_crews(reading)
                elif notify.channel == incidents.CHANNEL:
                    if ids:
                        found = await incidents.by_id(reading, ids)
                        self._taker.take_incidents(list(found.values()), complete=False)
                    else:
                        await self._read_incidents(reading)
                elif ids:
                    self._taker.take_alerts(await alerts_by_id(reading, ids))
                else:
                    return False
            if time.monotonic() >= crews_at:
                await self._read_crews(reading)
                crews_at = time.monotonic() + CREWS_EVERY_S
        return True

    async def _read_alerts(self, reading: Connection) -> None:
        seen: set[str] = set()
        after = ""
        while rows := await open_alerts_after(reading, after, PIECE):
            self._taker.take_alerts(rows)
            seen |= {row.id for row in rows}
            after = rows[-1].id
            await asyncio.sleep(0)
        # What is open here and there no more was told while nobody listened.
        gone = self._taker.missing(seen)
        for at in range(0, len(gone), PIECE):
            self._taker.take_alerts(await alerts_by_id(reading, gone[at : at + PIECE]))
            await asyncio.sleep(0)

    async def _read_incidents(self, reading: Connection) -> None:
        found = await incidents.open_incidents(reading, MOST_INCIDENTS)
        self._taker.take_incidents(found, complete=True)

    async def _read_crews(self, reading: Connection) -> None:
        self._taker.take_crews(dict(await self._advisor.standing(reading, self._now_us())))


async def connect(url: str) -> Connection:
    """Return a connection in autocommit that notices within seconds that its server is gone."""
    return await psycopg.AsyncConnection.connect(
        url, autocommit=True, connect_timeout=5, application_name="ioc console",
        keepalives_idle=5, keepalives_interval=2, keepalives_count=3,
    )  # fmt: skip

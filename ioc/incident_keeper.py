"""The keeper: puts new alerts into incidents, and tells who does not answer.

A thread of the worker with a connection of its own, never in the line's way. Each worker has one;
what they do is done once, however many there are. It may end anywhere.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices import Catalogue, SourceError
from dispatch.incidents import EventKind
from storage import crews, incidents

if TYPE_CHECKING:
    from ioc.catalogue_source import DatabaseCatalogue

_EVERY_S: Final = 5.0
"""A dispatcher sees the alert at once; the incident may come some seconds later."""

_DEADLINE_S: Final = 30.0
"""A look takes some ms, that after an outage a second; then the database counts as away."""

_FAREWELL_S: Final = 0.5
"""How long a stop waits for a look under way."""

_log = structlog.get_logger()


class Keeper(threading.Thread):
    """Looks again and again, in a thread apart from the worker's own loop."""

    def __init__(
        self,
        database_url: str,
        known: Catalogue,
        source: DatabaseCatalogue,
        every_s: float = _EVERY_S,
    ) -> None:
        """Prepare; `start` begins.

        Args:
            database_url: as libpq reads it.
            known: the catalogue, which says where alerts are.
            source: tells of a newer one; of this thread alone.
            every_s: between two looks, seconds.
        """
        super().__init__(name="incident-keeper", daemon=True)
        self._url = database_url
        self._known = known
        self._source = source
        self._every_s = every_s
        self._ended = threading.Event()
        self.looks = 0
        """How often it has looked and done what there was to do."""

    def end(self) -> None:
        """Look no more, and wait shortly until that is so."""
        self._ended.set()
        self.join(_FAREWELL_S)

    def run(self) -> None:
        """Look until `end`, whatever becomes of the database."""
        asyncio.run(self._keep())

    async def _keep(self) -> None:
        while not self._ended.is_set():
            try:
                async with await AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=5,
                    application_name="ioc incidents",
                ) as connection:  # fmt: skip
                    while not self._ended.is_set():
                        async with asyncio.timeout(_DEADLINE_S):
                            await self._look(connection)
                        self.looks += 1
                        await asyncio.to_thread(self._ended.wait, self._every_s)
            except (psycopg.Error, SourceError, incidents.IncidentError, OSError) as error:
                # TimeoutError is an OSError.
                _log.warning("incidents not kept", error=str(error).strip() or repr(error))
                await asyncio.to_thread(self._ended.wait, self._every_s)
        await self._source.close()

    async def _look(self, connection: AsyncConnection[TupleRow]) -> None:
        self._known = await self._source.newer(self._known.digest) or self._known
        done = await incidents.collect(connection, place_of(self._known))
        if opened := sum(one.kind is EventKind.OPENED for one in done):
            _log.info("incidents opened", incidents=opened, alerts=len(done))
        for one in await crews.escalate(connection):
            _log.warning(
                "a crew does not accept", crew=one.crew, incident=one.incident, told=one.to
            )


def place_of(known: Catalogue) -> Callable[[int], str]:
    """Return what says at which place a datastream is, by its slot; empty for an unknown one."""

    def find(slot: int) -> str:
        return known.place_of(slot).id if 0 <= slot < len(known.datastreams) else ""

    return find

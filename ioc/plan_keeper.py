"""The plans' keeper: starts what rules ask for, and tells the owners of items that are overdue.

A thread of the worker with a connection of its own, never in the line's way, beside the one that
keeps incidents. Each worker has one; what they do is done once, however many there are. It may end
anywhere.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Final

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from storage import plans

if TYPE_CHECKING:
    from dispatch.plans import PlanBook

_EVERY_S: Final = 5.0
"""As incidents are made; the shortest time of an item is minutes."""

_DEADLINE_S: Final = 30.0
"""A look takes some ms, that after an outage a second; then the database counts as away."""

_FAREWELL_S: Final = 0.5
"""How long a stop waits for a look under way."""

_log = structlog.get_logger()


class PlanKeeper(threading.Thread):
    """Looks again and again, in a thread apart from the worker's own loop."""

    def __init__(self, database_url: str, book: PlanBook, every_s: float = _EVERY_S) -> None:
        """Prepare; `start` begins.

        Args:
            database_url: as libpq reads it.
            book: the city's plans.
            every_s: between two looks, seconds.
        """
        super().__init__(name="plan-keeper", daemon=True)
        self._url = database_url
        self._book = book
        self._every_s = every_s
        self._ended = threading.Event()
        self._missing: set[str] = set()
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
                    self._url, autocommit=True, connect_timeout=5, application_name="ioc plans"
                ) as connection:
                    while not self._ended.is_set():
                        async with asyncio.timeout(_DEADLINE_S):
                            await self._look(connection)
                        self.looks += 1
                        await asyncio.to_thread(self._ended.wait, self._every_s)
            except (psycopg.Error, OSError) as error:  # TimeoutError is an OSError
                _log.warning("plans not kept", error=str(error).strip() or repr(error))
                await asyncio.to_thread(self._ended.wait, self._every_s)

    async def _look(self, connection: AsyncConnection[TupleRow]) -> None:
        for one in await plans.collect(connection, self._book):
            _log.info("a plan started", plan=one.plan, incident=one.incident, alert=one.alert)
        for overdue in await plans.tell_overdue(connection):
            _log.warning(
                "an item is overdue", plan=overdue.plan, incident=overdue.incident,
                item=overdue.item, told=overdue.to,
            )  # fmt: skip
        missing = await plans.unknown(connection, self._book)
        for name in sorted(missing - self._missing):
            _log.warning("a rule names a plan that the city has not", plan=name)
        self._missing = missing

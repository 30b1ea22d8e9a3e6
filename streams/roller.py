"""The roller: rolls readings up beside the line, on a connection of its own, never in its way.

Each worker has one; the one whose connection got the turn works, the others ask again. It needs
nothing but the database, which says what is to be done: it may end anywhere.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from storage import rollup_steps

EVERY_S: Final = 10.0
"""How often it looks. A minute that late readings keep touching is made six times a minute."""

_DEADLINE_S: Final = 60.0
"""A step takes below a second; after this the database counts as away."""

_log = structlog.get_logger()


class Roller:
    """Rolls up until it is told that it is over."""

    def __init__(
        self, database_url: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Prepare; the connection is made by `run`.

        Args:
            database_url: as libpq reads it.
            now: the clock, with its zone: says which buckets are over.
        """
        self._url = database_url
        self._now = now
        self.has_turn = False
        self.rolled = 0
        """Buckets of time that were made since its start."""
        self.left = 0
        """Buckets of time that are over and wait, as the last step left them."""

    @property
    def facts(self) -> dict[str, object]:
        """For the worker's health."""
        return {"has_turn": self.has_turn, "rolled": self.rolled, "left": self.left}

    async def run(
        self, is_over: Callable[[], bool], sleep: Callable[[float], Awaitable[object]]
    ) -> None:
        """Roll up until `is_over`, whatever becomes of the database.

        Args:
            is_over: asked between steps.
            sleep: waits some seconds; may return early once it is over.
        """
        while not is_over():
            try:
                async with await AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=5,
                    application_name="ioc worker roll-ups",
                ) as connection:  # fmt: skip
                    await self._roll(connection, is_over, sleep)
            except (psycopg.Error, OSError, TimeoutError) as error:
                _log.warning("not rolled up", error=str(error).strip() or repr(error))
            self.has_turn = False
            if not is_over():
                await sleep(EVERY_S)

    async def _roll(
        self,
        connection: AsyncConnection[TupleRow],
        is_over: Callable[[], bool],
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        while not is_over():
            began = time.monotonic()
            async with asyncio.timeout(_DEADLINE_S):
                if not self.has_turn:
                    self.has_turn = await rollup_steps.take_turn(connection)
                done = rollup_steps.Step(0, 0)
                if self.has_turn:
                    done = await rollup_steps.step(connection, self._now())
            self.rolled += done.rolled
            self.left = done.left
            # With more to do the database has as much time for the line as for this.
            await sleep(time.monotonic() - began if done.left else EVERY_S)

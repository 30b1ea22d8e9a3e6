"""The latest answer to one question that is asked of the database every two seconds.

Everybody at the door is judged by it, so that a screen or a page costs the database nothing and
never waits for it. Whom it does not know is judged by one that was asked for after they came. While
the database is away the last answer stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import psycopg
import structlog
from psycopg.rows import TupleRow

log = structlog.get_logger(__name__)

_T = TypeVar("_T")
Connection = psycopg.AsyncConnection[TupleRow]

READ_EVERY_S: Final = 2.0
"""Who is revoked is admitted at most for so long."""

SOONEST_S: Final = 0.2
"""However many strangers come, the database is not asked more often."""

ANSWER_WITHIN_S: Final = 3.0
"""After this the database counts as away."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[_T]):
    """What the database said."""

    number: int
    """Of the question, counted from 1: what was asked later has a higher one."""
    told: _T | None
    """None where it did not answer."""


class LatestAnswer(Generic[_T]):
    """Asks while `run` runs."""

    def __init__(
        self, database_url: str, name: str, question: Callable[[Connection], Awaitable[_T]]
    ) -> None:
        """Take what is asked.

        Args:
            database_url: where.
            name: of what is asked for, for the log and the database.
            question: asked on a connection in autocommit; None is no answer.
        """
        self._url, self._name, self._question = database_url, name, question
        self._connection: Connection | None = None
        self.known: _T | None = None
        """By the last answer there was; None before the first."""
        self.asked = 0
        """Questions so far."""
        self.last: Answer[_T] = Answer(0, None)
        self.answered = asyncio.Event()
        """Set, and replaced, with every answer and every `put`."""
        self._wanted = asyncio.Event()
        self._before_put = 0
        """The last question before a `put`: its answer may not know of it."""

    async def run(self) -> None:
        """Keep asking until cancelled; a database that is away is asked for ever."""
        was_away = False
        try:
            while True:
                answer = await self._ask()
                if answer.number > self._before_put:
                    self._take(answer)
                else:
                    self._wanted.set()
                if (answer.told is None) != was_away:
                    was_away = not was_away
                    tell = log.warning if was_away else log.info
                    tell("door_unchecked" if was_away else "door_checked", of=self._name)
                await asyncio.sleep(SOONEST_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(READ_EVERY_S - SOONEST_S):
                        await self._wanted.wait()
                self._wanted.clear()
        finally:
            await self._hang_up()

    async def after(self, asked: int) -> _T | None:
        """Return the answer to a question after so many; None where the database is away."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_WITHIN_S):
                while self.last.number <= asked:
                    answered = self.answered
                    self._wanted.set()
                    await answered.wait()
                return self.last.told
        return None

    def put(self, known: _T) -> None:
        """Know something at once, before the next answer says so."""
        self._before_put = self.asked
        self._take(Answer(self.last.number, known))

    def _take(self, answer: Answer[_T]) -> None:
        self.last = answer
        if answer.told is not None:
            self.known = answer.told
        answered, self.answered = self.answered, asyncio.Event()
        answered.set()

    async def _ask(self) -> Answer[_T]:
        self.asked += 1
        number = self.asked
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                if self._connection is None:
                    self._connection = await connect(self._url, f"ioc wall {self._name}")
                return Answer(number, await self._question(self._connection))
        except (psycopg.Error, OSError, TimeoutError) as error:
            log.debug("door_not_read", of=self._name, error=str(error).strip())
            await self._hang_up()
            return Answer(number, None)

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


async def connect(url: str, name: str) -> Connection:
    """Return a connection in autocommit; raises what psycopg raises within three seconds."""
    return await psycopg.AsyncConnection.connect(
        url, autocommit=True, connect_timeout=3, application_name=name
    )

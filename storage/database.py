"""The worker's connection to the database: made anew after every failure, each call with an end.

A database that was stopped, or that a broken network hides, answers nothing at all: after
`DEADLINE_S` that counts as away too. Whether the transaction took place is then not known, and the
ledger tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices import Batch
from rules.commands import Command
from storage import binary_copy, latest, ledger
from storage.commit import Saved, Stretch, commit, read_checkpoint
from storage.engine_commands import newer_commands
from storage.faults import AwayError, Fault, RefusedError, classify
from storage.latest import Newest
from storage.ledger import PackKey, Partition, Progress

DEADLINE_S = 20.0
"""After this a call counts as unanswered. A transaction takes 10 ms; psycopg waits up to 10 s more
for its cancellation."""

_CONNECT_S = 5


class Database:
    """One connection; not for concurrent use.

    Every method raises `AwayError` while the database is away, `RefusedError` for data that it
    refuses, and anything else as it comes: a broken assumption.
    """

    def __init__(self, url: str) -> None:
        """Prepare; the connection is made with the first call.

        Args:
            url: as libpq reads it.
        """
        self._url = url
        self._connection: AsyncConnection[TupleRow] | None = None

    @property
    def connected(self) -> bool:
        """Whether the last call found the database."""
        return self._connection is not None

    async def next_offset(self, partition: Partition) -> int:
        """Return the next offset to take over of a partition, 0 for one never seen."""
        async with self._calling() as connection:
            return await ledger.read(connection, partition)

    async def checkpoint(self, topic: str, number: int) -> Saved | None:
        """Return the newest engine state of a partition, whatever log it comes from."""
        async with self._calling() as connection:
            return await read_checkpoint(connection, topic, number)

    async def progress(self, keys: Sequence[PackKey]) -> Mapping[PackKey, Progress]:
        """Return which packs of some gateways and boots are stored."""
        async with self._calling() as connection:
            return await ledger.read_progress(connection, keys)

    async def newest(self, slots: Sequence[int]) -> Mapping[int, Newest]:
        """Return the newest stored readings of some datastreams."""
        async with self._calling() as connection:
            return await latest.read(connection, slots)

    async def commands(self, after: int) -> Sequence[Command]:
        """Return what people told the engine after a command, in the order of ids."""
        async with self._calling() as connection:
            return await newer_commands(connection, after)

    async def commit(self, stretch: Stretch) -> None:
        """Store a stretch in one transaction.

        Raises:
            storage.ledger.ZombieError: another worker has one of the partitions.
            storage.alerts.VersionError: an alert does not stand where its transition starts.
        """
        async with self._calling() as connection:
            await commit(connection, stretch)

    async def probe(self, batch: Batch) -> None:
        """Find out whether readings could be stored; stores nothing.

        Raises:
            RefusedError: at least one of them is refused.
        """
        async with (
            self._calling() as connection,
            connection.transaction(force_rollback=True),
            connection.cursor() as cursor,
            cursor.copy(binary_copy.STATEMENT) as copy,
        ):
            await copy.write(binary_copy.encode(batch))

    async def close(self) -> None:
        """End the connection; the next call makes another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    @asynccontextmanager
    async def _calling(self) -> AsyncIterator[AsyncConnection[TupleRow]]:
        try:
            async with asyncio.timeout(DEADLINE_S):
                if self._connection is None:
                    self._connection = await AsyncConnection.connect(
                        self._url, autocommit=True, connect_timeout=_CONNECT_S,
                        application_name="ioc worker",
                    )  # fmt: skip
                yield self._connection
        except TimeoutError:
            await self.close()
            raise AwayError(f"the database did not answer within {DEADLINE_S:g} s") from None
        except psycopg.Error as error:
            fault = classify(error)
            if fault is Fault.UNKNOWN:
                raise
            if fault is Fault.DATA:
                raise RefusedError(f"{error.sqlstate}: {str(error).strip()}") from error
            await self.close()
            raise AwayError(str(error).strip()) from error

"""The sink: takes entries of the log and returns when they are in the database.

The database owns the offset. The sink reads where a partition stands, drops what is below, and
moves the ledger in the transaction of the data. While the database is away it waits, for ever;
when another worker has moved the ledger it reads again and takes only what is left.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices import record
from rules import checkpoint, state
from rules.ruleset import RuleSet
from storage import ledger
from storage.commit import commit, read_checkpoint
from storage.faults import Fault, classify
from storage.ledger import PackKey, Partition, Progress, ZombieError
from streams.stretch import Entry, Position, decode, pack_keys, prepare

Where = tuple[str, int]
"""Topic and partition number."""

_BACKOFF_MAX_S = 5.0

_log = structlog.get_logger()


class LogChangedError(RuntimeError):
    """The log is another one than when this worker started: start again."""


class Sink:
    """Commits stretches of the log; not for concurrent use."""

    def __init__(
        self,
        rule_set: RuleSet,
        database_url: str,
        log: str,
        current_log: Callable[[], Awaitable[str]],
    ) -> None:
        """Prepare; the connection is made with the first stretch.

        Args:
            rule_set: the rules in force.
            database_url: as libpq reads it.
            log: id of the log that entries come from (Kafka cluster id).
            current_log: asks the broker for its id now.
        """
        self._rule_set = rule_set
        self._url = database_url
        self._log = log
        self._current_log = current_log
        self._connection: AsyncConnection[TupleRow] | None = None
        self._positions: dict[Where, Position] = {}
        self._progress: dict[PackKey, Progress] = {}
        self.connected = False
        self.counts = {
            "readings": 0, "transitions": 0, "refusals": 0, "commits": 0, "late": 0, "below": 0,
            "retries": 0,
        }  # fmt: skip

    def forget(self) -> None:
        """Forget where partitions stand, because others may move them from now on."""
        self._positions.clear()
        self._progress.clear()

    async def store(self, entries: Mapping[Where, Sequence[Entry]]) -> None:
        """Store entries, in ascending order of offset for each partition, in one transaction.

        Returns when they are committed, now or by an earlier call. Retries while the database is
        away.

        Raises:
            LogChangedError: the broker is another one; nothing of these entries was stored.
            Exception: a broken assumption; nothing was stored and the process must end.
        """
        attempt = 0
        while True:
            try:
                await self._store(entries)
            except ZombieError as error:
                _log.warning("ledger was moved by another", error=str(error))
                self.forget()
            except psycopg.Error as error:
                if classify(error) is not Fault.WAIT:
                    raise
                self.connected = False
                self.counts["retries"] += 1
                _log.warning("database not reachable", error=str(error).strip(), attempt=attempt)
                await self.close()
                self.forget()
                wait_s = min(0.05 * 2**attempt, _BACKOFF_MAX_S)
                await asyncio.sleep(random.uniform(0, wait_s))  # noqa: S311 jitter, no secret
                attempt = min(attempt + 1, 10)
            else:
                return

    async def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _store(self, entries: Mapping[Where, Sequence[Entry]]) -> None:
        connection = await self._connect()
        parts = []
        for where in sorted(entries):
            position = await self._position(connection, where)
            fresh = [one for one in entries[where] if one.offset >= position.next_offset]
            if len(fresh) < len(entries[where]):
                await self._check_log(where, entries[where][0].offset, position.next_offset)
                self.counts["below"] += len(entries[where]) - len(fresh)
            if fresh:
                parts.append((position, decode(position.partition, fresh)))
        if not parts:
            return
        keys = pack_keys([decoded for _, decoded in parts])
        if missing := sorted(keys - self._progress.keys()):
            self._progress |= await ledger.read_progress(connection, missing)
        prepared = prepare(self._rule_set, parts, {key: self._progress[key] for key in keys})
        await commit(connection, prepared.stretch)
        self._positions.update(prepared.positions)
        self._progress.update(prepared.progress)
        stretch = prepared.stretch
        self.counts["readings"] += stretch.batch.n if stretch.batch else 0
        self.counts["transitions"] += len(stretch.transitions)
        self.counts["refusals"] += len(stretch.refusals)
        self.counts["late"] += prepared.late
        self.counts["commits"] += 1

    async def _connect(self) -> AsyncConnection[TupleRow]:
        if self._connection is None:
            self._connection = await AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=5, application_name="ioc worker"
            )
        self.connected = True
        return self._connection

    async def _position(self, connection: AsyncConnection[TupleRow], where: Where) -> Position:
        known = self._positions.get(where)
        if known is not None:
            return known
        partition = Partition(self._log, *where)
        next_offset = await ledger.read(connection, partition)
        position = Position(partition, next_offset, None)
        if where[0] == record.TOPIC:
            saved = await read_checkpoint(connection, *where)
            if saved is None:
                position = Position(partition, next_offset, state.empty(self._rule_set))
            else:
                memory, owed = checkpoint.decode(self._rule_set, saved)
                owed += checkpoint.withdrawals(self._rule_set, saved)
                position = Position(partition, next_offset, memory, owed)
        _log.info("partition taken over", topic=where[0], partition=where[1], at=next_offset)
        self._positions[where] = position
        return position

    async def _check_log(self, where: Where, offset: int, next_offset: int) -> None:
        """Before anything is dropped as already stored: is this the log it was stored from?"""
        current = await self._current_log()
        if current != self._log:
            raise LogChangedError(
                f"{where[0]}-{where[1]} begins again at {offset} below {next_offset}: the log is "
                f"now {current}, it was {self._log}"
            )

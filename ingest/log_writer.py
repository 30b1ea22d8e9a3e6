"""The Kafka side: rounds of records into the log, each acknowledged before the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

_log = structlog.get_logger()

_SEND_DEADLINE_S = 10.0
"""After this a round counts as failed. aiokafka itself would wait for ever for a lost broker."""

Entry = tuple[str, int, bytes | None, bytes]
"""Topic, partition, key, value."""


class LogError(RuntimeError):
    """A round is not acknowledged: none, some or all of it is in the log."""


class LogWriter:
    """A producer that is made anew after every failure."""

    def __init__(self, servers: str) -> None:
        """Prepare; the connection is made with the first round."""
        self._servers = servers
        self._producer: AIOKafkaProducer | None = None
        self._offsets: dict[tuple[str, int], int] = {}
        self.connected = False
        self.failures = 0
        """Rounds that were not acknowledged."""

    async def write(self, entries: Sequence[Entry]) -> None:
        """Put entries into the log and return when all are acknowledged.

        Raises:
            LogError: the log is away, did not answer in time, or is another one than before.
        """
        try:
            async with asyncio.timeout(_SEND_DEADLINE_S):
                await self._send(entries)
        except (KafkaError, TimeoutError, OSError) as error:
            self.connected = False
            self.failures += 1
            await self.close()
            raise LogError(f"log {self._servers}: {error!r}") from error
        self.connected = True

    async def close(self) -> None:
        """End the connection; what was not acknowledged may or may not be in the log."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            async with asyncio.timeout(2):
                await producer.stop()
        except (KafkaError, TimeoutError, OSError) as error:
            _log.warning("log connection did not close", error=repr(error))

    async def _send(self, entries: Sequence[Entry]) -> None:
        if self._producer is None:
            # No idempotent producer: the embedded broker has no InitProducerId, and the pack
            # ledger makes repeats harmless anyway.
            producer = AIOKafkaProducer(
                bootstrap_servers=self._servers, acks="all", linger_ms=0,
                request_timeout_ms=5000, max_request_size=8 << 20,
            )  # fmt: skip
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        waiting = [
            await self._producer.send(topic, value, key=key, partition=partition)
            for topic, partition, key, value in entries
        ]
        for future in waiting:
            self._follow(await future)

    def _follow(self, written: RecordMetadata) -> None:
        """Notice a log that was replaced between two rounds, which the producer itself does not.

        Raises:
            LogError: a partition's offset did not grow. The round is in the log; what was in the
                one before is not.
        """
        where = (written.topic, written.partition)
        last = self._offsets.get(where, -1)
        self._offsets[where] = written.offset
        if written.offset <= last:
            self._offsets.clear()
            raise LogError(
                f"log {self._servers}: {where[0]}-{where[1]} went from offset {last} to "
                f"{written.offset}: it was replaced"
            )

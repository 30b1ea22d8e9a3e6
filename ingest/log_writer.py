"""The Kafka side: rounds of records into the log, each acknowledged before the next."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.structs import RecordMetadata

from devices.record import LOG_HEADER
from ingest import one_life

_log = structlog.get_logger()

_SEND_DEADLINE_S = 10.0
"""After this a round counts as failed. aiokafka itself would wait for ever for a lost broker."""

Entry = tuple[str, int, bytes | None, bytes]
"""Topic, partition, key, value."""


class LogError(RuntimeError):
    """A round is not acknowledged: none, some or all of it is in the log."""


@dataclass(frozen=True, slots=True)
class _Life:
    """A producer and the log it met; ends with its first lost connection."""

    producer: AIOKafkaProducer
    lost: asyncio.Event
    log: str


class LogWriter:
    """A producer that is made anew after every failure and every lost connection.

    So all rounds between two errors go to one log, in their order.
    """

    def __init__(self, servers: str) -> None:
        """Prepare; the connection is made with the first round."""
        self._servers = servers
        self._life: _Life | None = None
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
                life = self._life = self._life or await self._begin()
                await _unless(life.lost, self._send(life, entries))
        except (KafkaError, TimeoutError, OSError) as error:
            self.connected = False
            self.failures += 1
            await self.close()
            raise LogError(f"log {self._servers}: {error!r}") from error
        self.connected = True

    async def close(self) -> None:
        """End the connection; what was not acknowledged may or may not be in the log."""
        life, self._life = self._life, None
        if life is None:
            return
        try:
            async with asyncio.timeout(2):
                await _abort(life.producer)
        except (KafkaError, TimeoutError, OSError) as error:
            _log.warning("log connection did not close", error=repr(error))

    async def _begin(self) -> _Life:
        # No idempotent producer: the embedded broker has no InitProducerId, and the pack
        # ledger makes repeats harmless anyway.
        producer = AIOKafkaProducer(
            bootstrap_servers=self._servers, acks="all", linger_ms=0,
            request_timeout_ms=5000, max_request_size=8 << 20, connections_max_idle_ms=None,
        )  # fmt: skip
        lost = one_life.hold(producer.client)
        try:
            await producer.start()
            return _Life(producer, lost, await one_life.cluster_id(producer.client))
        except BaseException:
            await _abort(producer)
            raise

    async def _send(self, life: _Life, entries: Sequence[Entry]) -> None:
        headers = [(LOG_HEADER, life.log.encode())]
        waiting = [
            await life.producer.send(topic, value, key=key, partition=partition, headers=headers)
            for topic, partition, key, value in entries
        ]
        for future in waiting:
            self._follow(await future)

    def _follow(self, written: RecordMetadata) -> None:
        """Notice a topic that was emptied behind a connection that lived on.

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


async def _unless(event: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """Do some work unless an event happens first.

    Raises:
        aiokafka.errors.KafkaConnectionError: it did.
    """
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise KafkaConnectionError("a connection was lost")
        await working
    finally:
        working.cancel()
        watching.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def _abort(producer: AIOKafkaProducer) -> None:
    """End a producer without trying to send what it still holds."""
    sender = producer._sender
    if sender is not None and sender.sender_task is not None:
        sender.sender_task.cancel()
        await asyncio.wait({sender.sender_task})
    await producer.stop()

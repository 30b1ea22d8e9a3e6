"""The Kafka side: rounds of records into the log, each acknowledged before the next.

A failed round is sent again as a whole until it is in: order per partition is kept, and what
arrives twice is known by its pack's sequence number.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

_log = structlog.get_logger()

_SEND_DEADLINE_S = 10.0
"""After this a round counts as failed. aiokafka itself would wait for ever for a lost broker."""

_BACKOFF_MAX_S = 5.0

Entry = tuple[str, int, bytes | None, bytes]
"""Topic, partition, key, value."""


class LogWriter:
    """A producer that does not give up."""

    def __init__(self, servers: str) -> None:
        """Prepare; the connection is made with the first round."""
        self._servers = servers
        self._producer: AIOKafkaProducer | None = None
        self.connected = False
        self.failures = 0
        """Rounds that had to be sent again."""

    async def write(self, entries: Sequence[Entry]) -> None:
        """Put entries into the log and return when all are acknowledged.

        Tried again for ever with full jitter; cancel to give up.
        """
        attempt = 0
        while True:
            try:
                async with asyncio.timeout(_SEND_DEADLINE_S):
                    await self._send(entries)
            except (KafkaError, TimeoutError, OSError) as error:
                self.connected = False
                self.failures += 1
                _log.warning("log not reachable", error=repr(error), attempt=attempt)
                await self.close()
                wait_s = min(0.1 * 2**attempt, _BACKOFF_MAX_S)
                await asyncio.sleep(random.uniform(0, wait_s))  # noqa: S311 jitter, no secret
                attempt = min(attempt + 1, 10)
            else:
                self.connected = True
                return

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
            await future

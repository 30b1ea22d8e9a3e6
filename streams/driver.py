"""Faust's aiokafka driver with a long poll that ends early, and an end that comes.

Faust hard-codes `fetch_max_wait_ms=1500`. A broker that holds a poll until its time is over even
when records arrive (Tansu does) makes that the latency: p99 1489 ms, 9 ms with a wait of 5 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

FETCH_MAX_WAIT_MS = 10
"""How long the broker may hold an empty fetch, ms."""

COMMIT_WITHIN_S = 2.0
"""After this a commit of offsets is given up. aiokafka would look for a lost broker for ever, and
Faust commits before it stops. The database owns the offset; Kafka's own is a hint."""


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, with our wait."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Read by aiokafka when the consumer starts; the constructor call is Faust's.
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        return consumer

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        try:
            async with asyncio.timeout(COMMIT_WITHIN_S):
                return await super()._commit(offsets)
        except TimeoutError:
            return False

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go back to the committed offsets, and where nothing is committed to the beginning."""
        return await self.call_thread(rewind, self._ensure_consumer())

    async def on_thread_stop(self) -> None:
        """Stop the consumer; as Faust does, but told when that is over."""
        # aiokafka 0.14 cancels its fetches and, while the log is away, lets their cancellation out
        # of its own stop(). It would end this thread without a word, and Faust waits for the word.
        with contextlib.suppress(asyncio.CancelledError):
            await super().on_thread_stop()


class Consumer(driver.Consumer):
    """Faust's consumer, with our thread."""

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def skip(self, where: TP, start: int, end: int) -> None:
        """Do not wait for offsets from `start`, before `end`, to be acknowledged."""
        await self._add_gap(where, start, end - 1)


async def rewind(consumer: AIOKafkaConsumer) -> Mapping[TP, int]:
    """Seek every assigned partition to what its group has committed, and return that.

    After a rebalance Faust drops what was fetched meanwhile, then calls this to get it again.
    aiokafka's own `seek_to_committed` leaves a partition where it is if nothing is committed, and
    what was dropped of its beginning would never come.
    """
    committed = await consumer.seek_to_committed()
    beginning = [where for where, offset in committed.items() if not offset]
    if beginning:
        await consumer.seek_to_beginning(*beginning)
    return committed


class Transport(driver.Transport):
    """Faust's transport, with our consumer."""

    Consumer = Consumer

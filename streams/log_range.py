"""Reading a stretch of the log by its offsets, beside the consumer group."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from devices.record import LOG_HEADER
from streams.sink import Where
from streams.stretch import Entry

MOST = 1000
"""Records after which reading ends; those fetched with the last one come too. Some MB."""

_WITHIN_S = 10.0
"""A log that does not answer by then is away."""


async def read(servers: str, where: Where, start: int, end: int) -> Sequence[Entry]:
    """Return entries from `start`, before `end`: all of them, or at least the first `MOST`.

    Args:
        servers: of the log.
        where: topic and partition.
        start: first offset.
        end: offset of a record that was handed on, so the log reaches that far. It is not asked
            how far: the embedded log then tells where its last batch begins.

    Returns:
        The entries in their order; none only if the log holds none there.

    Raises:
        TimeoutError: the log does not answer.
        aiokafka.errors.KafkaError: it refuses.
    """
    there = TopicPartition(*where)
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    found: list[Entry] = []
    async with asyncio.timeout(_WITHIN_S):
        await consumer.start()
        try:
            consumer.assign([there])
            start = max(start, (await consumer.beginning_offsets([there]))[there])
            if start >= end:
                return found
            consumer.seek(there, start)
            # The position also moves over offsets that hold nothing.
            while await consumer.position(there) < end and len(found) < MOST:
                found += [
                    Entry(one.offset, one.value or b"", one.timestamp * 1000, log_of(one.headers))
                    for one in (await consumer.getmany(timeout_ms=100)).get(there, ())
                    if one.offset < end
                ]
            return found
        finally:
            # Not awaited itself: it lets the CancelledError of its own tasks out, as if we were
            # cancelled. What it says on its way out changes nothing.
            await asyncio.gather(consumer.stop(), return_exceptions=True)


def log_of(headers: Iterable[tuple[str, bytes]] | None) -> str:
    """Return the id of the log that a record was written for; empty if it does not say."""
    return dict(headers or ()).get(LOG_HEADER, b"").decode()

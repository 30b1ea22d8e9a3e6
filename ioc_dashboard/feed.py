"""Readings from the log: every partition, from now on, for ever.

The wall has no consumer group and commits nothing: it wants the present, not the past. Once a
second there is a tick in every partition, so a log that says nothing is not quiet but gone, and
the reader is built anew. That also covers a broker that came back empty and counts from 0 again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from devices import Tick
from devices.record import TOPIC, Record, RecordError, decode
from ioc_dashboard.closing import close

log = structlog.get_logger(__name__)

SILENT_FOR_S = 5.0
"""Seconds without any record after which the reader is built anew: five ticks missed."""

FETCH_WAIT_MS = 20
"""Longest a fetch may wait at the broker. Some brokers do not answer a long poll early, so this
is latency on the wall; 20 ms costs 50 small requests a second."""

START_WITHIN_S = 10.0
"""Seconds in which a broker that lives lets a reader in."""

AGAIN_AFTER_S = (0.5, 2.0)
"""Least and most seconds before the reader is built anew."""


class KafkaReadings:
    """Implements `ports.Readings` on a Kafka topic."""

    def __init__(self, bootstrap: str) -> None:
        """Take the bootstrap servers, `host:port[,host:port]`."""
        self._bootstrap = bootstrap

    async def run(self, deliver: Callable[[Record | Tick], None]) -> None:
        """Deliver every record from now on; a lost broker is tried again for ever."""
        while True:
            try:
                await self._read(deliver)
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("log_lost", kafka=self._bootstrap, error=repr(error))
            await asyncio.sleep(random.uniform(*AGAIN_AFTER_S))  # noqa: S311 (jitter, no secret)

    async def _read(self, deliver: Callable[[Record | Tick], None]) -> None:
        # Without a group every partition is ours, and reading starts at the end.
        consumer = AIOKafkaConsumer(
            TOPIC,
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            request_timeout_ms=5_000,
        )
        try:
            async with asyncio.timeout(START_WITHIN_S):
                await consumer.start()
            log.info("log_found", kafka=self._bootstrap, partitions=len(consumer.assignment()))
            while True:
                records = await consumer.getmany(timeout_ms=int(SILENT_FOR_S * 1000))
                if not records:
                    log.warning("log_silent", kafka=self._bootstrap, silent_s=SILENT_FOR_S)
                    return
                for messages in records.values():
                    for message in messages:
                        _deliver(message.value, deliver)
        finally:
            await close(consumer)


def _deliver(value: bytes | None, deliver: Callable[[Record | Tick], None]) -> None:
    try:
        record = decode(value or b"")
    except RecordError as error:
        # The worker quarantines it; the wall only must not stop.
        log.warning("record_unreadable", error=str(error))
        return
    deliver(record)

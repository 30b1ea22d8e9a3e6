"""The collecting gateway: MQTT messages in, records of the log out, nothing acknowledged before.

One loop: take what came within a window, pack it, write it to the log, acknowledge it. Ticks are
written by the same loop, so they stand in order with what was received before them.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
import uvloop

from devices import Catalogue, Tick, record, refusal
from ingest.intake import Intake
from ingest.log_writer import Entry, LogWriter
from ingest.packing import Arrival, Packed, Packer
from ingest.settings import GatewaySettings
from ingest.subscriber import Message, Subscriber

Health = Callable[[Mapping[str, Any]], None]

_TICK_S = 1.0
"""How often the log is told the time."""

_DRAIN_S = 5.0
"""How long a stop waits for the round under way."""

_log = structlog.get_logger()


def run(catalogue: Catalogue, settings: GatewaySettings, health: Health) -> None:
    """Collect until SIGTERM or SIGINT.

    Args:
        catalogue: the city; messages about anything else are refused.
        settings: see `GatewaySettings`.
        health: called about once a second with this process's facts.
    """
    uvloop.run(_Gateway(catalogue, settings, health).run())


class _Gateway:
    def __init__(self, catalogue: Catalogue, settings: GatewaySettings, health: Health) -> None:
        self._settings = settings
        self._health = health
        collector = f"{settings.name}:{secrets.token_hex(4)}"
        self._intake = Intake(collector)
        self._packer = Packer(
            catalogue, collector, settings.partitions, settings.future_tolerance_s
        )
        self._writer = LogWriter(settings.kafka)
        self._counts = {"messages": 0, "records": 0, "refusals": 0}
        self._tick_due = 0.0
        self._under_way = 0

    async def run(self) -> None:
        queue: asyncio.Queue[Message] = asyncio.Queue()
        subscriber = Subscriber(self._settings, queue)
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        subscriber.start()
        collecting = asyncio.create_task(self._collect(queue, subscriber, stopping))
        reporting = asyncio.create_task(self._report(subscriber, queue))
        stop = asyncio.create_task(stopping.wait())
        done, _ = await asyncio.wait(
            {collecting, reporting, stop}, return_when=asyncio.FIRST_COMPLETED
        )
        await asyncio.wait({collecting}, timeout=_DRAIN_S if stop in done else 0)
        subscriber.stop()
        for task in (collecting, reporting, stop):
            task.cancel()
        await asyncio.gather(stop, return_exceptions=True)
        await self._writer.close()
        for task in (collecting, reporting):
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise error

    async def _collect(
        self, queue: asyncio.Queue[Message], subscriber: Subscriber, stopping: asyncio.Event
    ) -> None:
        while not stopping.is_set():
            messages = await self._gather(queue)
            packed = self._packer.pack(
                Arrival(one.topic, one.payload, one.properties, one.received_us) for one in messages
            )
            for count in packed.counts:
                self._intake.count(*count)
            entries = self._entries(packed)
            if entries:
                self._under_way = len(messages)
                await self._writer.write(entries)
                self._under_way = 0
            subscriber.acknowledge(messages)
            self._counts["messages"] += len(messages)
            self._counts["records"] += len(packed.records)
            self._counts["refusals"] += len(packed.refusals)

    async def _gather(self, queue: asyncio.Queue[Message]) -> list[Message]:
        """Return the messages of one window; none when only a tick is due."""
        messages = []
        wait_s = max(0.0, self._tick_due - time.monotonic())
        try:
            messages.append(await asyncio.wait_for(queue.get(), wait_s))
        except TimeoutError:
            return messages
        await asyncio.sleep(self._settings.window_ms / 1000)
        while not queue.empty() and len(messages) < self._settings.receive_maximum:
            messages.append(queue.get_nowait())
        return messages

    def _entries(self, packed: Packed) -> list[Entry]:
        entries: list[Entry] = [
            (record.TOPIC, partition, key, record.encode(one))
            for partition, key, one in packed.records
        ]
        entries += [(refusal.TOPIC, 0, None, refusal.encode(one)) for one in packed.refusals]
        if time.monotonic() >= self._tick_due:
            self._tick_due = time.monotonic() + _TICK_S
            tick = record.encode(Tick(time.time_ns() // 1000))
            entries += [
                (record.TOPIC, number, None, tick) for number in range(self._settings.partitions)
            ]
        return entries

    async def _report(self, subscriber: Subscriber, queue: asyncio.Queue[Message]) -> None:
        while True:
            self._health(
                {
                    "ok": subscriber.connected and self._writer.connected,
                    "mqtt_connected": subscriber.connected,
                    "mqtt_refused": subscriber.refused,
                    "log_connected": self._writer.connected,
                    "log_failures": self._writer.failures,
                    "under_way": self._under_way + queue.qsize(),
                    **self._counts,
                    "intake": self._intake.facts(time.time_ns() // 1000),
                }
            )
            await asyncio.sleep(1)

"""The collecting gateway: MQTT messages in, records of the log out.

A message is acknowledged when it is on our disk, and leaves the disk when the sink has stored it.
One task takes messages into the spool, one sends the spool into the log, one trims it.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
import uvloop

from devices import Catalogue
from ingest.fairness import Buckets
from ingest.forwarder import Forwarder, SpoolThread
from ingest.identity import identify
from ingest.intake import Intake
from ingest.log_writer import LogWriter
from ingest.packing import Packer
from ingest.progress import Progress
from ingest.receipts import receipts
from ingest.settings import GatewaySettings
from ingest.spool import Spool, Spooled, SpoolError
from ingest.subscriber import Message, Subscriber

Health = Callable[[Mapping[str, Any]], None]

_GROUP = 256
"""Messages in one fsync at most."""

_FAREWELL_S = 1.0
"""How long a stop waits for what is under way."""

_log = structlog.get_logger()


def run(
    catalogue: Catalogue, settings: GatewaySettings, health: Health, progress: Progress
) -> None:
    """Collect until SIGTERM or SIGINT.

    Args:
        catalogue: the city; messages about anything else are refused.
        settings: see `GatewaySettings`.
        health: called about once a second with this process's facts.
        progress: knows what the sink has stored.

    Raises:
        ingest.spool.SpoolError: the spool cannot be opened.
    """
    spool = Spool(settings.spool_dir / f"spool-{settings.name}.db")
    uvloop.run(_Gateway(catalogue, settings, health, progress, spool).run())


class _Gateway:
    def __init__(
        self,
        catalogue: Catalogue,
        settings: GatewaySettings,
        health: Health,
        progress: Progress,
        spool: Spool,
    ) -> None:
        self._settings = settings
        self._health = health
        self._collector = f"{settings.name}:{secrets.token_hex(4)}"
        self._intake = Intake(self._collector)
        self._writer = LogWriter(settings.kafka)
        self._thread = SpoolThread(spool)
        self._packer = Packer(catalogue, settings.partitions, settings.future_tolerance_s)
        self._forwarder = Forwarder(
            self._thread, self._packer, self._writer, self._intake, progress,
            settings.partitions, spool.last_id(),
            Buckets(settings.fair_rate, settings.fair_burst),
        )  # fmt: skip
        self._counts = {"messages": 0, "redelivered": 0}
        self._trouble = ""

    async def run(self) -> None:
        queue: asyncio.Queue[Message] = asyncio.Queue()
        subscriber = Subscriber(self._settings, queue)
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        subscriber.start()
        tasks = {
            asyncio.create_task(work)
            for work in (
                self._collect(queue, subscriber),
                self._forwarder.forward(),
                self._forwarder.trim(),
                self._report(subscriber, queue),
            )
        }
        stop = asyncio.create_task(stopping.wait())
        await asyncio.wait({stop, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        # What is in the spool waits there for the next run: nothing to drain.
        subscriber.stop()
        for task in (stop, *tasks):
            task.cancel()
        # A question to a database that does not answer waits 5 s and more for its cancellation; the
        # loop cancels it once more, which ends it.
        done, _ = await asyncio.wait(tasks, timeout=_FAREWELL_S)
        await self._writer.close()
        self._thread.close()
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _collect(self, queue: asyncio.Queue[Message], subscriber: Subscriber) -> None:
        while True:
            messages = await self._gather(queue)
            spooled = [self._identified(one) for one in messages]
            new = await self._keep(spooled)
            subscriber.acknowledge(messages)
            asked = (one.response_topic for one in messages)
            subscriber.answer(receipts(zip(asked, map(_pack, spooled), strict=True)))
            self._forwarder.wake()
            self._counts["messages"] += new
            self._counts["redelivered"] += len(messages) - new

    async def _gather(self, queue: asyncio.Queue[Message]) -> list[Message]:
        """Return the messages of one window."""
        messages = [await queue.get()]
        await asyncio.sleep(self._settings.window_ms / 1000)
        while not queue.empty() and len(messages) < _GROUP:
            messages.append(queue.get_nowait())
        return messages

    def _identified(self, one: Message) -> Spooled:
        known = identify(one.topic, one.payload, one.properties)
        return Spooled(
            0, one.topic, one.payload, known.gateway, known.boot, known.seq, one.received_us,
            self._collector, known.content,
        )  # fmt: skip

    async def _keep(self, spooled: list[Spooled]) -> int:
        """Put messages into the spool, however long it takes; return how many were new."""
        spool = self._thread.spool
        while True:
            self._trouble = await self._thread.call(self._lack_of_room)
            if not self._trouble:
                try:
                    new = await self._thread.call(spool.append, spooled)
                except SpoolError as error:
                    self._trouble = str(error)
                else:
                    self._trouble = ""
                    return new
            _log.error("nothing is acknowledged", why=self._trouble)
            await asyncio.sleep(1)

    def _lack_of_room(self) -> str:
        """Say why nothing more may go into the spool; empty while something may."""
        _, used = self._thread.spool.size()
        if used > self._settings.spool_mib << 20:
            return f"spool is full: {used >> 20} MiB of {self._settings.spool_mib}"
        # Also taking a message out of the spool needs room, for SQLite's log.
        free = shutil.disk_usage(self._settings.spool_dir).free
        if free < self._settings.spool_reserve_mib << 20:
            return (
                f"disk is full: {free >> 20} MiB free in {self._settings.spool_dir}, "
                f"{self._settings.spool_reserve_mib} are kept for trimming"
            )
        return ""

    def _hog(self, used: int) -> dict[str, int]:
        """Return who fills most of a spool that is more than half full, and percent of it."""
        gateway, share = self._thread.spool.largest()
        if used * 2 > self._settings.spool_mib << 20 and share > 0.5:
            return {gateway: round(share * 100)}
        return {}

    async def _report(self, subscriber: Subscriber, queue: asyncio.Queue[Message]) -> None:
        while True:
            waiting, used = await self._thread.call(self._thread.spool.size)
            hog = await self._thread.call(self._hog, used)
            trouble = self._trouble or self._forwarder.trouble
            self._health(
                {
                    "ok": subscriber.connected and self._writer.connected and not trouble,
                    "mqtt_connected": subscriber.connected,
                    "mqtt_refused": subscriber.refused,
                    "log_connected": self._writer.connected,
                    "log_failures": self._writer.failures,
                    "spool_trouble": trouble,
                    "spool_messages": waiting,
                    "spool_bytes": used,
                    "spool_hog": hog,
                    "queued": queue.qsize(),
                    **self._counts,
                    **self._forwarder.counts,
                    **self._forwarder.deferred(),
                    "intake": self._intake.facts(time.time_ns() // 1000),
                }
            )
            await asyncio.sleep(1)


def _pack(one: Spooled) -> tuple[str, str, int]:
    return one.gateway, one.boot, one.seq

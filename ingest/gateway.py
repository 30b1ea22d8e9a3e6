"""The collecting gateway: messages of the field in, records of the log out.

A message is acknowledged when it is on our disk, and leaves the disk when the sink has stored it.
One task takes messages into the spool, one sends the spool into the log, one trims it.
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

from devices import Catalogue, CatalogueSource, SourceError
from ingest.collecting import Collecting
from ingest.fairness import Buckets
from ingest.forwarder import Forwarder, SpoolThread
from ingest.inbox import Inbox
from ingest.intake import Intake
from ingest.log_writer import LogWriter
from ingest.packing import Packer
from ingest.progress import Progress
from ingest.reception import Reception
from ingest.settings import GatewaySettings
from ingest.spool import Spool
from ingest.subscriber import Subscriber
from ingest.tcp import Listeners

Health = Callable[[Mapping[str, Any]], None]

_LOOK_EVERY_S = 2.0
"""How often it is asked whether the city has changed."""

_FAREWELL_S = 1.0
"""How long a stop waits for what is under way."""

_log = structlog.get_logger()


def run(
    catalogue: Catalogue,
    settings: GatewaySettings,
    health: Health,
    progress: Progress,
    source: CatalogueSource | None = None,
) -> None:
    """Collect until SIGTERM or SIGINT.

    Args:
        catalogue: the city; messages about anything else are refused.
        settings: see `GatewaySettings`.
        health: called about once a second with this process's facts.
        progress: knows what the sink has stored.
        source: asked whether the city has changed; None for a city that never does.

    Raises:
        ingest.spool.SpoolError: the spool cannot be opened.
    """
    spool = Spool(settings.spool_dir / f"spool-{settings.name}.db")
    uvloop.run(_Gateway(catalogue, settings, health, progress, spool, source).run())


class _Gateway:
    def __init__(
        self,
        catalogue: Catalogue,
        settings: GatewaySettings,
        health: Health,
        progress: Progress,
        spool: Spool,
        source: CatalogueSource | None,
    ) -> None:
        self._catalogue = catalogue
        self._settings = settings
        self._digest = catalogue.digest
        self._source = source
        self._health = health
        self._collector = f"{settings.name}:{secrets.token_hex(4)}"
        self._intake = Intake(self._collector)
        self._writer = LogWriter(settings.kafka)
        self._thread = SpoolThread(spool)
        self._sessions = spool.sessions(time.time_ns() // 1000)
        self._subscriber: Subscriber | None = None
        packer = Packer(catalogue, settings.partitions, settings.future_tolerance_s)
        self._forwarder = Forwarder(
            self._thread, packer, self._writer, self._intake, progress,
            settings.partitions, spool.last_id(),
            Buckets(settings.fair_rate, settings.fair_burst), self._hears,
        )  # fmt: skip

    async def run(self) -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        inbox = Inbox()
        subscriber = self._subscriber = Subscriber(self._settings, inbox)
        listeners = Listeners(self._settings, self._catalogue, inbox)
        collecting = Collecting(
            self._settings, inbox, Reception(self._collector, self._sessions), self._thread,
            subscriber, self._forwarder.wake,
        )  # fmt: skip
        subscriber.start()
        await listeners.start()
        tasks = {
            asyncio.create_task(work)
            for work in (
                collecting.collect(),
                collecting.hand_on(self._collector),
                collecting.ask(),
                self._forwarder.forward(),
                self._forwarder.trim(),
                self._report(subscriber, listeners, collecting, inbox),
                self._follow(listeners),
            )
        }
        stop = asyncio.create_task(stopping.wait())
        await asyncio.wait({stop, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        # What is in the spool waits there for the next run: nothing to drain. What is not, MQTT
        # brings again; what came by TCP and wants no answer does not come again.
        listeners.close()
        subscriber.stop()
        await _quiet(inbox, collecting)
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

    def _hears(self) -> bool:
        return self._subscriber is not None and self._subscriber.connected

    def _hog(self, used: int) -> dict[str, int]:
        """Return who fills most of a spool that is more than half full, and percent of it."""
        gateway, share = self._thread.spool.largest()
        if used * 2 > self._settings.spool_mib << 20 and share > 0.5:
            return {gateway: round(share * 100)}
        return {}

    async def _follow(self, listeners: Listeners) -> None:
        """Take up each change of the city between two rounds."""
        settings = self._settings
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self._source is None:
                continue
            try:
                found = await self._source.newer(self._digest)
            except SourceError:
                continue  # what is known goes on
            if found is not None:
                packer = Packer(found, settings.partitions, settings.future_tolerance_s)
                self._forwarder.replace(packer)
                listeners.replace(found)
                self._digest = found.digest
                _log.info("city changed", datastreams=len(found.datastreams))

    async def _report(
        self, subscriber: Subscriber, listeners: Listeners, collecting: Collecting, inbox: Inbox
    ) -> None:
        while True:
            waiting, used = await self._thread.call(self._thread.spool.size)
            hog = await self._thread.call(self._hog, used)
            trouble = collecting.trouble or self._forwarder.trouble
            self._health(
                {
                    "ok": subscriber.connected and self._writer.connected and not trouble,
                    "mqtt_connected": subscriber.connected,
                    "mqtt_refused": subscriber.refused,
                    **listeners.facts,
                    "log_connected": self._writer.connected,
                    "log_failures": self._writer.failures,
                    "spool_trouble": trouble,
                    "spool_messages": waiting,
                    "spool_bytes": used,
                    "spool_hog": hog,
                    "queued": len(inbox),
                    "catalogue": self._digest[:12],
                    **collecting.counts,
                    **self._forwarder.counts,
                    **self._forwarder.deferred(),
                    "clock_offsets_s": self._forwarder.clocks.worst(),
                    "intake": self._intake.facts(time.time_ns() // 1000),
                }
            )
            await asyncio.sleep(1)


async def _quiet(inbox: Inbox, collecting: Collecting) -> None:
    """Wait until what was received is on the disk, `_FAREWELL_S` at most."""
    try:
        async with asyncio.timeout(_FAREWELL_S):
            while len(inbox) or collecting.busy:
                await asyncio.sleep(0.01)
    except TimeoutError:
        return

"""From the spool into the log, and out of the spool once the sink has it.

Messages go in the order of receipt, a round at a time, with the ticks between them. After any
failure the whole spool is sent again from its oldest message: the log may have been replaced by an
empty one. What the sink has already is known there by its identity and changes nothing.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog

from devices import Tick, record, refusal
from ingest.intake import Intake
from ingest.log_writer import Entry, LogError, LogWriter
from ingest.packing import Packed, Packer
from ingest.progress import Progress, Sent
from ingest.spool import Spool, Spooled

ROUND = 500
"""Messages sent in one round at most."""

TICK_S = 1.0
"""How often the log is told the time."""

_TRIM_EVERY_S = 1.0
_BACKOFF_MAX_S = 5.0

_log = structlog.get_logger()
_T = TypeVar("_T")


class SpoolThread:
    """Runs calls of one spool in one thread of its own, so that an fsync blocks nobody."""

    def __init__(self, spool: Spool) -> None:
        """Take over a spool."""
        self.spool = spool
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="spool")

    def call(self, work: Callable[..., _T], *arguments: Any) -> Awaitable[_T]:  # noqa: ANN401 # passed on
        """Return the result of `work(*arguments)`, run in the spool's thread."""
        return asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)

    def close(self) -> None:
        """Wait for what runs, and close the spool."""
        self._executor.submit(self.spool.close)
        self._executor.shutdown()


class Forwarder:
    """Sends what is in the spool; `wake` tells it that there is more."""

    def __init__(
        self,
        thread: SpoolThread,
        packer: Packer,
        writer: LogWriter,
        intake: Intake,
        progress: Progress,
        partitions: int,
        sent_up_to: int,
    ) -> None:
        """Prepare.

        Args:
            thread: of the spool.
            packer: makes records of messages.
            writer: puts them into the log.
            intake: counts what is packed for the first time.
            progress: knows what the sink has stored.
            partitions: of the topic `observations`, each told the time.
            sent_up_to: messages up to this id may have been sent by an earlier run.
        """
        self._thread = thread
        self._packer = packer
        self._writer = writer
        self._intake = intake
        self._progress = progress
        self._partitions = partitions
        self._sent_up_to = sent_up_to
        self._after = 0
        self._tick_due = 0.0
        self._sent: dict[int, Sent] = {}
        self._more = asyncio.Event()
        self.counts = {"records": 0, "refusals": 0, "sent_again": 0}

    def wake(self) -> None:
        """Say that the spool has more."""
        self._more.set()

    async def forward(self) -> None:
        """Send for ever; cancel to stop."""
        attempt = 0
        while True:
            self._more.clear()
            messages = await self._thread.call(self._thread.spool.read, self._after, ROUND)
            if not messages and await self._rest():
                continue
            try:
                await self._send(messages)
                attempt = 0
            except LogError as error:
                _log.warning("log not reachable", error=str(error), attempt=attempt)
                self._after = 0
                wait_s = min(0.1 * 2**attempt, _BACKOFF_MAX_S)
                await asyncio.sleep(random.uniform(0, wait_s))  # noqa: S311 # jitter, no secret
                attempt = min(attempt + 1, 10)

    async def trim(self) -> None:
        """Forget what the sink has, for ever; cancel to stop."""
        while True:
            await asyncio.sleep(_TRIM_EVERY_S)
            if not self._sent:
                continue
            stored = await self._progress.stored(list(self._sent.values()))
            if stored:
                await self._thread.call(self._thread.spool.trim, sorted(stored))
                for one in stored:
                    self._sent.pop(one, None)

    async def _rest(self) -> bool:
        """Wait for messages or the next tick; return whether there may be messages."""
        try:
            async with asyncio.timeout(max(0.0, self._tick_due - time.monotonic())):
                await self._more.wait()
        except TimeoutError:
            return False
        return True

    async def _send(self, messages: list[Spooled]) -> None:
        packed = self._packer.pack(messages, sent_up_to=self._sent_up_to)
        for count in packed.counts:
            self._intake.count(*count)
        if messages:
            # Before the attempt: one that fails may have put everything into the log.
            self.counts["sent_again"] += sum(one.id <= self._sent_up_to for one in messages)
            self._sent_up_to = max(self._sent_up_to, messages[-1].id)
        await self._writer.write(self._entries(packed))
        for one in messages:
            self._sent[one.id] = Sent(
                one.id, one.gateway, one.boot, one.seq, packed.refused.get(one.id, 0),
                one.id not in packed.unpacked,
            )  # fmt: skip
            self._after = one.id
        self.counts["records"] += len(packed.records)
        self.counts["refusals"] += len(packed.refusals)

    def _entries(self, packed: Packed) -> list[Entry]:
        entries: list[Entry] = [
            (record.TOPIC, partition, key, record.encode(one))
            for partition, key, one in packed.records
        ]
        entries += [(refusal.TOPIC, 0, None, refusal.encode(one)) for one in packed.refusals]
        if time.monotonic() >= self._tick_due:
            self._tick_due = time.monotonic() + TICK_S
            tick = record.encode(Tick(time.time_ns() // 1000))
            entries += [(record.TOPIC, number, None, tick) for number in range(self._partitions)]
        return entries

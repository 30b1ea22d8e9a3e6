"""From the spool into the log, and out of the spool once the sink has it.

Messages go in the order of receipt, a round at a time, with the ticks between them; `Course` knows
where they stand.
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
from ingest.clocks import Clocks
from ingest.course import Course
from ingest.intake import Intake
from ingest.log_writer import Entry, LogError, LogWriter
from ingest.packing import Packed, Packer
from ingest.progress import Progress
from ingest.spool import Spool, Spooled, SpoolError

ROUND = 500
"""Messages sent in one round at most."""

TICK_S = 1.0
"""How often the log is told the time."""

_TRIM_EVERY_S = 1.0
_TRIM_PAGE = 5000
"""Messages asked about at once: memory stays small however much waits."""

_STUCK_S = 300.0
"""Sent to the log and not stored for so long, although the sink answers: sent again, and then
after twice as long. A cluster that elected an unclean leader has lost what it acknowledged."""

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
        self._course = Course(packer, sent_up_to)
        self._writer = writer
        self._intake = intake
        self._progress = progress
        self._partitions = partitions
        self._tick_due = 0.0
        self._more = asyncio.Event()
        self._counts = {"records": 0, "refusals": 0}
        self.clocks = Clocks()
        """Of the field gateways."""
        self.trouble = ""
        """Why the spool cannot be read or trimmed; empty while it can."""

    @property
    def counts(self) -> dict[str, int]:
        """What was sent since the start."""
        return {**self._counts, "sent_again": self._course.sent_again}

    def wake(self) -> None:
        """Say that the spool has more."""
        self._more.set()

    async def forward(self) -> None:
        """Send for ever; cancel to stop."""
        attempt = 0
        while True:
            self._more.clear()
            try:
                messages = await self._thread.call(
                    self._thread.spool.read, self._course.written_to, ROUND
                )
                if not messages and await self._rest():
                    continue
                await self._send(messages)
                attempt = 0
            except (LogError, SpoolError) as error:
                _log.warning("nothing goes into the log", error=str(error), attempt=attempt)
                self._course.restart()
                wait_s = min(0.1 * 2**attempt, _BACKOFF_MAX_S)
                await asyncio.sleep(random.uniform(0, wait_s))  # noqa: S311 # jitter, no secret
                attempt = min(attempt + 1, 10)

    async def trim(self) -> None:
        """Forget what the sink has, for ever; cancel to stop."""
        after, patience_s = 0, _STUCK_S
        moved_s = time.monotonic()
        while True:
            try:
                asked, gone = await self._trim_page(after)
                self.trouble = ""
            except SpoolError as error:
                self.trouble = str(error)
                asked, gone = [], 0
            if gone or not asked:
                moved_s, patience_s = time.monotonic(), _STUCK_S
            elif time.monotonic() - moved_s > patience_s:
                _log.warning("sent and not stored: all is sent again", after_s=patience_s)
                self._course.restart()
                moved_s, patience_s = time.monotonic(), patience_s * 2
            after = asked[-1] if len(asked) == _TRIM_PAGE else 0
            if not (after and gone):
                await asyncio.sleep(_TRIM_EVERY_S)

    async def _trim_page(self, after: int) -> tuple[list[int], int]:
        """Trim a page of what was sent; return the ids asked about and how many are gone."""
        spool, course = self._thread.spool, self._course
        kept = await self._thread.call(spool.kept, after, course.written_to, _TRIM_PAGE)
        if not kept:
            return [], 0
        stored = await self._progress.stored(course.sent(kept))
        if stored:
            await self._thread.call(spool.trim, sorted(stored))
            course.trimmed(stored)
        return [one.id for one in kept], len(stored)

    async def _rest(self) -> bool:
        """Wait for messages or the next tick; return whether there may be messages."""
        try:
            async with asyncio.timeout(max(0.0, self._tick_due - time.monotonic())):
                await self._more.wait()
        except TimeoutError:
            return False
        return True

    async def _send(self, messages: list[Spooled]) -> None:
        packed = self._course.pack(messages)
        for count in packed.counts:
            self._intake.count(*count)
        for one in packed.newest:
            self.clocks.heard(*one)
        await self._writer.write(self._entries(packed))
        self._course.wrote(messages, packed)
        self._counts["records"] += len(packed.records)
        self._counts["refusals"] += len(packed.refusals)

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

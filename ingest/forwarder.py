"""From the spool into the log, and out of the spool once the sink has it.

Messages go a round at a time, with the ticks between them; `Course` knows which go next and where
they stand.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

import structlog

from devices import Tick, record, refusal
from ingest.clocks import Clocks
from ingest.course import ROUND, Course
from ingest.fairness import Buckets
from ingest.identity import address
from ingest.intake import Intake
from ingest.log_writer import Entry, LogError, LogWriter
from ingest.opening import SNAPSHOT
from ingest.packing import Packed, Packer
from ingest.progress import Progress
from ingest.spool import Spool, Spooled, SpoolError

TICK_S = 1.0
"""How often the log is told the time."""

_TRIM_EVERY_S = 1.0
_TRIM_PAGE = 5000
"""Messages asked about at once: memory stays small however much waits."""

_TRIM_PAUSE_S = 0.05
"""Between two pages of messages that wait for their turn: reading one keeps the spool for 10 ms."""

_LOOKS = 4
"""Pages looked at for one round: behind the many messages of one gateway may be those of others."""

_RECALL_PAGE = 5000
"""Messages looked at for those of one gateway that is far behind."""

_WORST = 5
"""Gateways named of those that are set aside."""

_ALL = 2**63 - 1

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
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="pictures")

    def call(self, work: Callable[..., _T], *arguments: Any) -> Awaitable[_T]:  # noqa: ANN401 # passed on
        """Return the result of `work(*arguments)`, run in the spool's thread."""
        return asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)

    def beside(self, work: Callable[..., _T], *arguments: Any) -> Awaitable[_T]:  # noqa: ANN401 # passed on
        """Return the result of work that is long and knows no spool, run in another thread."""
        return asyncio.get_running_loop().run_in_executor(self._beside, work, *arguments)

    def close(self) -> None:
        """Wait for what runs, and close the spool."""
        self._beside.shutdown()
        self._executor.submit(self.spool.close)
        self._executor.shutdown()


class _Page(NamedTuple):
    """What became of one page of the spool."""

    asked: int = 0
    """Messages asked about."""
    gone: int = 0
    """Messages that left the spool."""
    next: int = 0
    """Id after which the next page begins; 0 after the last."""


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
        buckets: Buckets,
        hears: Callable[[], bool],
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
            buckets: what each gateway may send while others wait.
            hears: whether messages can come, told with the time.
        """
        self._hears = hears
        self._thread = thread
        self._course = Course(packer, sent_up_to, buckets)
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

    def deferred(self) -> dict[str, Any]:
        """Which gateways are set aside: messages that wait of the worst few, and their rates."""
        worst = self._course.deferred(_WORST, time.time_ns() // 1000)
        return {
            "deferred": {one.gateway: one.messages for one in worst},
            "deferred_per_s": {one.gateway: round(one.per_s) for one in worst},
        }

    def replace(self, packer: Packer) -> None:
        """Pack by another catalogue from the next round on."""
        self._course.replace(packer)

    def wake(self) -> None:
        """Say that the spool has more."""
        self._more.set()

    async def forward(self) -> None:
        """Send for ever; cancel to stop."""
        attempt = 0
        while True:
            self._more.clear()
            try:
                messages = await self._next_round()
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
        after, asked, patience_s = 0, 0, _STUCK_S
        moved_s = time.monotonic()
        while True:
            page = _Page()
            try:
                page = await self._trim_page(after)
                self.trouble = ""
            except SpoolError as error:
                self.trouble = str(error)
            asked = page.asked + (asked if after else 0)
            if page.gone or not (asked or page.next):
                moved_s, patience_s = time.monotonic(), _STUCK_S
            elif time.monotonic() - moved_s > patience_s:
                _log.warning("sent and not stored: all is sent again", after_s=patience_s)
                self._course.restart()
                moved_s, patience_s = time.monotonic(), patience_s * 2
            after = page.next
            if not (after and page.gone):
                waits = after and not page.asked
                await asyncio.sleep(_TRIM_PAUSE_S if waits else _TRIM_EVERY_S)

    async def _trim_page(self, after: int) -> _Page:
        """Trim a page of what was sent."""
        spool, course = self._thread.spool, self._course
        looked_to = course.looked_to
        kept = await self._thread.call(spool.kept, after, looked_to, _TRIM_PAGE)
        if not after:
            course.oldest(kept[0].id if kept else looked_to + 1)
        following = kept[-1].id if len(kept) == _TRIM_PAGE else 0
        sent = course.sent(kept)
        if not sent:
            return _Page(next=following)
        stored = await self._progress.stored(sent)
        if stored:
            await self._thread.call(spool.trim, sorted(stored))
            course.trimmed(stored)
        return _Page(len(sent), len(stored), following)

    async def _next_round(self) -> list[Spooled]:
        """Return what goes next; where nothing does, nothing waits either."""
        spool, course = self._thread.spool, self._course
        now_us = time.time_ns() // 1000
        if start := course.forgotten():
            page = await self._thread.call(spool.kept, start - 1, _ALL, _RECALL_PAGE)
            course.recall(start, page, more=len(page) == _RECALL_PAGE)
        course.begin(now_us)
        for _ in range(_LOOKS):
            if course.is_full:
                break
            after = course.looked_to
            page = await self._thread.call(spool.kept, after, _ALL, ROUND)
            course.look(after, page)
            if len(page) < ROUND:
                course.fill(now_us)
                break
        ids = course.take()
        return await self._thread.call(spool.fetch, ids) if ids else []

    async def _rest(self) -> bool:
        """Wait for messages or the next tick; return whether there may be messages."""
        rest_s = self._tick_due - time.monotonic()
        if self._course.waiting:
            rest_s = min(rest_s, self._course.pause_us(time.time_ns() // 1000) / 1e6)
        try:
            async with asyncio.timeout(max(0.0, rest_s)):
                await self._more.wait()
        except TimeoutError:
            return time.monotonic() < self._tick_due
        return True

    async def _send(self, messages: list[Spooled]) -> None:
        if any(address(one.topic)[1] == SNAPSHOT for one in messages):
            # A picture may take 0.6 s to be drawn anew: beside the loop, which has to answer.
            packed = await self._thread.beside(self._course.pack, messages)
        else:
            packed = self._course.pack(messages)
        for count in packed.counts:
            self._intake.count(*count)
        for one in packed.newest:
            self.clocks.heard(*one)
        await self._writer.write(self._entries(packed))
        self._course.wrote(packed)
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
            tick = record.encode(Tick(time.time_ns() // 1000, self._hears()))
            entries += [(record.TOPIC, number, None, tick) for number in range(self._partitions)]
        return entries

"""The collecting gateway: spool, course and packer are real, its loops are steps.

What `ingest.gateway` and `ingest.forwarder` do between two awaits is one step here, so a crash may
fall between any two of them.
"""

from __future__ import annotations

import shutil
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devices import Tick, record, refusal
from ingest import message as received
from ingest.course import Course
from ingest.fairness import Buckets
from ingest.intake import Intake
from ingest.log_writer import LogError
from ingest.packing import Packed
from ingest.receipts import PREFIX, receipts
from ingest.reception import Reception
from ingest.spool import Spool, Spooled, SpoolError
from tests.simulation.log import Where
from tests.simulation.messages import Message
from tests.simulation.mqtt_broker import Delivery

if TYPE_CHECKING:
    from tests.simulation.world import World

TICK_S = 20
"""Virtual seconds between two ticks: rare enough to leave delays to readings too."""

_ROUND = 5
_BESIDE_OTHERS = 2
_REMEMBERED = 2
_LOOK = 3
_ALL = 2**63 - 1
_PAGE = 6
_WINDOW = 4


@dataclass(slots=True)
class _Round:
    """Messages on their way into the log."""

    messages: list[Spooled]
    packed: Packed
    entries: deque[tuple[Where, bytes]]


class CollectingGateway:
    """One process over one spool file."""

    def __init__(self, world: World, run: int) -> None:
        """Start over what an earlier run left."""
        self._world = world
        self.collector = f"gw-0:{run}"
        self.spool = Spool(world.spool_path)
        self._reception = Reception(self.collector, self.spool.sessions(world.now_us))
        self.intake = Intake(self.collector)
        self.course = Course(
            world.packer, self.spool.last_id(), Buckets(world.fair_rate, world.fair_burst),
            _ROUND, _BESIDE_OTHERS, _REMEMBERED,
        )  # fmt: skip
        self.failed_rounds = 0
        self._epoch = 0
        self.connected = False
        self._inbox: deque[tuple[Delivery, int, Spooled]] = deque()
        self._kept: deque[tuple[Delivery, int]] = deque()
        self._answered: list[tuple[str, tuple[str, str, int]]] = []
        self._life: int | None = None
        self._round: _Round | None = None
        self._tick_due_us = 0
        self._page_after = 0
        self._written = 0
        self._stored: set[int] = set()
        self._asked_about: object = None

    def crash(self) -> None:
        """End as kill -9 ends a process: what was not committed is in no file."""
        # The next run gets the files as they lie now: closing them first would tidy up.
        here = self._world.spool_path
        there = self._world.next_spool_path()
        for suffix in ("", "-wal"):
            source = here.with_name(here.name + suffix)
            if source.exists():
                shutil.copyfile(source, there.with_name(there.name + suffix))
        self.spool.close()

    def connect(self) -> None:
        """Take up the MQTT session."""
        self.connected = True
        self._epoch += 1
        self._world.broker.subscribe()
        self._world.note("gateway connects to MQTT")

    def cut(self) -> None:
        """Lose the MQTT connection; what was received stays to be kept."""
        self.connected = False
        self._epoch += 1

    @property
    def keeping(self) -> bool:
        """Whether received messages wait for the disk."""
        return bool(self._inbox) and not self._kept

    @property
    def acknowledging(self) -> bool:
        """Whether messages on the disk wait to be acknowledged."""
        return bool(self._kept)

    def receive(self) -> None:
        """Take one delivery."""
        one = self._world.broker.deliver()
        message = one.message
        spooled = self._reception.receive(
            received.Message(message.topic, message.payload, message.properties, self._world.now_us)
        ).spooled
        assert spooled is not None
        self._inbox.append((one, self._epoch, spooled))
        self._world.note("gateway receives {}", message)

    def keep(self) -> None:
        """Put what has come into the spool."""
        world = self._world
        window = [self._inbox[at] for at in range(min(_WINDOW, len(self._inbox)))]
        if world.happens("disk full"):
            self._break_next_write()
        try:
            self.spool.append([spooled for _, _, spooled in window])
        except SpoolError as error:
            world.counts["disk full"] += 1
            world.note("gateway keeps nothing: {}", error)
            return
        finally:
            self.spool._database.set_progress_handler(None, 0)
        for one, epoch, _ in window:
            self._inbox.popleft()
            self._kept.append((one, epoch))
        world.note("gateway keeps {}", [str(one.message) for one, _, _ in window])

    def acknowledge(self) -> None:
        """Acknowledge one message to the broker, on its own connection; after the last, answer."""
        (message, packet), epoch = self._kept.popleft()
        if epoch == self._epoch:
            self._world.broker.acknowledge(packet)
            self._world.promised.add(message.number)
        self._answered.append((PREFIX + message.gateway, _pack(message)))
        if not self._kept:
            if self.connected:
                self._world.broker.answer(receipts(self._answered))
            self._answered = []

    @property
    def forwarding(self) -> bool:
        """Whether there is something for the log."""
        return (
            self._round is not None
            or self._world.now_us >= self._tick_due_us
            or self.course.waiting
            or bool(self.spool.read(self.course.looked_to, 1))
        )

    def forward(self) -> None:
        """Pack a round, or write its next entry."""
        if self._round is None:
            self._pack()
            return
        try:
            if self._life is None:
                self._life = self._world.log.connect()
            if self._round.entries:
                where, value = self._round.entries[0]
                self._world.log.write(self._life, where, value)
                self._round.entries.popleft()
                self._world.note("gateway writes to {}", where)
            if not self._round.entries:
                self.course.wrote(self._round.packed)
                if self._round.messages:
                    self._written = self._round.messages[-1].id
                self._round = None
        except LogError as error:
            self._world.note("gateway begins again: {}", error)
            self._world.counts["rounds failed"] += 1
            self.failed_rounds += 1
            self._life = self._round = None
            self.course.restart()
            self._written = 0

    def _next_round(self) -> list[Spooled]:
        world, course = self._world, self.course
        if start := course.forgotten():
            page = self.spool.kept(start - 1, _ALL, _LOOK)
            course.recall(start, page, more=len(page) == _LOOK)
            world.counts["recalled"] += 1
        course.begin(world.now_us)
        for _ in range(2):
            if course.is_full:
                break
            after = course.looked_to
            page = self.spool.kept(after, _ALL, _LOOK)
            course.look(after, page)
            if len(page) < _LOOK:
                course.fill(world.now_us)
                break
        messages = self.spool.fetch(course.take())
        if messages and course.waiting and messages[-1].id == course.looked_to:
            world.counts["overtaken"] += 1
        return messages

    def _pack(self) -> None:
        world = self._world
        messages = self._next_round()
        packed = self.course.pack(messages)
        for count in packed.counts:
            self.intake.count(*count)
        entries: deque[tuple[Where, bytes]] = deque(
            ((record.TOPIC, partition), record.encode(one)) for partition, _, one in packed.records
        )
        entries.extend(((refusal.TOPIC, 0), refusal.encode(one)) for one in packed.refusals)
        if world.now_us >= self._tick_due_us:
            self._tick_due_us = world.now_us + TICK_S * 1_000_000
            tick = record.encode(Tick(world.now_us))
            entries.extend(((record.TOPIC, number), tick) for number in range(world.partitions))
        self._round = _Round(messages, packed, entries)
        world.note(
            "gateway packs {} into {} entries",
            [(one.gateway, one.boot[:1], one.seq) for one in messages], len(entries),
        )  # fmt: skip

    @property
    def trimming(self) -> bool:
        """Whether the sink may have stored something since it was asked last."""
        return bool(self._stored) or self._page_after > 0 or self._asked_about != self._question()

    def trim(self) -> None:
        """Ask what the sink has, or forget what it answered."""
        if self._stored:
            self.spool.trim(sorted(self._stored))
            self.course.trimmed(self._stored)
            self._world.note("gateway trims {}", sorted(self._stored))
            self._stored = set()
            return
        if self._page_after == 0:
            self._asked_about = self._question()
        kept = self.spool.kept(self._page_after, self.course.looked_to, _PAGE)
        self._page_after = kept[-1].id if len(kept) == _PAGE else 0
        self._stored = self._world.progress(self.course.sent(kept)) if kept else set()

    def _question(self) -> object:
        return (self._written, self._world.stores)

    def _break_next_write(self) -> None:
        """Let SQLite fail somewhere inside its next transaction, as on a full disk."""
        database = self.spool._database

        def interrupt() -> int:
            database.set_progress_handler(None, 0)
            return 1

        database.set_progress_handler(interrupt, 1 + self._world.rng.randrange(60))


def _pack(message: Message) -> tuple[str, str, int]:
    return message.gateway, message.boot, message.seq

"""From the inbox into the spool, and back to the sender: safe, and what the protocol wants to hear.

Only what is on our disk is acknowledged, and in the order of receipt.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

import structlog

from ingest import gaps_heard
from ingest.forwarder import SpoolThread
from ingest.gaps_heard import GapsHeard
from ingest.identity import UNNUMBERED
from ingest.inbox import Inbox
from ingest.message import Message
from ingest.receipts import Answer, is_answered, is_sendable, receipts
from ingest.reception import Received
from ingest.settings import GatewaySettings
from ingest.spool import Spooled, SpoolError

_HAND_ON_EVERY_S: Final = 10.0
_ASK_EVERY_S: Final = 0.5

_log = structlog.get_logger()


class Sender(Protocol):
    """The line that messages came by; `ingest.subscriber.Subscriber` is one."""

    def acknowledge(self, messages: Sequence[Message], /) -> None:
        """Say that messages are safe."""
        ...

    def answer(self, answers: Iterable[Answer], /) -> None:
        """Publish answers."""
        ...


class Receiving(Protocol):
    """Decides what messages are; `ingest.reception.Reception` is one."""

    def receive(self, message: Message, /) -> Received:
        """Return what becomes of a message; called once for each, in the order of receipt."""
        ...

    def changed(self) -> dict[str, bytes]:
        """Return the sessions that changed since the last call."""
        ...


class Collecting:
    """Keeps what comes into one inbox."""

    def __init__(
        self,
        settings: GatewaySettings,
        inbox: Inbox,
        reception: Receiving,
        thread: SpoolThread,
        sender: Sender,
        wake: Callable[[], None],
    ) -> None:
        """Prepare.

        Args:
            settings: how long a group is gathered, and how much room there is.
            inbox: where messages come from.
            reception: decides what they are.
            thread: of the spool.
            sender: told what is safe.
            wake: called when the spool has more.
        """
        self._settings = settings
        self._inbox = inbox
        self._reception = reception
        self._thread = thread
        self._sender = sender
        self._wake = wake
        self._gaps = GapsHeard()
        self.counts = {"messages": 0, "redelivered": 0, "asked_for": 0}
        self.trouble = ""
        """Why nothing can be kept; empty while something can."""
        self.busy = False
        """Whether messages have left the inbox that are not safe yet."""

    async def collect(self) -> None:
        """Collect for ever; cancel to stop."""
        while True:
            messages = await self._inbox.gather(self._settings.window_ms / 1000)
            self.busy = True
            received = [self._reception.receive(one) for one in messages]
            spooled = [one.spooled for one in received if one.spooled is not None]
            new = await self._keep(spooled)
            self._sender.acknowledge(messages)
            self._sender.answer(_answers(messages, received))
            self._listen_for_gaps(messages, received)
            for message, one in zip(messages, received, strict=True):
                if message.back is not None:
                    message.back(one.replies)
            self._wake()
            self.busy = False
            self.counts["messages"] += new
            self.counts["redelivered"] += len(spooled) - new

    async def ask(self) -> None:
        """Ask publishers for what is missing between their numbers, for ever; cancel to stop."""
        while True:
            await asyncio.sleep(_ASK_EVERY_S)
            for gateway, ranges in self._gaps.due(time.monotonic()):
                topic = gaps_heard.topic(gateway)
                if is_sendable(topic):
                    self._sender.answer([(topic, gaps_heard.encode(ranges))])
                    self.counts["asked_for"] += sum(one.last - one.first + 1 for one in ranges)

    def _listen_for_gaps(self, messages: Sequence[Message], received: Sequence[Received]) -> None:
        """Note numbers, and who keeps messages until they are safe."""
        now_s = time.monotonic()
        for message, (spooled, _) in zip(messages, received, strict=True):
            if spooled is not None and spooled.seq != UNNUMBERED:
                self._gaps.heard(
                    spooled.gateway, spooled.boot, spooled.seq, now_s,
                    resends=is_answered(message.response_topic),
                )  # fmt: skip

    async def hand_on(self, collector: str) -> None:
        """Hand on pieces whose rest does not come, for ever; cancel to stop."""
        while True:
            await asyncio.sleep(_HAND_ON_EVERY_S)
            try:
                new = await self._thread.call(
                    self._thread.spool.hand_on_parts, time.time_ns() // 1000, collector
                )
            except SpoolError as error:
                _log.warning("incomplete sets wait on", why=str(error))
                continue
            if new:
                self.counts["messages"] += new
                self._wake()

    async def _keep(self, spooled: list[Spooled]) -> int:
        """Put messages into the spool, however long it takes; return how many were new."""
        sessions = self._reception.changed()
        if not spooled and not sessions:
            return 0
        while True:
            self.trouble, new = await self._thread.call(self._append, spooled, sessions)
            if not self.trouble:
                return new
            _log.error("nothing is acknowledged", why=self.trouble)
            await asyncio.sleep(1)

    def _append(self, spooled: list[Spooled], sessions: dict[str, bytes]) -> tuple[str, int]:
        """Return why nothing was stored, or how many were new; in the spool's thread."""
        trouble = self._lack_of_room()
        if trouble:
            return trouble, 0
        try:
            return "", self._thread.spool.append(spooled, sessions)
        except SpoolError as error:
            return str(error), 0

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


def _answers(messages: Sequence[Message], received: Sequence[Received]) -> list[Answer]:
    """Return what is published: receipts for those that ask, and replies of protocols."""
    asked = [
        (message.response_topic, (spooled.gateway, spooled.boot, spooled.seq))
        for message, (spooled, _) in zip(messages, received, strict=True)
        if message.response_topic and spooled is not None
    ]
    answers = receipts(asked)
    for message, (_, replies) in zip(messages, received, strict=True):
        if message.back is None:
            for reply in replies:
                topic = reply.topic or f"down/{message.topic.removeprefix('up/')}"
                if is_sendable(topic):
                    answers.append((topic, reply.payload))
    return answers

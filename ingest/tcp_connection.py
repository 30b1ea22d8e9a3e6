"""One device's TCP connection: bytes in, frames to the inbox, answers out once they are safe.

A connection can hurt only itself. It reads no further while its own frames wait for the disk, or
come faster than any device sends; it is ended when it sends nothing for long, or nothing but
garbage, or does not read what it is answered.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import structlog

from ingest.codecs import CODECS, Decoded, Heard, Reply
from ingest.codecs.receiving import Framer
from ingest.inbox import Inbox
from ingest.message import Message
from ingest.settings import GatewaySettings

_READ: Final = 16 * 1024
"""Bytes taken at once: some 80 frames, a few ms of decoding before others get their turn."""

_PAUSE_S: Final = 2.0
"""A line so long without a byte has sent its frame, whether it ended as it should or not."""

_UNSAFE_FRAMES: Final = 64
_UNSAFE_BYTES: Final = 256 * 1024
"""What one connection may have under way to the disk."""

_GARBAGE: Final = 64 * 1024
"""Bytes in no frame, since the last frame, after which this is no device."""

_UNREAD: Final = 64 * 1024
"""Bytes of answers that wait for a device to read them; all of a day's are fewer."""

_BYTES_PER_FRAME: Final = 4096
"""Bytes of garbage that cost a connection as much as a frame."""

_log = structlog.get_logger()


class Pace:
    """How fast something may go on: so many a second in the long run, a few seconds' at once."""

    def __init__(self, per_s: float, burst_s: float = 2.0) -> None:
        """Begin with a full burst."""
        self._per_s = per_s
        self._burst_s = burst_s
        self._due_s = 0.0

    def wait_s(self, now_s: float, amount: float) -> float:
        """Take an amount; return how long to wait before going on.

        >>> pace = Pace(10, burst_s=1)
        >>> pace.wait_s(100.0, 10), pace.wait_s(100.0, 5)
        (0.0, 0.5)
        """
        self._due_s = max(self._due_s, now_s - self._burst_s) + amount / self._per_s
        return max(0.0, self._due_s - now_s)


class Connection:
    """Serves one device, or one concentrator with many."""

    def __init__(
        self,
        codec: str,
        framer: Framer,
        settings: GatewaySettings,
        gateway_of: Callable[[Decoded], str],
        inbox: Inbox,
    ) -> None:
        """Prepare; `serve` does the work.

        Args:
            codec: what it speaks.
            framer: a new one.
            settings: its limits.
            gateway_of: tells whose a frame is.
            inbox: where frames go.
        """
        self._codec = codec
        self._framer = framer
        self._gateway_of = gateway_of
        self._inbox = inbox
        self._idle_s = settings.tcp_idle_s
        self._pace = Pace(settings.tcp_frames_per_s)
        self._unsafe_frames = self._unsafe_bytes = 0
        self._safer = asyncio.Event()
        self._frames = self._garbage_before = 0
        self._writer: asyncio.StreamWriter | None = None

    @property
    def counts(self) -> Counter[str]:
        """Frames, and bytes that were in none."""
        return Counter(frames=self._frames, garbage=self._framer.garbage)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve until either side ends the connection."""
        self._writer = writer
        why = "closed by the device"
        try:
            why = await self._read(reader) or why
            for frame in self._framer.flush():
                await self._hand_in(frame)
            await self._room()
        except OSError as error:
            why = str(error)
        finally:
            peer = writer.get_extra_info("peername")
            _log.info("tcp connection ended", codec=self._codec, peer=peer, why=why)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> str:
        """Take frames until the end; return why, empty for the end of the stream."""
        heard_s = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(min(_PAUSE_S, self._idle_s)):
                    data = await reader.read(_READ)
            except TimeoutError:
                frames = self._framer.flush()
                if not frames and time.monotonic() - heard_s > self._idle_s:
                    return f"nothing for {self._idle_s:g} s"
            else:
                if not data:
                    return ""
                heard_s = time.monotonic()
                frames = self._framer.feed(data)
                await self._slow_down(len(data) / _BYTES_PER_FRAME)
            for frame in frames:
                await self._hand_in(frame)
            if frames:
                self._garbage_before = self._framer.garbage
            elif self._framer.garbage - self._garbage_before > _GARBAGE:
                return f"{_GARBAGE} bytes without a frame"

    async def _hand_in(self, frame: bytes) -> None:
        await self._slow_down(1)
        await self._room(_UNSAFE_FRAMES - 1, _UNSAFE_BYTES)
        received_us = time.time_ns() // 1000
        told = CODECS[self._codec](frame, Heard("", received_us))
        self._frames += 1
        self._unsafe_frames += 1
        self._unsafe_bytes += len(frame)
        topic = f"up/{self._gateway_of(told)}/{self._codec}"
        back = partial(self._safe, len(frame))
        self._inbox.put(Message(topic, frame, {}, received_us, told=told, back=back))

    async def _slow_down(self, amount: float) -> None:
        wait_s = self._pace.wait_s(time.monotonic(), amount)
        if wait_s:
            await asyncio.sleep(wait_s)

    async def _room(self, frames: int = 0, size: int = 0) -> None:
        """Wait until no more than this is under way to the disk."""
        while self._unsafe_frames > frames or self._unsafe_bytes > size:
            self._safer.clear()
            await self._safer.wait()

    def _safe(self, size: int, replies: Sequence[Reply]) -> None:
        """Note that a frame is on the disk, and answer it."""
        self._unsafe_frames -= 1
        self._unsafe_bytes -= size
        self._safer.set()
        writer = self._writer
        if writer is None or writer.is_closing():
            return
        writer.write(b"".join(one.payload for one in replies))
        if writer.transport.get_write_buffer_size() > _UNREAD:
            _log.warning("a device does not read its answers", codec=self._codec)
            writer.transport.abort()

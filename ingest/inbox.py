"""The inbox: messages between the threads that receive them and the task that keeps them.

A message costs an append and a comparison; the event loop is woken twice for a whole group, not
once for each. `call_soon_threadsafe` for every message took a quarter of the time of receiving.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from typing import Final

from ingest.message import Message

GROUP: Final = 256
"""Messages in one fsync at most."""

ENOUGH: Final = 64
"""Messages with which a group does not wait for more: the embedded broker holds its breath at 100
unacknowledged ones."""

_NEVER: Final = sys.maxsize


class Inbox:
    """Any thread puts, one task gathers."""

    def __init__(self) -> None:
        """Begin empty. Must be made inside the event loop."""
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Message] = deque()
        self._stirred = asyncio.Event()
        self._wanted = _NEVER

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def put(self, message: Message) -> None:
        """Add a message, behind the others. For any thread."""
        self._waiting.append(message)
        if len(self._waiting) >= self._wanted:
            self._wanted = _NEVER
            self._loop.call_soon_threadsafe(self._stirred.set)

    async def gather(self, window_s: float) -> list[Message]:
        """Wait for a message, then up to `window_s` for more; return at most `GROUP`, in order."""
        await self._until(1)
        if len(self._waiting) < ENOUGH:
            try:
                async with asyncio.timeout(window_s):
                    await self._until(ENOUGH)
            except TimeoutError:
                pass  # these are all, then
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP))]

    async def _until(self, wanted: int) -> None:
        """Wait until so many wait. May wake early for a group that is gone, hence the loop."""
        try:
            while len(self._waiting) < wanted:
                self._stirred.clear()
                self._wanted = wanted
                # Asked once more: a thread that put one before the line above stirs nobody.
                if len(self._waiting) < wanted:
                    await self._stirred.wait()
        finally:
            self._wanted = _NEVER

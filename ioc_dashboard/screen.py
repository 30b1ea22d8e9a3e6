"""One connected screen: which page it shows, and the frames that wait for it."""

from __future__ import annotations

import asyncio

WAITING_FRAMES = 8
"""Frames that may wait for one screen: some seconds of a bad line, about 100 kB."""


class Screen:
    """One connected page of a browser."""

    def __init__(self, page: str) -> None:
        """Start with nothing waiting.

        Args:
            page: id of the page it shows, until it says otherwise.
        """
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_FRAMES)
        self.page = page
        self.lost = False
        """It could not keep up; nothing more is sent."""

    def send(self, frame: bytes) -> None:
        """Queue a frame, or give the screen up when its queue is full."""
        if self.lost:
            return
        try:
            self._waiting.put_nowait(frame)
        except asyncio.QueueFull:
            self.lost = True
            # Its reader must learn of it, and nothing it still holds is worth sending.
            while not self._waiting.empty():
                self._waiting.get_nowait()
            self._waiting.put_nowait(None)

    async def next(self) -> bytes | None:
        """Return the next frame, or None once the screen is given up."""
        return await self._waiting.get()

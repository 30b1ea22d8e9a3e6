"""A TCP proxy that cuts, delays, slices and holds: the bad network between two parts."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Coroutine
from typing import Any

from ioc.parts import Port

_CHUNK = 64 * 1024


class Proxy:
    """Forwards one port to another, in a thread of its own; methods are for other threads."""

    def __init__(self, listen: Port, target: Port, seed: int) -> None:
        """Prepare; `start` listens.

        Args:
            listen: where clients connect.
            target: where it connects for them.
            seed: of the sizes of slices.
        """
        self.listen, self.target = listen, target
        self._chance = random.Random(seed)  # noqa: S311 # repeatable, no secret
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._passing = asyncio.Event()
        self.delay_s = 0.0
        """Added to every piece in both directions, seconds."""
        self.sliced = False
        """Whether what comes is handed on in pieces of 1 to 100 bytes."""
        self.cuts = 0
        """Connections cut so far."""

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        self._call(self._listen())

    def cut(self) -> None:
        """End every connection at once, in the middle of whatever it carries."""
        self._call(self._cut())

    def hold(self) -> None:
        """Let nothing through until `release`; connections stay open."""
        self._loop.call_soon_threadsafe(self._passing.clear)

    def release(self) -> None:
        """Let everything through again, whole and at once."""
        self.delay_s, self.sliced = 0.0, False
        self._loop.call_soon_threadsafe(self._passing.set)

    def close(self) -> None:
        """Stop listening and end every connection; nothing happens before `start`."""
        if not self._thread.is_alive():
            return
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._passing.set()
        self._server = await asyncio.start_server(self._serve, self.listen.host, self.listen.number)

    async def _cut(self) -> None:
        self.cuts += len(self._open) // 2
        for writer in list(self._open):
            writer.transport.abort()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._cut()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            far, forth = await asyncio.open_connection(self.target.host, self.target.number)
        except OSError:
            back.transport.abort()
            return
        ends = {back, forth}
        self._open |= ends
        try:
            await asyncio.wait(
                {
                    asyncio.ensure_future(self._pump(near, forth)),
                    asyncio.ensure_future(self._pump(far, back)),
                },
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for writer in ends:
                writer.transport.abort()
            self._open -= ends

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(_CHUNK):
                await self._passing.wait()
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                while data:
                    size = self._chance.randint(1, 100) if self.sliced else len(data)
                    sink.write(data[:size])
                    data = data[size:]
                    await sink.drain()
                    if data:
                        await asyncio.sleep(0)

"""Start all parts in order of need, keep them running, stop them in order, leave nothing.

Parts start as soon as what they need is ready, so as parallel as their needs allow. A part whose
memory others hold positions in takes those with it when it dies (`Part.restarts_with`).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import psutil
import structlog

from ioc.parts.part import Part, PartError
from ioc.run_state import PartState, RunState
from ioc.tended import Surroundings, Tended

STOP_WITHIN_S = 9.0
"""After this long a stop is by force, whatever graces the parts have left."""

_log = structlog.get_logger()


class Supervisor:
    """Runs a table of parts until it is told to stop."""

    def __init__(
        self,
        parts: Sequence[Part],
        run_dir: Path,
        log_dir: Path,
        announce: Callable[[str], None],
        wall_url: str = "",
        when_up: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Prepare; nothing starts before `run`.

        Args:
            parts: each names what it needs among the others.
            run_dir: where the state is written, see `ioc.run_state`.
            log_dir: where the parts' output goes.
            announce: told in words what happens, for the person who started it.
            wall_url: told when everything is up.
            when_up: called then, once.
        """
        self._announce = announce
        self._when_up = when_up
        self._run_dir = run_dir
        self._began = time.monotonic()
        self._ready = {part.name: asyncio.Event() for part in parts}
        around = Surroundings(log_dir, self._ready, self._changed, self._died)
        self._tended = [Tended(part, around) for part in parts]
        self._state = RunState(
            pid=os.getpid(),
            process_started_s=psutil.Process().create_time(),
            wall_url=wall_url,
            parts=[one.state for one in self._tended],
        )
        self._stopping = asyncio.Event()

    async def run(self) -> int:
        """Run until SIGTERM, SIGINT or SIGHUP; return the exit code.

        1 means that a part could not be started at all; it has been said which.
        """
        self._began = time.monotonic()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopping.set)
        self._state.write(self._run_dir)
        tending = [asyncio.create_task(one.tend()) for one in self._tended]
        told = asyncio.create_task(self._tell_when_up())
        stop = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({stop, *tending}, return_when=asyncio.FIRST_COMPLETED)
            return self._verdict(tending)
        finally:
            told.cancel()
            stop.cancel()
            await self._stop_all()
            for task in tending:
                task.cancel()
            await asyncio.gather(*tending, told, stop, return_exceptions=True)
            self._state.write(self._run_dir)

    def _verdict(self, tending: Sequence[asyncio.Task[None]]) -> int:
        """Return the exit code, having said what failed."""
        for task in tending:
            error = task.exception() if task.done() else None
            if isinstance(
                error, PartError | OSError
            ):  # OSError: a folder that is not ours, a full disk
                self._announce(f"✗ {error}")
                return 1
            if error is not None:
                raise error
        return 0

    async def _tell_when_up(self) -> None:
        for event in self._ready.values():
            await event.wait()
        self._state.up_after_s = round(time.monotonic() - self._began, 1)
        self._state.write(self._run_dir)
        self._announce(f"all up after {self._state.up_after_s} s")
        if self._state.wall_url:
            self._announce(f"wall: {self._state.wall_url}")
        if self._when_up is not None:
            await self._when_up()

    async def _stop_all(self) -> None:
        """Stop the parts turn by turn, each turn at once, within `STOP_WITHIN_S`."""
        self._announce("stopping")
        began = time.monotonic()
        ordered = sorted(self._tended, key=lambda one: one.part.stop_turn)
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                for _, turn in itertools.groupby(ordered, key=lambda one: one.part.stop_turn):
                    await asyncio.gather(*(one.stop() for one in turn))
        except TimeoutError:
            _log.warning("stop takes too long, killing the rest")
        await asyncio.gather(*(one.kill() for one in ordered))
        self._announce(f"all stopped after {time.monotonic() - began:.1f} s")

    def _changed(self, state: PartState) -> None:
        self._state.write(self._run_dir)
        if state.state == "ready":
            self._announce(f"✓ {state.name:<10} ready after {state.ready_after_s:.1f} s")
        elif state.state == "backing-off":
            self._announce(f"✗ {state.name:<10} {state.last_exit}; it will be started again")

    def _died(self, name: str) -> None:
        for one in self._tended:
            if name in one.part.restarts_with:
                one.restart()

"""Keep one part running: start, watch, wait, start again."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import structlog

from ioc import process
from ioc.backoff import Backoff
from ioc.parts.part import Part, PartError
from ioc.run_state import PartState

_POLL_S = 0.05
"""Between two looks at whether a starting part is ready."""

_WATCH_S = 2.0
"""Between two looks at a ready part: whether it lives, and how large it is."""

_LONGEST_LOOK_S = 6.0
"""Counted for one look at most. More has passed when this machine itself stood still; then the
parts deserve another look first."""

_FIRST_FAILURES = 3
"""So many deaths before a part was ever ready mean that it never will be: the start has failed."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a tended part needs of its supervisor."""

    log_dir: Path
    ready: Mapping[str, asyncio.Event]
    """By part: set while it is ready."""
    changed: Callable[[PartState], None]
    """Called after every change of state."""
    died: Callable[[str], None]
    """Called after every death, with the part's name."""


class Tended:
    """One part and its life. All methods belong to the supervisor's event loop."""

    def __init__(self, part: Part, around: Surroundings) -> None:
        """Tend `part`; nothing runs before `tend`."""
        self.part = part
        self.state = PartState(part.name)
        self._around = around
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._told_to_restart = False
        self._was_ready = False
        self._ended_for = ""
        self._backoff = Backoff(random.random)

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self._around.log_dir / f"{self.part.name}.log"

    async def tend(self) -> None:
        """Run the part until `stop`.

        Raises:
            PartError: it cannot be started, or died again and again before it was ever ready.
        """
        deaths = 0
        while not self._stopping:
            for name in self.part.needs:
                await self._around.ready[name].wait()
            if self._stopping:
                break
            ran_s = await self._live()
            if self._stopping:
                break
            self._around.died(self.part.name)
            if not self._was_ready and not self._told_to_restart:
                deaths += 1
                if deaths == _FIRST_FAILURES:
                    raise PartError(
                        f"{self.part.name}: {self.state.last_exit}\n{self._last_words()}"
                    )
            wait_s = 0.0 if self._told_to_restart else self._backoff.after(ran_s)
            self._told_to_restart = False
            self._set("backing-off")
            await asyncio.sleep(wait_s)
            self.state.restarts += 1
        self._set("stopped")

    def restart(self) -> None:
        """End the process so that it is started again, without waiting for its grace."""
        if self._process is not None and not self._stopping:
            self._told_to_restart = True
            process.signal_tree(self._process.pid, signal.SIGKILL)

    async def stop(self) -> None:
        """End the part for good: politely, then by force."""
        self._stopping = True
        if self._process is None:
            return
        running = self._process
        process.end_group(running.pid, self.part.stop_signal)
        try:
            async with asyncio.timeout(self.part.stop_grace_s):
                await running.wait()
        except TimeoutError:
            _log.warning("part hangs, killed", part=self.part.name, grace_s=self.part.stop_grace_s)
            await self.kill()

    async def kill(self) -> None:
        """End the part by force."""
        self._stopping = True
        if self._process is not None:
            process.signal_tree(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    async def _live(self) -> float:
        """Run one process from launch to death; return how long it was ready, seconds."""
        started = time.monotonic()
        self._set("starting")
        launch = await asyncio.to_thread(self.part.launch)
        if self._stopping:
            return 0.0
        with process.open_log(self.log) as log:
            running = await asyncio.create_subprocess_exec(
                *process.arguments(launch, self.part.orphan_signal), **process.options(launch, log)
            )
        self._process = running
        self.state.pid = running.pid
        with contextlib.suppress(psutil.NoSuchProcess):
            self.state.process_started_s = psutil.Process(running.pid).create_time()
        self._set("starting")
        ended = asyncio.create_task(running.wait())
        try:
            if await self._becomes_ready(running.pid, ended):
                self._was_ready = True
                self.state.ready_us = time.time_ns() // 1000
                self.state.ready_after_s = round(time.monotonic() - started, 2)
                ready_since = time.monotonic()
                self._around.ready[self.part.name].set()
                self._set("ready")
                await self._watch(running.pid, ended)
                return time.monotonic() - ready_since
            return 0.0
        finally:
            self._around.ready[self.part.name].clear()
            process.end_group(running.pid, signal.SIGKILL)  # whatever it left behind
            self.state.last_exit = self._ended_for or _told(await ended)
            self._ended_for = ""
            self._process = None
            self.state.pid = self.state.process_started_s = self.state.ready_us = None
            if not self._stopping and not self._told_to_restart:
                _log.warning("part ended", part=self.part.name, how=self.state.last_exit)

    async def _watch(self, pid: int, ended: asyncio.Task[int]) -> None:
        """Wait for the end of the process; bring it about when it hangs or has grown too large."""
        silent_s = 0.0
        while not ended.done():
            began = time.monotonic()
            await asyncio.wait({ended}, timeout=_WATCH_S)
            look = asyncio.ensure_future(self.part.is_alive(pid))
            await asyncio.wait({ended, look}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                look.cancel()
                return
            took_s = min(time.monotonic() - began, _LONGEST_LOOK_S)
            silent_s = 0.0 if look.result() else silent_s + took_s
            if fault := self._fault(pid, silent_s):
                self._ended_for = fault
                _log.warning("part is killed", part=self.part.name, why=fault)
                self.restart()
                await ended

    def _fault(self, pid: int, silent_s: float) -> str:
        """Return why the part must be started again; empty when it need not."""
        if silent_s > self.part.hangs_after_s:
            return f"hung: no {self.part.sign_of_life} for {silent_s:.0f} s"
        limit, used = self.part.memory_limit_mib, _memory_mib(pid)
        if limit is not None and used > limit:
            return f"ended at {used} MiB of memory, {limit} allowed"
        return ""

    async def _becomes_ready(self, pid: int, ended: asyncio.Task[int]) -> bool:
        """Wait until the part does its work; False when it ended or took too long."""
        deadline = time.monotonic() + self.part.ready_timeout_s
        while not ended.done():
            if await self.part.is_ready(pid):
                try:
                    await self.part.settle()
                except PartError:
                    raise
                except Exception:  # whatever broke, the part goes back to the start
                    _log.exception("part answers but cannot be settled", part=self.part.name)
                    return False
                return not ended.done()
            if time.monotonic() > deadline:
                _log.warning(
                    "part not ready in time",
                    part=self.part.name,
                    timeout_s=self.part.ready_timeout_s,
                )
                return False
            await asyncio.wait({ended}, timeout=_POLL_S)
        return False

    def _set(self, state: str) -> None:
        self.state.state = state
        self._around.changed(self.state)

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-12:]
        except FileNotFoundError:
            return ""
        return "\n".join(f"  {line}" for line in lines) + f"\n  (more in {self.log})"


def _memory_mib(pid: int) -> int:
    """Return the resident memory of a process, MiB; 0 for one that is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss) >> 20
    except psutil.NoSuchProcess:
        return 0


def _told(code: int) -> str:
    """Say how a process ended.

    >>> _told(-9), _told(1)
    ('killed by SIGKILL', 'exit code 1')
    """
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

"""What the supervisor leaves for others to read: who runs, since when, and under which pid."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from ioc.health import read_json, write_json

_FILE = "supervisor.json"
_LOCK = "supervisor.lock"
_ATTEMPTS = 5
"""Tries for the lock, 50 ms apart: `is_held` of somebody else holds it for a moment."""


class AlreadyRunsError(RuntimeError):
    """Another supervisor holds this run folder."""


@dataclass(slots=True)
class PartState:
    """One part as it stands."""

    name: str
    state: str = "waiting"
    """`waiting` for what it needs, `starting`, `ready`, `backing-off` after a death, `stopped`."""
    pid: int | None = None
    process_started_s: float | None = None
    """Creation time of the process, so that its pid cannot be mistaken for a later one's."""
    ready_us: int | None = None
    """Since when it is ready, µs since 1970."""
    ready_after_s: float | None = None
    """From launch to ready, seconds."""
    restarts: int = 0
    """Starts after the first one."""
    last_exit: str | None = None
    """How it ended last, e.g. `killed by SIGKILL` or `exit code 1`."""


@dataclass(slots=True)
class RunState:
    """A running system."""

    pid: int
    process_started_s: float
    wall_url: str
    started_us: int = field(default_factory=lambda: time.time_ns() // 1000)
    up_after_s: float | None = None
    """From start until every part was ready, seconds; None before that."""
    parts: list[PartState] = field(default_factory=list)

    def write(self, run_dir: Path) -> None:
        """Replace the file."""
        write_json(run_dir / _FILE, asdict(self))


def read(run_dir: Path) -> RunState | None:
    """Return what the last supervisor wrote, whether it still runs or not."""
    content: dict[str, Any] | None = read_json(run_dir / _FILE)
    if content is None:
        return None
    parts = [PartState(**one) for one in content.pop("parts")]
    return RunState(parts=parts, **content)


@contextlib.contextmanager
def exclusive(run_dir: Path) -> Iterator[None]:
    """Hold the run folder; the kernel lets it go when the process ends, however it ends.

    Raises:
        AlreadyRunsError: another process holds it.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    with (run_dir / _LOCK).open("a") as lock:
        for attempt in range(_ATTEMPTS):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if attempt == _ATTEMPTS - 1:
                    raise AlreadyRunsError(str(run_dir)) from None
                time.sleep(0.05)
        yield


def is_held(run_dir: Path) -> bool:
    """Return whether a supervisor runs on this folder."""
    if not (run_dir / _LOCK).exists():
        return False
    try:
        with exclusive(run_dir):
            return False
    except AlreadyRunsError:
        return True


def process_of(pid: int | None, started_s: float | None) -> psutil.Process | None:
    """Return the process if it still runs; a later one with the same pid does not count."""
    if pid is None or started_s is None:
        return None
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started_s) < 1.0
    except psutil.NoSuchProcess:
        return None
    return process if same and _lives(process) else None


def await_end(processes: Iterable[psutil.Process], patience_s: float) -> list[psutil.Process]:
    """Wait until processes have ended; return those that have not.

    A zombie has ended. psutil would wait for it, for ever where nobody collects it, as in a
    container without an init.
    """
    deadline = time.monotonic() + patience_s
    alive = [one for one in processes if _lives(one)]
    while alive and time.monotonic() < deadline:
        time.sleep(0.05)
        alive = [one for one in alive if _lives(one)]
    return alive


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def clear_orphans(run_dir: Path, patience_s: float = 10.0) -> None:
    """Wait for parts of a killed supervisor to end, then kill them.

    The kernel has told them to stop when it died; a database needs a moment for that.
    """
    last = read(run_dir)
    if last is None:
        return
    found = [process_of(one.pid, one.process_started_s) for one in last.parts]
    alive = await_end(filter(None, found), patience_s)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    await_end(alive, patience_s)

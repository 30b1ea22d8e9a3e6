"""A part that a test or a measurement runs by itself: started, killed, paused, started again."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from ioc import process
from ioc.parts import Part, Port

START_TIMEOUT_S = 60.0


_PORTS = range(20_000, 32_000)
"""Below the ports that the kernel gives to outgoing connections: one of those took the port of a
database that was to be started again."""


def free_port(setting: str = "test.port") -> Port:
    """Return a port of 127.0.0.1 that was free just now."""
    while True:
        number = secrets.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", number))
            return Port("127.0.0.1", number, setting)


class Running:
    """One part that runs, and can be killed and started again."""

    def __init__(self, part: Part, log: Path, data_dir: Path | None = None) -> None:
        """Prepare.

        Args:
            part: what runs.
            log: file that its output is appended to.
            data_dir: all that it keeps over a kill; None for a part that keeps nothing.
        """
        self.part = part
        self.log = log
        self._data_dir = data_dir
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        assert self.process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.part.name} did not start:\n{self.log.read_text()}")
            time.sleep(0.05)
        asyncio.run(self.part.settle())

    def launch(self) -> None:
        """Start it and return at once."""
        launch = self.part.launch()
        with process.open_log(self.log) as log:
            self.process = subprocess.Popen(  # noqa: S603 # our own parts
                process.arguments(launch, self.part.orphan_signal), **process.options(launch, log)
            )

    def is_ready(self) -> bool:
        """Whether it does its work."""
        return self.is_running() and asyncio.run(self.part.is_ready(self.pid))

    def is_running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        """Of its process; also the number of its process group."""
        assert self.process is not None, "never started"
        return self.process.pid

    def kill(self) -> None:
        """Kill it and whatever it started, as a power cut would.

        Each process of PostgreSQL is a group of its own: without its head such a one ends by
        itself, but first it finishes what it is at.
        """
        process.signal_tree(self.pid, signal.SIGKILL)
        assert self.process is not None
        self.process.wait(15)

    def wipe(self) -> None:
        """Kill it and destroy what it keeps, as a lost disk would: the next start knows nothing."""
        self.kill()
        if self._data_dir is not None:
            shutil.rmtree(self._data_dir)

    def stop(self) -> None:
        """Stop it in order."""
        self.tell_to_stop()
        self.wait_for_end()

    def tell_to_stop(self) -> None:
        """Ask it to end in order, and return at once."""
        process.end_group(self.pid, self.part.stop_signal)

    def wait_for_end(self) -> None:
        """Wait until it has ended; kill it after 15 s."""
        assert self.process is not None
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def pause(self) -> None:
        """Let it and whatever it started stand still: connections stay open, nothing answers."""
        process.signal_tree(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        process.signal_tree(self.pid, signal.SIGCONT)


@contextlib.contextmanager
def running(part: Part, log_dir: Path, data_dir: Path | None = None) -> Iterator[Running]:
    """Run a part for as long as the block lasts; see `Running` for the arguments."""
    one = Running(part, log_dir / f"{part.name}.log", data_dir)
    one.start()
    try:
        yield one
    finally:
        one.stop()

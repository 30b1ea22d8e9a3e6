"""The whole line as an operator starts it, on free ports and a folder of its own."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.line import REPOSITORY, Line


@pytest.fixture(scope="module")
def line(parts_dir: Path) -> Iterator[Line]:
    """A line without its simulator; tests bring their own weather."""
    folder = Path(tempfile.mkdtemp(prefix="line-", dir=parts_dir))
    folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
    one = Line(folder, IOC_SIMULATOR_DIRT="0.02")
    started = one.run("up", "--detach", "--no-simulator")
    try:
        assert started.returncode == 0, started.stdout + started.stderr + one.logs()
        yield one
    finally:
        one.run("down")


@pytest.fixture(scope="module")
def storm(line: Line) -> Iterator[subprocess.Popen[bytes]]:
    """The simulated city with a cloudburst over one town, thirty times as fast as a real one."""
    with (line.folder / "simulator.log").open("wb") as log:
        process = subprocess.Popen(
            line.command("simulate", "--scenario", "cloudburst", "--speed", "30", "--seed", "7"),
            cwd=REPOSITORY, env=line.environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

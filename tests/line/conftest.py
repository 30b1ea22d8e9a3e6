"""The whole line as an operator starts it, on free ports and a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import free_port

REPOSITORY = Path(__file__).parents[2]


class Line:
    """A running system and the commands to use on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ports = {name: free_port().number for name in ("MQTT", "KAFKA", "DATABASE", "WALL")}
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("IOC_")},
            "IOC_DATA_DIR": str(folder / "var"),
            "IOC_SIMULATOR_DIRT": "0.02",
            **{f"IOC_{name}_PORT": str(number) for name, number in ports.items()},
        }

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "ioc", *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run an `ioc` command to its end."""
        return subprocess.run(
            self.command(*words), cwd=REPOSITORY, env=self.environment, text=True,
            capture_output=True, timeout=180, check=False,
        )  # fmt: skip

    def status(self) -> dict[str, Any]:
        """Return the facts of `ioc status --json`."""
        answer = self.run("status", "--json")
        assert answer.stdout, answer.stderr
        facts: dict[str, Any] = json.loads(answer.stdout)
        return facts

    def logs(self) -> str:
        """Return the end of every log, for the reader of a failure."""
        return "\n".join(
            f"--- {file.name}\n" + file.read_text(errors="replace")[-2000:]
            for file in sorted((self.folder / "var" / "log").glob("*.log"))
        )


@pytest.fixture(scope="module")
def line(parts_dir: Path) -> Iterator[Line]:
    """A line without its simulator; tests bring their own weather."""
    folder = parts_dir / "line"
    folder.mkdir()
    one = Line(folder)
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

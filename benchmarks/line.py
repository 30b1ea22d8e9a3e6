"""A whole system on free ports and a folder of its own, for tests and measurements."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from ioc.settings import Settings, load

REPOSITORY = Path(__file__).parents[1]


class Line:
    """A running system and the commands to use on it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """Prepare; `run("up", "--detach")` starts it.

        Args:
            folder: where its data go; it must be there and reachable for other users.
            settings: further `IOC_…` variables.
        """
        self.folder = folder
        ports = {name: _free_port() for name in ("MQTT", "KAFKA", "DATABASE", "WALL")}
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("IOC_")},
            "IOC_DATA_DIR": str(folder / "var"),
            **{f"IOC_{name}_PORT": str(number) for name, number in ports.items()},
            **settings,
        }

    @property
    def settings(self) -> Settings:
        """The settings it runs with."""
        return load(self.environment)

    def command(self, *words: str) -> list[str]:
        """Return the command line of an `ioc` command."""
        return [sys.executable, "-m", "ioc", *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run an `ioc` command to its end."""
        return subprocess.run(  # noqa: S603 # our own command line
            self.command(*words), cwd=REPOSITORY, env=self.environment, text=True,
            capture_output=True, timeout=180, check=False,
        )  # fmt: skip

    def status(self) -> dict[str, Any]:
        """Return the facts of `ioc status --json`."""
        answer = self.run("status", "--json")
        if not answer.stdout:
            raise RuntimeError(f"ioc status said nothing: {answer.stderr}")
        facts: dict[str, Any] = json.loads(answer.stdout)
        return facts

    def logs(self) -> str:
        """Return the end of every log, for the reader of a failure."""
        return "\n".join(
            f"--- {file.name}\n" + file.read_text(errors="replace")[-2000:]
            for file in sorted((self.folder / "var" / "log").glob("*.log"))
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

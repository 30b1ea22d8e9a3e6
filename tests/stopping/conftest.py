"""A whole system of real processes, whose engines a test may stop, kill and continue."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks.running import Running, free_port
from ioc import health, process
from ioc.parts import kafka, mqtt, postgres
from ioc.parts.part import Launch
from ioc.parts.programs import ours
from storage.migrate import migrate

DEADLINE_S = 60.0
"""Only ends a test that hangs."""

PROGRAMS = {
    "gateway": ["gateway"],
    "worker": ["worker"],
    "wall": ["wall"],
    "simulator": ["simulate"],
}


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.05)


class World:
    """Engines, and our programs as `ioc` commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ports = {name: free_port() for name in ("mqtt", "kafka", "database", "wall")}
        self.engines = {
            "mqtt": Running(mqtt.part(ports["mqtt"], folder), folder / "mqtt.log"),
            "kafka": Running(kafka.part(ports["kafka"], 4), folder / "kafka.log"),
            "database": Running(postgres.part(ports["database"], folder), folder / "db.log"),
        }
        self.url = postgres.url(ports["database"], folder)
        self._database_port = ports["database"]
        self._environment = {
            **{key: one for key, one in os.environ.items() if not key.startswith("IOC_")},
            "IOC_MQTT_PORT": str(ports["mqtt"].number),
            "IOC_KAFKA_PORT": str(ports["kafka"].number),
            "IOC_WALL_PORT": str(ports["wall"].number),
            "IOC_SIMULATOR_JOURNAL": str(folder / "journal.db"),
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._stopped: list[Running] = []

    def start_engines(self) -> None:
        for one in self.engines.values():
            one.start()
        self.url = postgres.url(self._database_port, self.folder)
        migrate(self.url)

    def launch(self, name: str) -> subprocess.Popen[bytes]:
        """Start one of our programs in a data folder of its own, and return at once."""
        launch = ours(PROGRAMS[name])
        with process.open_log(self.log(name)) as log:
            self.running[name] = subprocess.Popen(
                launch.command, env=self._surroundings(launch), stdout=log, stderr=log
            )
        return self.running[name]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run an `ioc` command to its end."""
        launch = ours(words)
        return subprocess.run(
            launch.command, env=self._surroundings(launch), text=True, capture_output=True,
            timeout=DEADLINE_S, check=False,
        )  # fmt: skip

    def _surroundings(self, launch: Launch) -> dict[str, str]:
        return {
            **self._environment,
            **launch.environment,
            "IOC_DATA_DIR": str(self.folder / "var"),
            "IOC_DATABASE_URL": self.url,
        }

    def start(self, *names: str) -> None:
        """Start some of our programs and wait until they work."""
        for name in names:
            self.launch(name)
        for name in names:
            until(lambda name=name: self.works(name), f"{name} works\n{self.said(name)}")

    def works(self, name: str) -> bool:
        beat = health.read(self.folder / "var" / "run", name)
        assert self.running[name].poll() is None, self.said(name)
        return (
            beat is not None
            and beat.pid == self.running[name].pid
            and bool(beat.facts.get("ok", True))
        )

    def facts(self, name: str) -> dict[str, Any]:
        """Return what a program told last."""
        beat = health.read(self.folder / "var" / "run", name)
        assert beat is not None
        return beat.facts

    def ask_all(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement + " ORDER BY 1").fetchall()

    def ask(self, statement: str) -> tuple[Any, ...]:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(statement).fetchone()
        assert row is not None
        return row

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def said(self, name: str) -> str:
        return self.log(name).read_text(errors="replace")[-4000:]

    def pause(self, name: str) -> None:
        """Let an engine stand still: it holds its connections, takes new ones, answers nothing."""
        process.signal_tree(self.engines[name].pid, signal.SIGSTOP)
        self._stopped.append(self.engines[name])

    def tell_to_stop(self, name: str) -> int:
        """Send SIGTERM; return the exit status."""
        self.running[name].send_signal(signal.SIGTERM)
        return self.running[name].wait(DEADLINE_S)

    def restore(self) -> None:
        """End our programs, bring the engines back."""
        for one in self.running.values():
            one.kill()
            one.wait()
        self.running.clear()
        for engine in self._stopped:
            process.signal_tree(engine.pid, signal.SIGCONT)
        self._stopped.clear()
        for engine in self.engines.values():
            if not engine.is_running():
                engine.start()
        for name in PROGRAMS:
            self.log(name).unlink(missing_ok=True)

    def end(self) -> None:
        self.restore()
        for engine in self.engines.values():
            engine.stop()


@pytest.fixture(scope="session")
def _world() -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="ioc-stop-"))
    folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
    world = World(folder)
    try:
        world.start_engines()
        yield world
    finally:
        world.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def world(_world: World) -> Iterator[World]:
    """The system of this session with all engines up and none of our programs."""
    yield _world
    _world.restore()

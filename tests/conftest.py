"""Real parts for every test that wants them: broker, log, database, on free ports.

They are the processes of `ioc.parts`, started on a leash: however a test run ends, nothing is
left. Ports and folders are new for each run, so that two runs at once do not meet.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from playwright.sync_api import Browser

from ioc import process
from ioc.parts import Part, Port, kafka, mqtt, postgres
from tests.screen import chromium

START_TIMEOUT_S = 60.0


class Address(NamedTuple):
    """Where a broker listens."""

    host: str
    port: int


class Log(NamedTuple):
    """A log of the Kafka protocol, and which life of it."""

    bootstrap: str
    cluster_id: str


def free_port(setting: str = "test.port") -> Port:
    """Return a port of 127.0.0.1 that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Port("127.0.0.1", probe.getsockname()[1], setting)


class Running:
    """One part that runs, and can be killed and started again by the test."""

    def __init__(self, part: Part, log: Path) -> None:
        self.part = part
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        launch = self.part.launch()
        with process.open_log(self.log) as log:
            self.process = subprocess.Popen(
                process.arguments(launch, self.part.orphan_signal), **process.options(launch, log)
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not asyncio.run(self.part.is_ready(self.process.pid)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.part.name} did not start:\n{self.log.read_text()}")
            time.sleep(0.05)
        asyncio.run(self.part.settle())

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(self.part.stop_signal)

    def _end(self, how: signal.Signals) -> None:
        assert self.process is not None
        process.end_group(self.process.pid, how)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            process.end_group(self.process.pid, signal.SIGKILL)
            self.process.wait(15)


@contextlib.contextmanager
def running(part: Part, log_dir: Path) -> Iterator[Running]:
    """Run a part for as long as the block lasts."""
    one = Running(part, log_dir / f"{part.name}.log")
    one.start()
    try:
        yield one
    finally:
        one.stop()


@pytest.fixture(scope="session")
def parts_dir() -> Iterator[Path]:
    """Folder of this run for data and logs of parts; gone afterwards."""
    # Not tmp_path_factory: its folder is closed to the user that runs PostgreSQL under root.
    folder = Path(tempfile.mkdtemp(prefix="ioc-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


# Not for the session: while Playwright's sync API is open, its event loop runs in this thread and
# no other test can call asyncio.run. Start parts before it.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium for one test module."""
    with chromium() as one:
        yield one


@pytest.fixture(scope="session")
def mqtt_broker(parts_dir: Path) -> Iterator[Address]:
    """A real MQTT 5 broker, shared by all tests: use topics and client ids of your own."""
    port = free_port("mqtt.port")
    with running(mqtt.part(port, parts_dir), parts_dir):
        yield Address(port.host, port.number)


@pytest.fixture
def own_mqtt_broker(parts_dir: Path) -> Iterator[Running]:
    """A broker for one test, which may `kill` and `start` it; the address is `part.port`."""
    port = free_port("mqtt.port")
    with running(mqtt.part(port, parts_dir, name=f"mqtt-{port.number}"), parts_dir) as one:
        yield one


@pytest.fixture(scope="session")
def kafka_log(parts_dir: Path) -> Iterator[Log]:
    """A real log with the topics of the system, shared by all tests."""
    with _log(parts_dir, "kafka") as (_, log):
        yield log


@pytest.fixture(name="kafka")
def fresh_kafka(parts_dir: Path) -> Iterator[Log]:
    """A real log with empty topics, for one test; it starts in a tenth of a second."""
    port = free_port("kafka.port")
    with _log(parts_dir, f"kafka-{port.number}") as (_, log):
        yield log


@pytest.fixture
def own_kafka(parts_dir: Path) -> Iterator[Running]:
    """A log for one test, which may `kill` and `start` it (a new life, and empty)."""
    port = free_port("kafka.port")
    with _log(parts_dir, f"kafka-{port.number}") as (one, _):
        yield one


@contextlib.contextmanager
def _log(parts_dir: Path, name: str) -> Iterator[tuple[Running, Log]]:
    port = free_port("kafka.port")
    with running(kafka.part(port, partitions=4, name=name), parts_dir) as one:
        servers = f"{port.host}:{port.number}"
        found = asyncio.run(kafka.cluster_id(servers))
        assert found is not None
        yield one, Log(servers, found)


@pytest.fixture(scope="session")
def database_server(parts_dir: Path) -> Iterator[tuple[Port, Path]]:
    """A real PostgreSQL, shared by all tests, with a migrated template."""
    from storage.migrate import migrate

    port = free_port("database.port")
    with running(postgres.part(port, parts_dir), parts_dir):
        _administer(port, parts_dir, "CREATE DATABASE template")
        migrate(postgres.url(port, parts_dir, "template"))
        yield port, parts_dir


_databases = itertools.count()


@contextlib.contextmanager
def _database(server: tuple[Port, Path]) -> Iterator[str]:
    port, data_dir = server
    name = f"test_{os.getpid()}_{next(_databases)}"
    _administer(port, data_dir, f"CREATE DATABASE {name} TEMPLATE template")
    yield postgres.url(port, data_dir, name)
    _administer(port, data_dir, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(port: Port, data_dir: Path, statement: str) -> None:
    with psycopg.connect(postgres.url(port, data_dir, "postgres"), autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="module")
def database_url(database_server: tuple[Port, Path]) -> Iterator[str]:
    """A fresh migrated database for one test module."""
    with _database(database_server) as url:
        yield url


@pytest.fixture
def own_database_url(database_server: tuple[Port, Path]) -> Iterator[str]:
    """A fresh migrated database for one test."""
    with _database(database_server) as url:
        yield url

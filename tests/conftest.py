"""Real parts for every test that wants them: broker, log, database, on free ports.

They are the processes of `ioc.parts`, started on a leash: however a test run ends, nothing is
left. Ports and folders are new for each run, so that two runs at once do not meet. A test or
module marked `every_engine` runs with the embedded brokers and with those of `benchmarks.engines`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser

from benchmarks.engines import EngineMissingError, apache_kafka, mosquitto
from benchmarks.running import Running, free_port, running
from ioc.parts import Port, kafka, mqtt, postgres
from tests.screen import chromium
from tests.skips import pytest_runtest_makereport

__all__ = ["pytest_runtest_makereport"]  # the hook is found here

# Hypothesis would fail an example that takes 200 ms, and inputs that are slow to make: clocks that
# prove nothing on a busy machine.
settings.register_profile(
    "timeless",
    settings(),
    deadline=None,
    suppress_health_check={*settings().suppress_health_check, HealthCheck.too_slow},
)
settings.load_profile("timeless")

PARTITIONS = 4
"""Of the topic `observations`."""


class Address(NamedTuple):
    """Where a broker listens."""

    host: str
    port: int


class Log(NamedTuple):
    """A log of the Kafka protocol, and which life of it."""

    bootstrap: str
    cluster_id: str


MQTT_ENGINES = ("embedded", "mosquitto")
LOG_ENGINES = ("embedded", "apache")
_FIXTURES = {
    "mqtt_broker": MQTT_ENGINES,
    "own_mqtt_broker": MQTT_ENGINES,
    "kafka": LOG_ENGINES,
    "own_kafka": LOG_ENGINES,
}
"""Fixtures that can be had on either engine; without the mark they are embedded."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "every_engine: run with the embedded brokers, and again with mosquitto and Apache Kafka",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked `every_engine` twice: all embedded, then all of a large installation."""
    if metafunc.definition.get_closest_marker("every_engine") is None:
        return
    names = [name for name in _FIXTURES if name in metafunc.fixturenames]
    if not names:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid} is marked every_engine and uses no broker; "
            f"it must use one of {', '.join(_FIXTURES)}"
        )
    # Pairs, not every combination: the brokers know nothing of each other.
    engines = list(zip(*(_FIXTURES[name] for name in names), strict=True))
    ids = ["-".join(dict.fromkeys(pair)) for pair in engines]
    metafunc.parametrize(names, engines, ids=ids, indirect=True)


@contextlib.contextmanager
def _needed() -> Iterator[None]:
    """Skip a test whose engine is not on this machine; in CI that is a failure (`tests.skips`)."""
    try:
        yield
    except EngineMissingError as missing:
        pytest.skip(str(missing))


_TRIED = "inputs tried: "
"""Begins the name of a report's property."""


@pytest.fixture
def tried(record_property: Callable[[str, object], None]) -> Callable[[str, int], None]:
    """Takes what a fuzz test tried, and on how many inputs: the sums stand at the run's end."""
    return lambda what, count: record_property(_TRIED + what, count)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many inputs were tried on each codec, whatever was captured and in whose process."""
    sums: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, count in getattr(report, "user_properties", ()):
                if name.startswith(_TRIED):
                    sums[name.removeprefix(_TRIED)] += count
    if sums:
        terminalreporter.section("inputs tried")
        for what, count in sorted(sums.items()):
            terminalreporter.line(f"{what:<20}{count:>9,}")


@pytest.fixture(autouse=True)
def _log_as_by_default() -> Iterator[None]:
    """What a test sets up for its log is not there for the next."""
    yield
    structlog.reset_defaults()


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
def mqtt_broker(request: pytest.FixtureRequest, parts_dir: Path) -> Iterator[Address]:
    """A real MQTT 5 broker, shared by all tests: use topics and client ids of your own."""
    with _broker(parts_dir, getattr(request, "param", "embedded")) as one:
        assert one.part.port is not None
        yield Address(one.part.port.host, one.part.port.number)


@pytest.fixture
def own_mqtt_broker(request: pytest.FixtureRequest, parts_dir: Path) -> Iterator[Running]:
    """A broker for one test, which may `kill`, `wipe` and `start` it; it is at `part.port`."""
    with _broker(parts_dir, getattr(request, "param", "embedded")) as one:
        yield one


@contextlib.contextmanager
def _broker(parts_dir: Path, engine: str) -> Iterator[Running]:
    port = free_port("mqtt.port")
    name = f"mqtt-{port.number}"
    if engine == "embedded":
        with running(mqtt.part(port, parts_dir, name=name), parts_dir) as one:
            yield one
        return
    data_dir = parts_dir / name
    with _needed():
        part = mosquitto.part(port, data_dir, name=name)
    with running(part, parts_dir, data_dir) as one:
        yield one


@pytest.fixture(name="kafka")
def fresh_kafka(request: pytest.FixtureRequest, parts_dir: Path) -> Iterator[Log]:
    """A real log with empty topics, for one test: embedded 0.1 s to start, Apache Kafka 2 s."""
    with _log(parts_dir, getattr(request, "param", "embedded")) as one:
        servers = bootstrap(one)
        found = asyncio.run(kafka.cluster_id(servers))
        assert found is not None
        yield Log(servers, found)


@pytest.fixture
def own_kafka(request: pytest.FixtureRequest, parts_dir: Path) -> Iterator[Running]:
    """A log for one test, which may `kill`, `wipe` and `start` it.

    Killed, the embedded one loses all, Apache Kafka nothing: a test that wants a new log wipes it.
    """
    with _log(parts_dir, getattr(request, "param", "embedded")) as one:
        yield one


def bootstrap(log: Running) -> str:
    """Return the address of a running log as its clients want it."""
    assert log.part.port is not None
    return f"{log.part.port.host}:{log.part.port.number}"


@contextlib.contextmanager
def _log(parts_dir: Path, engine: str) -> Iterator[Running]:
    port = free_port("kafka.port")
    name = f"kafka-{port.number}"
    if engine == "embedded":
        with running(kafka.part(port, PARTITIONS, name=name), parts_dir) as one:
            yield one
        return
    data_dir = parts_dir / name
    with _needed():
        part = apache_kafka.part(port, free_port(), data_dir, PARTITIONS, name=name)
    with running(part, parts_dir, data_dir) as one:
        yield one


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
def _database(server: tuple[Port, Path], template: str = "template") -> Iterator[str]:
    port, data_dir = server
    name = f"test_{os.getpid()}_{next(_databases)}"
    _administer(port, data_dir, f"CREATE DATABASE {name} TEMPLATE {template}")
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
def empty_database_url(database_server: tuple[Port, Path]) -> Iterator[str]:
    """A fresh database without any table."""
    with _database(database_server, "template0") as url:
        yield url


@pytest.fixture
def own_database_url(database_server: tuple[Port, Path]) -> Iterator[str]:
    """A fresh migrated database for one test."""
    with _database(database_server) as url:
        yield url

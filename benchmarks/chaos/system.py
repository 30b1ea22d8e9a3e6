"""The system under chaos: engines, proxies before them, our programs, and the simulated city.

Nothing tends it but the runner: whoever dies stays dead until `revive`. The order in which
readings are stored is recorded by a column of its own, which only this database has.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from benchmarks.chaos.engines import Engines
from benchmarks.chaos.proxy import Proxy
from benchmarks.line import REPOSITORY
from benchmarks.running import Running, free_port
from ioc import health
from ioc.parts import Part
from ioc.parts.part import Launch
from ioc.parts.programs import ours, program
from ioc.settings import Settings, load

ORDER = """
CREATE SEQUENCE IF NOT EXISTS stored_order CACHE 1;
ALTER TABLE reading ADD COLUMN stored_order bigint DEFAULT nextval('stored_order'),
    ADD COLUMN stored_in xid8 DEFAULT pg_current_xact_id(),
    ADD COLUMN stored_at timestamptz DEFAULT clock_timestamp();
CREATE TABLE chaos_tick (
    partition integer, rows integer, time_us bigint,
    stored_order bigint DEFAULT nextval('stored_order'),
    stored_in xid8 DEFAULT pg_current_xact_id()
);
"""
"""What the oracle needs in the database beside what everybody has."""

_RECORDING_WORKER = dataclasses.replace(
    ours([]), command=[sys.executable, "-m", "benchmarks.chaos.worker"]
)


class System:
    """A whole line whose every link goes through a proxy."""

    def __init__(self, folder: Path, engines: Engines, seed: int, **settings: str) -> None:
        """Prepare.

        Args:
            folder: where everything is written; it is made.
            engines: which brokers and database.
            seed: of the proxies.
            settings: further `IOC_…` variables.
        """
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
        self.folder = folder
        self.engines = engines
        self.proxies = {
            name: Proxy(listen, target, seed)
            for name, (listen, target) in {
                "publishers": (free_port(), engines.mqtt_port),
                "mqtt": (free_port(), engines.mqtt_port),
                "kafka": (engines.kafka_proxy, engines.kafka_port),
                "database": (engines.database_proxy, engines.database_port),
            }.items()
        }
        self._environment = {
            "IOC_DATA_DIR": str(folder / "var"),
            "IOC_MQTT_HOST": "127.0.0.1",
            "IOC_MQTT_PORT": str(self.proxies["mqtt"].listen.number),
            "IOC_KAFKA_SERVERS": f"127.0.0.1:{engines.kafka_proxy.number}",
            **engines.settings,
            **settings,
        }
        self.journal = folder / "journal.db"
        self.ours: dict[str, Running] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What our programs are started with."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("IOC_")}
        url = self.engines.database_url(self.engines.database_proxy)
        return {**kept, **self._environment, "IOC_DATABASE_URL": url}

    @property
    def settings(self) -> Settings:
        """The settings our programs run with."""
        return load(self.environment)

    @property
    def database_url(self) -> str:
        """The database itself, without the proxy."""
        return self.engines.database_url(self.engines.database_port)

    def start(self) -> None:
        """Start engines, proxies, gateway and worker."""
        for proxy in self.proxies.values():  # first: the log sends its clients to its own
            proxy.start()
        for engine in self.engines.all.values():
            engine.start()
        self.run("prepare")
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(ORDER)
        self.ours["gateway"] = self._program("gateway", ours(["gateway"]))
        self.ours["worker"] = self._program("worker", _RECORDING_WORKER)
        for one in self.ours.values():
            one.start()

    def simulate(self, *options: str, seed: int) -> Running:
        """Start the simulated city on its own link; returns its process."""
        command = ["simulate", f"--seed={seed}", f"--journal={self.journal}", *options]
        link = {"IOC_MQTT_PORT": str(self.proxies["publishers"].listen.number)}
        city = self._program("simulator", ours(command), link)
        city.launch()
        return city

    def revive(self) -> None:
        """Start again whatever is dead, and let everything through."""
        for proxy in self.proxies.values():
            proxy.release()
        for one in [*self.engines.all.values(), *self.ours.values()]:
            if one.is_running():
                one.resume()
            elif one in self.ours.values():
                one.launch()
            else:
                one.start()

    def facts(self, name: str) -> dict[str, Any]:
        """Return the last heartbeat of one of our programs; empty before the first."""
        beat = health.read(self.settings.run_dir, name)
        return {} if beat is None else beat.facts

    def ask(self, statement: LiteralString) -> Any:  # noqa: ANN401 # whatever it selects
        """Return the one value of a query, or None while the database is away."""
        try:
            with psycopg.connect(self.database_url, connect_timeout=2) as connection:
                row = connection.execute(statement).fetchone()
        except psycopg.OperationalError:
            return None
        return row[0] if row else None

    def run(self, *words: str, expect: tuple[int, ...] = (0,)) -> str:
        """Run an `ioc` command to its end and return what it printed.

        Raises:
            RuntimeError: another exit status than expected.
        """
        done = subprocess.run(  # noqa: S603 # our own command line
            ours(words).command, cwd=REPOSITORY, env=self.environment, text=True,
            capture_output=True, timeout=600, check=False,
        )  # fmt: skip
        if done.returncode not in expect:
            raise RuntimeError(
                f"ioc {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def stop(self) -> None:
        """End everything."""
        for one in [*self.ours.values(), *self.engines.all.values()]:
            if one.is_running():
                one.resume()
                one.stop()
        for proxy in self.proxies.values():
            proxy.close()

    def _program(self, name: str, plain: Launch, more: dict[str, str] | None = None) -> Running:
        part = program(name, [], self.settings.run_dir, needs=(), stop_turn=0)
        own = {key: one for key, one in self.environment.items() if key.startswith("IOC_")}

        def launch() -> Launch:
            part.launch()  # takes the old heartbeat away
            return Launch(plain.command, {**plain.environment, **own, **(more or {})})

        with_settings: Part = dataclasses.replace(part, launch=launch)
        return Running(with_settings, self.folder / "log" / f"{name}.log")

"""Broker, log, database, gateway and worker as `ioc up` has them, without the wall."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.engines import apache_kafka, mosquitto
from benchmarks.flood.worker import ROW
from benchmarks.line import REPOSITORY
from benchmarks.running import Running, free_port
from ioc import health
from ioc.parts import kafka, mqtt, postgres
from ioc.parts.part import Launch
from ioc.parts.programs import ours, program
from ioc.settings import Settings, load

PARTITIONS = 4

ENGINES = ("embedded", "apache")
"""`embedded` is what `ioc up` starts; `apache` is mosquitto and Apache Kafka."""


class System:
    """A line on free ports."""

    def __init__(self, folder: Path, engine: str) -> None:
        """Prepare; `IOC_…` variables of this process count too.

        Args:
            folder: for everything that is written.
            engine: one of `ENGINES`.

        Raises:
            benchmarks.engines.missing.EngineMissingError: a broker is not on this machine.
        """
        folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
        self._folder = folder
        self.record = folder / "committed.bin"
        ports = {name: free_port() for name in ("mqtt", "kafka", "database")}
        self.mqtt_port = ports["mqtt"].number
        parts = {
            "database": postgres.part(ports["database"], folder),
        }
        if engine == "embedded":
            # What `ioc up` takes for its own log.
            own = {"IOC_WORKER_SESSION_TIMEOUT_S": "1.5"}
            parts["mqtt"] = mqtt.part(ports["mqtt"], folder)
            parts["kafka"] = kafka.part(ports["kafka"], PARTITIONS)
        else:
            own = {"IOC_WORKER_INSTANCE": "worker-0"}
            parts["mqtt"] = mosquitto.part(ports["mqtt"], folder / "mosquitto")
            parts["kafka"] = apache_kafka.part(
                ports["kafka"], free_port(), folder / "kafka", PARTITIONS
            )
        self._running = {
            name: Running(part, folder / f"{name}.log") for name, part in parts.items()
        }
        self._database = ports["database"]
        self._environment = {
            **os.environ,
            "IOC_DATA_DIR": str(folder / "var"),
            "IOC_MQTT_HOST": "127.0.0.1",
            "IOC_MQTT_PORT": str(self.mqtt_port),
            "IOC_KAFKA_SERVERS": f"127.0.0.1:{ports['kafka'].number}",
            **own,
        }

    @property
    def settings(self) -> Settings:
        """The settings the programs run with."""
        return load(self._environment)

    def start(self) -> None:
        """Start all."""
        for one in self._running.values():
            one.start()
        self._environment["IOC_DATABASE_URL"] = postgres.url(self._database, self._folder)
        subprocess.run(  # noqa: S603 # our own command line
            ours(["prepare"]).command, cwd=REPOSITORY, env=self._environment, check=True,
            capture_output=True,
        )  # fmt: skip
        recording = [sys.executable, "-m", "benchmarks.flood.worker", str(self.record)]
        for name, launch in {
            "gateway": ours(["gateway"]),
            "worker": dataclasses.replace(ours([]), command=recording),
        }.items():
            self._running[name] = self._program(name, launch)
            self._running[name].start()

    def publishers(
        self, gateways: dict[str, Any], rate: float, client: str, below: str = "up"
    ) -> Publishers:
        """Start a process of field gateways; see `benchmarks.flood.publishers`."""
        asked = {
            "port": self.mqtt_port, "gateways": gateways, "rate": rate, "client": client,
            "below": below,
        }  # fmt: skip
        return Publishers(asked)

    def facts(self) -> dict[str, Any]:
        """Return the collecting gateway's last heartbeat."""
        beat = health.read(self.settings.run_dir, "gateway")
        return {} if beat is None else beat.facts

    def cpu_s(self) -> dict[str, float]:
        """Return the processor time each part has used, with its children, seconds."""
        found = {}
        for name, one in self._running.items():
            head = psutil.Process(one.pid)
            times = [each.cpu_times() for each in [head, *head.children(recursive=True)]]
            found[name] = sum(each.user + each.system for each in times)
        return found

    def committed(self) -> NDArray[np.void]:
        """Return all rows committed so far, as `ROW`."""
        return np.fromfile(self.record, ROW)

    def stop(self) -> None:
        """End all."""
        for one in reversed(self._running.values()):
            if one.is_running():
                one.stop()

    def _program(self, name: str, plain: Launch) -> Running:
        part = program(name, [], self.settings.run_dir, needs=(), stop_turn=0)
        own = {key: one for key, one in self._environment.items() if key.startswith("IOC_")}

        def launch() -> Launch:
            part.launch()  # takes the old heartbeat away
            return Launch(plain.command, {**plain.environment, **own})

        return Running(dataclasses.replace(part, launch=launch), self._folder / f"{name}.log")


class Publishers:
    """A process of field gateways."""

    def __init__(self, asked: dict[str, Any]) -> None:
        """Start it; it publishes nothing yet."""
        self._process = subprocess.Popen(  # noqa: S603 # our own command line
            [sys.executable, "-m", "benchmarks.flood.publishers", json.dumps(asked)],
            cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def go(self) -> None:
        """Begin to publish."""
        self._say("go")

    def stop(self) -> dict[str, int]:
        """Stop publishing; returns how many messages each gateway has published so far."""
        self._say("stop")
        assert self._process.stdout is not None
        answer: dict[str, int] = json.loads(self._process.stdout.readline())
        return answer

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

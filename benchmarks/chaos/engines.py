"""The engines of a chaos run: the embedded ones, or mosquitto and Apache Kafka."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks.engines import apache_kafka, mosquitto
from benchmarks.running import Running, free_port
from ioc.parts import Part, Port, kafka, mqtt, postgres

PARTITIONS: Final = 4

NAMES: Final = ("embedded", "apache")
"""`embedded` is what `ioc up` starts; `apache` is mosquitto and Apache Kafka."""


def check(name: str) -> None:
    """Find out whether engines can run here.

    Args:
        name: one of `NAMES`.

    Raises:
        benchmarks.engines.missing.EngineMissingError: one is not on this machine.
    """
    if name != "embedded":
        mosquitto.part(free_port(), Path())
        apache_kafka.part(free_port(), free_port(), Path(), PARTITIONS)


class Engines:
    """Brokers and database on free ports, with the ports of the proxies before them."""

    def __init__(self, folder: Path, name: str) -> None:
        """Prepare engines; `Running.start` starts each.

        Args:
            folder: where their data and logs go.
            name: one of `NAMES`.

        Raises:
            benchmarks.engines.missing.EngineMissingError: one is not on this machine.
        """
        self._folder = folder
        self.mqtt_port, self.kafka_port, self.database_port = (free_port() for _ in range(3))
        self.kafka_proxy, self.database_proxy = free_port(), free_port()
        database = postgres.part(self.database_port, folder)
        self.settings: dict[str, str] = {}
        """Further `IOC_…` variables that go with these engines."""
        parts: dict[str, tuple[Part, Path | None]] = {"database": (database, None)}
        if name == "embedded":
            # What `ioc up` takes for its own log, which it does not know as one behind a proxy.
            self.settings["IOC_WORKER_SESSION_TIMEOUT_S"] = "1.5"
            log = kafka.part(self.kafka_port, PARTITIONS, advertised=self.kafka_proxy)
            parts |= {"mqtt": (mqtt.part(self.mqtt_port, folder), None), "kafka": (log, None)}
        else:
            self.settings["IOC_WORKER_INSTANCE"] = "worker-0"
            broker_dir, log_dir = folder / "mosquitto", folder / "kafka"
            log = apache_kafka.part(
                self.kafka_port, free_port(), log_dir, PARTITIONS, advertised=self.kafka_proxy
            )
            parts |= {
                "mqtt": (mosquitto.part(self.mqtt_port, broker_dir), broker_dir),
                "kafka": (log, log_dir),
            }
        self.all = {
            key: Running(part, folder / "log" / f"{key}.log", data_dir)
            for key, (part, data_dir) in parts.items()
        }

    def database_url(self, port: Port) -> str:
        """Return the URL of the database behind a port."""
        return postgres.url(port, self._folder)

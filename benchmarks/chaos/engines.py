"""The engines of a chaos run: the embedded ones, or Apache Kafka and Mosquitto."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.running import Running, free_port
from ioc.parts import Port, kafka, mqtt, postgres

PARTITIONS = 4


class Engines:
    """Brokers and database on free ports, with the ports of the proxies before them."""

    def __init__(self, folder: Path) -> None:
        """Prepare the embedded engines.

        Args:
            folder: where their data and logs go.
        """
        self._folder = folder
        self.mqtt_port, self.kafka_port, self.database_port = (free_port() for _ in range(3))
        self.kafka_proxy, self.database_proxy = free_port(), free_port()
        logs = folder / "log"
        self.all = {
            "mqtt": Running(mqtt.part(self.mqtt_port, folder), logs / "mqtt.log"),
            "kafka": Running(
                kafka.part(self.kafka_port, PARTITIONS, advertised=self.kafka_proxy),
                logs / "kafka.log",
            ),
            "database": Running(postgres.part(self.database_port, folder), logs / "database.log"),
        }

    def wipe_kafka(self) -> None:
        """Empty the killed log before its next start; the embedded one forgets by itself."""

    def database_url(self, port: Port) -> str:
        """Return the URL of the database behind a port."""
        return postgres.url(port, self._folder)


ENGINES: dict[str, Callable[[Path], Engines]] = {"embedded": Engines}

"""The real gateway over the small city, as a process of its own for tests to kill.

Arguments: MQTT host and port, Kafka servers, heartbeat file.
"""

import sys
from pathlib import Path

from ingest import gateway
from ingest.settings import GatewaySettings
from ioc import health
from tests.small_city import city

if __name__ == "__main__":
    host, port, servers, facts = sys.argv[1:]
    gateway.run(
        city(),
        GatewaySettings(mqtt_host=host, mqtt_port=int(port), kafka=servers),
        health.writer(Path(facts).parent, Path(facts).stem),
    )

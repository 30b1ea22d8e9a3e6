"""The real gateway over the small city, as a process of its own for tests to kill.

Arguments: MQTT host and port, Kafka servers, heartbeat file, database URL, and further settings of
the gateway as JSON.
"""

import json
import sys
from pathlib import Path

from ingest import gateway
from ingest.settings import GatewaySettings
from ioc import health
from ioc.progress import DatabaseProgress
from tests.small_city import city


def main() -> None:
    host, port, servers, facts, url, more = sys.argv[1:]
    folder = Path(facts).parent
    gateway.run(
        city(),
        GatewaySettings(
            mqtt_host=host, mqtt_port=int(port), kafka=servers, spool_dir=folder, **json.loads(more)
        ),
        health.writer(folder, Path(facts).stem),
        DatabaseProgress(url),
    )


if __name__ == "__main__":
    main()

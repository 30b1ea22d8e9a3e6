"""The embedded MQTT broker: rumqttd out of the iotcore wheel.

It keeps messages and sessions in memory. It sends at most 100 unacknowledged messages to one
subscriber whatever the subscriber's Receive Maximum says (measured on iotcore 0.4.0: 3000 packs
published, 100 delivered until the first PUBACK), so a subscriber must acknowledge before it has
collected 100, or by time.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ioc.parts.part import Launch, Part, Port, accepts_connections

_CONFIGURATION = """\
# Written at every start; change ioc.toml instead.
id = 0

[router]
id = 0
max_connections = 10010
# Read by one subscriber in one turn; its own limit of messages in flight is 100.
max_outgoing_packet_count = 1000
# Held for a subscriber that is away, in memory: 16 x 16 MiB of packs, then the oldest go.
max_segment_size = 16777216
max_segment_count = 16

# Only a v5 listener speaks MQTT 5; without one iotcore listens for 3.1.1.
[v5.1]
name = "v5"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 10000
max_payload_size = 1048576
max_inflight_count = 1000
dynamic_filters = true
"""


def part(port: Port, run_dir: Path, *, name: str = "mqtt") -> Part:
    """Return the broker as a part.

    Args:
        port: where it listens.
        run_dir: where its configuration is written.
        name: of the part.
    """
    configuration = run_dir / f"{name}.toml"

    def launch() -> Launch:
        run_dir.mkdir(parents=True, exist_ok=True)
        configuration.write_text(_CONFIGURATION.format(host=port.host, port=port.number))
        # rumqttd logs every packet at ERROR (tracing spans), hence CRITICAL.
        return Launch(
            [sys.executable, "-m", "iotcore", "--log-level=CRITICAL", f"--config={configuration}"]
        )

    return Part(
        name=name,
        launch=launch,
        is_ready=lambda _pid: accepts_connections(port.host, port.number),
        port=port,
        stop_turn=9,
    )

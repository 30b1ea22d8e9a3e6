"""The embedded MQTT broker: rumqttd out of the iotcore wheel.

It keeps messages and sessions in memory. It sends at most 100 unacknowledged messages to one
subscriber whatever the subscriber's Receive Maximum says (measured on iotcore 0.4.0: 3000 packs
published, 100 delivered until the first PUBACK), so a subscriber must acknowledge before it has
collected 100, or by time.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from ioc.parts.part import Launch, Part, Port

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

_CONNECT = bytes.fromhex("1017 0004 4d515454 05 02 000a 00 000a") + b"ioc-probe0"
"""MQTT 5 CONNECT: clean start, keep-alive 10 s, no properties, a client id of ten bytes."""
_CONNACK = 0x20
_DISCONNECT = bytes.fromhex("e000")


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

    async def is_ready(_pid: int) -> bool:
        return await answers(port)

    return Part(
        name=name,
        launch=launch,
        is_ready=is_ready,
        is_alive=is_ready,
        port=port,
        stop_turn=9,
    )


async def answers(port: Port, within_s: float = 2.0) -> bool:
    """Return whether a broker there answers CONNECT; the kernel accepts for a stopped one too."""
    try:
        async with asyncio.timeout(within_s):
            reader, writer = await asyncio.open_connection(port.host, port.number)
            try:
                writer.write(_CONNECT)
                first = await reader.read(1)
                writer.write(_DISCONNECT)
            finally:
                writer.close()
    except OSError:  # TimeoutError is one
        return False
    return first == bytes([_CONNACK])

"""Settings of the collecting gateway."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ingest.codecs import FRAMERS


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What `ioc gateway` needs to know."""

    mqtt_host: str
    mqtt_port: int
    spool_dir: Path
    """Folder of the spool."""
    kafka: str = "127.0.0.1:9092"
    """Bootstrap servers, comma-separated host:port."""
    name: str = "gw-0"
    """MQTT client id and first half of the collector id: stable over restarts and unique."""
    partitions: int = 4
    """Partitions of the topic `observations`."""
    window_ms: int = 10
    """How long messages are gathered into one round of records, ms, 1 to 1000."""
    receive_maximum: int = 1000
    """Messages the broker may have under way unacknowledged, 1 to 65535: the back-pressure."""
    future_tolerance_s: float = 60.0
    """How far ahead of our clock a device's clock may be, seconds, ≥ 0."""
    session_expiry_s: int = 86_400
    """How long the broker keeps our session while we are away, seconds."""
    spool_mib: int = 1024
    """Bytes the spool may hold, MiB, 1 to 1048576; a full one stops acknowledging."""
    spool_reserve_mib: int = 64
    """Room on the spool's disk below which nothing more goes into it, MiB, 0 to 1048576."""
    fair_rate: float = 20.0
    """Messages of up to 4 KiB a gateway may send in a second while others wait; larger ones count
    in proportion; 0.1 to 1000000. A gateway of the simulated city sends 4 at most."""
    fair_burst: float = 200.0
    """Messages it may send at once after a quiet time, 1 to 1000000."""

    tcp: tuple[str, ...] = ()
    """Listeners for field devices that speak over plain TCP, each `codec:port`, e.g. hj212:8212."""
    tcp_host: str = "127.0.0.1"
    """Address they listen on; 0.0.0.0 lets devices of other machines in."""
    tcp_connections: int = 200
    """Connections at once, of all listeners, 1 to 10000; more are turned away."""
    tcp_idle_s: float = 900.0
    """Without a byte for so long a connection is ended, seconds, 1 to 86400. Devices send at least
    a heartbeat every few minutes."""
    tcp_frames_per_s: float = 100.0
    """Frames a connection may send in the long run, 0.1 to 100000; a faster one is slowed down."""

    @property
    def tcp_ports(self) -> list[tuple[str, int]]:
        """Codec and port of each TCP listener."""
        return [(codec, int(port)) for codec, _, port in (one.partition(":") for one in self.tcp)]

    def __post_init__(self) -> None:
        """Check bounds.

        Raises:
            ValueError: a field is out of its bounds; the text names it.
        """
        bounds = {
            "mqtt_port": (1, 65535), "partitions": (1, 10_000), "window_ms": (1, 1000),
            "receive_maximum": (1, 65535), "session_expiry_s": (0, 2**32 - 1),
            "spool_mib": (1, 1 << 20), "spool_reserve_mib": (0, 1 << 20),
            "fair_rate": (0.1, 1e6), "fair_burst": (1, 1e6),
            "tcp_connections": (1, 10_000), "tcp_idle_s": (1, 86_400),
            "tcp_frames_per_s": (0.1, 100_000),
        }  # fmt: skip
        for field, (low, high) in bounds.items():
            value = getattr(self, field)
            if not low <= value <= high:
                raise ValueError(f"gateway.{field} is {value}; it must be {low} to {high}")
        for one in self.tcp:
            codec, _, port = one.partition(":")
            if codec not in FRAMERS or not port.isdecimal() or not 1 <= int(port) <= 65535:
                known = " or ".join(f"{name}:PORT" for name in FRAMERS) or "nothing in this version"
                raise ValueError(f"gateway.tcp holds {one!r}; it must be {known}")
        if not self.future_tolerance_s >= 0:
            raise ValueError(
                f"gateway.future_tolerance_s is {self.future_tolerance_s}; it must be ≥ 0 s"
            )
        if not self.name or set(self.name) & set("/+#: "):
            raise ValueError(
                f"gateway.name is {self.name!r}; it must be a word without / + # : or blanks"
            )

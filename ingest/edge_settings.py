"""Settings of the field gateway."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ingest.settings import GatewaySettings


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """What `ioc edge` needs to know."""

    spool_dir: Path
    """Folder of the spool."""
    name: str = "edge-0"
    """Which field gateway this is: MQTT client id, topic of acknowledgements, and the gateway that
    TCP devices count to. Stable over restarts and unique."""
    listen: str = ""
    """Local MQTT broker that devices publish to, host:port; empty for none."""
    to: str = "127.0.0.1:1883"
    """The centre's MQTT broker, host:port."""
    tcp: tuple[str, ...] = ()
    """Listeners for devices that speak over plain TCP, each `codec:port`, e.g. hj212:8212."""
    tcp_host: str = "127.0.0.1"
    """Address they listen on; 0.0.0.0 lets devices of other machines in."""
    in_flight: int = 20
    """Messages sent ahead of their acknowledgements, 1 to 1000. 20 is what Mosquitto takes."""
    spool_mib: int = 1024
    """Bytes the spool may hold, MiB, 1 to 1048576; a full one stops acknowledging to devices."""
    spool_reserve_mib: int = 64
    """Room on the spool's disk below which nothing more goes into it, MiB, 0 to 1048576."""

    def __post_init__(self) -> None:
        """Check bounds.

        Raises:
            ValueError: a field is out of its bounds; the text names it.
        """
        for field in ("listen", "to"):
            value = getattr(self, field)
            port = value.rpartition(":")[2]
            if value and not (re.fullmatch(r"\S+:\d{1,5}", value) and 1 <= int(port) <= 65535):
                raise ValueError(f"edge.{field} is {value!r}; it must be host:port")
        if not self.to:
            raise ValueError("edge.to is empty; it must be host:port of the centre's MQTT broker")
        if self.listen == self.to:
            raise ValueError(
                f"edge.to is {self.to!r}, as is edge.listen; it must be another broker, or what "
                "is carried there is heard again"
            )
        if not 1 <= self.in_flight <= 1000:
            raise ValueError(f"edge.in_flight is {self.in_flight}; it must be 1 to 1000")
        try:
            self.local  # noqa: B018 # checks what it has in common with the collecting gateway
        except ValueError as error:
            raise ValueError(str(error).replace("gateway.", "edge.", 1)) from None

    @property
    def local(self) -> GatewaySettings:
        """The side towards the devices, where it is a collecting gateway like the centre's."""
        host, port = address(self.listen or "127.0.0.1:1883")
        return GatewaySettings(
            mqtt_host=host, mqtt_port=port, spool_dir=self.spool_dir, name=self.name,
            spool_mib=self.spool_mib, spool_reserve_mib=self.spool_reserve_mib, tcp=self.tcp,
            tcp_host=self.tcp_host,
        )  # fmt: skip


def address(text: str) -> tuple[str, int]:
    """Return host and port of `host:port`.

    >>> address("[::1]:1883")
    ('::1', 1883)
    """
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)

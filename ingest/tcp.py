"""TCP listeners: field devices that speak HJ 212 or SL 651 over a plain connection.

Each frame becomes a message on `up/{gateway}/{codec}` and goes the same way as one by MQTT. Whose
it is, the frame itself says; the registry knows which gateway that device belongs to.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Final

import structlog

from devices import Catalogue
from ingest.codecs import FRAMERS, Decoded
from ingest.inbox import Inbox
from ingest.settings import GatewaySettings
from ingest.tcp_connection import Connection

_log = structlog.get_logger()

_NOBODY: Final = "tcp-{codec}"
"""Gateway of frames that name no device of the registry: there they wait to be entered."""


class Listeners:
    """All TCP listeners of one collecting gateway."""

    def __init__(
        self,
        settings: GatewaySettings,
        catalogue: Catalogue | None,
        inbox: Inbox,
        nobody: str = _NOBODY,
    ) -> None:
        """Prepare; `start` opens them.

        Args:
            settings: where to listen, and the limits of a connection.
            catalogue: knows devices by their own names; None where there is none.
            inbox: where messages go.
            nobody: gateway of frames that name no device of it; {codec} is filled in.
        """
        self._settings = settings
        self._inbox = inbox
        self._nobody = nobody
        self._gateway_of: dict[str, str] = {}
        if catalogue is not None:
            self.replace(catalogue)
        self._servers: list[asyncio.Server] = []
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._ended: Counter[str] = Counter()

    @property
    def facts(self) -> dict[str, int]:
        """Connections now, and since the start: frames, bytes of garbage, and turned away."""
        total = Counter(self._ended)
        for one in self._connections.values():
            total.update(one.counts)
        return {
            "tcp_connections": len(self._connections),
            "tcp_frames": total["frames"],
            "tcp_garbage": total["garbage"],
            "tcp_turned_away": total["turned_away"],
        }

    def replace(self, catalogue: Catalogue) -> None:
        """Know devices by another catalogue from now on, also those that are connected."""
        self._gateway_of.clear()
        for one in catalogue.devices.values():
            self._gateway_of[one.field_id or one.id] = one.gateway

    async def start(self) -> None:
        """Open the listeners.

        Raises:
            OSError: a port is taken; the text names it.
        """
        for codec, port in self._settings.tcp_ports:
            server = await asyncio.start_server(
                partial(self._serve, codec), self._settings.tcp_host, port
            )
            self._servers.append(server)
            _log.info("listening", codec=codec, host=self._settings.tcp_host, port=port)

    def close(self) -> None:
        """Stop listening and end every connection; what was not answered the devices repeat."""
        for server in self._servers:
            server.close()
        for task in self._connections:
            task.cancel()

    def _serve(
        self, codec: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if len(self._connections) >= self._settings.tcp_connections:
            self._ended["turned_away"] += 1
            writer.transport.abort()
            return
        names = _Names(self._nobody.format(codec=codec), self._gateway_of)
        one = Connection(codec, FRAMERS[codec](), self._settings, names, self._inbox)
        task = asyncio.get_running_loop().create_task(one.serve(reader, writer))
        self._connections[task] = one
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._ended.update(self._connections.pop(task).counts)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("tcp connection failed", error=repr(error))


class _Names:
    """Whose frames come on one connection."""

    def __init__(self, nobody: str, gateway_of: Mapping[str, str]) -> None:
        self._gateway_of = gateway_of
        self._last = nobody

    def __call__(self, told: Decoded) -> str:
        """Return the gateway of a frame; of one that names nobody, that of the one before it."""
        device = _device(told)
        if device:
            self._last = self._gateway_of.get(device, self._last)
        return self._last


def _device(told: Decoded) -> str:
    """Return how the device that sent a frame names itself; empty where the frame does not say."""
    if told.measurements.n:
        return told.measurements.key[0].partition("/")[0]
    named = [one.device for one in told.events] + [one.device for one in told.findings]
    return next(filter(None, named), "")

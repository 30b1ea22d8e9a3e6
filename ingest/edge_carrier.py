"""From the field gateway's spool to the centre, and out of the spool once the centre has it.

A message leaves our disk when the centre's collecting gateway has named it on `ack/{name}`: from
then on it lies on the centre's disk. Everything else goes again, see `ingest.uplink`; a restart
begins with the oldest message.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

import structlog

from ingest.edge_settings import EdgeSettings, address
from ingest.forwarder import SpoolThread
from ingest.receipts import PREFIX
from ingest.spool import SpoolError
from ingest.spooled import Spooled
from ingest.uplink import Connection

_TEND_EVERY_S: Final = 0.1
"""How often time is looked at; whatever happens is looked at when it does."""

_REST_S: Final = 1.0
"""Before a spool that could not be read is read again."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message of the spool as the centre knows it."""

    id: int
    """In the spool."""
    topic: str
    payload: bytes
    gateway: str
    boot: str
    seq: int

    @property
    def identity(self) -> tuple[str, str, int]:
        """Gateway, boot and seq."""
        return self.gateway, self.boot, self.seq


def parcel(one: Spooled) -> Parcel:
    """Return a message under the name that it travels by.

    Boots of the spool's own numbering begin with @, which the centre keeps for its own.

    >>> parcel(Spooled(7, "up/g/senml", b"[]", "g", "@5a", 3, 0, "c")).identity
    ('g', '5a', 3)
    """
    return Parcel(one.id, one.topic, one.payload, one.gateway, one.boot.removeprefix("@"), one.seq)


class _Bell:
    """Wakes the event loop from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.rung = asyncio.Event()

    def set(self) -> None:
        if not self._loop.is_closed():  # a network thread may outlive it
            self._loop.call_soon_threadsafe(self.rung.set)


class Carrier:
    """Carries what is in the spool; `wake` tells it that there is more."""

    def __init__(self, thread: SpoolThread, settings: EdgeSettings) -> None:
        """Prepare. Must be made inside the event loop.

        Args:
            thread: of the spool.
            settings: where the centre is.
        """
        self._thread = thread
        self._bell = _Bell()
        self._ahead = 2 * settings.in_flight
        self._read_to = 0
        """Messages up to this id are with the connection."""
        self._safe: list[int] = []
        """Acknowledged by the centre, and still in the spool."""
        host, port = address(settings.to)
        self._connection: Connection[Parcel] = Connection(
            f"ioc-edge-{settings.name}", host, port, settings.in_flight,
            PREFIX + settings.name, self._bell, lambda one: self._safe.append(one.id),
            keeps_refused=True,
        )  # fmt: skip
        self.carried = 0
        """Messages that the centre has, since the start."""
        self.trouble = ""
        """Why the spool cannot be read or trimmed; empty while it can."""

    @property
    def connected(self) -> bool:
        """Whether messages can go out now."""
        return self._connection.connected

    @property
    def facts(self) -> dict[str, Any]:
        """How the way to the centre is."""
        return {
            "centre_connected": self.connected,
            "centre_trouble": self._connection.trouble,
            "carried": self.carried,
            "sent_again": self._connection.sent_again,
        }

    def wake(self) -> None:
        """Say that the spool has more."""
        self._bell.rung.set()

    async def carry(self) -> None:
        """Carry for ever; cancel to stop."""
        while True:
            self._bell.rung.clear()
            try:
                await self._read_on()
                self._connection.tend(time.monotonic())
                await self._let_go()
                self.trouble = ""
            except SpoolError as error:
                # Nothing that was read or acknowledged is forgotten here: the next turn goes on.
                if not self.trouble:
                    _log.error("the spool fails", why=str(error))
                self.trouble = str(error)
                self._connection.tend(time.monotonic())
                await asyncio.sleep(_REST_S)
            try:
                async with asyncio.timeout(_TEND_EVERY_S):
                    await self._bell.rung.wait()
            except TimeoutError:
                pass  # time to look at the time

    def close(self) -> None:
        """End the connection; what is unacknowledged goes again in the next run."""
        self._connection.close()

    async def _read_on(self) -> None:
        room = self._ahead - self._connection.waiting
        if room < self._ahead // 2:
            return
        for one in await self._thread.call(self._thread.spool.read, self._read_to, room):
            self._connection.hear(one.gateway)
            self._connection.submit(parcel(one))
            self._read_to = one.id

    async def _let_go(self) -> None:
        if self._safe:
            gone = self._safe.copy()
            await self._thread.call(self._thread.spool.trim, gone)
            del self._safe[: len(gone)]
            self.carried += len(gone)
            self._bell.rung.set()

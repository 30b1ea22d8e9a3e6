"""Ending a client of the log, so that whoever ends it lives on.

`stop()` of aiokafka 0.14 awaits tasks that it has cancelled itself and lets their CancelledError
out: the caller's task ends as if it had been cancelled, without a word, and a task group takes that
for well done. With a broker that accepts connections and closes them (a proxy before a dead one)
the wall's reader ended so each time. It may also wait for a dead broker for minutes.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)

WITHIN_S = 2.0
"""Seconds that a client may take to say goodbye."""


class Client(Protocol):
    """A consumer, producer or admin client of aiokafka."""

    async def stop(self) -> None:
        """End all its connections and tasks."""


async def close(client: Client, within_s: float = WITHIN_S) -> None:
    """End a client; what it says on its way out is told to the log and to nobody else.

    Raises:
        asyncio.CancelledError: the caller is cancelled; never one of the client's own.
    """
    stopping = asyncio.create_task(client.stop())
    done, _ = await asyncio.wait({stopping}, timeout=within_s)
    if not done:
        stopping.cancel()
        log.warning("log_client_did_not_close", within_s=within_s)
    elif not stopping.cancelled() and (error := stopping.exception()) is not None:
        log.warning("log_client_closed_badly", error=repr(error))

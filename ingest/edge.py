"""The field gateway: what devices say goes onto its disk, and from there to the centre.

Towards the devices it is a collecting gateway: what is on its disk is acknowledged, to MQTT and to
those that ask for more, and answered. Towards the centre it is a publisher that keeps everything
until the centre has it on its own disk. So whatever forgets or dies in between, nothing is lost;
and because a message keeps its number on all its way, nothing is stored twice.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import uvloop

from ingest.collecting import Collecting, Sender
from ingest.edge_carrier import Carrier
from ingest.edge_reception import EdgeReception
from ingest.edge_settings import EdgeSettings
from ingest.forwarder import SpoolThread
from ingest.inbox import Inbox
from ingest.message import Message
from ingest.receipts import Answer
from ingest.spool import Spool
from ingest.subscriber import Subscriber
from ingest.tcp import Listeners

Health = Callable[[Mapping[str, Any]], None]

_FAREWELL_S = 1.0
"""How long a stop waits for what is under way."""


def run(settings: EdgeSettings, health: Health) -> None:
    """Collect and carry until SIGTERM or SIGINT.

    Args:
        settings: see `EdgeSettings`.
        health: called about once a second with this process's facts.

    Raises:
        ingest.spool.SpoolError: the spool cannot be opened.
        OSError: a port of a TCP listener is taken.
    """
    spool = Spool(settings.spool_dir / f"edge-{settings.name}.db")
    uvloop.run(_run(settings, health, SpoolThread(spool)))


async def _run(settings: EdgeSettings, health: Health, thread: SpoolThread) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    inbox = Inbox()
    local = settings.local
    subscriber = Subscriber(local, inbox) if settings.listen else None
    listeners = Listeners(local, None, inbox, settings.name)
    carrier = Carrier(thread, settings)
    sender: Sender = subscriber or _Nobody()
    reception = EdgeReception(f"{settings.name}:{secrets.token_hex(4)}")
    collecting = Collecting(local, inbox, reception, thread, sender, carrier.wake)
    if subscriber is not None:
        subscriber.start()
    await listeners.start()

    async def report() -> None:
        while True:
            waiting, used = await thread.call(thread.spool.size)
            trouble = collecting.trouble or carrier.trouble
            hears = subscriber is None or subscriber.connected
            health(
                {
                    "ok": hears and carrier.connected and not trouble,
                    "mqtt_connected": hears,
                    "mqtt_refused": "" if subscriber is None else subscriber.refused,
                    **listeners.facts,
                    **carrier.facts,
                    "spool_trouble": trouble,
                    "spool_messages": waiting,
                    "spool_bytes": used,
                    "queued": len(inbox),
                    **collecting.counts,
                }
            )
            await asyncio.sleep(1)

    work = (collecting.collect(), collecting.ask(), carrier.carry(), report())
    tasks = {asyncio.create_task(one) for one in work}
    stop = asyncio.create_task(stopping.wait())
    await asyncio.wait({stop, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    # What is in the spool waits there for the next run, what is not the devices send again.
    listeners.close()
    if subscriber is not None:
        subscriber.stop()
    carrier.close()
    for task in (stop, *tasks):
        task.cancel()
    done, _ = await asyncio.wait(tasks, timeout=_FAREWELL_S)
    thread.close()
    for task in done:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


class _Nobody:
    """The line back to devices where all of them speak over TCP."""

    def acknowledge(self, _messages: Sequence[Message], /) -> None:
        """Do nothing: those messages bring their own way back."""

    def answer(self, _answers: Iterable[Answer], /) -> None:
        """Do nothing."""

"""The alarm over what is refused: a gateway that is not understood, a catalogue that is behind.

A condition of the account; it opens no alert, because rules see observations only, and what is
refused is none. `ioc status` asks for it, and the worker watches it: in its heartbeat, and with a
warning in its log.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from ioc.settings import QuarantineSettings
from storage import refusal_rate

_WATCH_EVERY_S = 30.0
"""Between two looks of the worker: an alarm over minutes need not come sooner."""

_FAREWELL_S = 0.5
"""How long a stop waits for a look under way; one takes 10 ms."""

_log = structlog.get_logger()


async def facts(
    connection: AsyncConnection[TupleRow], settings: QuarantineSettings
) -> dict[str, Any]:
    """Return the share of refused readings of the last minutes, and whether it is too large."""
    since_s = int(time.time()) - 60 * settings.alarm_minutes
    overall = await refusal_rate.overall(connection, since_s)
    gateways = await refusal_rate.by_gateway(
        connection, since_s, settings.alarm_percent, settings.alarm_least
    )
    beyond = overall.readings >= settings.alarm_least and overall.percent > settings.alarm_percent
    return {
        "alarm": beyond or bool(gateways),
        "minutes": settings.alarm_minutes,
        "limit_percent": settings.alarm_percent,
        "readings": overall.readings,
        "refused": overall.refused,
        "percent": round(overall.percent, 2),
        "gateways": [
            {
                "gateway": name,
                "readings": one.readings,
                "refused": one.refused,
                "percent": round(one.percent, 2),
            }
            for name, one in gateways.items()
        ],
    }


def render(rate: dict[str, Any]) -> str:
    """Return the facts in one line; an alarm begins with `!`."""
    text = (
        f"{rate['percent']:g} % refused of {rate['readings']} readings "
        f"of the last {rate['minutes']} min"
    )
    if not rate["alarm"]:
        return f"refusals     {text}"
    causes = ", ".join(
        f"{one['gateway']} {one['percent']:g} % of {one['readings']}" for one in rate["gateways"]
    )
    told = f"! refusals   {text}; more than {rate['limit_percent']:g} % is too much"
    return f"{told}: {causes}" if causes else told


class Watch(threading.Thread):
    """Looks at the condition again and again, in a thread apart from the worker's own loop."""

    def __init__(
        self, database_url: str, settings: QuarantineSettings, every_s: float = _WATCH_EVERY_S
    ) -> None:
        """Prepare; `start` begins.

        Args:
            database_url: as libpq reads it.
            settings: when too much is refused.
            every_s: between two looks, seconds.
        """
        super().__init__(name="refusal-alarm", daemon=True)
        self._url = database_url
        self._settings = settings
        self._every_s = every_s
        self._ended = threading.Event()
        self.latest: dict[str, Any] | None = None
        """What was seen last; None while the database cannot be asked."""

    def telling(self, beat: Callable[[Mapping[str, Any]], None]) -> Callable[..., None]:
        """Return a heartbeat that also says what was seen last."""
        return lambda facts: beat({**facts, "quarantine_rate": self.latest})

    def end(self) -> None:
        """Look no more, and wait shortly until that is so."""
        self._ended.set()
        self.join(_FAREWELL_S)  # a look at a database that does not answer has no end

    def run(self) -> None:
        """Look until `end`, and log when an alarm begins and when it ends."""
        was = False
        while not self._ended.is_set():
            try:
                self.latest = asyncio.run(self._look())
            except psycopg.Error:
                self.latest = None  # the worker itself says that the database is away
            else:
                if self.latest["alarm"] != was:
                    was = not was
                    tell = _log.warning if was else _log.info
                    tell("too much is refused" if was else "refusals are few again", **self.latest)
            self._ended.wait(self._every_s)

    async def _look(self) -> dict[str, Any]:
        async with await AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=5, application_name="ioc refusal alarm"
        ) as connection:
            return await facts(connection, self._settings)

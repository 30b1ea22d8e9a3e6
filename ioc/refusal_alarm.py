"""The alarm over what is refused: a gateway that is not understood, a catalogue that is behind.

A condition of the account, computed when somebody asks; it opens no alert, because rules see
observations only, and what is refused is none.
"""

from __future__ import annotations

import time
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from ioc.settings import QuarantineSettings
from storage import refusal_rate


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

"""Which gateways send more than their share, as `ioc status` names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def render(gateway: Mapping[str, Any]) -> list[str]:
    """Return a line for each gateway that floods or fills the spool; none in ordinary life.

    Args:
        gateway: facts of the collecting gateway's heartbeat.

    >>> render({"deferred": {"gw-x": 12345}, "deferred_per_s": {"gw-x": 480}})
    ['! flood  gw-x: 12 345 messages wait, 480/s']
    >>> render({"spool_hog": {"gw-x": 71}})
    ['! flood  gw-x: fills 71 % of a spool that is more than half full']
    """
    rates = gateway.get("deferred_per_s", {})
    lines = [
        f"! flood  {name}: {_grouped(messages)} messages wait, {_grouped(rates.get(name, 0))}/s"
        for name, messages in gateway.get("deferred", {}).items()
    ]
    return lines + [
        f"! flood  {name}: fills {percent} % of a spool that is more than half full"
        for name, percent in gateway.get("spool_hog", {}).items()
    ]


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", " ")

"""How well devices keep to their protocols: findings over some days, by device and kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from psycopg import AsyncConnection
from psycopg.rows import TupleRow


@dataclass(slots=True)
class Deviation:
    """One kind of finding of one device."""

    count: int
    example: str
    """The newest one in words."""


@dataclass(slots=True)
class Conformance:
    """What was found of one device."""

    gateway: str
    device: str
    """Id, or as it names itself where the registry knows none; empty where nobody knows."""
    messages: int = 0
    """Messages of it; 0 where they are not counted."""
    deviant: int = 0
    """Messages with at least one finding."""
    found: dict[str, Deviation] = field(default_factory=dict)
    """By code, most frequent first."""

    @property
    def score(self) -> float | None:
        """Messages without a finding, per cent; None where they are not counted.

        >>> Conformance("g", "d", messages=200, deviant=8).score
        96.0
        """
        return 100 * (1 - min(self.deviant / self.messages, 1)) if self.messages else None


async def read(
    connection: AsyncConnection[TupleRow],
    first: date,
    last: date,
    *,
    messages: str,
    deviant: str,
    gateway: str | None = None,
) -> list[Conformance]:
    """Return what was found, devices with the most deviant messages first.

    Args:
        connection: where to ask.
        first: first day of receipt (Beijing time), inclusive.
        last: last day, inclusive.
        messages: code under which messages are counted.
        deviant: code under which those with findings are.
        gateway: only of this field gateway; None for all.
    """
    cursor = await connection.execute(
        "SELECT gateway, device, code, sum(count)::bigint, "
        "(array_agg(example ORDER BY last DESC))[1] FROM finding "
        "WHERE day BETWEEN %s AND %s AND (%s::text IS NULL OR gateway = %s) "
        "GROUP BY gateway, device, code ORDER BY 4 DESC, code",
        (first, last, gateway, gateway),
    )
    found: dict[tuple[str, str], Conformance] = {}
    async for name, device, code, count, example in cursor:
        one = found.setdefault((name, device), Conformance(name, device))
        if code == messages:
            one.messages = count
        elif code == deviant:
            one.deviant = count
        else:
            one.found[code] = Deviation(count, example)
    return sorted(found.values(), key=lambda one: (-one.deviant, one.gateway, one.device))

"""How much of what came in lately was refused: of all, and of each field gateway.

The account of intake knows no gateways, and a column for them would multiply its rows. So the
share of a gateway is asked for only where it refused enough to matter: what was refused of it is
in quarantine, what was stored of it among the readings.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from storage.instants import instant

_SUSPECTS = 20
"""Gateways looked at, those with the most refused readings first."""


@dataclass(frozen=True, slots=True)
class Share:
    """Refused readings among those that came in."""

    readings: int
    """Stored and refused together; where most of them were stored, at least so many."""
    refused: int

    @property
    def percent(self) -> float:
        """Refused readings of 100.

        >>> Share(200, 10).percent, Share(0, 0).percent
        (5.0, 0.0)
        """
        return 100 * self.refused / self.readings if self.readings else 0.0


async def overall(connection: AsyncConnection[TupleRow], since_s: int) -> Share:
    """Return the share of all readings received since, by the account of intake.

    Args:
        connection: where to ask.
        since_s: first second of receipt; windows that began before are left out.
    """
    cursor = await connection.execute(
        "SELECT coalesce(sum(stored + quarantined), 0)::bigint, "
        "coalesce(sum(quarantined), 0)::bigint FROM intake WHERE received_s >= %s",
        (since_s,),
    )
    row = await cursor.fetchone()
    return Share(row[0], row[1]) if row else Share(0, 0)


async def by_gateway(
    connection: AsyncConnection[TupleRow], since_s: int, percent: float, least: int
) -> dict[str, Share]:
    """Return the gateways of which more than some share was refused since, worst first.

    Args:
        connection: where to ask.
        since_s: first second of receipt of what was refused, and of the phenomenon time of what
            was stored, which has no other: readings that a gateway sends late count as refused or
            not at all.
        percent: share that a gateway must exceed.
        least: readings that a gateway must have, stored and refused together.
    """
    since = instant(since_s * 1_000_000)
    cursor = await connection.execute(
        "SELECT gateway, sum(readings + released)::bigint AS refused FROM quarantine "
        "WHERE received >= %s AND gateway <> '' GROUP BY gateway ORDER BY 2 DESC, 1 LIMIT %s",
        (since, _SUSPECTS),
    )
    found = {}
    for gateway, refused in await cursor.fetchall():
        # So many stored ones put it within its share, and more need not be counted.
        enough = max(least, int(refused * 100 / percent) + 1 if percent else least)
        counted = await connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM reading WHERE datastream IN "
            "(SELECT slot FROM datastream WHERE gateway = %s) AND phenomenon_time >= %s "
            "LIMIT %s) AS stored",
            (gateway, since, enough),
        )
        row = await counted.fetchone()
        share = Share((row[0] if row else 0) + refused, refused)
        if share.readings >= least and share.percent > percent:
            found[gateway] = share
    return dict(sorted(found.items(), key=lambda one: (-one[1].percent, one[0])))

"""How long who tries to sign in must wait: longer with each failure, by name and by address.

A try counts as a failure until it has succeeded, so that a hundred at once are a hundred. Names
that nobody has are counted like others: how long one waits tells nothing. They are kept as
SHA-256, for people type passwords into the wrong field.

All take a psycopg AsyncConnection in autocommit. Times are of the database's clock: a wall that is
started anew, or a second one, knows what the first one counted.

Source:
    GB/T 22239-2019, 8.1.4.1 b): handling of failed sign-ins.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

_Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True, slots=True)
class Pace:
    """How the wait grows: 1 s after the last free failure, then doubled by each."""

    free: int
    """Failures without a wait."""
    most_s: float
    """The longest wait, seconds."""

    def wait_s(self, failures: int) -> float:
        """Return the wait after so many failures, seconds.

        >>> [Pace(3, 10).wait_s(one) for one in (2, 3, 4, 5, 6, 7, 5000)]
        [0.0, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
        """
        if failures < self.free:
            return 0.0
        return float(min(self.most_s, 2 ** min(failures - self.free, 30)))


NAME: Final = Pace(free=5, most_s=300)
"""Who is at their own keyboard waits little; 12 tries an hour guess no password of 12 characters.
Not longer: somebody else's failures keep an account's owner waiting too."""

ADDRESS: Final = Pace(free=20, most_s=900)
"""A whole office may come from one address."""

FORGOTTEN_AFTER: Final = timedelta(hours=1)
"""Without a failure the count begins anew."""


@dataclass(frozen=True, slots=True)
class _Count:
    failures: int
    waits_s: float


async def begin(connection: _Connection, name: str | None, address: str) -> float:
    """Begin a try: count it, and return 0; or return how long to wait, seconds, and count nothing.

    Args:
        connection: where to.
        name: folded, of the account that is tried; None where a one-time token is.
        address: from where.
    """
    paces = _paces(name, address)
    async with connection.transaction():
        await connection.execute(
            "DELETE FROM sign_in_delay WHERE greatest(last, until) < clock_timestamp() - %s",
            (FORGOTTEN_AFTER,),
        )
        counts = await _counts(connection, sorted(paces))
        waits_s = max(one.waits_s for one in counts.values())
        if waits_s > 0:
            return waits_s
        for key, count in counts.items():
            await connection.execute(
                "UPDATE sign_in_delay SET failures = failures + 1, last = clock_timestamp(), "
                "until = clock_timestamp() + %s * interval '1 s' WHERE key = %s",
                (paces[key].wait_s(count.failures + 1), key),
            )
    return 0.0


async def succeeded(connection: _Connection, name: str | None, address: str) -> None:
    """Take back that a try was counted; the name's failures are forgotten."""
    await connection.execute(
        "DELETE FROM sign_in_delay WHERE key = ANY(%s)", ([_name_key(name)] if name else [],)
    )
    # Of the address only this one try: its other failures stay, whoever has an account there.
    await connection.execute(
        "UPDATE sign_in_delay SET failures = greatest(0, failures - 1), until = clock_timestamp() "
        "WHERE key = %s",
        (_address_key(address),),
    )


async def forget(connection: _Connection, name: str) -> None:
    """Forget the failures of a name."""
    await connection.execute("DELETE FROM sign_in_delay WHERE key = %s", (_name_key(name),))


async def _counts(connection: _Connection, keys: list[str]) -> dict[str, _Count]:
    """Return what was counted under some keys, and hold it until the transaction's end."""
    # There must be rows to hold: else all who come first at once would find nothing counted.
    await connection.execute(
        "INSERT INTO sign_in_delay (key, failures, last, until) "
        "SELECT key, 0, clock_timestamp(), clock_timestamp() FROM unnest(%s::text[]) AS key "
        "ON CONFLICT DO NOTHING",
        (keys,),
    )
    cursor = await connection.execute(
        "SELECT key, failures, extract(epoch FROM until - clock_timestamp())::float8 "
        "FROM sign_in_delay WHERE key = ANY(%s) ORDER BY key FOR UPDATE",
        (keys,),
    )
    return {key: _Count(failures, waits_s) for key, failures, waits_s in await cursor.fetchall()}


def _paces(name: str | None, address: str) -> Mapping[str, Pace]:
    paces = {_address_key(address): ADDRESS}
    return paces if name is None else paces | {_name_key(name): NAME}


def _name_key(name: str) -> str:
    return f"name {hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _address_key(address: str) -> str:
    """Return what counts as one address: of IPv6 a whole /64, which one machine may have.

    >>> _address_key("2001:db8::1") == _address_key("2001:db8::2:3")
    True
    >>> _address_key("10.1.2.3")
    'address 10.1.2.3/32'
    """
    try:
        whole = ipaddress.ip_address(address)
    except ValueError:
        return f"address {address}"
    bits = 64 if whole.version == 6 else 32
    return f"address {ipaddress.ip_network((whole, bits), strict=False)}"

"""Write the catalogue into the database, so that stored slots can be joined to names."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from devices import DOMAINS, PROPERTIES, Catalogue
from storage import partitions


class RegistrationError(ValueError):
    """A slot that has readings would come to mean another datastream."""


def register(database_url: str, catalogue: Catalogue) -> int:
    """Write a catalogue into a database that has no registry of its own; return as `write`.

    Also makes the day partitions. Blocking.

    Raises:
        RegistrationError: as `write`.
    """
    with psycopg.connect(database_url, autocommit=True) as connection:
        partitions.ensure(connection, datetime.now(UTC).date())

    async def run() -> int:
        async with await AsyncConnection.connect(database_url) as connection:
            return await write(connection, catalogue)

    return asyncio.run(run())


async def write(connection: AsyncConnection[TupleRow], catalogue: Catalogue) -> int:
    """Insert and update the datastreams in the caller's transaction; return how many are new.

    Raises:
        RegistrationError: a slot or an id is known to the database under another id or slot.
    """
    rows = []
    for one in catalogue.datastreams:
        place = catalogue.place_of(one.slot)
        rows.append(
            (
                one.slot, one.id, one.device, catalogue.gateway_of[one.slot], place.id, place.town,
                DOMAINS[catalogue.domain[one.slot]], one.observed_property,
                PROPERTIES[one.observed_property].unit, one.period_s, place.lon, place.lat,
                Jsonb(one.limits),
            )
        )  # fmt: skip
    known = await (await connection.execute("SELECT slot, id FROM datastream")).fetchall()
    for slot, name in known:
        now = catalogue.slot_of.get(name)
        taken = slot < len(catalogue.datastreams) and catalogue.datastreams[slot].id
        if (now is not None and now != slot) or (taken and taken != name):
            raise RegistrationError(
                f"datastreams.csv: slot {slot} holds the readings of {name} and cannot "
                f"become {taken or 'another slot'}; give new datastreams new slots"
            )
    await connection.cursor().executemany(
        "INSERT INTO datastream VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s) "
        "ON CONFLICT (slot) DO UPDATE SET device = excluded.device, "
        "gateway = excluded.gateway, place = excluded.place, town = excluded.town, "
        "domain = excluded.domain, unit = excluded.unit, period_s = excluded.period_s, "
        "lon = excluded.lon, lat = excluded.lat, limits = excluded.limits",
        rows,
    )
    return len(rows) - len(known)

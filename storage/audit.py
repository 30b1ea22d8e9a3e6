"""What the database holds, for `ioc ledger`: read only, and in one snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from psycopg.rows import TupleRow

from storage.binary_copy import POSTGRES_EPOCH_US
from storage.instants import instant, to_us
from storage.ledger import PackKey, Progress

Connection = psycopg.Connection[TupleRow]

_ROW = np.dtype([("slot", ">i4"), ("time_us", ">i8"), ("value", ">f8")])

Span = tuple[int, int]
"""From and to, µs since 1970, both inclusive."""


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Stored readings as columns, all of shape (n,), in no order."""

    slot: NDArray[np.int32]
    time_us: NDArray[np.int64]
    """Phenomenon time, µs since 1970."""
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of the quarantine, without its detail."""

    id: int
    gateway: str
    boot: str
    seq: int
    reason: str
    domain: str
    readings: int
    received_us: int
    raw: bytes
    """Empty, but for readings that the database refused: there it is the readings."""


@contextmanager
def snapshot(url: str) -> Iterator[Connection]:
    """Open a connection that sees one state of the database, however long it is used.

    Raises:
        psycopg.Error: the database is away.
    """
    with psycopg.connect(url, connect_timeout=5, application_name="ioc ledger") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


def readings(connection: Connection, span: Span) -> Readings:
    """Return every stored reading whose phenomenon time lies in a span of at most 50 M readings.

    All of them in one value, as PostgreSQL sends such columns: 1.7 M rows/s, where psycopg's COPY,
    which hands over row by row, gave 0.12 M on the same busy machine.
    """
    with connection.cursor(binary=True) as cursor:
        cursor.execute(
            "SELECT string_agg(int4send(datastream) || timestamptz_send(phenomenon_time) "
            "|| float8send(result), ''::bytea) FROM reading "
            "WHERE phenomenon_time BETWEEN %s AND %s",
            (instant(span[0]), instant(span[1])),
        )
        row = cursor.fetchone()
    found = np.frombuffer((row and row[0]) or b"", _ROW)
    return Readings(
        found["slot"].astype(np.int32),
        found["time_us"].astype(np.int64) + POSTGRES_EPOCH_US,
        found["value"].astype(np.float64),
    )


def progress(connection: Connection, boots: Sequence[str] | None = None) -> dict[PackKey, Progress]:
    """Return which packs are stored, by gateway and boot; of some boots, or of all."""
    rows = connection.execute(
        "SELECT gateway, boot, next_seq, ahead FROM pack_ledger "
        "WHERE %(boots)s::text[] IS NULL OR boot = ANY(%(boots)s) ORDER BY changed, gateway, boot",
        {"boots": None if boots is None else list(boots)},
    )
    return {(row[0], row[1]): Progress(row[2], frozenset(row[3])) for row in rows}


def refused(
    connection: Connection, boots: Sequence[str], spans: Sequence[Span]
) -> Iterator[Refused]:
    """Yield quarantined messages of some boots, and all that were received in some spans."""
    with connection.cursor() as cursor:
        yield from (
            Refused(*row)
            for row in cursor.stream(
                sql.SQL(
                    "SELECT id, gateway, boot, seq, reason, domain, readings, {received}, "
                    "CASE reason WHEN 'unstorable' THEN raw ELSE '' END FROM quarantine "
                    "WHERE boot = ANY(%s) OR EXISTS (SELECT FROM unnest(%s::timestamptz[], "
                    "%s::timestamptz[]) AS span (lo, hi) WHERE received BETWEEN lo AND hi) "
                    "ORDER BY id"
                ).format(received=to_us("received")),
                (
                    list(boots), [instant(low) for low, _ in spans],
                    [instant(high) for _, high in spans],
                ),
            )
        )  # fmt: skip


def refused_counts(connection: Connection) -> dict[str, int]:
    """Return how many readings lie in quarantine, by reason."""
    rows = connection.execute(
        "SELECT reason, sum(readings)::bigint FROM quarantine GROUP BY reason ORDER BY reason"
    )
    return {row[0]: row[1] for row in rows}


def names(connection: Connection) -> dict[int, str]:
    """Return the id of each datastream by its slot."""
    return dict(connection.execute("SELECT slot, id FROM datastream").fetchall())

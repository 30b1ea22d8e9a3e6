"""The record: what one Kafka message of the topic `observations` holds.

A record is a batch with the packs it was made of, or a tick. Both are Arrow IPC streams: Arrow
is read without copying, costs 18–36 µs for 200–1000 readings, and any analyst's tool opens it.
The key of a batch is the place of its gateway, so all readings of a datastream stay in order
on one partition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from devices import reports
from devices.batch import DTYPES, Batch
from devices.reports import Report
from devices.tick import Tick

SCHEMA_VERSION = 1
"""Version of the record schema; a reader refuses a version it does not know."""

TOPIC = "observations"

LOG_HEADER = "log"
"""Kafka header of every message we write: the id of the log that its writer was connected to."""


RELEASED = "@quarantine:"
"""How the boot of a pack begins that releases a reading; no publisher's own begins with @."""


class RecordError(ValueError):
    """The bytes are no record of this schema version."""


class Release(msgspec.Struct, frozen=True, array_like=True):
    """A reading that leaves quarantine."""

    quarantine: int
    """Id of its row in the table `quarantine`."""
    index: int
    """Which measurement of the quarantined message it is, 0-based."""


class Pack(msgspec.Struct, frozen=True, array_like=True):
    """One accepted MQTT message inside a record: which rows it gave, and how it is known again."""

    gateway: str
    """Field gateway that published it."""
    boot: str
    """The publisher's run: a new one each time its sequence starts again."""
    seq: int
    """Number of the message within the boot, counted from 0 without gaps by the publisher."""
    rows: int
    """Rows it contributed; packs stand in the order of the rows, and their rows add up to n."""
    collector: str
    """The collecting gateway process (`ioc gateway`) and its run: `name:boot`."""
    received_s: int
    """Start of the 10-second window of receipt, seconds since 1970, by the collector's clock."""
    again: bool = False
    """Sent to the log before, from the same receipt: stored already, it is no duplicate."""
    release: Release | None = None
    """Its one row was in quarantine and is not received anew; the sink takes it out there."""


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A batch and where it came from."""

    batch: Batch
    packs: tuple[Pack, ...]
    reports: tuple[Report, ...] = ()
    """What else the packs tell."""


_SCHEMA = pa.schema([(name, pa.from_numpy_dtype(dtype)) for name, dtype in DTYPES.items()])
_packs = msgspec.json.Decoder(tuple[Pack, ...])


def encode(record: Record | Tick) -> bytes:
    """Write one record.

    >>> decode(encode(Tick(5)))
    Tick(time_us=5)
    """
    meta = {b"version": b"%d" % SCHEMA_VERSION}
    if isinstance(record, Tick):
        meta |= {b"tick_us": b"%d" % record.time_us, b"hears": b"%d" % record.hears}
        schema = pa.schema([]).with_metadata(meta)
        columns: list[pa.Array[Any]] = []
    else:
        meta[b"packs"] = msgspec.json.encode(record.packs)
        if record.reports:
            meta[b"reports"] = reports.encode(record.reports)
        schema = _SCHEMA.with_metadata(meta)
        columns = [pa.array(getattr(record.batch, name)) for name in DTYPES]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        if columns:
            writer.write_batch(pa.record_batch(columns, schema=schema))
    return sink.getvalue().to_pybytes()


def decode(value: bytes) -> Record | Tick:
    """Read one record; the columns are read-only views of `value`.

    Raises:
        RecordError: not Arrow, another schema version, or columns and packs that do not agree.
    """
    try:
        reader = pa.ipc.open_stream(value)
        meta = reader.schema.metadata or {}
        version = meta.get(b"version")
        if version != b"%d" % SCHEMA_VERSION:
            raise RecordError(
                f"record has schema version {version!r}; this reader knows {SCHEMA_VERSION}"
            )
        if b"tick_us" in meta:
            return Tick(int(meta[b"tick_us"]), meta.get(b"hears", b"1") == b"1")
        columns = reader.read_next_batch()
        batch = Batch(
            **{name: columns.column(name).to_numpy(zero_copy_only=True) for name in DTYPES}
        )
        packs = _packs.decode(meta[b"packs"])
        told = reports.decode(meta[b"reports"]) if b"reports" in meta else ()
    except RecordError:
        raise
    except (pa.ArrowException, OSError, StopIteration, KeyError, ValueError) as error:
        # Arrow tells of truncation by OSError, of bad metadata by UnicodeDecodeError; BatchError
        # and msgspec's errors are ValueErrors too.
        raise RecordError(f"not a record of schema version {SCHEMA_VERSION}: {error}") from error
    if sum(pack.rows for pack in packs) != batch.n:
        raise RecordError(f"packs cover {sum(p.rows for p in packs)} rows of {batch.n}")
    if not all(0 <= one.pack < len(packs) for one in told):
        raise RecordError(f"a report names a pack beyond the {len(packs)} there are")
    return Record(batch, packs, told)


def columns(rows: list[tuple[int, int, float, int]]) -> Batch:
    """Make a batch from rows of (slot, phenomenon time µs, result, quality).

    >>> columns([(3, 0, 1.5, 0)]).result
    array([1.5])
    """
    return Batch(
        *(
            np.array([row[index] for row in rows], dtype=dtype)
            for index, dtype in enumerate(DTYPES.values())
        )
    )

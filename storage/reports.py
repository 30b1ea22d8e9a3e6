"""Reports into tables, inside the transaction of the readings: each of a new pack, and once.

Nothing here is refused by the database: texts are made storable and short, times are brought into
range. One that were refused would hold up the readings beside it.
"""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeAlias

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices.calendar import BEIJING
from devices.reports import ContactReport, EventReport, FindingReport, Report, SnapshotReport
from storage.instants import instant
from storage.texts import storable

_LONGEST_NAME: Final = 128
"""Characters of a name that is part of a key: PostgreSQL has no index entry above 2.7 kB."""

_LONGEST_TEXT: Final = 1000
"""Characters of any other text."""

_LONGEST_PAYLOAD: Final = 16 * 1024
"""Bytes of an unknown device's last message that are kept."""

_MOST_KEYS: Final = 500
"""Names of values that are kept of an unknown device, or fewer than twice as many where one stretch
brings them."""

_MOST_ATTRIBUTES: Final = 100
"""Of an event."""

_LAST_US: Final = 2**53
"""µs since 1970 to which a time is brought that lies beyond: the year 2255."""

_MOST: Final = 2**31 - 1
"""Of an integer column."""

REUSED: Final = "snapshot-id-reused"
"""Code of the finding that a picture came under the id of another."""


@dataclass(frozen=True, slots=True)
class Reported:
    """A report and the message it comes from."""

    report: Report
    gateway: str
    boot: str
    seq: int
    received_us: int
    """First receipt of the message, µs since 1970."""


_FindingKey: TypeAlias = tuple[date, str, str, str]
"""Day, gateway, device, code."""


async def write(connection: AsyncConnection[TupleRow], reports: Sequence[Reported]) -> None:
    """Store reports.

    Events and snapshots may be written again; findings and contacts count again, so the caller
    leaves out packs that the ledger has. A second picture under an id is not kept: what an event
    showed stays what it showed, and the finding `snapshot-id-reused` says that there was another.
    """
    events, findings, contacts = [], [], []
    for one in reports:
        match one.report:
            case EventReport() as report:
                events.append(_event(one, report))
            case SnapshotReport() as report:
                reused = await _write_snapshot(connection, one, report)
                findings += [(one, reused)] if reused else []
            case FindingReport() as report:
                findings.append((one, report))
            case ContactReport() as report:
                contacts.append((one, report))
    await _write_events(connection, events)
    await _write_findings(connection, findings)
    await _write_contacts(connection, contacts)


async def _write_events(
    connection: AsyncConnection[TupleRow], rows: Sequence[tuple[object, ...]]
) -> None:
    if not rows:
        return
    await connection.execute(
        "INSERT INTO event (gateway, boot, seq, number, device, sent_as, kind, priority, time, "
        "received, lon, lat, snapshot, attributes) "
        "SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::int[], %s::text[], "
        "%s::text[], %s::text[], %s::smallint[], %s::timestamptz[], %s::timestamptz[], "
        "%s::float8[], %s::float8[], %s::text[], %s::jsonb[]) "
        "ON CONFLICT (gateway, boot, seq, number) DO NOTHING",
        [list(column) for column in zip(*rows, strict=True)],
    )


def _event(one: Reported, report: EventReport) -> tuple[object, ...]:
    snapshot = report.attributes.get("snapshot")
    attributes = itertools.islice(report.attributes.items(), _MOST_ATTRIBUTES)
    return (
        storable(one.gateway), storable(one.boot), one.seq, max(0, min(report.number, _MOST)),
        _name(report.device), _name(report.sent_as), _name(report.kind),
        max(0, min(report.priority, 4)), _moment(report.time_us), _moment(one.received_us),
        *_position(report.attributes), _name(snapshot) if isinstance(snapshot, str) else None,
        _json({_name(name): _scalar(value) for name, value in attributes}),
    )  # fmt: skip


async def _write_snapshot(
    connection: AsyncConnection[TupleRow], one: Reported, report: SnapshotReport
) -> FindingReport | None:
    """Store a picture; return the finding about one whose id another has."""
    key = (storable(one.gateway), _name(report.id))
    cursor = await connection.execute(
        "INSERT INTO snapshot (gateway, id, received, jpeg, width, height) "
        "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (gateway, id) DO NOTHING",
        (*key, _moment(one.received_us), report.jpeg, report.width, report.height),
    )
    if cursor.rowcount:
        return None
    cursor = await connection.execute(
        "SELECT FROM snapshot WHERE (gateway, id) = (%s, %s) AND jpeg <> %s", (*key, report.jpeg)
    )
    if not cursor.rowcount:
        return None
    example = f"{key[1]}: the first picture is kept; give each picture an id of its own"
    return FindingReport(report.pack, "", REUSED, 1, example)


async def _write_findings(
    connection: AsyncConnection[TupleRow], findings: Sequence[tuple[Reported, FindingReport]]
) -> None:
    if not findings:
        return
    counts: Counter[_FindingKey] = Counter()
    newest: dict[_FindingKey, tuple[int, str]] = {}
    for one, report in findings:
        day = _moment(one.received_us).astimezone(BEIJING).date()
        key = (day, storable(one.gateway), _name(report.device), _name(report.code))
        counts[key] += min(report.count, _MOST)
        if key not in newest or one.received_us >= newest[key][0]:
            newest[key] = (one.received_us, _text(report.example))
    # Sorted: two workers that write the same rows take them in the same order.
    rows = [(*key, counts[key], newest[key][1], _moment(newest[key][0])) for key in sorted(counts)]
    await connection.execute(
        "INSERT INTO finding AS old (day, gateway, device, code, count, example, last) "
        "SELECT * FROM unnest(%s::date[], %s::text[], %s::text[], %s::text[], %s::bigint[], "
        "%s::text[], %s::timestamptz[]) "
        "ON CONFLICT (day, gateway, device, code) DO UPDATE SET "
        "count = old.count + excluded.count, last = greatest(old.last, excluded.last), "
        "example = CASE WHEN excluded.last >= old.last THEN excluded.example ELSE old.example END",
        [list(column) for column in zip(*rows, strict=True)],
    )


async def _write_contacts(
    connection: AsyncConnection[TupleRow], contacts: Sequence[tuple[Reported, ContactReport]]
) -> None:
    if not contacts:
        return
    found: dict[tuple[str, str], list[tuple[Reported, ContactReport]]] = {}
    for one, report in contacts:
        found.setdefault((storable(one.gateway), _name(report.device)), []).append((one, report))
    rows = [_contact(key, found[key]) for key in sorted(found)]
    await connection.execute(
        "INSERT INTO contact AS old (gateway, device, first_seen, last_seen, messages, codec, "
        "topic, last_payload, keys) "
        "SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], "
        "%s::bigint[], %s::text[], %s::text[], %s::bytea[], %s::jsonb[]) "
        "ON CONFLICT (gateway, device) DO UPDATE SET "
        "first_seen = least(old.first_seen, excluded.first_seen), "
        "last_seen = greatest(old.last_seen, excluded.last_seen), "
        "messages = old.messages + excluded.messages, "
        "codec = CASE WHEN excluded.last_seen >= old.last_seen THEN excluded.codec "
        "ELSE old.codec END, "
        "topic = CASE WHEN excluded.last_seen >= old.last_seen THEN excluded.topic "
        "ELSE old.topic END, "
        "last_payload = CASE WHEN excluded.last_seen >= old.last_seen THEN excluded.last_payload "
        "ELSE old.last_payload END, "
        "keys = CASE WHEN (SELECT count(*) FROM jsonb_object_keys(old.keys)) < %s "
        "THEN old.keys || excluded.keys ELSE old.keys END",
        [*(list(column) for column in zip(*rows, strict=True)), _MOST_KEYS],
    )


def _contact(
    key: tuple[str, str], messages: Sequence[tuple[Reported, ContactReport]]
) -> tuple[object, ...]:
    """Return one row for all messages of an unknown device."""
    # Stable: of messages at one time the last one is the newest.
    ordered = sorted(messages, key=lambda message: message[0].received_us)
    newest, last = ordered[-1]
    keys: dict[str, object] = {}
    for _, report in ordered:
        for name, unit in itertools.islice(report.keys.items(), _MOST_KEYS - len(keys)):
            keys[_name(name)] = _name(unit)
    return (
        *key, _moment(ordered[0][0].received_us), _moment(newest.received_us), len(messages),
        _name(last.codec), _text(last.topic), last.payload[:_LONGEST_PAYLOAD], _json(keys),
    )  # fmt: skip


def _position(attributes: Mapping[str, object]) -> tuple[float | None, float | None]:
    lon, lat = attributes.get("lon"), attributes.get("lat")
    if isinstance(lon, bool) or isinstance(lat, bool):
        return None, None
    if not (isinstance(lon, int | float) and isinstance(lat, int | float)):
        return None, None
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # NaN neither
        return None, None
    return float(lon), float(lat)


def _name(text: str) -> str:
    return storable(text[:_LONGEST_NAME])


def _text(text: str) -> str:
    return storable(text[:_LONGEST_TEXT])


def _scalar(value: str | int | float | bool) -> str | int | float | bool | None:
    if isinstance(value, str):
        return _text(value)
    return value if math.isfinite(value) else None


def _json(found: Mapping[str, object]) -> str:
    return json.dumps(found, ensure_ascii=False, allow_nan=False)


def _moment(time_us: int) -> datetime:
    return instant(max(0, min(time_us, _LAST_US)))

"""SenML packs, resolved: base fields into records, whatever encoding they came in.

Source:
    RFC 8428, Sensor Measurement Lists. Section 4.1 base fields, 4.2 regular fields, 4.4 what a
    reader must refuse, 4.5.3 time, 4.6 resolved records.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from devices import Quality
from ingest.codecs.decoded import Decoded, Heard, Measurements, Value, measurements
from ingest.codecs.notes import clean

VERSION: Final = 10
"""The version of RFC 8428; a pack that names a later one is refused (section 4.4)."""

RELATIVE_BELOW_S: Final = 2**28
"""Times below this many seconds count from now (section 4.5.3), as many into the past."""

LONGEST: Final = 1 << 20
"""Bytes of a payload that are looked at."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*")
"""Section 4.5.1."""

_NAMES: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*(?:\n[A-Za-z0-9][A-Za-z0-9\-:./_]*)*")
"""Names, one a line: one match for a pack instead of one for each record."""

_LARGEST_S: Final = 2**53 / 1e6
"""Seconds beyond which a float has no exact µs: the year 2255."""


class PackError(ValueError):
    """Records that are no pack: which, why, and what would be right."""


class Record(msgspec.Struct, omit_defaults=True):
    """One record of a pack. `Any` where a wrong type spoils one value and not the pack."""

    bn: str = ""
    bt: float | None = None
    bu: str | None = None
    bv: float | None = None
    bver: int | None = None
    n: str = ""
    u: str | None = None
    t: float = 0.0
    v: Any = msgspec.UNSET
    vb: Any = msgspec.UNSET
    vs: Any = msgspec.UNSET
    vd: Any = msgspec.UNSET


class Plain(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A record as nearly all are: a number, and no base but name, time and unit.

    Packs of nothing else are resolved by column: 500 records in 0.4 ms instead of 1.1.
    """

    v: float
    n: str = ""
    t: float = 0.0
    u: str | None = None
    bn: str = ""
    bt: float | None = None
    bu: str | None = None


def resolve_plain(records: Sequence[Plain], heard: Heard) -> Measurements | None:
    """Resolve a pack of plain records; None where one must be looked at by itself."""
    names = [one.n for one in records]
    units = [one.u for one in records]
    time_s = np.array([one.t for one in records], np.float64)
    begins = [
        index
        for index, one in enumerate(records)
        if one.bn or one.bt is not None or one.bu is not None
    ]
    base, unit, base_s = "", "", 0.0
    for begin, end in zip([0, *begins], [*begins, len(records)], strict=True):
        if begin == end:
            continue
        first = records[begin]
        base, unit = first.bn or base, unit if first.bu is None else first.bu
        base_s = base_s if first.bt is None else first.bt
        time_s[begin:end] += base_s
        if base:
            names[begin:end] = [base + name for name in names[begin:end]]
        units[begin:end] = [unit if own is None else own for own in units[begin:end]]
    if records and not _NAMES.fullmatch("\n".join(names)):
        return None
    if "\0" in "".join(units):  # type: ignore[arg-type] # every None was replaced
        return None
    time_us = _moments(time_s, heard)
    if time_us is None:
        return None
    value = np.array([one.v for one in records], np.float64)
    if not np.isfinite(value).all():
        return None
    return Measurements(names, time_us, value, units, np.zeros(len(names), np.int16))  # type: ignore[arg-type] # every None was replaced


def _moments(time_s: NDArray[np.float64], heard: Heard) -> NDArray[np.int64] | None:
    if not ((time_s > -RELATIVE_BELOW_S) & (time_s < _LARGEST_S)).all():
        return None
    return np.rint(time_s * 1e6).astype(np.int64) + np.where(
        time_s < RELATIVE_BELOW_S, heard.received_us, 0
    )


def resolve(records: Iterable[Record], heard: Heard) -> Measurements:
    """Resolve the records of a pack.

    Booleans become 1 and 0. A record with a string, with data or without any value gives a
    measurement whose value is NaN and whose problem says so. Base records without a name of their
    own and without a value only set bases, as the RFC has it.

    Args:
        records: in their order.
        heard: when relative times count from.

    Raises:
        PackError: a version, a name or a time that must be understood and is not.
    """
    found = []
    name, unit, time, value = "", "", 0.0, 0.0
    for index, record in enumerate(records):
        if record.bver is not None and record.bver > VERSION:
            raise PackError(
                f"record {index}: bver {record.bver} is newer than {VERSION}; send RFC 8428"
            )
        name = record.bn or name
        unit = unit if record.bu is None else record.bu
        time = time if record.bt is None else record.bt
        value = value if record.bv is None else record.bv
        given = [field for field in ("v", "vb", "vs", "vd") if _is_given(getattr(record, field))]
        if not given and not record.n and not (record.v is None and name):
            continue
        full = name + record.n
        if not _NAME.fullmatch(full):
            raise PackError(
                f"record {index}: name {full!r} must begin with a letter or digit and hold only "
                "letters, digits and - : . / _ (RFC 8428, 4.5.1)"
            )
        result, problem = _value(record, given, value)
        seconds = time + record.t
        if not -RELATIVE_BELOW_S < seconds < _LARGEST_S:
            raise PackError(f"record {index}: time {seconds:g} s is no instant we can store")
        moment = round(seconds * 1e6) + (heard.received_us if seconds < RELATIVE_BELOW_S else 0)
        own = clean(unit if record.u is None else record.u)
        found.append(Value(full, moment, result, own, Quality.GOOD, problem))
    return measurements(found)


def refused(why: str) -> Decoded:
    """Return what a payload gives that is no pack."""
    return Decoded(unusable=f"not a SenML pack (RFC 8428): {why}")


def _is_given(value: object) -> bool:
    return value is not msgspec.UNSET


def _value(record: Record, given: list[str], base: float) -> tuple[float, str]:
    if len(given) > 1:
        return math.nan, f"has {' and '.join(given)}; a record has one value"
    if not given:
        return math.nan, "has no value; give v"
    if given == ["vb"] and isinstance(record.vb, bool):
        return (1.0 if record.vb else 0.0), ""
    if given == ["v"] and isinstance(record.v, int | float) and not isinstance(record.v, bool):
        try:
            total = float(record.v) + base
        except OverflowError:  # an integer of more than 308 digits
            total = math.inf
        return (total, "") if math.isfinite(total) else (math.nan, "v is no finite number")
    shown = msgspec.json.encode(getattr(record, given[0]), enc_hook=repr).decode()[:40]
    return math.nan, f"{given[0]} is {shown}; a number belongs into v"

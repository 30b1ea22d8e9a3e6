"""SenML in JSON: packs of records with base fields.

Source:
    RFC 8428, Sensor Measurement Lists. Section 4.1 base fields, 4.2 regular fields, 4.4 what a
    reader must refuse, 4.5.3 time, 4.6 resolved records.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

import msgspec

from ingest.codecs.measurement import CodecError, Measurement

VERSION: Final = 10
"""The version of RFC 8428; a pack that names a later one is refused (section 4.4)."""

_RELATIVE_BELOW: Final = 2**28
"""Times below this many seconds count from now (section 4.5.3)."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*")
"""Section 4.5.1."""

_LARGEST_S: Final = 2**53 / 1e6
"""Seconds beyond which a float has no exact µs: the year 2255."""


class _Record(msgspec.Struct, omit_defaults=True):
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
    vb: bool | msgspec.UnsetType = msgspec.UNSET
    vs: Any = msgspec.UNSET
    vd: Any = msgspec.UNSET


_decoder = msgspec.json.Decoder(list[_Record])


def decode(payload: bytes, received_us: int) -> list[Measurement]:
    """Resolve the records of a pack.

    Booleans become 1 and 0. A record with a string, with data or without any value gives a
    measurement whose value is NaN and whose finding says so. Base records without a name of their
    own and without a value only set bases, as the RFC has it.

    Args:
        payload: the JSON text.
        received_us: what relative times count from, µs since 1970.

    Returns:
        One measurement for each record with a value, in their order.

    Raises:
        CodecError: not JSON, not a pack, a version or a field that must be understood and is not.

    >>> decode(b'[{"bn":"g/","bt":1.7e9,"n":"level","u":"m","v":3.8}]', 0)[0].value
    3.8
    """
    try:
        records = _decoder.decode(payload)
    except msgspec.MsgspecError as error:
        raise CodecError(f"not a SenML pack (RFC 8428): {error}") from error
    except UnicodeDecodeError as error:
        raise CodecError(f"not UTF-8: {error}") from error
    if b'_"' in payload:
        _refuse_must_understand(payload)
    measurements = []
    name, unit, time, value = "", "", 0.0, 0.0
    for index, record in enumerate(records):
        if record.bver is not None and record.bver > VERSION:
            raise CodecError(
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
            raise CodecError(
                f"record {index}: name {full!r} must begin with a letter or digit and hold only "
                "letters, digits and - : . / _ (RFC 8428, 4.5.1)"
            )
        result, finding = _value(record, given, value)
        seconds = time + record.t
        if not abs(seconds) < _LARGEST_S:
            raise CodecError(f"record {index}: time {seconds:g} s is no instant we can store")
        moment = round(seconds * 1e6) + (received_us if seconds < _RELATIVE_BELOW else 0)
        measurements.append(
            Measurement(full, moment, result, unit if record.u is None else record.u, finding)
        )
    return measurements


def _is_given(value: object) -> bool:
    return value is not msgspec.UNSET


def _value(record: _Record, given: list[str], base: float) -> tuple[float, str]:
    if len(given) > 1:
        return math.nan, f"has {' and '.join(given)}; a record has one value"
    if not given:
        return math.nan, "has no value; give v"
    if given == ["vb"]:
        return (1.0 if record.vb else 0.0), ""
    if given == ["v"] and isinstance(record.v, int | float) and not isinstance(record.v, bool):
        return float(record.v) + base, ""
    shown = msgspec.json.encode(getattr(record, given[0])).decode()[:40]
    return math.nan, f"{given[0]} is {shown}; a number belongs into v"


def _refuse_must_understand(payload: bytes) -> None:
    """Refuse fields whose name ends in an underscore (section 4.4)."""
    for index, record in enumerate(msgspec.json.decode(payload)):
        for field in record:
            if field.endswith("_"):
                raise CodecError(f"record {index}: field {field!r} must be understood, and is not")

"""Writers of SenML, in JSON and in CBOR: what `senml` and `senml_cbor` read.

Source:
    RFC 8428, sections 5 and 6.
"""

from __future__ import annotations

import math

import cbor2
import msgspec

from ingest.codecs.decoded import Measurements
from ingest.codecs.senml_cbor import LABELS
from ingest.codecs.senml_pack import RELATIVE_BELOW_S

Field = str | int | float | None
"""Value of a field."""


def encode_json(told: Measurements) -> bytes:
    """Write a pack in JSON; see `records`.

    >>> from ingest.codecs.decoded import Value, measurements
    >>> encode_json(measurements([Value("g/level", 1_700_000_000_000_000, 3.8, "m", 0)]))
    b'[{"bn":"g/","bt":1700000000,"n":"level","u":"m","v":3.8}]'
    """
    return msgspec.json.encode(records(told))


def encode_cbor(told: Measurements) -> bytes:
    """Write a pack in CBOR; see `records`."""
    return cbor2.dumps(
        [{LABELS[field]: value for field, value in record.items()} for record in records(told)]
    )


def records(told: Measurements) -> list[dict[str, Field]]:
    """Return the records of a pack.

    A base name is written where the device changes, a base time once. SenML knows no quality:
    it is not written. A value that is NaN is null. Times are read again to the µs until 2041 (2^51
    µs), from then on within one: SenML adds seconds as floats.

    Raises:
        ValueError: a time before July 1978 (2^28 s): SenML would read it as relative to now.
    """
    if not told.n:
        return []
    found: list[dict[str, Field]] = []
    base_s = int(told.time_us[0]) // 1_000_000
    before = ""
    for key, time_us, value, unit in zip(
        told.key, told.time_us.tolist(), told.value.tolist(), told.unit, strict=True
    ):
        if time_us < RELATIVE_BELOW_S * 1_000_000:
            raise ValueError(f"{key}: {time_us} µs is before 1978; SenML has no such times")
        device, slash, name = key.rpartition("/")
        base = device + slash or name
        record: dict[str, Field] = {}
        if base != before:
            record["bn"] = before = base
        if not found:
            record["bt"] = base_s
        if slash and name:
            record["n"] = name
        if unit:
            record["u"] = unit
        record["v"] = None if math.isnan(value) else value
        if time_us != base_s * 1_000_000:
            record["t"] = (time_us - base_s * 1_000_000) / 1e6
        found.append(record)
    return found

"""Writer of Sparkplug B payloads: what `sparkplug` reads, and the request for a rebirth.

Source:
    Sparkplug 3.0, chapter 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.codecs.sparkplug_proto import BD_SEQ, REBIRTH, Datatype, Payload

_FIELDS = {
    Datatype.INT64: "long_value", Datatype.UINT64: "long_value", Datatype.DATETIME: "long_value",
    Datatype.FLOAT: "float_value", Datatype.DOUBLE: "double_value",
    Datatype.BOOLEAN: "boolean_value", Datatype.STRING: "string_value",
    Datatype.TEXT: "string_value", Datatype.UUID: "string_value", Datatype.BYTES: "bytes_value",
    Datatype.FILE: "bytes_value", Datatype.DATASET: "dataset_value",
    Datatype.TEMPLATE: "template_value",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric to write."""

    name: str = ""
    """Left out where empty: data under an alias."""
    value: int | float | bool | str | bytes | None = None
    """None is written as null."""
    datatype: Datatype = Datatype.DOUBLE
    """`UNKNOWN` is left out, as data after a birth may."""
    time_ms: int | None = None
    """ms since 1970; None: left out."""
    alias: int | None = None
    unit: str = ""
    """Written as the property engUnit."""
    quality: int | None = None
    """0 bad, 192 good, 500 stale; None: left out."""
    is_historical: bool = False


def encode(metrics: Sequence[Metric], time_ms: int | None = None, seq: int | None = None) -> bytes:
    """Write a payload.

    Raises:
        ValueError: an integer that its datatype cannot hold.
        TypeError: a value that is not of its datatype.
    """
    payload = Payload()
    if time_ms is not None:
        payload.timestamp = time_ms
    if seq is not None:
        payload.seq = seq
    for metric in metrics:
        written = payload.metrics.add()
        if metric.name:
            written.name = metric.name
        if metric.alias is not None:
            written.alias = metric.alias
        if metric.time_ms is not None:
            written.timestamp = metric.time_ms
        if metric.datatype:
            written.datatype = metric.datatype
        if metric.is_historical:
            written.is_historical = True
        if metric.unit:
            written.properties.keys.append("engUnit")
            written.properties.values.add(type=Datatype.STRING, string_value=metric.unit)
        if metric.quality is not None:
            written.properties.keys.append("Quality")
            written.properties.values.add(type=Datatype.INT32, int_value=metric.quality)
        if metric.value is None:
            written.is_null = True
        else:
            _set(written, metric)
    wire: bytes = payload.SerializeToString()
    return wire


def birth_or_death(number: int, time_ms: int | None = None) -> Metric:
    """Return the metric that pairs a node's birth with its death."""
    return Metric(BD_SEQ, number, Datatype.INT64, time_ms)


def rebirth(time_ms: int) -> bytes:
    """Write the command that asks a node for its births (topic NCMD)."""
    return encode([Metric(REBIRTH, True, Datatype.BOOLEAN, time_ms)], time_ms)


def _set(written: object, metric: Metric) -> None:
    field = _FIELDS.get(metric.datatype, "int_value")
    value = metric.value
    if metric.datatype is Datatype.UNKNOWN:
        kinds = {bool: "boolean_value", int: "long_value", float: "double_value"}
        field = kinds.get(type(value), "string_value")
    if field in ("int_value", "long_value") and isinstance(value, int):
        bits = 64 if field == "long_value" else 32
        if not -(1 << (bits - 1)) <= value < 1 << bits:
            raise ValueError(f"{metric.name}: {value} does not fit {bits} bits")
        value %= 1 << bits
    setattr(written, field, value)

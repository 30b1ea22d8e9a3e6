"""Numbers out of Sparkplug metrics: a declared datatype and one of several value fields.

Source:
    Sparkplug 3.0, 6.4.6 (metric), 6.4.16 (datatypes). Signed integers travel as unsigned ones in
    two's complement, some devices' extended to 32 or 64 bits.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from ingest.codecs.number_text import number_in
from ingest.codecs.sparkplug_proto import Datatype, Message, text

_SIGNED: Final = {
    Datatype.INT8: 8, Datatype.INT16: 16, Datatype.INT32: 32, Datatype.INT64: 64,
}  # fmt: skip
_UNSIGNED: Final = {
    Datatype.UINT8: 8, Datatype.UINT16: 16, Datatype.UINT32: 32, Datatype.UINT64: 64,
    Datatype.DATETIME: 64,
}  # fmt: skip
_REAL: Final = {"float_value": Datatype.FLOAT, "double_value": Datatype.DOUBLE}
_TEXT: Final = frozenset({Datatype.STRING, Datatype.TEXT, Datatype.UUID})
_NUMBERS: Final = frozenset(
    {"int_value", "long_value", "float_value", "double_value", "boolean_value"}
)
_BY_FIELD: Final = {
    "int_value": Datatype.UINT32, "long_value": Datatype.UINT64, "float_value": Datatype.FLOAT,
    "double_value": Datatype.DOUBLE, "boolean_value": Datatype.BOOLEAN,
    "string_value": Datatype.STRING,
}  # fmt: skip
_LAST: Final = 34
"""The last datatype of Sparkplug 3.0, DateTimeArray."""


class Taken(NamedTuple):
    """What a metric gives."""

    value: float
    """NaN where there is no number."""
    problem: str = ""
    """Why there is none."""
    code: str = ""
    """Finding about it."""
    detail: str = ""
    """What would be right."""


def take(metric: Message) -> Taken:
    """Return the number of a metric. A DateTime is milliseconds since 1970."""
    field, datatype = metric.WhichOneof("value"), metric.datatype
    if metric.is_null or field is None:
        return Taken(math.nan, "is null" if metric.is_null else "has no value; want one or is_null")
    if _REAL.get(field) == datatype:  # nearly all of them
        value = getattr(metric, field)
        return Taken(value) if math.isfinite(value) else Taken(math.nan, "is no finite number")
    code = detail = ""
    if not datatype:
        datatype = _BY_FIELD.get(field, Datatype.BYTES)
        code, detail = "field-missing", f"no datatype; taken as {datatype.name}"
    if datatype > _LAST:
        return Taken(math.nan, f"has datatype {datatype}", "datatype-mismatch", "1 to 34 are known")
    if datatype >= Datatype.DATASET:
        return Taken(math.nan, "is no scalar", "datatype-unsupported", f"datatype {datatype}")
    if field == "string_value":
        return _of_text(text(metric.string_value), datatype, code, detail)
    if field not in _NUMBERS:
        wrong = f"{field} for {Datatype(datatype).name}"
        return Taken(math.nan, f"has {wrong}", "datatype-mismatch", wrong)
    raw = getattr(metric, field)
    value = _of_number(raw, datatype)
    if value is None:
        wrong = f"{raw!r} in {field} is no {Datatype(datatype).name}"
        return Taken(math.nan, f"has {wrong}", "datatype-mismatch", wrong)
    if not code and not _fits(field, datatype):
        code, detail = "datatype-mismatch", f"{field} for {Datatype(datatype).name}"
    if not math.isfinite(value):
        return Taken(math.nan, "is no finite number", code, detail)
    return Taken(value, "", code, detail)


def _of_number(raw: float, datatype: int) -> float | None:
    """Return the number that a datatype makes of a field; None where it cannot be."""
    if datatype == Datatype.BOOLEAN:
        return float(bool(raw))
    if isinstance(raw, float):
        return raw
    if bits := _SIGNED.get(datatype):
        half = 1 << (bits - 1)
        for width in (bits, 32, 64):
            if width >= bits and (1 << width) - half <= raw < 1 << width:
                return float(raw - (1 << width))
        return float(raw) if raw < half else None
    if bits := _UNSIGNED.get(datatype):
        return float(raw) if raw < 1 << bits else None
    return float(raw)


def _fits(field: str, datatype: int) -> bool:
    if datatype in _REAL.values():
        return field in _REAL
    if datatype == Datatype.BOOLEAN:
        return field == "boolean_value"
    return datatype not in _TEXT and field in ("int_value", "long_value")


def _of_text(told: str, datatype: int, code: str, detail: str) -> Taken:
    number = number_in(told)
    if number is None:
        return Taken(math.nan, f"is the text {told[:40]!r}; want a number", code, detail)
    if datatype not in _TEXT:
        return Taken(number, "", "datatype-mismatch", f"text for {Datatype(datatype).name}")
    return Taken(number, "", "number-as-text", f"{told[:40]!r}; want a numeric datatype")

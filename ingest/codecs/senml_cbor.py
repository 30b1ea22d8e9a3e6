"""SenML in CBOR: the same packs under integer labels.

Source:
    RFC 8428, section 6. `ingest.codecs.senml_pack` resolves the records.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import cbor2
import msgspec

from ingest.codecs.decoded import Decoded, Finding, Heard
from ingest.codecs.senml_pack import (
    LONGEST,
    PackError,
    Plain,
    Record,
    refused,
    resolve,
    resolve_plain,
)

LABELS: Final = {
    "bver": -1, "bn": -2, "bt": -3, "bu": -4, "bv": -5, "bs": -6,
    "n": 0, "u": 1, "v": 2, "vs": 3, "vb": 4, "s": 5, "t": 6, "ut": 7, "vd": 8,
}  # fmt: skip
"""Label by field (section 6, table 4)."""

MOST_RECORDS: Final = 100_000
"""Records of a pack that are looked at: five times what 1 MiB of honest ones has."""

_FIELDS: Final[dict[object, str]] = {label: field for field, label in LABELS.items()}

_DEPTH: Final = 6
"""Containers and tags within each other: pack, record, a decimal fraction of bignums, and some."""

_SELF_DESCRIBED: Final = 55799
"""Tag of CBOR that says that it is CBOR (RFC 8949, 3.4.6)."""

_LONGEST_BIGNUM: Final = 128
"""Bytes of a bignum that can be a float."""


def decode(payload: bytes, heard: Heard) -> Decoded:
    """Decode a pack.

    Args:
        payload: the CBOR item.
        heard: relative times count from its receipt.

    >>> decode(bytes.fromhex("81a3006161016143021817"), Heard()).measurements.value
    array([23.])
    """
    if len(payload) > LONGEST:
        return refused(f"{len(payload)} bytes; at most {LONGEST}")
    stream = io.BytesIO(payload)
    try:
        pack = cbor2.CBORDecoder(
            stream,
            max_depth=_DEPTH,
            allow_duplicate_keys=False,
            semantic_decoders=_TAGS,
            tag_hook=_unknown_tag,
        ).decode()
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as error:
        return refused(f"byte {stream.tell()}: {error}")
    if not isinstance(pack, list) or not all(isinstance(record, dict) for record in pack):
        return refused("it must be an array of maps")
    if len(pack) > MOST_RECORDS:
        return refused(f"{len(pack)} records; at most {MOST_RECORDS}")
    findings = []
    if stream.tell() < len(payload):
        detail = f"{len(payload) - stream.tell()} bytes follow the pack at byte {stream.tell()}"
        findings.append(Finding("garbage", "", f"{detail}; a payload is one array"))
    try:
        return replace(_resolved(pack, heard, findings), findings=findings)
    except (msgspec.ValidationError, PackError) as error:
        return refused(str(error))


def _resolved(pack: list[dict[Any, Any]], heard: Heard, findings: list[Finding]) -> Decoded:
    try:
        named = [{_FIELDS[label]: value for label, value in record.items()} for record in pack]
        found = resolve_plain(msgspec.convert(named, list[Plain]), heard)
    except (KeyError, msgspec.ValidationError):
        found = None  # a reader who takes more tells where
    if found is not None:
        return Decoded(found)
    readable = [_fields(index, record, findings) for index, record in enumerate(pack)]
    return Decoded(resolve(msgspec.convert(readable, list[Record]), heard))


def _fields(index: int, record: dict[Any, Any], findings: list[Finding]) -> dict[str, Any]:
    """Return a record by the names of its fields; what nobody knows is ignored (section 4.4)."""
    fields: dict[str, Any] = {}
    for label, value in record.items():
        field = _FIELDS.get(label)
        if isinstance(label, str):
            if label.endswith("_"):
                raise PackError(f"record {index}: field {label!r} must be understood, and is not")
            if label in LABELS:
                field = label
                if not findings or findings[-1].code != "label-as-text":  # one says it all
                    detail = f"record {index}: {label!r}; the label is {LABELS[label]}"
                    findings.append(Finding("label-as-text", "", detail))
        if field is not None:
            fields.setdefault(field, _scalar(value))
    return fields


def _scalar(value: object) -> object:
    """Return what can be shown: a container may be without end, and is named only."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return _float(value)
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    return f"a {type(value).__name__}"


def _float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _bignum(sign: int) -> Callable[[Any, bool], object]:
    def number(magnitude: object, _immutable: bool) -> object:
        if not isinstance(magnitude, bytes):
            return "a bignum without bytes"
        if len(magnitude) > _LONGEST_BIGNUM:
            return math.copysign(math.inf, sign)
        value = int.from_bytes(magnitude, "big")
        return value if sign > 0 else -1 - value

    return number


def _decimal_fraction(parts: object, _immutable: bool) -> object:
    """Return exponent and mantissa as a float (section 6 allows tag 4 for numbers)."""
    if not isinstance(parts, list | tuple) or len(parts) != 2:
        return "a decimal fraction without two parts"
    exponent, mantissa = parts
    if not isinstance(exponent, int) or not isinstance(mantissa, int):
        return "a decimal fraction of something else than integers"
    if abs(exponent) > 2 * _LONGEST_BIGNUM + 500 or abs(mantissa) >= 1 << 8 * _LONGEST_BIGNUM:
        return math.nan
    return float(f"{mantissa}e{exponent}")


def _unknown_tag(tag: cbor2.CBORTag, _immutable: bool) -> object:
    return f"tag {tag.tag}"


def _unwanted(number: int) -> Callable[[Any, bool], object]:
    return lambda _content, _immutable: f"tag {number}"


# Every tag that cbor2 would follow by itself is taken from it: a decimal fraction with a bignum of
# 1 MiB takes it 100 s, shared values make cycles, regular expressions are compiled.
_TAGS: Final[dict[int, Callable[[Any, bool], object]]] = {
    number: _unwanted(number)
    for number in (
        0, 1, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000,
    )
} | {
    2: _bignum(1),
    3: _bignum(-1),
    4: _decimal_fraction,
    _SELF_DESCRIBED: lambda content, _immutable: content,
}  # fmt: skip

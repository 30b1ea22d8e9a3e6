"""One module for each format of the field; the table of codecs is `ingest.codecs.CODECS`.

A codec turns one payload into measurements, names and units still as the device wrote them. It
knows no catalogue and no clock but the time of receipt, which relative times are counted from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from ingest.codecs import senml
from ingest.codecs.measurement import CodecError, Measurement

Decoder: TypeAlias = Callable[[bytes, int], list[Measurement]]
"""(payload, time of receipt in µs since 1970) → measurements in their order; raises CodecError."""

CODECS: Final[dict[str, Decoder]] = {"senml": senml.decode}
"""Decoder by the last level of the topic `up/{gateway}/{codec}`."""

__all__ = ["CODECS", "CodecError", "Decoder", "Measurement"]

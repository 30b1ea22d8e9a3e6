"""What every codec gives: measurements, before anybody asked whether they make sense."""

from __future__ import annotations

from typing import NamedTuple


class CodecError(ValueError):
    """The payload is not what its topic promises; the text says where and what would be right."""


class Measurement(NamedTuple):
    """One value as the device sent it."""

    name: str
    """Datastream id as the device spells it."""
    time_us: int
    """Phenomenon time, µs since 1970."""
    value: float
    """NaN where the device gave no number."""
    unit: str
    """As the device spells it; empty where it gave none."""
    finding: str
    """Why there is no number; empty where there is one."""

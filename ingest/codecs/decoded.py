"""What every codec gives: what a payload says, before anybody asked whether it makes sense.

A codec is one pure function of the bytes and of how they were heard. It never raises: what it
cannot take at all is `Decoded.unusable`, what it takes with a doubt is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

BEIJING_MIN = 480
"""Minutes by which the clocks of the field are ahead of UTC; China has one zone and no summer."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How a payload came."""

    topic: str = ""
    """MQTT topic; empty for bytes from a file or a TCP connection."""
    received_us: int = 0
    """The first receipt, our clock, µs since 1970; relative times count from it."""
    edition: str = ""
    """Edition of the protocol that the registry names for the device; empty: as the frame says."""
    utc_offset_min: int = BEIJING_MIN
    """Zone of times that name none, minutes ahead of UTC."""


class Finding(NamedTuple):
    """A deviation from the protocol: evidence, not an error."""

    code: str
    """Stable, one of `ingest.codecs.findings.CODES`."""
    device: str
    """As the device names itself; empty where nobody knows."""
    detail: str
    """What exactly, where in the payload, and what would be right."""


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """Values as columns of one length n, in the order of the payload."""

    key: Sequence[str]
    """Whose value it is: `{device}/{property}`, or `{device}/{property}:{statistic}` for a value
    over a period. The device as it names itself; the property as `devices.PROPERTIES` has it where
    the protocol's code is known, otherwise the code itself. SenML: the name."""
    time_us: NDArray[np.int64]
    """(n,) phenomenon time, µs since 1970: the start of the period for a value over one."""
    value: NDArray[np.float64]
    """(n,) in `unit`; NaN where the device gave no number."""
    unit: Sequence[str]
    """As the device or its protocol spells it; empty where neither names one."""
    quality: NDArray[np.int16]
    """(n,) `devices.Quality` as the device tells it."""
    problem: Mapping[int, str] = field(default_factory=dict)
    """Why there is no number, by index."""
    code: Sequence[str] = ()
    """The name in the device's own words, e.g. `w01018-Avg`; empty where `key` is in them."""

    @property
    def n(self) -> int:
        """How many values."""
        return len(self.key)


class Event(NamedTuple):
    """Something that happened, as the device tells it."""

    device: str
    """As it names itself."""
    kind: str
    """One of `devices.events.KINDS`."""
    time_us: int
    """When, µs since 1970."""
    priority: int
    """1 the gravest to 4; 0 where the device gives none."""
    attributes: Mapping[str, str | int | float | bool]
    """What else it says, e.g. lon, lat (degrees, WGS-84), text, snapshot."""


class Reply(NamedTuple):
    """What the protocol wants answered, once the message is safe."""

    payload: bytes
    topic: str = ""
    """MQTT topic where the protocol names one; empty: back the way it came."""


NOTHING = Measurements(
    (), np.empty(0, np.int64), np.empty(0, np.float64), (), np.empty(0, np.int16)
)
"""No measurements."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """What a payload says."""

    measurements: Measurements = NOTHING
    events: Sequence[Event] = ()
    findings: Sequence[Finding] = ()
    replies: Sequence[Reply] = ()
    unusable: str = ""
    """Why nothing at all can be taken: where, and what would be right; empty otherwise."""


Decoder: TypeAlias = Callable[[bytes, Heard], Decoded]
"""A codec. Pure, never raises, linear in the length of the payload."""


class Value(NamedTuple):
    """One measurement, for codecs that find them one by one."""

    key: str
    time_us: int
    value: float
    unit: str
    quality: int
    problem: str = ""
    code: str = ""


def measurements(values: Sequence[Value]) -> Measurements:
    """Turn single values into columns.

    >>> measurements([Value("d/ph", 5, 7.1, "pH", 0)]).value
    array([7.1])
    """
    if not values:
        return NOTHING
    key, time_us, value, unit, quality, problem, code = zip(*values, strict=True)
    return Measurements(
        key,
        np.array(time_us, np.int64),
        np.array(value, np.float64),
        unit,
        np.array(quality, np.int16),
        {index: text for index, text in enumerate(problem) if text},
        code if any(code) else (),
    )

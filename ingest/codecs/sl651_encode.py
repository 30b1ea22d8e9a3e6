"""Reports as stations send them, for simulators and tests.

Source:
    SL 651-2014, 6.6.4, tables 27 to 40, annex C.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ingest.codecs.decoded import BEIJING_MIN
from ingest.codecs.sl651_bcd import pack, pack_moment
from ingest.codecs.sl651_elements import (
    ELEMENTS,
    FIVE_MINUTE_RAINS,
    PER_HOUR,
    RELATIVE_LEVELS,
    STATION,
    STATUS,
    TIME,
    TIME_STEP,
)
from ingest.codecs.sl651_frame import ETB, ETX, Check, Frame, build


class Reported(NamedTuple):
    """One element of a report."""

    lead: int
    """Key of `ELEMENTS`, F4 to FC, or 45 for the status word."""
    values: Sequence[float]
    """One in the element's unit; twelve of F4 to FC; NaN where the station has none."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a station says once."""

    station: str
    """Ten digits."""
    function: int
    sent_us: int
    """µs since 1970; seconds are sent."""
    observed_us: int = 0
    """µs since 1970; minutes are sent. For values over a period its end, for twelve values and for
    series that of the first."""
    elements: Sequence[Reported] = ()
    step_min: int = 0
    """Minutes between the values of a series, 1 to 59; 0: the report is none."""
    serial: int = 1
    station_class: str = "H"
    centre: int = 1
    password: int = 0
    utc_offset_min: int = BEIJING_MIN


def encode(report: Report, packet_bytes: int = 0) -> bytes:
    """Return the frame of a report.

    Args:
        report: what to say.
        packet_bytes: longest body of one frame; a longer one goes as a set of packets, glued. 0:
            never.

    Raises:
        ValueError: something does not fit where it belongs.
    """
    body = encode_body(report)
    whole = Frame(
        centre=report.centre,
        station=report.station,
        password=report.password.to_bytes(2, "big"),
        function=report.function,
        is_down=False,
        total=0,
        number=0,
        body=body,
        end=ETX,
        check=Check.RIGHT,
        declared=len(body),
    )
    if not 0 < packet_bytes < len(body):
        return build(whole)
    pieces = [body[at : at + packet_bytes] for at in range(0, len(body), packet_bytes)]
    total = len(pieces)
    return b"".join(
        build(whole._replace(total=total, number=n, body=piece, end=ETX if n == total else ETB))
        for n, piece in enumerate(pieces, start=1)
    )


def encode_body(report: Report) -> bytes:
    """Return the body of a report.

    Raises:
        ValueError: a value has more digits than its element.
    """
    zone = report.utc_offset_min
    head = report.serial.to_bytes(2, "big") + pack_moment(report.sent_us, zone, 6)
    if not report.elements:
        return head
    group = b"".join((
        bytes([STATION, STATION]),
        bytes.fromhex(report.station),
        report.station_class.encode("ascii"),
        bytes([TIME, TIME]),
        pack_moment(report.observed_us, zone, 5),
    ))  # fmt: skip
    if report.step_min:
        step = bytes([TIME_STEP, 0x18, 0, 0]) + bytes.fromhex(f"{report.step_min:02d}")
        return head + group + step + b"".join(_series(one) for one in report.elements)
    return head + group + b"".join(_element(one) for one in report.elements)


def _element(one: Reported) -> bytes:
    if one.lead == STATUS:
        return bytes([STATUS, 0x20]) + int(one.values[0]).to_bytes(4, "big")
    if one.lead == FIVE_MINUTE_RAINS:
        return bytes([one.lead, 0x60]) + _twelve(one, size=1, scale=10)
    if one.lead in RELATIVE_LEVELS:
        return bytes([one.lead, 0xC0]) + _twelve(one, size=2, scale=100)
    return _series(one)


def _series(one: Reported) -> bytes:
    """Return an identifier with its values; all take the bytes of the longest."""
    about = ELEMENTS[one.lead]
    size = about.size + any(value < 0 for value in one.values)
    packed = []
    for value in one.values:
        if math.isnan(value):
            packed.append(b"\xff" * size)
        else:
            packed.append(pack(value, size - (value < 0), about.decimals))
    return bytes([one.lead, size << 3 | about.decimals]) + b"".join(packed)


def _twelve(one: Reported, size: int, scale: int) -> bytes:
    if len(one.values) != PER_HOUR:
        raise ValueError(f"{one.lead:02X} has {len(one.values)} values; {PER_HOUR} are due")
    none = (1 << 8 * size) - 1
    told = [none if math.isnan(value) else round(value * scale) for value in one.values]
    return b"".join(number.to_bytes(size, "big") for number in told)

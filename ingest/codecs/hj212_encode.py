"""Frames of HJ 212 as a device sends them; what the simulators speak.

Source:
    HJ 212-2017, 6.3.1 to 6.3.3; annex C.51 (a message in several packets).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingest.codecs.decoded import BEIJING_MIN
from ingest.codecs.hj212_frame import LONGEST_SEGMENT, frame
from ingest.codecs.hj212_segment import ANSWER_BIT, EDITIONS, NUMBERED_BIT
from ingest.codecs.hj212_time import clock


@dataclass(frozen=True, slots=True)
class Sender:
    """A device."""

    mn: str
    """How it names itself: 24 characters, 14 in 2005."""
    st: str
    """System: 21 surface water, 22 air, 23 noise, 32 waste water …"""
    edition: str = "2017"
    """One of `ingest.codecs.hj212_segment.EDITIONS`."""
    pw: str = "123456"
    """Access password; this is the one of the standard's examples."""
    utc_offset_min: int = BEIJING_MIN
    """Its zone, minutes ahead of UTC."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What it says of one factor."""

    code: str
    values: Mapping[str, float]
    """Number by suffix, e.g. `{"Rtd": 7.1}` or `{"Min": 7.0, "Avg": 7.1, "Max": 7.3}`."""
    flag: str = "N"
    """Data flag; empty: none is sent."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One message of data."""

    cn: str
    """2011, 2051, 2061, 2031 …"""
    time_us: int
    """DataTime, whole seconds in µs since 1970; the start of the period for a value over one."""
    sent_us: int
    """When it is sent, whole milliseconds in µs since 1970: its QN."""
    factors: Sequence[Reported]
    wants_answer: bool = True
    fields: Mapping[str, str] = field(default_factory=dict)
    """What else stands in CP, e.g. RestartTime."""


def encode(sender: Sender, upload: Upload) -> list[bytes]:
    """Return the frames of a message: one, or as many as its factors need.

    Raises:
        ValueError: one factor alone is too long for a frame, or the edition is unknown.
    """
    time = f"DataTime={clock(upload.time_us, sender.utc_offset_min)}"
    items = [f"{name}={text}" for name, text in upload.fields.items()]
    items += [_item(one) for one in upload.factors]
    flag = EDITIONS.index(sender.edition) << 2 | (ANSWER_BIT if upload.wants_answer else 0)
    whole = segment(sender, upload.cn, upload.sent_us, flag, ";".join([time, *items]))
    if len(whole) <= LONGEST_SEGMENT:
        return [frame(whole)]
    numbered = flag | NUMBERED_BIT
    room = LONGEST_SEGMENT - len(
        segment(sender, upload.cn, upload.sent_us, numbered, time + ";", (9999, 9999))
    )
    packets = [";".join([time, *some]) for some in _portions(items, room)]
    return [
        frame(segment(sender, upload.cn, upload.sent_us, numbered, one, (len(packets), number)))
        for number, one in enumerate(packets, start=1)
    ]


def segment(
    sender: Sender,
    cn: str,
    sent_us: int,
    flag: int,
    data: str,
    packet: tuple[int, int] | None = None,
) -> bytes:
    """Return a data segment.

    Args:
        sender: whose.
        cn: command.
        sent_us: QN, µs since 1970.
        flag: Flag.
        data: what stands in CP between && and &&.
        packet: PNUM and PNO, where it is one of several.
    """
    qn = clock(sent_us, sender.utc_offset_min, milliseconds=True)
    numbers = f"PNUM={packet[0]};PNO={packet[1]};" if packet else ""
    return (
        f"QN={qn};ST={sender.st};CN={cn};PW={sender.pw};MN={sender.mn};Flag={flag};"
        f"{numbers}CP=&&{data}&&"
    ).encode()


def _item(one: Reported) -> str:
    attributes = [f"{one.code}-{suffix}={value!r}" for suffix, value in one.values.items()]
    if one.flag:
        attributes.append(f"{one.code}-Flag={one.flag}")
    return ",".join(attributes)


def _portions(items: Sequence[str], room: int) -> list[list[str]]:
    portions: list[list[str]] = [[]]
    left = room
    for item in items:
        needs = len(item.encode()) + 1
        if needs > room:
            raise ValueError(f"{item[:40]}… has {needs} bytes; a frame has room for {room}")
        if needs > left:
            portions.append([])
            left = room
        portions[-1].append(item)
        left -= needs
    return portions

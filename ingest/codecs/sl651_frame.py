"""Frames of SL 651 in HEX/BCD: what stands where, and whether the check is right.

Source:
    SL 651-2014, 6.2.3 and 6.5, tables 20 to 23. Uplink: 7E7E, centre 1, station 5, password 2,
    function 1, direction and length 2, STX or SYN, body, end character, check 2. Downlink: station
    before centre. After SYN three bytes say how many packets the set has and which this is; the
    length counts them.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from ingest.codecs.sl651_crc import crc16

START: Final = b"\x7e\x7e"
"""Begins every frame in HEX/BCD."""

STX: Final = 0x02
"""The body begins."""
SYN: Final = 0x16
"""The body of one packet of a set begins, with its number."""
ETX: Final = 0x03
"""End of an uplink frame, none follows."""
EOT: Final = 0x04
"""End of a downlink frame: all is received, the station may leave."""
ENQ: Final = 0x05
"""End of a downlink frame that asks for something."""
ACK: Final = 0x06
"""End of a downlink frame: received, send the next."""
NAK: Final = 0x15
"""End of a downlink frame: send that packet again."""
ETB: Final = 0x17
"""End of an uplink frame, more follow."""
ESC: Final = 0x1B
"""End of a downlink frame: all is received, the station stays online."""

UP_ENDS: Final = frozenset({ETX, ETB})

HEADER_BYTES: Final = 14
"""Up to and with STX or SYN."""
AROUND_BYTES: Final = HEADER_BYTES + 3
"""What a frame has apart from what its length counts: header, end character, check."""
LONGEST_BODY: Final = 0x7FFF
"""Bytes the length of a SYN frame can say beside the direction (table 22 allows 16 bits, of which
table 23 takes the highest for the direction); 4095 after STX."""


class Check(Enum):
    """What the two bytes at the end of a frame are."""

    RIGHT = "right"
    SWAPPED = "swapped"
    """Right, with the low byte first as in Modbus itself."""
    WRONG = "wrong"


class Frame(NamedTuple):
    """One frame, taken apart."""

    centre: int
    """Address of the centre, 1 to 255."""
    station: str
    """Ten digits. For hydrological stations they begin with 00 (table 13); others have their
    division code and two binary bytes, so that A to F may occur in the last four (table 14)."""
    password: bytes
    """Two bytes."""
    function: int
    is_down: bool
    """From the centre to the station."""
    total: int
    """Packets of the set; 0 for a frame by itself."""
    number: int
    """Which packet, from 1; 0 for a frame by itself."""
    body: bytes
    """After STX, or after the packet's number."""
    end: int
    """The end character; 0 where the frame is cut off."""
    check: Check
    declared: int
    """The length as the frame says it, bytes."""


def declared_length(data: bytes | bytearray, at: int) -> int:
    """Return how many bytes a header says that follow it before the end character; -1: no header.

    Args:
        data: holds at least `HEADER_BYTES` from `at`.
        at: where `START` is.
    """
    opens = data[at + 13]
    length = data[at + 11] << 8 | data[at + 12]
    if opens == STX:
        return length & 0x0FFF if length & 0x7000 == 0 else -1
    if opens == SYN:
        return length & (0x0FFF if length & 0x8000 else LONGEST_BODY)
    return -1


def check_of(data: bytes | bytearray, start: int, end: int) -> Check:
    """Return what the last two of the bytes from `start` to before `end` are."""
    with memoryview(data) as view:
        wanted = crc16(view[start : end - 2])
    high, low = data[end - 2], data[end - 1]
    if wanted == high << 8 | low:
        return Check.RIGHT
    return Check.SWAPPED if wanted == low << 8 | high else Check.WRONG


def read(raw: bytes, check: Check) -> Frame:
    """Take a frame apart.

    Args:
        raw: from `START`, with a whole header; may be cut off after it.
        check: what `check_of` says of it. Where it is wrong and the frame is shorter than it says,
            everything after the header is body.
    """
    length = raw[11] << 8 | raw[12]
    is_down = bool(length & 0x8000)
    declared = declared_length(raw, 0)
    is_whole = check is not Check.WRONG or len(raw) >= AROUND_BYTES + declared
    body = raw[HEADER_BYTES : len(raw) - 3] if is_whole else raw[HEADER_BYTES:]
    total = number = 0
    if raw[13] == SYN:
        packet = int.from_bytes(body[:3].ljust(3, b"\0"), "big")
        total, number, body = packet >> 12, packet & 0xFFF, body[3:]
    return Frame(
        centre=raw[7] if is_down else raw[2],
        station=(raw[2:7] if is_down else raw[3:8]).hex().upper(),
        password=raw[8:10],
        function=raw[10],
        is_down=is_down,
        total=total,
        number=number,
        body=body,
        end=raw[-3] if is_whole else 0,
        check=check,
        declared=declared,
    )


def build(frame: Frame) -> bytes:
    """Return the bytes of a frame; its check is made right, its length is counted.

    Raises:
        ValueError: the body is longer than the length can say, or an address does not fit.

    >>> told = bytes.fromhex("7E7E01001234567812342F0008020003591011155111036BCA")
    >>> build(read(told, Check.RIGHT)) == told
    True
    """
    packet = (frame.total << 12 | frame.number).to_bytes(3, "big") if frame.total else b""
    length = len(packet) + len(frame.body)
    most = LONGEST_BODY if frame.total and not frame.is_down else 0x0FFF
    if length > most:
        raise ValueError(f"a body of {length} bytes is longer than {most}; send it in packets")
    station, centre = bytes.fromhex(frame.station), frame.centre.to_bytes(1, "big")
    if len(station) != 5:
        raise ValueError(f"station {frame.station!r} must have ten digits")
    whole = b"".join((
        START,
        station + centre if frame.is_down else centre + station,
        frame.password,
        bytes([frame.function]),
        (length | frame.is_down << 15).to_bytes(2, "big"),
        bytes([SYN if frame.total else STX]),
        packet,
        frame.body,
        bytes([frame.end]),
    ))  # fmt: skip
    check = crc16(whole).to_bytes(2, "little" if frame.check is Check.SWAPPED else "big")
    return whole + check

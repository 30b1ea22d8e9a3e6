"""Frames of HJ 212 for tests, with a checksum worked out bit by bit as annex A writes it."""

from __future__ import annotations

from ingest.codecs import Decoded, Heard, hj212

MN = "010000A8900016F000169DC0"
QN = "20160801085857223"
AT_US = 1_470_013_137_000_000
"""2016-08-01 08:58:57 in Beijing."""
HEARD = Heard(received_us=1_800_000_000_000_000)


def slow_crc(segment: bytes) -> int:
    """Annex A, line by line."""
    register = 0xFFFF
    for byte in segment:
        register = (register >> 8) ^ byte
        for _ in range(8):
            check = register & 1
            register >>= 1
            if check:
                register ^= 0xA001
    return register


def slow_modbus(segment: bytes) -> int:
    """Modbus over serial line, 6.2.2, line by line."""
    register = 0xFFFF
    for byte in segment:
        register ^= byte
        for _ in range(8):
            check = register & 1
            register >>= 1
            if check:
                register ^= 0xA001
    return register


def framed(segment: str | bytes, length: int | None = None, checksum: str | None = None) -> bytes:
    """Return a frame; length and checksum are right unless given."""
    raw = segment if isinstance(segment, bytes) else segment.encode()
    length = len(raw) if length is None else length
    checksum = f"{slow_crc(raw):04X}" if checksum is None else checksum
    return b"##%04d%b%b\r\n" % (length, raw, checksum.encode())


def segment(data: str, *, cn: str = "2011", flag: int = 5, st: str = "32", mn: str = MN) -> str:
    """Return a segment of a well-behaved device."""
    return f"QN={QN};ST={st};CN={cn};PW=123456;MN={mn};Flag={flag};CP=&&{data}&&"


def upload(data: str, *, cn: str = "2011", flag: int = 5, st: str = "32") -> bytes:
    """Return a frame with data of 2016-08-01 08:58:57."""
    return framed(segment(f"DataTime=20160801085857;{data}", cn=cn, flag=flag, st=st))


def decode(payload: bytes) -> Decoded:
    return hj212.decode(payload, HEARD)


def values(decoded: Decoded) -> dict[str, float]:
    """Return value by key without the device."""
    told = decoded.measurements
    assert len(set(told.key)) == told.n
    found = zip(told.key, told.value.tolist(), strict=True)
    return {key.partition("/")[2]: value for key, value in found}


def codes(decoded: Decoded) -> list[str]:
    return [one.code for one in decoded.findings]

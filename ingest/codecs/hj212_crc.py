"""The checksum of HJ 212, and the Modbus one that devices send in its place.

Both have the polynomial of CRC-16 (reflected: A001h) and begin with FFFFh. Modbus exchanges each
byte into the low half of the register; HJ 212 moves the high half down first and loses the low
one: `r = (r >> 8) ^ b`. So between two bytes only eight bits live on, and the checksum is a walk
through 256 states. A step is linear over GF(2): where the walk ends is the XOR of what each byte by
itself would lead to, and that is one look into a table for all bytes at once.

A segment of 169 bytes takes 2.8 µs this way, 4.8 µs byte by byte with a table of 256, 4.1 µs in
pairs with one of 65536, and 107 µs bit by bit.

Source:
    HJ 212-2017, annex A (the algorithm and its C program); Modbus over serial line 1.02, 6.2.2.
"""

from __future__ import annotations

from typing import Final

import numpy as np

_STRIDE: Final = 256
"""Bytes that are taken at once; the table has 256 for each of them."""


def _shift(register: int) -> int:
    """Return a register after eight shifts."""
    for _ in range(8):
        register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register


_AFTER: Final = tuple(_shift(value) for value in range(256))
"""The register after a byte, by the old high half XOR the byte."""

_STEP: Final = np.array([register >> 8 for register in _AFTER], np.uint8)
"""The half of it that the next byte meets."""

_LATER: Final = np.empty((_STRIDE + 1, 256), np.uint8)
"""State after k further steps without a byte, by k and state."""
_LATER[0] = np.arange(256)
for _k in range(_STRIDE):
    _LATER[_k + 1] = _STEP[_LATER[_k]]

_ALONE: Final = _LATER.tobytes()
"""The same, flat: 0.1 µs faster where one state is looked up."""

_SHARES: Final = _LATER[:0:-1].ravel()
"""State that one byte alone leads to at the end of a stride, by its place in the stride."""

_PLACES: Final = np.arange(_STRIDE) * 256


def crc(segment: bytes) -> int:
    """Return the checksum of HJ 212 over a data segment.

    >>> hex(crc(b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;"
    ...         b"Flag=5;CP=&&RtdInterval=30&&"))
    '0x1c80'
    """
    if not segment:
        return 0xFFFF
    state = 0xFF
    last = len(segment) - 1
    for begin in range(0, last, _STRIDE):
        count = min(_STRIDE, last - begin)
        some = np.frombuffer(segment, np.uint8, count, begin)
        ends = _SHARES.take(_PLACES[_STRIDE - count :] + some)
        state = _ALONE[count << 8 | state] ^ int(np.bitwise_xor.reduce(ends))
    return _AFTER[state ^ segment[last]]


def modbus_crc(segment: bytes) -> int:
    """Return the CRC of Modbus: what devices send whose makers took annex A for it.

    >>> f"{modbus_crc(b'123456789'):04X}"
    '4B37'
    """
    register = 0xFFFF
    for byte in segment:
        register = register >> 8 ^ _AFTER[(register ^ byte) & 0xFF]
    return register

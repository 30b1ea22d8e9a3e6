"""The checksum of HJ 212, and the Modbus one that devices send in its place.

Both have the polynomial of CRC-16 (reflected: A001h) and begin with FFFFh. Modbus exchanges each
byte into the low half of the register; HJ 212 moves the high half down first and loses the low
one: `r = (r >> 8) ^ b`. So between two bytes only eight bits live on, and the checksum is a walk
through 256 states. Two bytes are one step in a table of 65536.

Source:
    HJ 212-2017, annex A (the algorithm and its C program); Modbus over serial line 1.02, 6.2.2.
"""

from __future__ import annotations

import struct
from typing import Final


def _shift(register: int) -> int:
    """Return a register after eight shifts."""
    for _ in range(8):
        register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register


_AFTER: Final = tuple(_shift(value) for value in range(256))
"""The register after a byte, by the old high half XOR the byte."""

_STATE: Final = bytes(register >> 8 for register in _AFTER)
"""The half of it that the next byte meets."""

_STATES: Final = bytes(
    _STATE[_STATE[pair & 0xFF] ^ pair >> 8] for pair in range(0x10000)
)  # the lower half of a pair is the byte that comes first
"""The same after two bytes: half the time of one byte a step."""


def crc(segment: bytes) -> int:
    """Return the checksum of HJ 212 over a data segment.

    >>> f"{crc(b'QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;'
    ...        b'Flag=5;CP=&&RtdInterval=30&&'):04X}"
    '1C80'
    """
    if not segment:
        return 0xFFFF
    last = len(segment) - 1
    state = 0xFF
    if last & 1:
        state = _STATE[state ^ segment[0]]
    states = _STATES
    for pair in struct.unpack_from(f"<{last >> 1}H", segment, last & 1):
        state = states[pair ^ state]
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

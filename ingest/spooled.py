"""A message as it lies in the spool, and which message an id of the spool is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ingest.codecs import Event, Finding
from ingest.codecs.parts import Part


class Spooled(NamedTuple):
    """One message. A tuple, because tens of thousands are made in a second."""

    id: int
    """Order of receipt, also over restarts; 0 before it is in the spool."""
    topic: str
    payload: bytes
    gateway: str
    boot: str
    seq: int
    """Identity as in `devices.record.Pack`; `UNNUMBERED` before the spool has numbered it."""
    received_us: int
    """Our clock at the first receipt, µs since 1970."""
    collector: str
    """Collecting process that received it first, and its run."""
    content: bytes = b""
    """As `ingest.identity.Identity.content`; not kept with the message."""
    part: Part | None = None
    """Which piece of a message in several payloads it is; not kept with the message."""
    withheld: bool = False
    """Whether what it says is in the payload of another message: its number is all it has."""
    noted: bytes = b""
    """What only the moment of receipt showed, as `encode_noted` has it; empty for nothing."""


class Kept(NamedTuple):
    """Which message an id of the spool is."""

    id: int
    gateway: str
    boot: str
    seq: int
    size: int
    """Bytes of its payload."""
    received_us: int
    """As `Spooled.received_us`."""


class Noted(msgspec.Struct, frozen=True, array_like=True):
    """What was found at receipt and is not in the payload: gaps in a session, for example."""

    findings: Sequence[Finding] = ()
    events: Sequence[Event] = ()


_noted = msgspec.msgpack.Decoder(Noted)


def encode_noted(findings: Sequence[Finding], events: Sequence[Event]) -> bytes:
    """Return both as bytes; nothing as nothing.

    >>> encode_noted([], [])
    b''
    """
    return msgspec.msgpack.encode(Noted(findings, events)) if findings or events else b""


def decode_noted(noted: bytes) -> Noted:
    """Return what `encode_noted` was given.

    >>> decode_noted(encode_noted([Finding("seq-gap", "g/n", "3 after 1")], [])).findings
    [Finding(code='seq-gap', device='g/n', detail='3 after 1')]
    """
    return _noted.decode(noted) if noted else Noted()

"""Reports: what a message tells besides readings.

They travel in the record of the message's pack and are stored in its transaction, so each is stored
once, as its readings are.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Attribute: TypeAlias = str | int | float | bool


class EventReport(msgspec.Struct, frozen=True, tag="event"):
    """Something happened."""

    pack: int
    """Index of its message among the record's packs."""
    number: int
    """Which event of its message it is, 0-based."""
    device: str
    """Id of the device; empty where the registry knows none."""
    sent_as: str
    """The device as it names itself."""
    kind: str
    """One of `devices.events.KINDS`."""
    time_us: int
    """When, µs since 1970."""
    priority: int
    """1 the gravest to 4; 0 where the device gives none."""
    attributes: dict[str, Attribute]


class SnapshotReport(msgspec.Struct, frozen=True, tag="snapshot"):
    """A picture came."""

    pack: int
    id: str
    """As the topic names it; events of the same gateway refer to it."""
    jpeg: bytes
    """Checked and written anew, without metadata."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""


class FindingReport(msgspec.Struct, frozen=True, tag="finding"):
    """A device deviated from its protocol."""

    pack: int
    device: str
    """Id of the device, or as it names itself where the registry knows none; may be empty."""
    code: str
    """One of `ingest.codecs.findings.CODES`."""
    count: int
    """How often in this message."""
    example: str
    """The first of them in words."""


class ContactReport(msgspec.Struct, frozen=True, tag="contact"):
    """A device spoke that the registry does not know, or of something it does not know."""

    pack: int
    device: str
    """As it names itself; empty where the format names no device."""
    codec: str
    topic: str
    payload: bytes
    """The beginning of the message."""
    keys: dict[str, str]
    """Unit by name of what it measures, in its own words."""


Report: TypeAlias = EventReport | SnapshotReport | FindingReport | ContactReport

_decoder = msgspec.msgpack.Decoder(tuple[Report, ...])


def encode(reports: tuple[Report, ...]) -> bytes:
    """Write reports as MessagePack."""
    return msgspec.msgpack.encode(reports)


def decode(value: bytes) -> tuple[Report, ...]:
    """Read reports.

    Raises:
        msgspec.MsgspecError: the bytes are none.
    """
    return _decoder.decode(value)

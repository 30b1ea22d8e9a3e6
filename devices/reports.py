"""Reports: what the gateway tells beside readings, on its way through the log into tables.

Events, pictures, deviations from protocols, and devices that nobody entered. Each belongs to one
pack of its record, and is new exactly when its pack is.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

MESSAGES: Final = "messages"
"""Counted beside the findings of a device: its messages, which shares are counted from."""

DEVIANT: Final = "deviant"
"""Counted beside them: its messages with at least one finding."""


class EventReport(msgspec.Struct, frozen=True, tag="event"):
    """Something that happened."""

    pack: int
    """Index into the record's packs."""
    number: int
    """Which event of its message, 0-based."""
    device: str
    """Id in the registry; as it names itself where it is not entered."""
    sent_as: str
    """As the device names itself."""
    kind: str
    """One of `devices.events.KINDS`."""
    time_us: int
    """When, µs since 1970."""
    priority: int
    """1 the gravest to 4; 0 where the device gives none."""
    attributes: dict[str, str | int | float | bool]
    """What else the device says: lon and lat in degrees (WGS-84), text, snapshot and others."""


class SnapshotReport(msgspec.Struct, frozen=True, tag="snapshot"):
    """A picture, checked and drawn anew."""

    pack: int
    """Index into the record's packs."""
    id: str
    """Unique within its gateway; events name it in `attributes["snapshot"]`."""
    jpeg: bytes
    width: int
    """Pixels."""
    height: int


class FindingReport(msgspec.Struct, frozen=True, tag="finding"):
    """A deviation that a message shows, as often as it shows it."""

    pack: int
    """Index into the record's packs."""
    device: str
    """Id in the registry; as it names itself where it is not entered, empty where nobody knows."""
    code: str
    """One of `ingest.codecs.findings.CODES`."""
    count: int
    example: str
    """The detail of one of them."""


class ContactReport(msgspec.Struct, frozen=True, tag="contact"):
    """A message of a device that is not in the registry."""

    pack: int
    """Index into the record's packs."""
    device: str
    """As it names itself."""
    codec: str
    topic: str
    payload: bytes
    """As it came."""
    keys: dict[str, str]
    """Units by what the device calls its values, as sent."""


Report: TypeAlias = EventReport | SnapshotReport | FindingReport | ContactReport
"""One of the four."""

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

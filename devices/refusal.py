"""A refusal: what was not taken in, why, and the raw bytes.

It travels on the Kafka topic `quarantine` as JSON and ends in the table of the same name. One
refusal is one message and one reason, however many readings of the message it concerns.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

TOPIC = "quarantine"


class Reason(StrEnum):
    """Why something was refused; the text is stored."""

    UNDECODABLE = "undecodable"
    """The payload is not what the topic promises."""
    UNKNOWN_CODEC = "unknown_codec"
    """The topic names a format nobody here speaks."""
    UNKNOWN_GATEWAY = "unknown_gateway"
    UNKNOWN_DATASTREAM = "unknown_datastream"
    """No device of that gateway has a datastream of that name."""
    WRONG_UNIT = "wrong_unit"
    NOT_A_NUMBER = "not_a_number"
    """NaN, infinite, or no numeric value at all."""
    OUT_OF_PHYSICAL_RANGE = "out_of_physical_range"
    FUTURE = "future"
    """Phenomenon time later than the gateway's clock allows."""
    UNSTORABLE = "unstorable"
    """Accepted by the gateway, refused by the database; the raw bytes are the readings."""


class Refusal(msgspec.Struct, frozen=True):
    """One message, one reason."""

    reason: Reason
    detail: str
    """What exactly, where in the message, and what would be right."""
    source: str
    """MQTT topic."""
    raw: bytes
    """The whole payload as it came."""
    domain: str
    """Domain of the readings, or `unknown` where that cannot be told."""
    readings: int
    """How many readings are refused; 1 for a message that does not decode."""
    received_us: int
    """When the gateway got it: µs since 1970, the gateway's clock."""
    collector: str
    """As `devices.record.Pack.collector`."""
    received_s: int
    """As `devices.record.Pack.received_s`."""
    gateway: str = ""
    boot: str = ""
    seq: int = -1
    """Identity of the message as in `devices.record.Pack`; -1 where it has none."""
    again: bool = False
    """As `devices.record.Pack.again`."""
    rows: tuple[int, ...] | None = None
    """Which measurements of the decoded message it is about, 0-based and ascending; empty for the
    message as a whole, None where the raw bytes are no message or nobody noted it."""


_decoder = msgspec.json.Decoder(Refusal)


def encode(refusal: Refusal) -> bytes:
    """Write one refusal as JSON, raw bytes in base64."""
    return msgspec.json.encode(refusal)


def decode(value: bytes) -> Refusal:
    """Read one refusal.

    Raises:
        msgspec.MsgspecError: the bytes are no refusal.
    """
    return _decoder.decode(value)

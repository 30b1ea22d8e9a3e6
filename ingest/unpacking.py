"""From the bytes of a message to what it says, or to the reason why that is nothing."""

from __future__ import annotations

from devices import Catalogue
from devices.refusal import Reason
from ingest.codecs import CODECS, Decoded, Heard
from ingest.identity import address
from ingest.judge import UNKNOWN_DOMAIN, Refused


def unpack(catalogue: Catalogue, topic: str, payload: bytes, received_us: int) -> Decoded | Refused:
    """Decode a message of a known gateway.

    Args:
        catalogue: what exists.
        topic: as `ingest.identity.address` knows it.
        payload: as it came.
        received_us: the first receipt, which relative times count from, µs since 1970.

    Returns:
        What it says, or the refusal of the message as a whole.
    """
    return usable(catalogue, topic, decode(catalogue, topic, payload, received_us))


def decode(catalogue: Catalogue, topic: str, payload: bytes, received_us: int) -> Decoded | None:
    """Decode a message of any gateway; None where nobody here speaks its format."""
    gateway, codec = address(topic)
    known = catalogue.gateways.get(gateway)
    heard = Heard(topic, received_us, known.edition if known else "")
    return CODECS[codec](payload, heard) if codec in CODECS else None


def usable(catalogue: Catalogue, topic: str, told: Decoded | None) -> Decoded | Refused:
    """Return what a message says, or why it is refused as a whole."""
    gateway, codec = address(topic)
    if gateway not in catalogue.gateways:
        return _whole(Reason.UNKNOWN_GATEWAY, f"{gateway!r} is not in the catalogue; add it there")
    if told is None:
        return _whole(Reason.UNKNOWN_CODEC, f"{codec!r} is not one of {', '.join(CODECS)}")
    return _whole(Reason.UNDECODABLE, told.unusable) if told.unusable else told


def _whole(reason: Reason, detail: str) -> Refused:
    return Refused(reason, UNKNOWN_DOMAIN, [detail])

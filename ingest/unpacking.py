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
    gateway, codec = address(topic)
    if gateway not in catalogue.gateways:
        return _whole(Reason.UNKNOWN_GATEWAY, f"{gateway!r} is not in the catalogue; add it there")
    decode = CODECS.get(codec)
    if decode is None:
        return _whole(Reason.UNKNOWN_CODEC, f"{codec!r} is not one of {', '.join(CODECS)}")
    edition = catalogue.gateways[gateway].edition
    decoded = decode(payload, Heard(topic, received_us, edition))
    if decoded.unusable:
        return _whole(Reason.UNDECODABLE, decoded.unusable)
    return decoded


def _whole(reason: Reason, detail: str) -> Refused:
    return Refused(reason, UNKNOWN_DOMAIN, [detail])

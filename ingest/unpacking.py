"""From the bytes of a message to its measurements, or to the reason why there are none."""

from __future__ import annotations

from devices import Catalogue
from devices.refusal import Reason
from ingest.codecs import CODECS, CodecError, Measurement
from ingest.identity import address
from ingest.judge import UNKNOWN_DOMAIN, Refused


def unpack(
    catalogue: Catalogue, topic: str, payload: bytes, received_us: int
) -> list[Measurement] | Refused:
    """Decode a message of a known gateway.

    Args:
        catalogue: what exists.
        topic: `up/{gateway}/{codec}`.
        payload: as it came.
        received_us: the first receipt, which relative times count from, µs since 1970.

    Returns:
        The measurements in their order, or the refusal of the message as a whole.
    """
    gateway, codec = address(topic)
    if gateway not in catalogue.gateways:
        return _whole(Reason.UNKNOWN_GATEWAY, f"{gateway!r} is not in the catalogue; add it there")
    decode = CODECS.get(codec)
    if decode is None:
        return _whole(Reason.UNKNOWN_CODEC, f"{codec!r} is not one of {', '.join(CODECS)}")
    try:
        return decode(payload, received_us)
    except CodecError as error:
        return _whole(Reason.UNDECODABLE, str(error))


def _whole(reason: Reason, detail: str) -> Refused:
    return Refused(reason, UNKNOWN_DOMAIN, [detail])

"""What the field gateway makes of a message: nothing but a number and an answer.

What a message says is judged at the centre, where the catalogue is; pieces are put together there
too. Here it gets the identity that it keeps on all its way: its publisher's own number, or one of
our spool. A device that waits for its protocol's answer gets it once the message is on our disk.
"""

from __future__ import annotations

from ingest.codecs import ANSWERING, ANSWERING_SETS, CODECS, PARTS, Decoded, Heard, Reply
from ingest.identity import address, identify, is_ours
from ingest.message import Message
from ingest.reception import Received
from ingest.set_answers import SetAnswers
from ingest.spooled import Spooled


class EdgeReception:
    """Receives for one field gateway."""

    def __init__(self, collector: str) -> None:
        """Prepare.

        Args:
            collector: name and run of the field gateway.
        """
        self._collector = collector
        self._sets = SetAnswers()

    def receive(self, message: Message) -> Received:
        """Return what becomes of a message."""
        topic, payload, properties, received_us = message[:4]
        if not is_ours(topic):
            return Received(None)
        _, codec = address(topic)
        told: Decoded | None = message.told
        if told is None and codec in ANSWERING and codec in CODECS:
            told = CODECS[codec](payload, Heard(topic, received_us))
        replies: list[Reply] = []
        if told is not None and codec in ANSWERING:
            replies += told.replies
        if codec in ANSWERING_SETS and (part := PARTS[codec](payload)) is not None:
            replies += self._sets.heard(codec, topic, payload, part, received_us)
        known = identify(topic, payload, properties, told)
        spooled = Spooled(
            0, topic, payload, known.gateway, known.boot, known.seq, received_us,
            self._collector, known.content,
        )  # fmt: skip
        return Received(spooled, replies)

    def changed(self) -> dict[str, bytes]:
        """Return nothing: sessions are followed at the centre."""
        return {}

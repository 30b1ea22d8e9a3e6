"""What happens to a message at receipt, before anything is judged: identity, pieces, sessions.

Decides what goes into the spool and what is answered once it is there. A numbered message of a
codec without answers is not even decoded here. No I/O; it remembers sessions, and the pieces of
sets that want one answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ingest.codecs import ANSWERING, ANSWERING_SETS, CODECS, PARTS, SESSIONS, Heard, Reply
from ingest.identity import address, identify, is_ours
from ingest.message import Message
from ingest.session_memory import SessionMemory
from ingest.set_answers import SetAnswers
from ingest.spooled import Spooled, encode_noted


class Received(NamedTuple):
    """What a message is for the spool, and for who sent it."""

    spooled: Spooled | None
    """What is to be stored; None for what is not ours, or has come before and is known."""
    replies: Sequence[Reply] = ()
    """Wanted by the protocol once the message is safe, also when it has come before."""


class Reception:
    """Receives for one collector."""

    def __init__(self, collector: str, sessions: Mapping[str, bytes]) -> None:
        """Begin with the sessions that the spool holds.

        Args:
            collector: `name:run`, as `devices.record.Pack.collector`.
            sessions: as `Spool.sessions` has them.
        """
        self._collector = collector
        self._sessions = SessionMemory(sessions)
        self._sets = SetAnswers()

    def receive(self, message: Message) -> Received:
        """Return what becomes of a message. Call it once for each, in the order of receipt."""
        topic, payload, properties, received_us = message[:4]
        if not is_ours(topic):
            return Received(None)
        gateway, codec = address(topic)
        told, noted = message.told, b""
        replies: list[Reply] = []
        if codec in SESSIONS:
            step = self._sessions.step(codec, gateway, topic, payload, received_us)
            if step is None:
                return Received(None)
            payload, noted = step.payload, encode_noted(step.findings, step.events)
            replies += step.replies
        if codec in ANSWERING and codec in CODECS:
            told = told or CODECS[codec](payload, Heard(topic, received_us))
            replies += told.replies
        part = PARTS[codec](payload) if codec in PARTS else None
        if part is not None and codec in ANSWERING_SETS:
            replies += self._sets.heard(codec, topic, payload, part, received_us)
        known = identify(topic, payload, properties, told)
        spooled = Spooled(
            0, topic, payload, known.gateway, known.boot, known.seq, received_us,
            self._collector, known.content, part, noted=noted,
        )  # fmt: skip
        return Received(spooled, replies)

    def changed(self) -> dict[str, bytes]:
        """Return the sessions that changed since the last call, for the same transaction."""
        return self._sessions.changed()

"""Which messages of the spool go into the log next, and which of them the sink may have.

The gateway's pure memory between spool, log and sink. After any failure everything goes again,
from the oldest message: the log may have been replaced by an empty one. What the sink has already
is known there by its identity and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.packing import Packed, Packer
from ingest.progress import Sent
from ingest.spool import Kept, Spooled


class Course:
    """One gateway's way through its spool."""

    def __init__(self, packer: Packer, sent_up_to: int) -> None:
        """Begin with the oldest message.

        Args:
            packer: makes records of messages.
            sent_up_to: messages up to this id may have been sent by an earlier run.
        """
        self._packer = packer
        self._sent_up_to = sent_up_to
        self._refused: dict[int, int] = {}
        self.written_to = 0
        """All messages of the spool up to this id are in the log that is there now."""
        self.sent_again = 0
        """Messages sent that may have been sent before."""

    def pack(self, messages: Sequence[Spooled]) -> Packed:
        """Pack the messages after `written_to` for an attempt to write them.

        One that fails may have put everything into the log, so they count as sent from now on.
        """
        packed = self._packer.pack(messages, sent_up_to=self._sent_up_to)
        if messages:
            self.sent_again += sum(one.id <= self._sent_up_to for one in messages)
            self._sent_up_to = max(self._sent_up_to, messages[-1].id)
        return packed

    def wrote(self, messages: Sequence[Spooled], packed: Packed) -> None:
        """Note that the log has acknowledged messages."""
        self._refused |= packed.refused
        if messages:
            self.written_to = messages[-1].id

    def restart(self) -> None:
        """Send everything again: what the log holds is not known."""
        self.written_to = 0

    def sent(self, kept: Iterable[Kept]) -> list[Sent]:
        """Return what the sink must have of messages up to `written_to`."""
        return [
            Sent(one.id, one.gateway, one.boot, one.seq, self._refused.get(one.id, 0))
            for one in kept
        ]

    def trimmed(self, ids: Iterable[int]) -> None:
        """Forget messages that left the spool."""
        for one in ids:
            self._refused.pop(one, None)

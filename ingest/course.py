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
        self._earlier: list[tuple[int, Packer]] = []
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
        packed = Packed()
        for packer, some in self._by_packer(messages):
            packed.add(packer.pack(some, sent_up_to=self._sent_up_to))
        if messages:
            self.sent_again += sum(one.id <= self._sent_up_to for one in messages)
            self._sent_up_to = max(self._sent_up_to, messages[-1].id)
        return packed

    def wrote(self, messages: Sequence[Spooled], packed: Packed) -> None:
        """Note that the log has acknowledged messages."""
        for one in messages:
            self._refused.pop(one.id, None)
        self._refused |= packed.refused
        if messages:
            self.written_to = messages[-1].id

    def replace(self, packer: Packer) -> None:
        """Pack what comes from now on by another catalogue.

        What may be in the log is packed as it was, should it be sent again: a reading that was
        refused and waits in quarantine would otherwise be stored beside it, or one that was in the
        pack be lost, since the sink takes each pack once.
        """
        self._earlier.append((self._sent_up_to, self._packer))
        self._packer = packer

    def oldest(self, message: int) -> None:
        """Note that the spool holds nothing before this message; forget catalogues before it."""
        self._earlier = [one for one in self._earlier if one[0] >= message]

    def _by_packer(self, messages: Sequence[Spooled]) -> list[tuple[Packer, Sequence[Spooled]]]:
        """Cut messages where the catalogue changed; the last part may be empty."""
        parts: list[tuple[Packer, Sequence[Spooled]]] = []
        rest = list(messages)
        for up_to, packer in self._earlier:
            first = [one for one in rest if one.id <= up_to]
            if first:
                parts.append((packer, first))
                rest = rest[len(first) :]
        return [*parts, (self._packer, rest)]

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

"""Which messages of the spool go into the log next, and which of them the sink may have.

The gateway's pure memory between spool, log and sink. Messages go in the order of receipt, but
those of a gateway that sends more than its share are set aside and everything else overtakes them;
within a gateway the order is always that of receipt. After any failure everything goes again, from
the oldest message: the log may have been replaced by an empty one. What the sink has already is
known there by its identity and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ingest.aside import REMEMBERED, Aside, Deferred
from ingest.fairness import Buckets
from ingest.packing import Packed, Packer
from ingest.progress import Sent
from ingest.spool import Kept, Spooled

ROUND: Final = 500
"""Messages sent in one round at most."""

ROUND_BYTES: Final = 8 << 20
"""Bytes of payload in one round at most, unless a single message has more."""

BESIDE_OTHERS: Final = 10
"""Messages beyond their gateways' share in one round while others send too; half as many as theirs
if that is more. Behind the log everybody waits in one line: a flood of 400 messages/s that went
there as fast as it came made the others' way from the log into the database twice as long."""

_BESIDE_EVERY_US: Final = 100_000
"""While others send too, such a round comes no more often: a few larger records cost the worker
less than many small ones."""

_ACTIVE_US: Final = 1_000_000
"""So long after its last message a gateway within its share counts as one that sends too, and one
beyond it as one that still floods."""

_STRANGERS: Final = ""
"""The line and the bucket of all gateways that nobody knows: there may be any number of them."""


class Course:
    """One gateway's way through its spool."""

    def __init__(
        self,
        packer: Packer,
        sent_up_to: int,
        buckets: Buckets,
        most: int = ROUND,
        beside_others: int = BESIDE_OTHERS,
        remembered: int = REMEMBERED,
    ) -> None:
        """Begin with the oldest message.

        Args:
            packer: makes records of messages.
            sent_up_to: messages up to this id may have been sent by an earlier run.
            buckets: full ones; what each gateway may send while others wait.
            most: messages in a round.
            beside_others: messages beyond their gateways' share in a round while others send,
                half of the others' if that is more.
            remembered: ids of messages set aside that are held for one gateway.
        """
        self._packer = packer
        self._earlier: list[tuple[int, dict[str, int], Packer]] = []
        """Catalogues before: what was sent by then, at all before this run and of each gateway."""
        self._sent_before = sent_up_to
        self._sent: dict[str, int] = {}
        """The last message sent by this run, for each gateway."""
        self._buckets = buckets
        self._aside = Aside(remembered)
        self._most = most
        self._beside_others = beside_others
        self._active_us = 0
        """When a message within its gateway's share came last."""
        self._active = ""
        """From whom."""
        self._flooded_us = 0
        """When a message beyond its gateway's share came last."""
        self._filled_us = 0
        """When something beyond its gateway's share was chosen last."""
        self._others_sent = 0
        """Messages within their gateways' share since then."""
        self._round: list[int] = []
        self._round_bytes = 0
        self._shared = False
        """Whether the round holds something that was not set aside."""
        self._under_way: set[int] = set()
        """Chosen, and not yet acknowledged by the log."""
        self._refused: dict[int, int] = {}
        self.looked_to = 0
        """Every message of the spool up to this id is in the log that is there now, or on its way,
        or set aside."""
        self.sent_again = 0
        """Messages sent that may have been sent before."""

    # A round is put together by begin, look as often as there is more, fill, and take.

    def begin(self, now_us: int) -> None:
        """Begin a round with what was set aside and has its share again, half a round at most.

        Args:
            now_us: the clock of receipt, µs since 1970.
        """
        self._round, self._round_bytes, self._shared = [], 0, False
        self._under_way = set()
        for gateway in self._aside.turns():
            if len(self._round) * 2 >= self._most or self.is_full:
                return
            one = self._aside.next(gateway)
            if one is not None and self._buckets.take(gateway, one.size, now_us):
                self._aside.pop(gateway)
                self._choose(one)

    @property
    def is_full(self) -> bool:
        """Whether the round takes no more."""
        return len(self._round) >= self._most or self._round_bytes >= ROUND_BYTES

    def look(self, after: int, found: Sequence[Kept]) -> None:
        """Choose or set aside what came next, in the order of receipt, until the round is full.

        Args:
            after: `looked_to` when the spool was asked; if all begins again since, nothing is done.
            found: what came after it.
        """
        if after != self.looked_to:
            return
        for one in found:
            if self.is_full:
                return
            self.looked_to = one.id
            gateway = self._line_of(one.gateway)
            waits = self._aside.first(gateway) is not None
            if waits or not self._buckets.take(gateway, one.size, one.received_us):
                self._aside.add(gateway, one)
                self._flooded_us = one.received_us
                if gateway == self._active:
                    self._active_us = 0  # it was the one that floods
            else:
                self._active, self._active_us = gateway, one.received_us
                self._shared = True
                self._others_sent += 1
                self._choose(one)

    def fill(self, now_us: int) -> None:
        """Fill a round with what was set aside, a message of each gateway in turn.

        For when nothing else waits. While others send too, it is filled with little, now and then,
        and a round that holds something of theirs with nothing: it would only be slower. While the
        flood goes on beside others it gets its share and nothing more: whatever goes beyond is
        work for the worker too, and makes the others wait. It is worked off once it has ended.

        Args:
            now_us: the clock of receipt, µs since 1970.
        """
        if self._shared or self.pause_us(now_us):
            return
        left = self._most
        if self._is_shared(now_us):
            left = max(self._beside_others, self._others_sent // 2)
        self._others_sent = 0
        for gateway in self._aside.turns():
            if left <= 0 or self.is_full:
                return
            if one := self._aside.next(gateway):
                self._aside.pop(gateway)
                self._choose(one)
                self._filled_us = now_us
                left -= 1

    def pause_us(self, now_us: int) -> int:
        """Return for how long `fill` chooses nothing, µs.

        Args:
            now_us: the clock of receipt, µs since 1970.
        """
        if self._is_shared(now_us) and 0 <= now_us - self._flooded_us < _ACTIVE_US:
            return _BESIDE_EVERY_US
        since_us = now_us - self._filled_us
        if not self._is_shared(now_us) or not 0 <= since_us < _BESIDE_EVERY_US:
            return 0
        return _BESIDE_EVERY_US - since_us

    def take(self) -> list[int]:
        """Return the messages of the round, in the order in which they go."""
        # Sorted: the order of receipt again, and the spool reads them faster.
        return sorted(self._round)

    def forgotten(self) -> int | None:
        """Return from which message on the spool must be asked for more to send, if it must."""
        found = self._aside.forgotten()
        return None if found is None else found[1]

    def recall(self, start: int, found: Sequence[Kept], *, more: bool) -> None:
        """Take up again what is remembered only by the spool.

        Args:
            start: what `forgotten` returned; if all begins again since, nothing is done.
            found: messages from that id on.
            more: whether there may be others behind them.
        """
        asked = self._aside.forgotten()
        if asked is None or asked[1] != start:
            return
        gateway = asked[0]
        ours = [
            one
            for one in found
            if one.id <= self.looked_to and self._line_of(one.gateway) == gateway
        ]
        last = found[-1].id if found else start
        more = more and last < self.looked_to
        self._aside.recall(gateway, ours, last + 1 if more else 0)

    def pack(self, messages: Sequence[Spooled]) -> Packed:
        """Pack messages for an attempt to write them.

        One that fails may have put everything into the log, so they count as sent from now on.
        """
        packed = Packed()
        repeated = 0
        for packer, some in self._by_packer(messages):
            # Within a gateway the order is kept: it sent all its messages up to the last.
            again = frozenset(one.id for one in some if one.id <= self._last_sent(one.gateway))
            packed.add(packer.pack(some, again=again))
            repeated += len(again)
        self.sent_again += repeated
        for one in messages:
            self._sent[self._line_of(one.gateway)] = max(self._last_sent(one.gateway), one.id)
        return packed

    def wrote(self, packed: Packed) -> None:
        """Note that the log has acknowledged the messages packed last."""
        self._refused |= packed.refused
        self._under_way = set()

    def replace(self, packer: Packer) -> None:
        """Pack what comes from now on by another catalogue.

        What may be in the log is packed as it was, should it be sent again: a reading that was
        refused and waits in quarantine would otherwise be stored beside it, or one that was in the
        pack be lost, since the sink takes each pack once.
        """
        self._earlier.append((self._sent_before, dict(self._sent), self._packer))
        known = self._packer
        self._packer = packer
        # Who was a stranger has a line of its own now, and sent what the strangers had sent.
        for gateway in packer.gateways:
            if not known.knows(gateway):
                self._sent[gateway] = self._sent.get(_STRANGERS, 0)
        self.restart()  # lines are other ones; what is sent again changes nothing

    def oldest(self, message: int) -> None:
        """Note that the spool holds nothing before this message; forget catalogues before it."""
        self._earlier = [
            one for one in self._earlier if max(one[0], *one[1].values(), 0) >= message
        ]

    def _by_packer(self, messages: Sequence[Spooled]) -> list[tuple[Packer, list[Spooled]]]:
        """Cut messages where another catalogue is due, in their order."""
        parts: list[tuple[Packer, list[Spooled]]] = []
        for one in messages:
            packer = self._packer_of(one)
            if not parts or parts[-1][0] is not packer:
                parts.append((packer, []))
            parts[-1][1].append(one)
        return parts

    def _packer_of(self, one: Spooled) -> Packer:
        """Return the one that packed a message first, if it may be in the log."""
        for before, sent, packer in self._earlier:
            line = one.gateway if packer.knows(one.gateway) else _STRANGERS
            if one.id <= max(before, sent.get(line, 0)):
                return packer
        return self._packer

    def restart(self) -> None:
        """Send everything again: what the log holds is not known."""
        self.looked_to = 0
        self._aside.clear()
        self._under_way = set()

    def sent(self, kept: Iterable[Kept]) -> list[Sent]:
        """Return what the sink must have of messages up to `looked_to`."""
        return [
            Sent(one.id, one.gateway, one.boot, one.seq, self._refused.get(one.id, 0))
            for one in kept
            if one.id not in self._under_way and not self._waits(one)
        ]

    def trimmed(self, ids: Iterable[int]) -> None:
        """Forget messages that left the spool."""
        for one in ids:
            self._refused.pop(one, None)

    @property
    def waiting(self) -> bool:
        """Whether anything is set aside."""
        return bool(self._aside)

    def deferred(self, most: int, now_us: int) -> list[Deferred]:
        """Return the gateways that are set aside, the worst first; see `Aside.worst`."""
        return [
            one if one.gateway else one._replace(gateway="(unknown gateways)")
            for one in self._aside.worst(most, now_us)
        ]

    def _is_shared(self, now_us: int) -> bool:
        """Whether gateways within their share send too."""
        return 0 <= now_us - self._active_us < _ACTIVE_US

    def _choose(self, one: Kept) -> None:
        self._round.append(one.id)
        self._under_way.add(one.id)
        self._round_bytes += one.size

    def _line_of(self, gateway: str) -> str:
        return gateway if self._packer.knows(gateway) else _STRANGERS

    def _last_sent(self, gateway: str) -> int:
        return max(self._sent.get(self._line_of(gateway), 0), self._sent_before)

    def _waits(self, one: Kept) -> bool:
        first = self._aside.first(self._line_of(one.gateway))
        return first is not None and one.id >= first

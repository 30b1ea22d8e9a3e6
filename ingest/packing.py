"""Pack a round of messages into records and refusals: the gateway's pure middle.

Bytes and facts in, what goes to which partition out. No clock, no network.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from devices import DOMAINS, Batch, Catalogue
from devices.batch import concatenate
from devices.partition import partition_of
from devices.record import Pack, Record
from devices.refusal import Refusal
from devices.reports import Report
from devices.reports import encode as encode_reports
from ingest.intake import Intake
from ingest.judge import Refused
from ingest.opening import Opener, numbered
from ingest.spool import Spooled

MAX_ROWS = 2000
"""Rows after which a record is closed: larger ones cost latency and gain nothing."""

MAX_TOLD = 256 << 10
"""Bytes of reports after which a record is closed: with one more message it stays below the 1 MiB
that Kafka takes."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What a round becomes."""

    records: list[tuple[int, bytes, Record]] = field(default_factory=list)
    """Partition, key and record, in the order of receipt within each partition."""
    refusals: list[Refusal] = field(default_factory=list)
    refused: dict[int, int] = field(default_factory=dict)
    """How many refusals a message led to, by its id in the spool; 0 is left out."""
    counts: list[tuple[int, str, int]] = field(default_factory=list)
    """Window of receipt, domain, readings: everything that came in, refused or not, once."""
    newest: list[tuple[str, int, int]] = field(default_factory=list)
    """Gateway, receipt and latest phenomenon time (µs since 1970) of messages with readings of an
    instant, once: what `ingest.clocks` goes by."""

    def add(self, other: Packed) -> None:
        """Take in what the following messages of the round become."""
        self.records.extend(other.records)
        self.refusals.extend(other.refusals)
        self.refused.update(other.refused)
        self.counts.extend(other.counts)
        self.newest.extend(other.newest)


@dataclass(slots=True)
class _Waiting:
    """Rows and packs of one key that no record holds yet."""

    batches: list[Batch] = field(default_factory=list)
    packs: list[Pack] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    rows: int = 0
    told_bytes: int = 0

    def add(self, batch: Batch, pack: Pack, reports: Sequence[Report]) -> None:
        if reports:
            self.reports += numbered(reports, len(self.packs))
            self.told_bytes += len(encode_reports(tuple(reports)))
        self.batches.append(batch)
        self.packs.append(pack)
        self.rows += batch.n


class Packer:
    """Packs rounds of spooled messages."""

    def __init__(self, catalogue: Catalogue, partitions: int, future_tolerance_s: float) -> None:
        """Prepare packing.

        Args:
            catalogue: what exists.
            partitions: of the topic `observations`.
            future_tolerance_s: how far ahead of ours a device's clock may be, seconds.
        """
        self._catalogue = catalogue
        self._partitions = partitions
        self._opener = Opener(catalogue, future_tolerance_s)

    @property
    def gateways(self) -> Collection[str]:
        """Ids of the gateways in the catalogue."""
        return self._catalogue.gateways.keys()

    def knows(self, gateway: str) -> bool:
        """Return whether a gateway is in the catalogue."""
        return gateway in self._catalogue.gateways

    def pack(self, messages: Iterable[Spooled], *, again: Collection[int] = ()) -> Packed:
        """Pack one round of messages, in the order of receipt.

        Args:
            messages: with their ids in the spool.
            again: ids of those that may have been sent to a log before.
        """
        packed = Packed()
        waiting: dict[str, _Waiting] = {}
        for message in messages:
            opened = self._opener.open(message)
            batch, refused, newest = opened.batch, opened.refused, opened.newest_us
            window_s = Intake.window(message.received_us)
            repeated = message.id in again
            if newest is not None and not repeated:
                packed.newest.append((message.gateway, message.received_us, newest))
            packed.refusals.extend(_refusal(message, one, window_s, repeated) for one in refused)
            if refused:
                packed.refused[message.id] = len(refused)
            if not repeated:
                counts = [(one.domain, one.readings) for one in refused]
                counts += _by_domain(self._catalogue, batch)
                packed.counts.extend((window_s, *count) for count in counts)
            known = self._catalogue.gateways.get(message.gateway)
            key = message.gateway if known is None else known.key
            # A pack without rows travels too: the ledger must see every sequence number, or a
            # message that is in quarantine and comes again would be taken in beside it, once its
            # gateway is known.
            held = waiting.setdefault(key, _Waiting())
            held.add(
                batch,
                Pack(
                    message.gateway, message.boot, message.seq, batch.n, message.collector,
                    window_s, repeated,
                ),
                opened.reports,
            )  # fmt: skip
            if held.rows >= MAX_ROWS or held.told_bytes >= MAX_TOLD:
                self._close(packed, key, waiting.pop(key))
        for key, held in waiting.items():
            self._close(packed, key, held)
        return packed

    def _close(self, packed: Packed, key: str, held: _Waiting) -> None:
        record = Record(concatenate(held.batches), tuple(held.packs), tuple(held.reports))
        packed.records.append((partition_of(key, self._partitions), key.encode(), record))


def _refusal(message: Spooled, one: Refused, window_s: int, again: bool) -> Refusal:
    return Refusal(
        reason=one.reason,
        detail=one.detail,
        source=message.topic,
        raw=message.payload,
        domain=one.domain,
        readings=one.readings,
        received_us=message.received_us,
        collector=message.collector,
        received_s=window_s,
        gateway=message.gateway,
        boot=message.boot,
        seq=message.seq,
        again=again,
        rows=tuple(one.rows),
    )


def _by_domain(catalogue: Catalogue, batch: Batch) -> list[tuple[str, int]]:
    counts = np.bincount(catalogue.domain[batch.datastream], minlength=len(DOMAINS)).tolist()
    return [(DOMAINS[index], count) for index, count in enumerate(counts) if count]

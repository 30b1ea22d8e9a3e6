"""Pack a round of messages into records and refusals: the gateway's pure middle.

Bytes and facts in, what goes to which partition out. No clock, no network.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from devices import DOMAINS, Catalogue
from devices.record import Pack, Record, columns
from devices.refusal import Reason, Refusal
from ingest.codecs import CODECS, CodecError
from ingest.intake import Intake
from ingest.judge import UNKNOWN_DOMAIN, Row, judge

MAX_ROWS = 2000
"""Rows after which a record is closed: larger ones cost latency and gain nothing."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One MQTT message, as far as packing is concerned."""

    topic: str
    payload: bytes
    properties: Mapping[str, str]
    """MQTT 5 user properties; `boot` and `seq` name the message."""
    received_us: int


@dataclass(frozen=True, slots=True)
class Packed:
    """What a round becomes."""

    records: list[tuple[int, bytes, Record]] = field(default_factory=list)
    """Partition, key and record, in the order of receipt within each partition."""
    refusals: list[Refusal] = field(default_factory=list)
    counts: list[tuple[int, str, int]] = field(default_factory=list)
    """Window of receipt, domain, readings: everything that came in, refused or not."""


def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key.

    CRC-32 and not Kafka's murmur2, because every language of the field has it; all producers of
    `observations` must agree.

    >>> partition_of("luotang-river-1", 4) in range(4)
    True
    """
    return zlib.crc32(key.encode()) % partitions


class Packer:
    """Packs rounds for one collector; numbers the messages that have no number of their own."""

    def __init__(
        self, catalogue: Catalogue, collector: str, partitions: int, future_tolerance_s: float
    ) -> None:
        """Prepare packing.

        Args:
            catalogue: what exists.
            collector: `name:boot` of this process.
            partitions: of the topic `observations`.
            future_tolerance_s: how far ahead of ours a device's clock may be, seconds.
        """
        self._catalogue = catalogue
        self._collector = collector
        self._partitions = partitions
        self._tolerance_us = round(future_tolerance_s * 1e6)
        self._next_seq: dict[str, int] = {}

    def pack(self, arrivals: Iterable[Arrival]) -> Packed:
        """Pack one round of messages, in the order of receipt."""
        packed = Packed()
        open_rows: dict[str, tuple[list[Row], list[Pack]]] = {}
        for arrival in arrivals:
            window_s = Intake.window(arrival.received_us)
            gateway, codec = _address(arrival.topic)
            boot, seq = self._identity(gateway, arrival.properties)

            def refuse(
                reason: Reason, detail: str, domain: str, readings: int,
                arrival: Arrival = arrival, window_s: int = window_s,
                gateway: str = gateway, boot: str = boot, seq: int = seq,
            ) -> None:  # fmt: skip
                packed.refusals.append(
                    Refusal(
                        reason, detail, arrival.topic, arrival.payload, domain, readings,
                        arrival.received_us, self._collector, window_s, gateway, boot, seq,
                    )
                )  # fmt: skip
                packed.counts.append((window_s, domain, readings))

            known = self._catalogue.gateways.get(gateway)
            if known is None:
                refuse(
                    Reason.UNKNOWN_GATEWAY, f"{gateway!r} is not in the catalogue; add it there",
                    UNKNOWN_DOMAIN, 1,
                )  # fmt: skip
                continue
            rows: list[Row] = []
            decode = CODECS.get(codec)
            if decode is None:
                refuse(
                    Reason.UNKNOWN_CODEC, f"{codec!r} is not one of {', '.join(CODECS)}",
                    UNKNOWN_DOMAIN, 1,
                )  # fmt: skip
            else:
                try:
                    measurements = decode(arrival.payload, arrival.received_us)
                except CodecError as error:
                    refuse(Reason.UNDECODABLE, str(error), UNKNOWN_DOMAIN, 1)
                else:
                    latest = arrival.received_us + self._tolerance_us
                    rows, refused = judge(self._catalogue, gateway, measurements, latest)
                    for one in refused:
                        refuse(one.reason, one.detail, one.domain, one.readings)
            for domain, readings in _by_domain(self._catalogue, rows):
                packed.counts.append((window_s, domain, readings))
            # A pack without rows travels too: the ledger must see every sequence number.
            held, packs = open_rows.setdefault(known.place, ([], []))
            held += rows
            packs.append(Pack(gateway, boot, seq, len(rows), self._collector, window_s))
            if len(held) >= MAX_ROWS:
                self._close(packed, known.place, *open_rows.pop(known.place))
        for place, (held, packs) in open_rows.items():
            self._close(packed, place, held, packs)
        return packed

    def _close(self, packed: Packed, place: str, rows: list[Row], packs: list[Pack]) -> None:
        record = Record(columns(rows), tuple(packs))
        packed.records.append((partition_of(place, self._partitions), place.encode(), record))

    def _identity(self, gateway: str, properties: Mapping[str, str]) -> tuple[str, int]:
        """Return boot and sequence number: the publisher's own, or ours for this run."""
        boot, seq = properties.get("boot", ""), properties.get("seq", "")
        if boot and not boot.startswith("@") and seq.isdecimal() and len(seq) < 19:
            return boot, int(seq)
        number = self._next_seq.get(gateway, 0)
        self._next_seq[gateway] = number + 1
        return f"@{self._collector}", number


def _address(topic: str) -> tuple[str, str]:
    """Return gateway and codec of `up/{gateway}/{codec}`."""
    _, gateway, codec = topic.split("/", 2)
    return gateway, codec


def _by_domain(catalogue: Catalogue, rows: list[Row]) -> list[tuple[str, int]]:
    counts = [0] * len(DOMAINS)
    for row in rows:
        counts[catalogue.domain[row[0]]] += 1
    return [(DOMAINS[index], count) for index, count in enumerate(counts) if count]

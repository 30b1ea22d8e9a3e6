"""Judge what lies in quarantine again, by the catalogue and the codecs of today.

Pure: a refusal in, what of it passes now and what does not out. What passes goes into the log in
records of its own, one pack for each reading, so that the pack ledger stores each reading of a
message once, however often and under however many reasons it is released.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from devices import Batch, Catalogue
from devices.partition import partition_of
from devices.record import RELEASED, Pack, Record, Release, columns
from devices.refusal import Reason, Refusal
from ingest.intake import Intake
from ingest.judge import Judge, Refused
from ingest.packing import MAX_ROWS
from ingest.unpacking import unpack

WHOLE: Final = (Reason.UNDECODABLE, Reason.UNKNOWN_CODEC, Reason.UNKNOWN_GATEWAY)
"""Reasons that always concern a message as a whole."""

SPAN: Final = 1024
"""Numbers in one sequence of releases: fewer than the packs that the ledger remembers beyond a
gap, so that it never takes a reading that is still in quarantine for lost."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a refusal is worth today."""

    passed: Sequence[int] = ()
    """Numbers of the measurements that are accepted now, ascending."""
    batch: Batch = field(default_factory=lambda: columns([]))
    """Their rows, in that order."""
    refused: list[Refused] = field(default_factory=list)
    """What is still refused, and why now."""
    measurements: int = 0
    """How many the message holds; 0 where it does not decode."""
    obstacle: str = ""
    """Why it cannot be judged at all; empty where it could."""


def rejudge(catalogue: Catalogue, refusal: Refusal, future_tolerance_s: float) -> Verdict:
    """Judge a refusal as if its message came in now, with the clock of its receipt.

    Args:
        catalogue: what exists today.
        refusal: with the bytes of the message.
        future_tolerance_s: how far ahead of ours a device's clock may be, seconds.
    """
    if obstacle := _obstacle(refusal):
        return Verdict(obstacle=obstacle)
    found = unpack(catalogue, refusal.source, refusal.raw, refusal.received_us)
    if isinstance(found, Refused):
        return Verdict(refused=[found])
    told = found.measurements
    wanted: Sequence[int] = refusal.rows or range(told.n)
    if not told.n or wanted[-1] >= told.n:
        return Verdict(
            measurements=told.n,
            obstacle=f"the codec finds {told.n} measurements in it and not number "
            f"{wanted[-1] if wanted else 0}, which was refused; it has changed",
        )
    judge = Judge(catalogue, future_tolerance_s)
    judged = judge.judge(refusal.gateway, told, refusal.received_us, only=wanted)
    return Verdict(judged.number.tolist(), judged.batch, judged.refused, told.n)


def records(
    catalogue: Catalogue,
    quarantine: int,
    refusal: Refusal,
    verdict: Verdict,
    partitions: int,
) -> Iterator[tuple[int, bytes, Record]]:
    """Return what releases readings: partition, key and record, as `ingest.packing` has them.

    Args:
        catalogue: what exists today.
        quarantine: id of the row in the table.
        refusal: what it holds.
        verdict: what of it passes.
        partitions: of the topic `observations`.
    """
    key = catalogue.gateways[refusal.gateway].key
    window_s = Intake.window(refusal.received_us)
    for start in range(0, len(verdict.passed), MAX_ROWS):
        part = verdict.passed[start : start + MAX_ROWS]
        packs = tuple(
            Pack(
                refusal.gateway, f"{RELEASED}{refusal.boot}:{refusal.seq}:{index // SPAN}",
                index % SPAN, 1, refusal.collector, window_s, release=Release(quarantine, index),
            )
            for index in part
        )  # fmt: skip
        one = Record(verdict.batch.between(start, start + len(part)), packs)
        yield partition_of(key, partitions), key.encode(), one


def _obstacle(refusal: Refusal) -> str:
    if not refusal.gateway:
        return "nobody of ours wrote it into the log; there is no message to decode"
    if refusal.reason is Reason.UNSTORABLE:
        return "the database refused the readings themselves; they are its raw bytes"
    if refusal.rows is None and refusal.reason not in WHOLE:
        return "an earlier version refused it and did not note which of its readings it meant"
    return ""

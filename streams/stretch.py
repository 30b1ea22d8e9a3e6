"""From records of the log to one stretch for the transaction: the worker's middle, without I/O.

Decides what is new (by the pack ledger), hands it to the engine in the order of the log, and
gathers what the transaction must say. Changes nothing it is given: a stretch that could not be
committed can be prepared again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from devices import DOMAINS, Batch, Tick, record, refusal
from devices.batch import DTYPES, concatenate
from devices.record import Pack, Record, RecordError, Release, columns
from devices.refusal import Reason, Refusal
from devices.reports import Report
from rules import checkpoint, engine, inputs
from rules.alerts import Transition
from rules.commands import Command
from rules.engine import Input
from rules.ruleset import RuleSet
from rules.state import State
from storage.commit import Checkpoint, Counted, IntakeKey, Stretch, TickAt
from storage.journal import Judged
from storage.latest import Newest
from storage.ledger import Advance, PackKey, Partition, Progress
from storage.quarantine import Quarantined
from storage.reports import Reported
from streams import sequence
from streams.unstorable import FIRST_US, LAST_US, Barred, knows, split, unusable

_HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of the log."""

    offset: int
    value: bytes
    time_us: int
    """The broker's timestamp, µs since 1970."""
    log: str = ""
    """Id of the log that its writer was connected to; empty where the writer did not say."""


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """Where a partition stands: after the last commit, or as it will after the next."""

    partition: Partition
    next_offset: int
    state: State | None
    """Engine memory; None for a topic that has none."""
    owed: tuple[Transition, ...] = ()
    """Transitions that a change of rules caused and that are not committed yet."""
    saved: tuple[str, int] | None = None
    """As `storage.commit.Saved.at`; None before the first checkpoint."""
    hour: int | None = None
    """Hour of the log in which the state was last written beside the engine's inputs; None: it is
    due."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A partition's new entries, decoded."""

    records: Sequence[Record | Tick]
    refusals: Sequence[Quarantined]
    end: int
    """Offset after the last entry."""
    is_newer: bool = False
    """Whether there are slots that this catalogue does not have: a newer one may."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A stretch, and what is true once it is committed."""

    stretch: Stretch
    positions: Mapping[tuple[str, int], Position]
    progress: Mapping[PackKey, Progress]
    newest: Mapping[int, Newest]
    late: int


def decode(
    rule_set: RuleSet,
    partition: Partition,
    entries: Sequence[Entry],
    barred: Mapping[int, Barred],
) -> Decoded:
    """Decode entries, all at or beyond the ledger.

    What is no record becomes a refusal, and so does each reading that cannot be stored: of a slot
    or at a time that nobody knows here, or barred.

    Args:
        rule_set: with the catalogue that slots are of.
        partition: which one they come from.
        entries: in ascending order of offset.
        barred: by offset, what the database refuses.
    """
    records: list[Record | Tick] = []
    refusals: list[Refusal] = []
    at: list[int] = []
    is_newer = False
    for entry in entries:
        refused = barred.get(entry.offset, {})
        try:
            if partition.topic == record.TOPIC:
                one = record.decode(entry.value)
                if isinstance(one, Record):
                    is_newer = is_newer or not knows(rule_set.catalogue, one.batch)
                    refused = {**unusable(rule_set.catalogue, one.batch), **refused}
                    one, found = split(rule_set.catalogue, one, refused, _place(partition))
                    refusals += found
                records.append(one)
            elif refused:
                refusals.append(_foreign(partition, entry, refused[-1]))
            else:
                refusals.append(_dated(refusal.decode(entry.value), entry))
        except (RecordError, msgspec.MsgspecError) as error:
            refusals.append(_foreign(partition, entry, str(error)))
        at += [entry.offset] * (len(refusals) - len(at))
    return Decoded(
        records,
        [
            Quarantined(one, partition.log, partition.topic, partition.number, offset)
            for one, offset in zip(refusals, at, strict=True)
        ],
        entries[-1].offset + 1,
        is_newer,
    )


def rows_of(topic: str, entry: Entry) -> Batch | None:
    """Return the readings of an entry, none for a tick; None where the topic carries refusals."""
    if topic != record.TOPIC:
        return None
    try:
        one = record.decode(entry.value)
    except RecordError:
        return columns([])
    return one.batch if isinstance(one, Record) else columns([])


def pack_keys(decoded: Sequence[Decoded]) -> set[PackKey]:
    """Return the gateways and boots whose progress `prepare` must know."""
    return {
        (pack.gateway, pack.boot)
        for part in decoded
        for one in part.records
        if isinstance(one, Record)
        for pack in one.packs
    }


def slots_of(decoded: Sequence[Decoded]) -> set[int]:
    """Return the datastreams whose newest readings `prepare` must know."""
    return {
        slot
        for part in decoded
        for one in part.records
        if isinstance(one, Record)
        for slot in np.unique(one.batch.datastream).tolist()
    }


def prepare(
    rule_set: RuleSet,
    parts: Sequence[tuple[Position, Decoded]],
    progress: Mapping[PackKey, Progress],
    newest: Mapping[int, Newest],
    commands: Sequence[Command] = (),
) -> Prepared:
    """Judge decoded entries and gather the transaction.

    Args:
        rule_set: the rules in force.
        parts: each partition's position and its new entries.
        progress: stored packs of every gateway in `pack_keys`.
        newest: stored readings of every datastream in `slots_of`.
        commands: what people told the engine, in the order of their ids; those that a partition
            has had already count for nothing there.
    """
    moved = dict(progress)
    latest = dict(newest)
    intake: dict[IntakeKey, Counted] = {}
    batches: list[Batch] = []
    steps: list[Advance] = []
    checkpoints: list[Checkpoint] = []
    # What a change of rules or of partitions ends comes first: another partition may raise it anew.
    transitions = [one for position, _ in parts for one in position.owed]
    judged: list[Judged] = []
    refusals: list[Quarantined] = []
    ticks: list[TickAt] = []
    releases: list[Release] = []
    reports: list[Reported] = []
    positions = {}
    late = 0
    for position, decoded in parts:
        step = Advance(position.partition, position.next_offset, decoded.end)
        steps.append(step)
        refusals += decoded.refusals
        state, saved, hour = position.state, position.saved, position.hour
        if state is not None:
            read = [
                _only_new(rule_set, one, moved, intake, releases, reports)
                for one in decoded.records
            ]
            read = [_in_sequence(one, latest) for one in inputs.joined(read)]
            batches += [one for one in read if isinstance(one, Batch)]
            ticks += _ticks(position.partition.number, read)
            told = [one for one in commands if one.id > state.command]
            outcome = engine.step(rule_set, state, [*told, *read])
            transitions += outcome.transitions
            late += outcome.late
            is_due = hour != _hour(outcome.state)
            one = _judged(rule_set, step, state, outcome.state, [*told, *read], is_due=is_due)
            judged.append(one)
            hour = _hour(outcome.state)
            # Also an unchanged one: that these entries change nothing holds for this state only.
            memory = checkpoint.encode(rule_set, outcome.state)
            checkpoints.append(Checkpoint(step, memory, saved))
            state, saved = outcome.state, (position.partition.log, decoded.end)
        where = (position.partition.topic, position.partition.number)
        positions[where] = Position(position.partition, decoded.end, state, saved=saved, hour=hour)
    changed = {key: one for key, one in moved.items() if one != progress[key]}
    stretch = Stretch(
        steps=steps,
        batch=_concatenate(batches),
        transitions=transitions,
        checkpoints=checkpoints,
        progress=changed,
        progress_before={key: progress[key] for key in changed},
        refusals=refusals,
        releases=releases,
        intake=intake,
        reports=reports,
        ticks=ticks,
        judged=judged,
    )
    return Prepared(stretch, positions, moved, latest, late)


def _judged(
    rule_set: RuleSet,
    step: Advance,
    before: State,
    after: State,
    some: Sequence[Input],
    *,
    is_due: bool,
) -> Judged:
    """Describe what the engine was given, for exact replay; where it is due, with its state."""
    return Judged(
        partition=step.partition,
        next_offset=step.end,
        first_us=before.clock_us,
        last_us=after.clock_us,
        rules=rule_set.digest,
        catalogue=rule_set.catalogue.digest,
        inputs=inputs.encode(some),
        state=checkpoint.encode(rule_set, before) if is_due else None,
    )


def _hour(state: State) -> int:
    return state.clock_us // _HOUR_US


def _in_sequence(one: Batch | Tick, latest: dict[int, Newest]) -> Batch | Tick:
    """Return a batch with the qualities of its order, and note what is newest after it."""
    if isinstance(one, Tick):
        return one
    judged, after = sequence.judge(one, latest)
    latest.update(after)
    return judged


def _only_new(
    rule_set: RuleSet,
    one: Record | Tick,
    moved: dict[PackKey, Progress],
    intake: dict[IntakeKey, Counted],
    releases: list[Release],
    reports: list[Reported],
) -> Batch | Tick:
    """Return the rows of packs that are not stored yet, and note the packs as stored."""
    if isinstance(one, Tick):
        return one
    batch = one.batch
    fresh: set[int] = set()
    keep = np.ones(batch.n, dtype=np.bool_)
    start = 0
    for number, pack in enumerate(one.packs):
        rows = slice(start, start + pack.rows)
        start += pack.rows
        if pack.release is not None and not pack.rows:
            continue  # it cannot be stored, so it is not released
        key = (pack.gateway, pack.boot)
        new = not moved[key].has(pack.seq)
        if new:
            fresh.add(number)
        keep[rows] = new
        if pack.release is None:
            _count(rule_set, pack, batch, rows, new, intake)
        else:
            releases.append(pack.release)
        moved[key] = moved[key].with_pack(pack.seq)
    reports += (_reported(one.packs[told.pack], told) for told in one.reports if told.pack in fresh)
    if keep.all():
        return batch
    return Batch(*(getattr(batch, name)[keep] for name in DTYPES))


def _reported(pack: Pack, told: Report) -> Reported:
    return Reported(told, pack.gateway, pack.boot, pack.seq, pack.received_s * 1_000_000)


def _count(
    rule_set: RuleSet,
    pack: Pack,
    batch: Batch,
    rows: slice,
    new: bool,
    intake: dict[IntakeKey, Counted],
) -> None:
    domains = rule_set.catalogue.domain[batch.datastream[rows]]
    for index, count in enumerate(np.bincount(domains, minlength=len(DOMAINS)).tolist()):
        if not count:
            continue
        counted = intake.setdefault((pack.collector, pack.received_s, DOMAINS[index]), Counted())
        if new:
            counted.stored += count
        elif not pack.again:
            counted.duplicate += count


def _ticks(partition: int, read: Sequence[Batch | Tick]) -> list[TickAt]:
    found, rows = [], 0
    for one in read:
        if isinstance(one, Tick):
            found.append(TickAt(partition, rows, one.time_us))
        else:
            rows += one.n
    return found


def _concatenate(batches: Sequence[Batch]) -> Batch | None:
    return concatenate(batches) if batches else None


def _place(partition: Partition) -> str:
    return f"{partition.log}/{partition.topic}/{partition.number}"


def _dated(one: Refusal, entry: Entry) -> Refusal:
    """Give a refusal the log's time where its own is none that can be stored."""
    if FIRST_US <= one.received_us <= LAST_US:
        return one
    return msgspec.structs.replace(one, received_us=entry.time_us)


def _foreign(partition: Partition, entry: Entry, why: str) -> Refusal:
    """Describe a message of the log that nobody of ours wrote; its place is its identity."""
    source = _place(partition)
    return Refusal(
        reason=Reason.UNDECODABLE,
        detail=f"{partition.topic}-{partition.number} offset {entry.offset}: {why}",
        source=source,
        raw=entry.value,
        domain="unknown",
        readings=1,
        received_us=entry.time_us,
        collector="log",
        received_s=entry.time_us // 10_000_000 * 10,
        gateway="",
        boot=source,
        seq=entry.offset,
    )

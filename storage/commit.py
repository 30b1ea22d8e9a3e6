"""The one transaction: readings, alerts, outbox, engine, quarantine and ledger together.

Either all of a stretch of the log is in the database or none of it, and the ledger says which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices import Batch
from devices.record import Release
from rules.alerts import Transition
from storage import alerts, binary_copy, journal, latest, ledger, quarantine, reports, rollups
from storage.journal import Judged
from storage.ledger import Advance, PackKey, Progress, ZombieError
from storage.quarantine import Quarantined
from storage.reports import Reported

IntakeKey = tuple[str, int, str]
"""Collector, start of the window of receipt in seconds since 1970, domain."""


@dataclass(slots=True)
class Counted:
    """What became of readings."""

    stored: int = 0
    quarantined: int = 0
    duplicate: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A partition's engine state after the step of the same transaction."""

    step: Advance
    state: bytes
    follows: tuple[str, int] | None = None
    """Log and next offset of the checkpoint that the step began with; None for the first."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A partition's newest engine state."""

    state: bytes
    at: tuple[str, int]
    """Log and next offset of the step that left it."""


@dataclass(frozen=True, slots=True)
class TickAt:
    """A tick and where it stood among the readings."""

    partition: int
    rows: int
    """So many readings of this stretch and partition stood before it."""
    time_us: int


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """All that one stretch of the log leads to."""

    steps: Sequence[Advance]
    batch: Batch | None = None
    """Readings of all packs that are new."""
    transitions: Sequence[Transition] = ()
    checkpoints: Sequence[Checkpoint] = ()
    progress: Mapping[PackKey, Progress] = field(default_factory=dict)
    """Packs stored after it, where that changes."""
    progress_before: Mapping[PackKey, Progress] = field(default_factory=dict)
    """Packs stored before it, for each key of `progress`; none where a key is missing."""
    refusals: Sequence[Quarantined] = ()
    releases: Sequence[Release] = ()
    """Readings that leave quarantine because they are stored, now or by an earlier stretch."""
    intake: Mapping[IntakeKey, Counted] = field(default_factory=dict)
    """Readings stored and duplicates; what is quarantined is counted here, by what is new."""
    reports: Sequence[Reported] = ()
    """What new packs tell besides readings."""
    ticks: Sequence[TickAt] = ()
    """Not stored; whoever wants to judge the stored readings again needs them."""
    judged: Sequence[Judged] = ()
    """What was given to the engine, one for each partition at most."""


async def commit(connection: AsyncConnection[TupleRow], stretch: Stretch) -> None:
    """Store a stretch in one transaction.

    The offset alone does not fence a worker of an older log, whose offsets nobody else moves: so
    engine state and pack ledger are compared too, and all of them before anything else.

    Raises:
        storage.ledger.ZombieError: another worker has one of the partitions.
        storage.alerts.VersionError: an alert does not stand where its transition starts.
        psycopg.Error: nothing is stored; `storage.faults.classify` says what to do.
    """
    async with connection.transaction():
        await ledger.advance(connection, stretch.steps)
        await _write_checkpoints(connection, stretch.checkpoints)
        await ledger.write_progress(connection, stretch.progress, stretch.progress_before)
        if stretch.batch is not None and stretch.batch.n:
            async with (
                connection.cursor() as cursor,
                cursor.copy(binary_copy.STATEMENT) as copy,
            ):
                await copy.write(binary_copy.encode(stretch.batch))
            await latest.write(connection, stretch.batch)
            await rollups.note(connection, stretch.batch)
        fresh = await quarantine.write(connection, stretch.refusals)
        await quarantine.release(connection, stretch.releases)
        await _write_intake(connection, stretch, fresh)
        await reports.write(connection, stretch.reports)
        await journal.append(connection, stretch.judged)
        await alerts.write(connection, stretch.transitions)


async def _write_intake(
    connection: AsyncConnection[TupleRow], stretch: Stretch, fresh: Sequence[Quarantined]
) -> None:
    counts = {key: Counted(one.stored, 0, one.duplicate) for key, one in stretch.intake.items()}
    new = {id(one) for one in fresh}
    for one in stretch.refusals:
        refusal = one.refusal
        key = (refusal.collector, refusal.received_s, refusal.domain)
        counted = counts.setdefault(key, Counted())
        if id(one) in new:
            counted.quarantined += refusal.readings
        elif not refusal.again:
            counted.duplicate += refusal.readings
    if not counts:
        return
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO intake AS old (collector, received_s, domain, stored, quarantined, "
            "duplicate) VALUES (%s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (collector, received_s, domain) DO UPDATE SET "
            "stored = old.stored + excluded.stored, "
            "quarantined = old.quarantined + excluded.quarantined, "
            "duplicate = old.duplicate + excluded.duplicate",
            [
                (*key, one.stored, one.quarantined, one.duplicate)
                for key, one in sorted(counts.items())
            ],
        )


async def _write_checkpoints(
    connection: AsyncConnection[TupleRow], checkpoints: Sequence[Checkpoint]
) -> None:
    for one in checkpoints:
        partition = one.step.partition
        cursor = await connection.execute(
            "INSERT INTO checkpoint AS old (topic, partition, log, next_offset, state) "
            "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (topic, partition) DO UPDATE SET "
            "log = excluded.log, next_offset = excluded.next_offset, state = excluded.state "
            "WHERE (old.log, old.next_offset) = (%s, %s)",
            (
                partition.topic, partition.number, partition.log, one.step.end, one.state,
                *(one.follows or (None, None)),
            ),
        )  # fmt: skip
        if cursor.rowcount != 1:
            raise ZombieError(
                f"the engine's state of {partition.topic}-{partition.number} is no longer that of "
                f"{one.follows}; another worker has moved it"
            )


async def read_checkpoint(
    connection: AsyncConnection[TupleRow], topic: str, partition: int
) -> Saved | None:
    """Return the newest engine state of a partition, whatever log it comes from."""
    cursor = await connection.execute(
        "SELECT state, log, next_offset FROM checkpoint WHERE (topic, partition) = (%s, %s)",
        (topic, partition),
    )
    row = await cursor.fetchone()
    return Saved(bytes(row[0]), (row[1], row[2])) if row else None

"""The database: the tables and the one transaction of `storage.commit`, in memory.

`test_database` holds it to PostgreSQL: the same calls, the same answers, the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from devices import Batch
from devices.refusal import Reason, Refusal
from ingest.progress import Sent
from rules.alerts import Transition, TransitionKind
from rules.commands import Command
from storage.alerts import VersionError
from storage.commit import Counted, IntakeKey, Saved, Stretch
from storage.faults import RefusedError
from storage.latest import NOTHING, Newest
from storage.ledger import PackKey, Partition, Progress, ZombieError
from tests.simulation.messages import POISON

QuarantineKey = tuple[str, str, int, Reason, str]


@dataclass(slots=True)
class Alert:
    """An alert as it stands."""

    rule: str
    subject: str
    version: int
    active: bool
    suppressed: str | None = None
    flapping: bool = False
    returned: bool = False


class Tables:
    """All rows. Every method is one transaction."""

    def __init__(self) -> None:
        """Start empty."""
        self.ledger: dict[Partition, int] = {}
        self.packs: dict[PackKey, Progress] = {}
        self.batches: list[Batch] = []
        """Rows of `reading`, by commit."""
        self.latest: dict[int, Newest] = {}
        self.quarantine: dict[QuarantineKey, Refusal] = {}
        self.intake: dict[IntakeKey, Counted] = {}
        self.alerts: dict[str, Alert] = {}
        self.transitions: list[Transition] = []
        self.outbox: list[Transition] = []
        self.checkpoints: dict[tuple[str, int], Saved] = {}
        self.commands: list[Command] = []
        """What people told the engine."""
        self.commits: list[Stretch] = []
        """What was committed, in order: no table, but what the oracle reads the log by."""

    def next_offset(self, partition: Partition) -> int:
        """As `storage.ledger.read`."""
        return self.ledger.setdefault(partition, 0)

    def progress(self, keys: Iterable[PackKey]) -> dict[PackKey, Progress]:
        """As `storage.ledger.read_progress`."""
        return {key: self.packs.get(key, Progress()) for key in keys}

    def newest(self, slots: Iterable[int]) -> dict[int, Newest]:
        """As `storage.latest.read`."""
        return {slot: self.latest.get(slot, NOTHING) for slot in slots}

    def stored(self, sent: Sequence[Sent]) -> set[int]:
        """As `ioc.progress.DatabaseProgress.stored`."""
        counts: dict[tuple[str, str, int], int] = {}
        for gateway, boot, seq, reason, _ in self.quarantine:
            if reason is not Reason.UNSTORABLE:
                counts[gateway, boot, seq] = counts.get((gateway, boot, seq), 0) + 1
        progress = self.progress((one.gateway, one.boot) for one in sent)
        return {
            one.id
            for one in sent
            if progress[one.gateway, one.boot].has(one.seq)
            and counts.get((one.gateway, one.boot, one.seq), 0) >= one.refusals
        }

    def probe(self, batch: Batch) -> None:
        """As `storage.database.Database.probe`.

        Raises:
            RefusedError: a reading is poison.
        """
        if (batch.result == POISON).any():
            raise RefusedError(f"23514: {POISON} is refused")

    def commit(self, stretch: Stretch) -> None:
        """As `storage.commit.commit`: all of it or nothing."""
        for step in stretch.steps:
            if self.ledger.get(step.partition) != step.start:
                raise ZombieError(f"{step.partition} no longer stands at {step.start}")
        for one in stretch.checkpoints:
            saved = self.checkpoints.get((one.step.partition.topic, one.step.partition.number))
            if saved and saved.at != one.follows:
                raise ZombieError(f"{one.step.partition} has the state of {saved.at}")
        for key in stretch.progress:
            before = stretch.progress_before.get(key, Progress())
            if key in self.packs and self.packs[key] != before:
                raise ZombieError(f"{key} is at {self.packs[key]}, not at {before}")
        if stretch.batch is not None:
            self.probe(stretch.batch)
        alerts = self._moved(stretch.transitions)
        # Nothing below can fail.
        for step in stretch.steps:
            self.ledger[step.partition] = step.end
        if stretch.batch is not None and stretch.batch.n:
            self.batches.append(stretch.batch)
            for row in range(stretch.batch.n):
                slot = int(stretch.batch.datastream[row])
                time_us = int(stretch.batch.phenomenon_time_us[row])
                if time_us >= self.latest.get(slot, NOTHING).time_us:
                    self.latest[slot] = Newest(time_us, float(stretch.batch.result[row]))
        self.packs.update(stretch.progress)
        self._count(stretch)
        self.alerts.update(alerts)
        self.transitions += stretch.transitions
        self.outbox += stretch.transitions
        for one in stretch.checkpoints:
            partition = one.step.partition
            self.checkpoints[partition.topic, partition.number] = Saved(
                one.state, (partition.log, one.step.end)
            )
        self.commits.append(stretch)

    def _moved(self, transitions: Sequence[Transition]) -> Mapping[str, Alert]:
        """Return the alerts that transitions change, as they will stand."""
        moved: dict[str, Alert] = {}
        for one in transitions:
            before = moved.get(one.alert) or self.alerts.get(one.alert)
            if one.kind is TransitionKind.RAISED:
                everyone = {**self.alerts, **moved}.values()
                twin = (one.rule, one.subject)
                if before or any(a.active and (a.rule, a.subject) == twin for a in everyone):
                    raise RefusedError(f"23505: {one.rule} on {one.subject} is open already")
            elif before is None or before.version != one.version - 1:
                raise VersionError(f"alert {one.alert} is not at version {one.version - 1}")
            moved[one.alert] = _after(before, one)
        return moved

    def _count(self, stretch: Stretch) -> None:
        """Write refusals and intake."""
        for key, counted in stretch.intake.items():
            total = self.intake.setdefault(key, Counted())
            total.stored += counted.stored
            total.duplicate += counted.duplicate
        for one in stretch.refusals:
            told = one.refusal
            total = self.intake.setdefault(
                (told.collector, told.received_s, told.domain), Counted()
            )
            key = (told.gateway, told.boot, told.seq, told.reason, told.domain)
            if key not in self.quarantine:
                self.quarantine[key] = told
                total.quarantined += told.readings
            elif not told.again:
                total.duplicate += told.readings

    def rows(self) -> list[tuple[int, int, float]]:
        """Return slot, phenomenon time and result of every reading, in order of storing."""
        if not self.batches:
            return []
        columns = (
            np.concatenate([getattr(one, name) for one in self.batches]).tolist()
            for name in ("datastream", "phenomenon_time_us", "result")
        )
        return list(zip(*columns, strict=True))


def _after(before: Alert | None, one: Transition) -> Alert:
    """Return an alert as a transition leaves it."""
    after = Alert(one.rule, one.subject, one.version, not one.is_end)
    if before is not None:
        after.suppressed = before.suppressed
        after.flapping = before.flapping and after.active
        after.returned = before.returned and after.active
    match one.kind:
        case TransitionKind.SUPPRESSED:
            after.suppressed = one.evidence.reason
        case TransitionKind.UNSUPPRESSED:
            after.suppressed = None
        case TransitionKind.FLAPPING:
            after.flapping = True
        case TransitionKind.RETURNED:
            after.returned = True
        case TransitionKind.REACTIVATED:
            after.returned = False
    return after

"""Send what lies in quarantine through the line again, and wait until it is stored.

Nothing is written here that a crash could leave half done: the log gets records, the sink takes
their readings out of quarantine in the transaction that stores them, and a reading that is sent
twice is known by its identity.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices import Catalogue, record
from ingest import replay
from ingest.log_writer import Entry, LogWriter
from ingest.replay import Verdict
from storage import held, quarantine
from storage.held import Choice, Held

_ROUND = 200
"""Rows judged, sent and awaited together: the log and our memory stay small."""

_POLL_S = 0.1
"""Between two looks at whether the sink has stored a round."""


class ReplayError(RuntimeError):
    """The replay stops; what was not released is still in quarantine."""


@dataclass(frozen=True, slots=True)
class Still:
    """Readings of a row that do not pass."""

    id: int
    was: str
    """Reason under which they lie in quarantine."""
    reason: str
    """Reason today; empty where they cannot be judged."""
    readings: int
    detail: str


@dataclass(slots=True)
class Outcome:
    """What a replay did, or would do."""

    rows: int = 0
    """Looked at."""
    released_rows: int = 0
    """Rows of which something was released."""
    released: int = 0
    """Readings that left quarantine and are stored."""
    still: list[Still] = field(default_factory=list)


class Replay:
    """One replay."""

    def __init__(
        self,
        connection: AsyncConnection[TupleRow],
        writer: LogWriter,
        catalogue: Catalogue,
        *,
        partitions: int,
        future_tolerance_s: float,
        patience_s: float,
    ) -> None:
        """Prepare.

        Args:
            connection: to the database, in autocommit.
            writer: to the log.
            catalogue: what exists today.
            partitions: of the topic `observations`.
            future_tolerance_s: how far ahead of ours a device's clock may be, seconds.
            patience_s: how long the sink may store nothing of what was sent, seconds.
        """
        self._connection = connection
        self._writer = writer
        self._catalogue = catalogue
        self._partitions = partitions
        self._tolerance_s = future_tolerance_s
        self._patience_s = patience_s

    async def run(self, choice: Choice, *, dry_run: bool) -> Outcome:
        """Judge the chosen rows again, oldest first, and release what passes.

        Idempotent; two at once release each reading once.

        Args:
            choice: of rows.
            dry_run: only judge; nothing is sent or written.

        Raises:
            ReplayError: the sink stores nothing.
            ingest.log_writer.LogError: the log is away.
            psycopg.Error: the database is away.
        """
        outcome = Outcome()
        ids = await held.ids(self._connection, choice)
        for start in range(0, len(ids), _ROUND):
            rows = await held.rows(self._connection, ids[start : start + _ROUND])
            judged = [(row, self._judge(row)) for row in rows if row.resolved_us is None]
            if not dry_run:
                await self._release(judged)
            for row, verdict in judged:
                outcome.rows += 1
                outcome.released_rows += bool(verdict.passed)
                outcome.released += len(verdict.passed)
                outcome.still += _still(row, verdict)
        return outcome

    def _judge(self, row: Held) -> Verdict:
        return replay.rejudge(self._catalogue, row.quarantined.refusal, self._tolerance_s)

    async def _release(self, judged: list[tuple[Held, Verdict]]) -> None:
        entries: list[Entry] = []
        sent: dict[int, set[int]] = {}
        for row, verdict in judged:
            if not verdict.passed:
                continue
            refusal = row.quarantined.refusal
            if not refusal.rows:
                await quarantine.unfold(self._connection, row.id, verdict.measurements)
            entries += [
                (record.TOPIC, partition, key, record.encode(one))
                for partition, key, one in replay.records(
                    self._catalogue, row.id, refusal, verdict, self._partitions
                )
            ]
            sent[row.id] = set(verdict.passed)
        if entries:
            await self._writer.write(entries)
            await self._stored(sent)

    async def _stored(self, sent: Mapping[int, set[int]]) -> None:
        """Wait until all that was sent has left quarantine."""
        waiting = sum(map(len, sent.values()))
        deadline = time.monotonic() + self._patience_s
        while waiting:
            await asyncio.sleep(_POLL_S)
            before = waiting
            still = await held.indexes(self._connection, list(sent))
            waiting = sum(len(sent[row].intersection(indexes)) for row, indexes in still.items())
            if waiting < before:
                deadline = time.monotonic() + self._patience_s
            elif time.monotonic() > deadline:
                raise ReplayError(
                    f"{waiting} readings are in the log and the worker has stored none of them "
                    f"for {self._patience_s:g} s: see `ioc status` whether it runs, and its log "
                    "whether it knows their datastreams. Nothing is lost; replay again"
                )


def _still(row: Held, verdict: Verdict) -> list[Still]:
    refusal = row.quarantined.refusal
    was = refusal.reason.value
    if verdict.obstacle:
        return [Still(row.id, was, "", refusal.readings, verdict.obstacle)]
    return [
        Still(row.id, was, one.reason.value, one.readings, one.detail) for one in verdict.refused
    ]

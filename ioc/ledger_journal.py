"""The field's journal against the database: every id on either side, in one pass over time.

The journal is read first and the database after it, so what the journal has must be there, and
what the database has beyond the journal's last moment is no business of this account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ioc.findings import Findings, iso, pack, reading
from ioc.ledger_bad import Unstorable, compare_bad
from ioc.matching import Matched, match
from simulators.journal_reader import BAD, MAY, MUST, JournalReader, Stretch
from storage import audit
from storage.audit import Readings, Span
from storage.ledger import PackKey, Progress

STRETCH: Final = 500_000
"""Readings compared at once: some 150 MB."""

_SLACK_US: Final = 1000
"""Rounding of a run's begin and end: the simulator's clock is a float."""


def arrived(acknowledged: NDArray[np.int64], progress: Progress) -> NDArray[np.bool_]:
    """Return which of some sequence numbers of one gateway and boot are stored.

    >>> arrived(np.array([1, 3, 4]), Progress(2, frozenset({4}))).tolist()
    [True, False, True]
    """
    ahead = np.fromiter(progress.ahead, np.int64, len(progress.ahead))
    return (acknowledged < progress.next_seq) | np.isin(acknowledged, ahead)


@dataclass(frozen=True, slots=True)
class _Books:
    """What one comparison fills."""

    findings: Findings
    names: Mapping[int, str]
    """Ids of datastreams by slot."""
    unstorable: Unstorable
    absent: NDArray[np.int64]
    """Good readings of packs not acknowledged that are not stored, by the pack's number."""
    stored: Counter[str] = field(default_factory=Counter)
    """Stored readings: `must`, `bad`; and `unstorable` ones."""


class JournalAccount:
    """Compares one state of a journal with one state of a database."""

    def __init__(self, reader: JournalReader, limit: int) -> None:
        """Read the journal's packs.

        Args:
            reader: of the journal.
            limit: how many ids are named of each kind of finding.

        Raises:
            simulators.journal.JournalError: it cannot be read.
        """
        self._reader, self._limit = reader, limit
        self._acknowledged = reader.acknowledged()
        self._boots = [one.boot for one in reader.runs]
        self._spans = merged(
            [(one.begin_us - _SLACK_US, one.until_us + _SLACK_US) for one in reader.runs]
        )

    def under_way(self, connection: audit.Connection) -> int:
        """Return how many acknowledged packs and refusals the database does not have yet."""
        missing = sum(int((~there).sum()) for _, _, there in self._arrivals(connection))
        expected = {
            (*one.pack, one.reason, one.domain) for one in self._reader.bad() if one.acknowledged
        }
        for row in audit.refused(connection, self._boots, ()):
            expected.discard((row.gateway, row.boot, row.seq, row.reason, row.domain))
        return missing + len(expected)

    def compare(self, connection: audit.Connection) -> dict[str, Any]:
        """Return the whole account as plain JSON.

        Raises:
            simulators.journal.JournalError: the journal cannot be read.
            psycopg.Error: the database cannot be read.
        """
        findings = Findings(self._limit)
        names = audit.names(connection)
        for key, seqs, there in self._arrivals(connection):
            late = seqs[~there]
            findings.add("not_arrived", len(late), (pack(*key, seq) for seq in late.tolist()))
        bad, unstorable = compare_bad(self._reader, connection, names, self._spans, findings)
        absent = np.zeros(self._reader.last_pack() + 1, dtype=np.int64)
        books = _Books(findings, names, unstorable, absent)
        for stretch in self._reader.stretches(STRETCH):
            readings = self._stored(connection, stretch)
            matched = match(stretch.rows, readings)
            self._count(books, stretch.rows, readings, matched)
            self._name_stored(books, readings, matched)
        packs = self._unacknowledged(absent, findings)
        acknowledged, others = (
            self._reader.totals(acknowledged=True), self._reader.totals(acknowledged=False),
        )  # fmt: skip
        return {
            "balanced": not findings.counts,
            "runs": [
                {"boot": one.boot, "begin": iso(one.begin_us), "until": iso(one.until_us)}
                for one in self._reader.runs
            ],
            "acknowledged": {"packs": acknowledged.packs, "readings": acknowledged.readings,
                             "stored": books.stored["must"],
                             "unstorable": books.stored["unstorable"]},
            "not_acknowledged": {"packs": others.packs, "readings": others.readings, **packs},
            "bad": {**bad, "stored_after_replay": books.stored["bad"]},
            "findings": findings.facts(),
        }  # fmt: skip

    def _arrivals(
        self, connection: audit.Connection
    ) -> list[tuple[PackKey, NDArray[np.int64], NDArray[np.bool_]]]:
        progress = audit.progress(connection, self._boots)
        return [
            (key, seqs, arrived(seqs, progress.get(key, Progress())))
            for key, seqs in self._acknowledged.items()
        ]

    def _stored(self, connection: audit.Connection, stretch: Stretch) -> Readings:
        """Return what is stored of a stretch, within the time of the journal's runs."""
        spans = [
            (max(low, stretch.first_us), min(high, stretch.last_us)) for low, high in self._spans
        ]
        parts = [audit.readings(connection, span) for span in spans if span[0] <= span[1]]
        return Readings(
            np.concatenate([np.empty(0, np.int32), *(one.slot for one in parts)]),
            np.concatenate([np.empty(0, np.int64), *(one.time_us for one in parts)]),
            np.concatenate([np.empty(0, np.float64), *(one.value for one in parts)]),
        )

    def _count(
        self, books: _Books, rows: NDArray[np.void], readings: Readings, matched: Matched
    ) -> None:
        """Count what became of the journal's readings; name those that are missing or changed."""
        is_absent = np.zeros(len(rows), dtype=np.bool_)
        is_absent[matched.missing] = True
        must = rows["fate"] == MUST
        refused = [row for row in matched.missing.tolist() if books.unstorable.take(rows[row])]
        is_absent[refused] = False
        missing = np.flatnonzero(is_absent & must)
        books.stored["unstorable"] += int(must[refused].sum())
        books.stored["must"] += int(must.sum() - must[refused].sum() - must[matched.changed].sum())
        books.stored["must"] -= len(missing)
        books.stored["bad"] += int((~is_absent & (rows["fate"] == BAD)).sum())
        np.add.at(books.absent, rows["pack"][is_absent & (rows["fate"] == MAY)], 1)
        self._name(books, "missing", rows[missing])
        self._name(books, "changed", rows[matched.changed], readings.value[matched.changed_to])

    def _name(
        self,
        books: _Books,
        kind: str,
        found: NDArray[np.void],
        stored: NDArray[np.float64] | None = None,
    ) -> None:
        shown = found[: books.findings.room(kind)]
        packs = self._reader.identities(shown["pack"].tolist())
        examples = [
            pack(*packs[number]) | reading(slot, time_us, value, books.names)
            for slot, time_us, value, _, number in shown.tolist()
        ]
        if stored is not None:
            for example, value in zip(examples, stored.tolist(), strict=False):
                example["stored"] = value
        books.findings.add(kind, len(found), examples)

    def _name_stored(self, books: _Books, readings: Readings, matched: Matched) -> None:
        """Name what is stored too often, or was never sent."""
        times = readings.time_us[matched.unknown]
        covered = np.zeros(len(times), dtype=np.bool_)
        for run in self._reader.runs:
            covered |= (times >= run.begin_us + _SLACK_US) & (times < run.until_us - _SLACK_US)
        for kind, found in (("doubled", matched.doubled), ("unknown", matched.unknown[covered])):
            shown = found[: books.findings.room(kind)]
            columns = (readings.slot[shown], readings.time_us[shown], readings.value[shown])
            rows = zip(*(one.tolist() for one in columns), strict=True)
            examples = [reading(slot, us, value, books.names) for slot, us, value in rows]
            books.findings.add(kind, len(found), examples)

    def _unacknowledged(self, absent: NDArray[np.int64], findings: Findings) -> dict[str, int]:
        """Tell packs that are not acknowledged apart: stored, not stored, torn."""
        packs = {"packs_stored": 0, "packs_not_stored": 0, "packs_without_good_readings": 0}
        torn = []
        for number, readings in self._reader.unacknowledged():
            if not readings:
                packs["packs_without_good_readings"] += 1
            elif not absent[number]:
                packs["packs_stored"] += 1
            elif absent[number] == readings:
                packs["packs_not_stored"] += 1
            else:
                torn.append((number, readings))
        shown = torn[: self._limit]
        identities = self._reader.identities([number for number, _ in shown])
        findings.add(
            "torn", len(torn),
            [
                pack(*identities[number])
                | {"readings": readings, "stored": readings - int(absent[number])}
                for number, readings in shown
            ],
        )  # fmt: skip
        return packs


def merged(spans: Sequence[Span]) -> list[Span]:
    """Return spans that cover the same time and do not touch, rising.

    >>> merged([(5, 9), (1, 3), (8, 12), (4, 4)])
    [(1, 12)]
    """
    result: list[Span] = []
    for low, high in sorted(spans):
        if result and low <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], high))
        else:
            result.append((low, high))
    return result

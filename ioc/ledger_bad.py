"""Bad readings: what the field spoilt on purpose against what lies in quarantine, by pack."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from devices.refusal import Reason
from ioc.findings import Findings, pack
from simulators.journal_reader import JournalReader
from storage import audit
from storage.audit import Refused, Span


class Unstorable:
    """Good readings that the database refused as data: they are in quarantine one by one."""

    def __init__(self, slots: Mapping[str, int]) -> None:
        """Start with none.

        Args:
            slots: of datastreams, by their ids.
        """
        self._slots = slots
        self._left: Counter[tuple[int, int, float]] = Counter()

    def add(self, row: Refused) -> None:
        """Take the readings of a row with the reason `unstorable`."""
        for one in json.loads(row.raw):
            slot = self._slots.get(one["datastream"], -1)
            self._left[slot, one["phenomenon_time_us"], one["result"]] += 1

    def take(self, row: np.void) -> bool:
        """Return whether a reading is there, and take it away."""
        key = (int(row["slot"]), int(row["time_us"]), float(row["value"]))
        there = self._left[key] > 0 if self._left else False
        if there:
            self._left[key] -= 1
        return there


def compare_bad(
    reader: JournalReader,
    connection: audit.Connection,
    names: Mapping[int, str],
    spans: Sequence[Span],
    findings: Findings,
) -> tuple[dict[str, int], Unstorable]:
    """Compare the bad readings of a journal with the quarantine.

    A row counts whether or not somebody has replayed it since.

    Args:
        reader: of the journal.
        connection: a snapshot younger than the journal's state.
        names: ids of datastreams by slot.
        spans: when the journal's runs lasted: what came in then is theirs.
        findings: where differences go.

    Returns:
        Counts of readings, and the good ones that the database refused.
    """
    unstorable = Unstorable({name: slot for slot, name in names.items()})
    expected = {(*one.pack, one.reason, one.domain): one for one in reader.bad()}
    last = reader.last_seqs()
    until_us = {one.boot: one.until_us for one in reader.runs}
    quarantined = 0
    for row in audit.refused(connection, list(until_us), spans):
        if row.reason == Reason.UNSTORABLE and row.boot in until_us:
            unstorable.add(row)
            continue
        bad = expected.pop((row.gateway, row.boot, row.seq, row.reason, row.domain), None)
        if bad is None:
            # What the field has sent since is none of this account's business.
            is_later = row.seq > last.get((row.gateway, row.boot), -1)
            if not is_later or row.received_us < until_us.get(row.boot, row.received_us + 1):
                findings.add("unknown_refused", 1, [_named(row) | {"id": row.id}])
            continue
        quarantined += bad.readings
        if bad.readings != row.readings:
            findings.add("refused_otherwise", 1, [_named(row) | {"sent": bad.readings}])
    waiting = 0
    for one in expected.values():
        if one.acknowledged:
            named = {"reason": one.reason, "domain": one.domain, "readings": one.readings}
            findings.add("not_refused", one.readings, [pack(*one.pack) | named])
        else:
            waiting += one.readings
    return {"quarantined": quarantined, "not_acknowledged": waiting}, unstorable


def _named(row: Refused) -> dict[str, Any]:
    named = {"reason": row.reason, "domain": row.domain, "readings": row.readings}
    return pack(row.gateway, row.boot, row.seq) | named

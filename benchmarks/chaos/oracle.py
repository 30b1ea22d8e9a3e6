"""What must hold once the dust has settled.

Two sides that know nothing of each other: the simulated city's journal against the database (`ioc
ledger`), and the stored readings, judged again from nothing, against the stored alerts.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, LiteralString

import msgspec
import numpy as np
import psycopg
from numpy.typing import NDArray

from benchmarks.chaos.engines import PARTITIONS
from benchmarks.chaos.system import System
from devices import Batch, Catalogue, Tick
from devices.batch import DTYPES
from devices.partition import owned
from ioc import city
from rules import engine, state
from rules.alerts import Severity, Transition
from rules.language import parse
from rules.ruleset import RuleSet

_SETTLE_S = 240.0
_QUIET_S = 3.0

_DUPLICATES = """
SELECT count(*) FROM (SELECT FROM reading GROUP BY datastream, phenomenon_time HAVING count(*) > 1)
"""
_DISORDER = """
SELECT count(*) FROM (
    SELECT phenomenon_time < lag(phenomenon_time)
               OVER (PARTITION BY datastream ORDER BY stored_order) AS back FROM reading
) WHERE back
"""
_GAPS = "SELECT count(*) FROM pack_ledger WHERE ahead <> '{}'"
_HISTORY = """
SELECT count(*) FROM alert a WHERE version <> (SELECT count(*) FROM alert_transition t
WHERE t.alert = a.id) OR version <> (SELECT count(DISTINCT payload->>'version') FROM outbox o
WHERE o.key = a.id::text) OR version <> (SELECT count(*) FROM outbox o WHERE o.key = a.id::text)
"""
_TRANSITIONS = """
SELECT alert::text, version, kind, (extract(epoch FROM at) * 1000000)::bigint, severity, evidence
FROM alert_transition
"""
_READINGS = """
SELECT datastream, (extract(epoch FROM phenomenon_time) * 1000000)::bigint, result, quality,
       stored_in::text::bigint, stored_order
FROM reading ORDER BY stored_order
"""
_TICKS = """
SELECT stored_in::text::bigint, stored_order, rows, time_us FROM chaos_tick WHERE partition = %s
ORDER BY stored_order
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the oracle found."""

    readings: int
    """Stored."""
    duplicates: int
    """Datastreams and times stored more than once."""
    disorder: int
    """Readings stored after a later one of their datastream."""
    gaps: int
    """Publishers of which a pack is missing."""
    ledger: str
    """What `ioc ledger` said; empty where it balances."""
    history: int
    """Alerts whose versions, transitions and outbox rows do not agree."""
    alerts: int
    transitions: int
    differing: int
    """Transitions that the replay has and the database not, or the other way round."""

    @property
    def holds(self) -> bool:
        """Whether every promise is kept."""
        wrong = (self.duplicates, self.disorder, self.gaps, self.history, self.differing)
        return not any(wrong) and not self.ledger and self.readings > 0


def settle(system: System) -> None:
    """Wait until nothing is under way any more.

    Raises:
        RuntimeError: something still waits in the spool.
    """
    deadline = time.monotonic() + _SETTLE_S
    quiet_since, last = time.monotonic(), (-1, -1)
    while time.monotonic() < deadline:
        for one in system.ours.values():
            if not one.is_running():  # a worker that met another log ends itself
                one.launch()
        facts = system.facts("gateway")
        now = (int(facts.get("messages", -1)), int(facts.get("spool_messages", -1)))
        if now != last or now[1] != 0 or not facts.get("ok"):
            quiet_since, last = time.monotonic(), now
        if time.monotonic() - quiet_since > _QUIET_S:
            return
        time.sleep(0.2)
    raise RuntimeError(f"{last[1]} messages still wait in the spool after {_SETTLE_S:g} s")


def judge(system: System) -> Verdict:
    """Compare journal, database and replay."""
    town = city.load(system.settings.city)
    with psycopg.connect(system.database_url) as connection:
        found = inspect(connection, parse(town.rule_texts, town.catalogue))
    try:
        system.run("ledger", f"--journal={system.journal}")
        said = ""
    except RuntimeError as error:
        said = str(error)
    return Verdict(ledger=said, **found)


def inspect(connection: psycopg.Connection[Any], rule_set: RuleSet) -> dict[str, int]:
    """Return what the database alone tells, by the fields of `Verdict`.

    Args:
        connection: to a database with the columns and table of `benchmarks.chaos.system`.
        rule_set: the rules that judged what is stored.
    """

    def count(statement: LiteralString) -> int:
        row = connection.execute(statement).fetchone()
        assert row is not None
        return int(row[0])

    rows = connection.execute(_READINGS).fetchall()
    stored = _columns([row[:-2] for row in rows])
    place = np.array([row[-2:] for row in rows], dtype=np.int64).reshape(-1, 2)
    told = {
        (row[0], row[1]): (row[2], row[3], row[4], row[5])
        for row in connection.execute(_TRANSITIONS).fetchall()
    }
    ticks = {
        number: connection.execute(_TICKS, (number,)).fetchall() for number in range(PARTITIONS)
    }
    expected = replay(rule_set, rule_set.catalogue, stored, place, ticks)
    differing = [key for key in told.keys() | expected.keys() if told.get(key) != expected.get(key)]
    for key in differing[:5]:
        print(f"  alert {key}: stored {told.get(key)}, replayed {expected.get(key)}")
    return {
        "readings": stored.n,
        "duplicates": count(_DUPLICATES),
        "disorder": count(_DISORDER),
        "gaps": count(_GAPS),
        "history": count(_HISTORY),
        "alerts": count("SELECT count(*) FROM alert"),
        "transitions": len(told),
        "differing": len(differing),
    }


def replay(
    rule_set: RuleSet,
    catalogue: Catalogue,
    stored: Batch,
    place: NDArray[np.int64],
    ticks: dict[int, list[tuple[int, int, int, int]]],
) -> dict[tuple[str, int], tuple[Any, ...]]:
    """Judge stored readings from nothing, one partition after the other.

    Args:
        rule_set: the rules of the run.
        catalogue: tells the partition of a datastream.
        stored: all readings, in the order of storing.
        place: (n, 2) the transaction that stored each, and its place in the order of storing.
        ticks: of each partition, in order: transaction, place after the transaction's readings,
            how many of its readings of the partition stood before it, time in µs since 1970.

    Returns:
        By alert and version: kind, time, severity, evidence.
    """
    found: dict[tuple[str, int], tuple[Any, ...]] = {}
    for number, of_partition in ticks.items():
        mine = np.flatnonzero(owned(catalogue, number, PARTITIONS)[stored.datastream])
        batch = Batch(*(getattr(stored, name)[mine] for name in DTYPES))
        first = _first_rows(place[mine, 0])
        order = place[mine, 1]
        inputs: list[Batch | Tick] = []
        at = 0
        for transaction, after, rows, time_us in of_partition:
            begins = first.get(transaction)
            cut = int(np.searchsorted(order, after)) if begins is None else begins + rows
            inputs += [batch.between(at, cut), Tick(time_us)]
            at = cut
        inputs.append(batch.between(at, batch.n))
        mine = owned(catalogue, number, PARTITIONS)
        outcome = engine.step(rule_set, state.empty(rule_set, mine), inputs)
        found |= {(one.alert, one.version): _told(one) for one in outcome.transitions}
    return found


def _first_rows(stored_in: NDArray[np.int64]) -> dict[int, int]:
    """Return where each transaction's readings begin; they stand together."""
    changes = np.r_[True, stored_in[1:] != stored_in[:-1]][: stored_in.size]
    begins = np.flatnonzero(changes).tolist()
    return {int(stored_in[at]): at for at in begins}


def _told(one: Transition) -> tuple[Any, ...]:
    severity = None if one.severity == Severity.NONE else one.severity.word
    evidence = msgspec.json.decode(msgspec.json.encode(one.evidence))
    return (one.kind.value, one.at_us, severity, evidence)


def _columns(rows: list[tuple[Any, ...]]) -> Batch:
    columns = list(zip(*rows, strict=True)) or [()] * len(DTYPES)
    return Batch(
        *(np.array(one, dtype=dtype) for one, dtype in zip(columns, DTYPES.values(), strict=True))
    )

"""What must hold once the world has come to rest, worked out the slow and obvious way.

The oracle reads what was published, what stands in the logs and what was committed; it shares no
decision with the code under test but the codecs and the engine's own step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from devices import Batch, Tick, record
from devices.partition import owned
from devices.record import Record
from devices.refusal import Reason
from rules import checkpoint, engine, inputs, state
from rules.alerts import Transition
from rules.engine import Input
from storage.commit import Counted
from tests.simulation.messages import POISON, Reading

if TYPE_CHECKING:
    from tests.simulation.world import World


def check(world: World) -> None:
    """Check everything.

    Raises:
        tests.simulation.world.ViolationError: something does not hold.
    """
    _check_at_rest(world)
    _check_readings(world)
    _check_quarantine(world)
    _check_intake(world)
    _check_alerts(world)


def _check_at_rest(world: World) -> None:
    assert world.gateway is not None
    if left := world.gateway.spool.read(0, 10):
        world.fail(f"the spool still holds {left}")
    for one in world.field_gateways.values():
        if one.held:
            world.fail(f"{one.name} still holds {[str(message) for message in one.held]}")
    for worker in world.workers:
        if worker.storing:
            world.fail(f"{worker.name} is still storing")


def _check_readings(world: World) -> None:
    """Promised ones exactly once, in the order of publishing; others at most once; no strangers."""
    rows = world.database.tables.rows()
    expected = {
        (one.slot, one.time_us, one.value): message.number
        for message in world.author.messages
        for one in message.readings
        if one.reason is None
    }
    times = Counter(rows)
    for row, count in times.items():
        if row not in expected:
            world.fail(f"reading {row} is stored, and nobody published it as a good one")
        if count > 1:
            world.fail(f"reading {row} is stored {count} times")
    for row, number in expected.items():
        if number in world.promised and row not in times:
            world.fail(f"reading {row} of message {number} was promised and is not stored")
    newest: dict[int, int] = {}
    for slot, time_us, value in rows:
        number = expected[slot, time_us, value]
        if number < newest.get(slot, 0):
            world.fail(f"datastream {slot}: message {number} is stored after {newest[slot]}")
        newest[slot] = number
    world.counts["readings stored"] += len(rows)


def _check_quarantine(world: World) -> None:
    """Refused readings of promised messages once for each reason and domain; no others."""
    # The number of a message that came without one is the spool's; its bytes tell which it is.
    found = {
        (gateway, *((boot, seq) if boot[0] != "@" else ("", -1)), reason, domain, told.raw): told
        for (gateway, boot, seq, reason, domain), told in world.database.tables.quarantine.items()
    }
    expected: dict[object, tuple[int, int]] = {}
    for message in world.author.messages:
        reasons = Counter((one.reason, one.domain) for one in message.readings if one.reason)
        for (reason, domain), readings in reasons.items():
            raw = message.payload
            if reason is Reason.UNSTORABLE:
                raw = _raw_of(world, message.readings, domain)
            key = (message.gateway, message.boot, message.seq, reason, domain, raw)
            expected[key] = (message.number, readings)
    world.counts["quarantined"] += len(found)
    if len(found) != len(world.database.tables.quarantine):
        world.fail("a message is in quarantine twice for one reason")
    for key, told in found.items():
        if key not in expected:
            world.fail(f"{told} is in quarantine, and should not be")
        if told.readings != expected[key][1]:
            world.fail(f"{told} should have {expected[key][1]} readings")
    for key, (number, _) in expected.items():
        if number in world.promised and key not in found:
            world.fail(f"{key} of message {number} was promised and is not in quarantine")


def _raw_of(world: World, readings: Sequence[Reading], domain: str) -> bytes:
    return msgspec.json.encode(
        [
            {
                "datastream": world.catalogue.datastreams[one.slot].id,
                "phenomenon_time_us": one.time_us,
                "result": one.value,
                "quality": 0,
            }
            for one in readings
            if one.reason is Reason.UNSTORABLE and one.domain == domain
        ]
    )


def _check_intake(world: World) -> None:
    """What is stored and quarantined is counted once; a collector that lived to the end balances.

    Once a round has failed, only repeats may be miscounted: one that comes after its first
    receipt was stored is no duplicate if it is sent to the log twice, and a first sending that
    overtakes nothing, because it comes later than its own repeat, is one.
    """
    gateway = world.gateway
    assert gateway is not None
    received: Counter[tuple[int, str]] = Counter()
    for window_s, domains in gateway.intake._open.items():
        for domain, readings in domains.items():
            received[window_s, domain] += readings
    balance = {
        key[1:]: counted
        for key, counted in world.database.tables.intake.items()
        if key[0] == gateway.collector
    }
    for key in sorted({*received, *balance}):
        one = balance.get(key, Counted())
        left = received[key] - one.stored - one.quarantined
        if left < 0 or (left != one.duplicate and not gateway.failed_rounds):
            world.fail(f"intake of {gateway.collector} {key}: received {received[key]}, {one}")
    total = Counter[str]()
    for one in world.database.tables.intake.values():
        total.update(stored=one.stored, quarantined=one.quarantined, duplicate=one.duplicate)
    world.counts["duplicates"] += total["duplicate"]
    rows = len(world.database.tables.rows())
    refused = sum(one.readings for one in world.database.tables.quarantine.values())
    if (total["stored"], total["quarantined"]) != (rows, refused):
        world.fail(f"intake says {total}; there are {rows} readings and {refused} refused")


def _check_alerts(world: World) -> None:
    """Alerts and checkpoints are those of one undisturbed run over what was committed.

    What the engine was given, as it was written down, is that, and what people said between.
    """
    tables = world.database.tables
    committed = _committed(world)
    told: list[Transition] = []
    for number in range(world.partitions):
        judged = [
            one
            for stretch in tables.commits
            for part in stretch.judged
            if part.partition.number == number
            for one in inputs.decode(part.inputs)
        ]
        if _flat(judged) != _flat(committed.get((record.TOPIC, number), [])):
            world.fail(f"what was judged of partition {number} is not what was committed")
        mine = owned(world.catalogue, number, world.partitions)
        outcome = engine.step(world.rule_set, state.empty(world.rule_set, mine), judged)
        told += outcome.transitions
        kept = tables.checkpoints.get((record.TOPIC, number))
        begin = checkpoint.encode(world.rule_set, state.empty(world.rule_set, mine))
        if (kept.state if kept else begin) != checkpoint.encode(world.rule_set, outcome.state):
            world.fail(f"the checkpoint of partition {number} is not what its log leads to")
    wanted, found = _by_alert(told), _by_alert(tables.transitions)
    for alert in sorted({*wanted, *found}):
        if wanted.get(alert) != found.get(alert):
            world.fail(
                f"alert {alert} should be {wanted.get(alert)}; it is {found.get(alert)}"
            )  # fmt: skip
    if _by_alert(tables.outbox) != found:
        world.fail("the outbox does not hold the alerts' transitions")
    for one in tables.transitions:
        world.counts[f"alerts {one.kind.value}"] += 1


def _flat(some: Sequence[Input]) -> list[object]:
    """Return readings and ticks one by one; what people say is in no log."""
    found: list[object] = []
    for one in some:
        if isinstance(one, Batch):
            found += _rows(one)
        elif isinstance(one, Tick):
            found.append(one)
    return found


def _by_alert(transitions: list[Transition]) -> dict[str, list[bytes]]:
    grouped: dict[str, list[bytes]] = {}
    for one in transitions:
        grouped.setdefault(one.alert, []).append(msgspec.json.encode(one))
    return grouped


def _committed(world: World) -> dict[tuple[str, int], list[Batch | Tick]]:
    """Return what each partition's committed entries say, packs that come again left out.

    The ledger's steps, in the order of the commits, name the entries. What was stored with them
    must be just that: nothing left out between two steps, nothing taken twice.
    """
    seen: set[tuple[str, str, int]] = set()
    inputs: dict[tuple[str, int], list[Batch | Tick]] = {}
    for stretch in world.database.tables.commits:
        rows: list[tuple[int, int, float]] = []
        for step in stretch.steps:
            where = (step.partition.topic, step.partition.number)
            if where[0] != record.TOPIC:
                continue
            said = inputs.setdefault(where, [])
            if step.partition.log not in world.log.held:
                world.fail(f"the ledger speaks of {step.partition}; there was no such log")
            for entry in world.log.held[step.partition.log][where]:
                if step.start <= entry.offset < step.end:
                    one = record.decode(entry.value)
                    said.append(_first_time(one, seen) if isinstance(one, Record) else one)
                    if isinstance(said[-1], Batch):
                        rows += _rows(said[-1])
        if rows != (_rows(stretch.batch) if stretch.batch is not None else []):
            world.fail(f"commit {stretch.steps} stored {stretch.batch}; its entries hold {rows}")
    return inputs


def _first_time(one: Record, seen: set[tuple[str, str, int]]) -> Batch:
    rows: list[tuple[int, int, float, int]] = []
    start = 0
    for pack in one.packs:
        identity = (pack.gateway, pack.boot, pack.seq)
        if identity not in seen:
            seen.add(identity)
            rows += [
                (slot, time_us, value, 0)
                for slot, time_us, value in _rows(one.batch)[start : start + pack.rows]
                if value != POISON
            ]
        start += pack.rows
    return record.columns(rows)


def _rows(batch: Batch) -> list[tuple[int, int, float]]:
    return list(
        zip(
            batch.datastream.tolist(), batch.phenomenon_time_us.tolist(), batch.result.tolist(),
            strict=True,
        )
    )  # fmt: skip

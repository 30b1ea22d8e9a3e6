"""A stored day judged again, × real time: `python -m benchmarks.backtest [--hours 24] [--rows 1]`.

Makes hours of the demo city at its real periods, with a cloudburst in them, and stores them in a
real PostgreSQL as the worker does: the engine's inputs in stretches between two ticks, its state
each hour, its alerts. Then `ioc backtest` and `ioc replay` go over them. The back-test with the
rules that were in force must find no difference, or the measurement is none.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from benchmarks.running import free_port, running
from devices import Batch, Tick
from devices.partition import owned
from ioc import backtest, city, replay
from ioc.parts import postgres
from ioc.settings import Settings, load
from rules import checkpoint, engine, inputs, state
from rules.alerts import Transition
from rules.differing import Change
from rules.language import parse
from rules.ruleset import RuleSet
from simulators.city_model import CityModel
from simulators.scenario import named
from simulators.schedule import Schedule
from storage import alerts, journal, registry, rule_versions
from storage.journal import Judged
from storage.ledger import Partition
from storage.migrate import migrate

_CITY = Path("cities/jiangyan")
_PARTITIONS = 4
_START_S = 1_790_179_200
"""2026-09-24T00:00+08:00, a workday."""
_STORM_AT_S = 6 * 3600.0
_HOUR_US = 3_600_000_000


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--hours", type=int, default=24)
    options.add_argument("--rows", type=int, default=1, help="stretches a second and partition")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="ioc-backtest-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database runs as a user of its own
        port = free_port("database.port")
        with running(postgres.part(port, folder), folder):
            url = postgres.url(port, folder, "postgres")
            migrate(url)
            environment = {
                "IOC_DATABASE_URL": url, "IOC_CITY": str(_CITY), "IOC_DATA_DIR": str(folder),
                "IOC_KAFKA_PARTITIONS": str(_PARTITIONS),
            }  # fmt: skip
            asyncio.run(_measure(load(environment, None), given.hours, given.rows))


async def _measure(settings: Settings, hours: int, rows: int) -> None:
    town = city.load(_CITY)
    rule_set = parse(town.rule_texts, town.catalogue)
    async with await AsyncConnection.connect(settings.database_url, autocommit=True) as connection:
        await registry.put(connection, 0, town.texts, "benchmark", "")
        await rule_versions.put(connection, 0, town.rule_texts, "benchmark", "")
        await _fill(connection, rule_set, hours, rows)
        await connection.execute("ANALYZE engine_input")
        from_us, until_us = _START_S * 1_000_000, (_START_S + hours * 3600) * 1_000_000
        same = await backtest.compare(connection, settings, town.rule_texts, from_us, until_us)
        changed = {
            name: text.replace("for: 1min", "for: 3min") for name, text in town.rule_texts.items()
        }
        other = await backtest.compare(connection, settings, changed, from_us, until_us)
        proof = await replay.balance(connection, settings, from_us, until_us - 1)
        if set(same.counts) - {Change.SAME} or not proof.is_even:
            raise SystemExit("the rules that were in force do not give the alerts that were stored")
        print(f"{len(same.pairs)} alerts; changed rules: {_told(other)}")
        for what, one in (("back-test, same rules", same.judged),
                          ("back-test, changed rules", other.judged),
                          ("replay, to the byte", proof.judged)):  # fmt: skip
            print(
                f"{what:<26}{one.seconds:7.1f} s {hours * 3600 / one.seconds:8.0f} × real time, "
                f"{one.cpu_s:7.1f} s of CPU {hours * 3600 / one.cpu_s:8.0f} × on one core"
            )
        await _parts(connection, rule_set, from_us, until_us)


def _told(found: backtest.Backtest) -> str:
    return ", ".join(f"{found.counts[one]} {one}" for one in Change)


async def _fill(
    connection: AsyncConnection[TupleRow], rule_set: RuleSet, hours: int, rows: int
) -> None:
    """Store hours of the city as the worker does."""
    catalogue = rule_set.catalogue
    centres = {one.id: (one.lon, one.lat) for one in catalogue.towns.values()}
    storm = named("cloudburst", next(iter(centres)), centres, _START_S + _STORM_AT_S)
    model, schedule = CityModel(catalogue, 7, storm), Schedule(catalogue, 7)
    mine = [owned(catalogue, number, _PARTITIONS) for number in range(_PARTITIONS)]
    memories = [state.empty(rule_set, one) for one in mine]
    started, readings, stored = time.perf_counter(), 0, 0
    for hour in range(hours):
        judged: list[Judged] = []
        told: list[Transition] = []
        begin_s = _START_S + hour * 3600
        for piece in _stretches(model, schedule, begin_s, rows):
            readings += piece[0].n
            for number, part in enumerate(mine):
                some = _of(piece, part)
                before = memories[number]
                is_due = before.clock_us // _HOUR_US != piece[1].time_us // _HOUR_US
                kept = checkpoint.encode(rule_set, before) if is_due else None
                first_us = before.clock_us
                outcome = engine.advance(rule_set, before, some)
                told += outcome.transitions
                judged.append(
                    Judged(
                        Partition("log-1", "observations", number), 0, first_us,
                        outcome.state.clock_us, rule_set.digest, catalogue.digest,
                        inputs.encode(some), kept,
                    )
                )  # fmt: skip
        stored += len(judged)
        async with connection.transaction():
            await _append(connection, judged)
            await alerts.write(connection, told)
    size = await (
        await connection.execute("SELECT pg_total_relation_size('engine_input')")
    ).fetchone()
    assert size is not None
    print(
        f"{hours} h of {_CITY.name}: {readings} readings, {stored} stretches, "
        f"{size[0] / 1e6:.0f} MB, made in {time.perf_counter() - started:.0f} s"
    )


def _stretches(
    model: CityModel, schedule: Schedule, begin_s: int, rows: int
) -> Iterator[tuple[Batch, Tick]]:
    """Yield an hour in pieces: the readings that are due, and the tick after them."""
    slot, time_s = schedule.due(begin_s, begin_s + 3600)
    value = model.values(slot, time_s)
    time_us = np.floor(time_s * 1e6).astype(np.int64)
    ends_s = begin_s + np.arange(1, 3600 * rows + 1) / rows
    cuts = np.searchsorted(time_s, ends_s)
    first = 0
    for end_s, last in zip(ends_s.tolist(), cuts.tolist(), strict=True):
        rows_ = slice(first, last)
        quality = np.zeros(last - first, dtype=np.int16)
        batch = Batch(slot[rows_], time_us[rows_], value[rows_].astype(np.float64), quality)
        yield batch, Tick(round(end_s * 1e6))
        first = last


def _of(piece: tuple[Batch, Tick], part: NDArray[np.bool_]) -> list[Batch | Tick]:
    batch, tick = piece
    at = np.flatnonzero(part[batch.datastream])
    mine = Batch(
        batch.datastream[at], batch.phenomenon_time_us[at], batch.result[at], batch.quality[at]
    )
    # Ticks come once a second, whatever the number of stretches.
    return [mine, tick] if tick.time_us % 1_000_000 == 0 else [mine]


async def _append(connection: AsyncConnection[TupleRow], judged: list[Judged]) -> None:
    """Write as `storage.journal.append` does, by COPY: a day takes minutes otherwise."""
    async with connection.cursor() as cursor, cursor.copy(
        "COPY engine_input (topic, partition, log, next_offset, first_us, last_us, before_us, "
        "rules, catalogue, inputs, state) FROM STDIN"
    ) as copy:  # fmt: skip
        for one in judged:
            where = one.partition
            await copy.write_row(
                (
                    where.topic, where.number, where.log, one.next_offset, one.first_us,
                    one.last_us, one.first_us, one.rules, one.catalogue, one.inputs, one.state,
                )
            )  # fmt: skip


async def _parts(
    connection: AsyncConnection[TupleRow], rule_set: RuleSet, from_us: int, until_us: int
) -> None:
    """Print where the time goes: reading alone, with decoding, and what judging adds."""
    pieces: list[tuple[int, bytes]] = []
    started = time.perf_counter()
    for topic, number in await journal.partitions(connection):
        kept = journal.read(connection, topic, number, from_us, until_us)
        pieces += [(number, one.inputs) async for one in kept]
    read = time.perf_counter()
    decoded = [(number, inputs.decode(value)) for number, value in pieces]
    done = time.perf_counter()
    memories = {n: state.empty(rule_set, owned(rule_set.catalogue, n, _PARTITIONS))
                for n in range(_PARTITIONS)}  # fmt: skip
    for number, memory in memories.items():
        some = [one for of, several in decoded if of == number for one in several]
        engine.advance(rule_set, memory, inputs.joined(some))
    judged = time.perf_counter()
    print(
        f"where the time goes: read {read - started:.1f} s, decode {done - read:.1f} s, "
        f"judge {judged - done:.1f} s"
    )


if __name__ == "__main__":
    main()

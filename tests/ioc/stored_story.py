"""Hours of a small city through the real sink: every kind of transition, a change of rules in the
middle, a restart in the middle, a maintenance, and readings that come late.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

from psycopg import AsyncConnection

from devices import Tick, record
from devices.partition import partition_of
from devices.record import Pack, Record, columns
from rules.commands import Maintenance, MaintenanceEnd, Reset
from rules.language import parse
from rules.ruleset import RuleSet
from storage import engine_commands, registry, rule_versions
from storage.database import Database
from streams.sink import Sink
from streams.stretch import Entry
from tests.small_city import BRIDGE, LOCK, PONDING, RAIN, SPEED, TEXTS, city

SECOND = 1_000_000
MINUTE = 60 * SECOND
NOON = 1_790_222_400 * SECOND
"""2026-09-24T12:00+08:00."""

PARTITIONS = 4

LEVEL = """
  - id: level
    version: 3
    domain: water
    kind: threshold
    subjects: {property: water_level}
    levels:
      yellow: {limit: warning}
      red: {limit: guaranteed}
    hysteresis: 0.05
    off_delay: 60s
    realarm: 15min
    message: {zh: "{place}水位{value}{unit}", en: "{place} {value}"}
"""
SLOW = """
  - id: slow
    version: 1
    domain: traffic
    kind: threshold
    subjects: {property: speed}
    direction: below
    levels: {blue: {limit: congested}, yellow: {limit: jammed}}
    hysteresis: 3
    for: 2min
    latch: true
    message: {zh: "{place}{value}", en: "{place} {value}"}
"""
PONDS = """
  - id: ponds
    version: 1
    domain: camera
    kind: threshold
    subjects: {property: ponding}
    levels: {yellow: {limit: confident}}
    flapping: {times: 3, within: 20min, hold: 10min}
    message: {zh: "{place}积水", en: "{place} ponds"}
"""
RAINS = """
  - id: rains
    version: 1
    domain: water
    kind: rate
    subjects: {property: rain_1h}
    window: 10min
    per: 1h
    of: rise
    levels: {blue: {value: 12}}
    message: {zh: "{place}雨", en: "{place} rain"}
"""
QUIET = """
  - id: quiet
    version: 1
    domain: water
    kind: silence
    subjects: {property: rain_1h}
    levels: {blue: {periods: 10}}
    message: {zh: "{place}静", en: "{place} quiet"}
"""

FIRST = {"rules/all.yaml": "rules:" + LEVEL + SLOW + PONDS + RAINS}
SECOND_RULES = {
    "rules/all.yaml": "rules:" + LEVEL.replace("version: 3", "version: 4") + SLOW + PONDS + QUIET
}
"""In force from minute 100 on; the rain's alert is withdrawn."""

_GATEWAY = {BRIDGE: "gw-bridge", RAIN: "gw-bridge", LOCK: "gw-lock", SPEED: "gw-road",
            PONDING: "gw-road"}  # fmt: skip


def level(minute: int) -> float:
    """The river at the bridge: up, higher, down a little, down."""
    if minute < 10:
        return 3.5
    return 3.9 if minute < 20 else 4.7 if minute < 30 else 4.0 if minute < 80 else 3.2


def speed(minute: int) -> float:
    """The road: slow, free, slow again, and free after all."""
    return 12.0 if minute in range(15, 30) or minute in range(45, 60) else 50.0


def ponding(minute: int) -> float:
    """The camera: it comes and goes for a while."""
    return 0.8 if minute in range(70, 90) and minute % 4 < 2 else 0.1


def readings(minute: int) -> list[tuple[int, int, float, int]]:
    time_us = NOON + minute * MINUTE
    rows = [
        (BRIDGE, time_us, level(minute), 0),
        (LOCK, time_us + 7, 2.5 if minute in range(35, 70) else 1.0, 0),
        (SPEED, time_us + 11, speed(minute), 0),
        (PONDING, time_us + 13, ponding(minute), 0 if minute % 9 else 4),
    ]
    if minute < 130:
        # A reading of ten minutes before comes with each seventh: it is not judged.
        rows.append((RAIN, time_us, float(max(0, minute - 60)), 0))
    if minute % 7 == 0:
        rows.append((BRIDGE, time_us - 10 * MINUTE, 9.0, 0))
    return rows


class Story:
    """Writes to a database what the worker would; each minute is one stretch."""

    def __init__(self, url: str, minutes: int = 180) -> None:
        self.url, self.minutes = url, minutes
        self.rules = {one: parse(texts, city()) for one, texts in ((1, FIRST), (2, SECOND_RULES))}
        self.in_force = 1
        self._offsets = {number: itertools.count() for number in range(PARTITIONS)}
        self._seqs: dict[str, Iterator[int]] = {}

    async def newer(self, rule_set: RuleSet) -> RuleSet | None:
        """Implements `streams.rule_source.RuleSource`."""
        found = self.rules[self.in_force]
        return None if found.digest == rule_set.digest else found

    def write(self) -> None:
        asyncio.run(self._write())

    async def _write(self) -> None:
        base = Database(self.url)
        try:
            async with (
                await AsyncConnection.connect(self.url, autocommit=True) as connection,
                self.told_by_hand(base, connection) as go_to,
            ):
                await go_to(self.minutes)
        finally:
            await base.close()

    @contextlib.asynccontextmanager
    async def told_by_hand(
        self, base: Database, connection: AsyncConnection
    ) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
        """Yield what lets the story go on to a minute, exclusive."""
        await registry.put(connection, 0, TEXTS, "test", "first")
        await rule_versions.put(connection, 0, FIRST, "test", "first")
        sink, now = self._sink(base), 0

        async def go_to(end: int) -> None:
            nonlocal sink, now
            while now < end:
                if now == 50:
                    sink = self._sink(base)  # a restart
                await self._happens(connection, now)
                await sink.store(self._entries(now))
                now += 1

        yield go_to

    def _sink(self, base: Database) -> Sink:
        async def current_log() -> str:
            return "log-1"

        clock = itertools.count(0.0, 10.0)
        return Sink(
            self.rules[self.in_force], base, "log-1", current_log, rules=self,
            partitions=PARTITIONS, clock=lambda: next(clock),
        )  # fmt: skip

    async def _happens(self, connection: AsyncConnection, minute: int) -> None:
        """What people do beside the log."""
        if minute == 40:
            works = Maintenance(0, "place", "lock", NOON, NOON + 50 * MINUTE)
            await engine_commands.put(connection, works, "ann", "works at the lock")
        if minute == 48:
            await engine_commands.put(connection, MaintenanceEnd(0, 1), "ann", "done")
        if minute == 65:
            cursor = await connection.execute("SELECT id::text FROM alert WHERE returned")
            for (one,) in await cursor.fetchall():
                await engine_commands.put(connection, Reset(0, one), "bob", "seen to")
        if minute == 100:
            await rule_versions.put(connection, 1, SECOND_RULES, "ann", "less rain")
            self.in_force = 2

    def _entries(self, minute: int) -> dict[tuple[str, int], list[Entry]]:
        parts: Mapping[int, list[Entry]] = {number: [] for number in range(PARTITIONS)}
        for gateway in sorted(set(_GATEWAY.values())):
            rows = [one for one in readings(minute) if _GATEWAY[one[0]] == gateway]
            number = partition_of(city().gateways[gateway].key, PARTITIONS)
            seq = next(self._seqs.setdefault(gateway, itertools.count()))
            pack = Pack(gateway, "b", seq, len(rows), "gw-0:x", NOON // SECOND + minute * 60)
            value = record.encode(Record(columns(rows), (pack,)))
            parts[number].append(Entry(next(self._offsets[number]), value, NOON))
        for number, entries in parts.items():
            tick = record.encode(Tick(NOON + minute * MINUTE + 30 * SECOND))
            entries.append(Entry(next(self._offsets[number]), tick, NOON))
        return {("observations", number): entries for number, entries in parts.items()}

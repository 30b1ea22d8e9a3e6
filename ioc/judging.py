"""Judging a stored time again: the journal of every partition through `rules.replaying`.

Partitions have nothing to do with each other, so much is judged by several processes.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices import Catalogue
from devices.partition import owned
from ioc.judged_rules import JudgedRules, TextsError
from ioc.settings import Settings
from rules.alerts import Transition
from rules.checkpoint import CheckpointError
from rules.inputs import InputsError
from rules.language import RuleError
from rules.live import UNSET
from rules.replaying import OpenAlert, Replay
from storage import journal
from storage.instants import instant

_Connection = AsyncConnection[TupleRow]

EARLY_US: Final = 3_600_000_000
"""Devices' clocks may be ahead, so what was judged before a time may be dated within it: a replay
begins so much earlier."""

LATE_US: Final = 86_400_000_000
"""What comes later than this for a time is not waited for."""

_LOOK_EVERY: Final = 200
"""Beyond the end: after so many pieces it is asked whether all is there."""

_MANY: Final = 50_000
"""Pieces from which several processes are faster than one: they take 2 s to start."""

Wanted: TypeAlias = Mapping[tuple[str, int], int]
"""Transitions that a time must have, alert and version, with the slot of each."""


class NothingKeptError(ValueError):
    """There is nothing to judge again for that time."""


class JudgingError(ValueError):
    """What is kept cannot be judged; it says what is wrong with it, or with the rules."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be judged."""

    city: Path
    """Its folder."""
    partitions: int
    """Of the log."""
    from_us: int
    """Begin, inclusive, µs since 1970."""
    to_us: int
    """End, inclusive."""
    rules: Mapping[str, str] | None = None
    """Texts to judge by; None: by those that judged, and exactly."""
    wanted: Wanted = field(default_factory=dict)
    """Read beyond the end, up to `LATE_US`, until these were told."""


@dataclass(slots=True)
class Judged:
    """What was told over a time, and what it took."""

    transitions: list[Transition] = field(default_factory=list)
    """Also from before and beyond the time; those of one alert in the order of their versions."""
    carried: list[OpenAlert] = field(default_factory=list)
    """Open when it began."""
    begin_us: int | None = None
    """The log's clock where the latest partition began; None where all began with the log."""
    covered_us: int = 0
    """How much of the log's time was judged for the time asked for."""
    partitions: int = 0
    readings: int = 0
    astray: int = 0
    """As `Replay.astray`."""
    seconds: float = 0.0
    cpu_s: float = 0.0
    """Of all processes that judged, without the database's."""

    def add(self, other: Judged) -> None:
        """Take in what another partition gave."""
        self.transitions += other.transitions
        self.carried += other.carried
        if other.begin_us is not None:
            self.begin_us = max(self.begin_us or other.begin_us, other.begin_us)
        self.partitions += other.partitions
        self.readings += other.readings
        self.astray += other.astray
        self.cpu_s += other.cpu_s


async def judge(connection: _Connection, settings: Settings, task: Task) -> Judged:
    """Judge a time again, partition by partition.

    Args:
        connection: of the journal.
        settings: where the journal is, for other processes.
        task: what is to be judged.

    Raises:
        NothingKeptError: the journal holds nothing of it.
        JudgingError: it cannot be judged.
    """
    started = time.perf_counter()
    found = Judged()
    first_us, last_us = await check_reach(connection, task.from_us, task.to_us)
    found.covered_us = min(task.to_us, last_us) - max(task.from_us, first_us)
    places = await journal.partitions(connection)
    processes = min(len(places), os.cpu_count() or 1)
    many = await journal.count(connection, task.from_us - EARLY_US, task.to_us) >= _MANY
    if many and processes > 1:
        loop = asyncio.get_running_loop()
        # Spawned: a fork would take this process's connections along.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, context) as pool:
            parts = await asyncio.gather(
                *(
                    loop.run_in_executor(pool, _in_process, settings.database_url, task, where)
                    for where in places
                )
            )
    else:
        parts = [await _partition(connection, task, *where) for where in places]
    for part in parts:
        found.add(part)
    found.seconds = time.perf_counter() - started
    return found


def owned_by(number: int, partitions: int) -> Callable[[Catalogue], NDArray[np.bool_]]:
    """Return what tells the datastreams of a partition."""
    return lambda catalogue: owned(catalogue, number, partitions)


async def check_reach(connection: _Connection, from_us: int, to_us: int) -> tuple[int, int]:
    """Return what time is kept, where it is something of the given one, both ends inclusive.

    Raises:
        NothingKeptError: nothing is; it says what there is.
    """
    reach = await journal.reach(connection)
    if reach is None:
        raise NothingKeptError("the journal holds nothing yet; it is filled while the worker runs")
    if to_us < reach[0] or from_us > reach[1]:
        first, last = (instant(one).astimezone().isoformat(timespec="seconds") for one in reach)
        raise NothingKeptError(f"the journal holds nothing of that time; it has {first} – {last}")
    return reach


def _in_process(url: str, task: Task, where: tuple[str, int]) -> Judged:
    """Judge a partition in a process of its own."""

    async def run() -> Judged:
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            return await _partition(connection, task, *where)

    return asyncio.run(run())


async def _partition(connection: _Connection, task: Task, topic: str, number: int) -> Judged:
    cpu = time.process_time()
    rules = JudgedRules(task.city, task.rules)
    replay = Replay(rules.rule_set, owned_by(number, task.partitions), exact=task.rules is None)
    found = Judged()
    try:
        await _read(connection, task, (topic, number), rules, replay, found)
    except (TextsError, RuleError, InputsError, CheckpointError) as error:
        raise JudgingError(str(error)) from None
    if replay.begun is not None:
        found.carried += replay.carried
        found.partitions, found.readings, found.astray = 1, replay.readings, replay.astray
    found.cpu_s = time.process_time() - cpu
    return found


async def _read(
    connection: _Connection,
    task: Task,
    where: tuple[str, int],
    rules: JudgedRules,
    replay: Replay,
    found: Judged,
) -> None:
    owned_of = owned_by(where[1], task.partitions)
    beyond = 0
    kept_of = journal.read(connection, *where, task.from_us - EARLY_US, task.to_us + LATE_US)
    async for kept in kept_of:
        if kept.first_us > task.to_us and replay.begun is not None:
            if beyond % _LOOK_EVERY == 0:
                found.transitions += replay.rest()
                mine = owned_of(replay.begun[0].catalogue)
                if not _is_missing(task.wanted, mine, found.transitions):
                    break
            beyond += 1
        await rules.learn(connection, kept)
        if replay.begun is None and kept.first_us != UNSET:
            found.begin_us = kept.first_us
        found.transitions += replay.take(kept)
    found.transitions += replay.rest()


def _is_missing(wanted: Wanted, mine: NDArray[np.bool_], told: list[Transition]) -> bool:
    """Whether something that a partition must tell of the time was not told yet."""
    missing = wanted.keys() - {(one.alert, one.version) for one in told}
    return any(wanted[key] < mine.size and mine[wanted[key]] for key in missing)

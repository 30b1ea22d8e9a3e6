"""Judging a stored time again: the journal of every partition through `rules.replaying`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices import Catalogue
from devices.partition import owned
from ioc.judged_rules import JudgedRules
from rules.alerts import Transition
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

GoOn: TypeAlias = Callable[[NDArray[np.bool_], list[Transition]], bool]
"""Beyond the end of a time: whether something of it may still come, by a partition's datastreams
and what was told so far."""


class NothingKeptError(ValueError):
    """There is nothing to judge again for that time."""


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
    seconds: float = 0.0
    cpu_s: float = 0.0
    """Of this process, without the database's."""
    astray: int = 0
    """As `Replay.astray`."""


async def judge(
    connection: _Connection,
    rules: JudgedRules,
    partitions: int,
    from_us: int,
    to_us: int,
    *,
    exact: bool = True,
    go_on: GoOn = lambda _, __: False,
) -> Judged:
    """Judge a time again, partition by partition.

    Args:
        connection: of the journal.
        rules: which to judge by.
        partitions: of the log.
        from_us: begin, inclusive, µs since 1970.
        to_us: end, inclusive.
        exact: as `Replay`.
        go_on: asked with all that was told.

    Raises:
        NothingKeptError: the journal holds nothing of it.
        ioc.judged_rules.TextsError: what judged is not known any more.
        rules.language.RuleError: the rules do not fit the catalogue of that time.
    """
    started, cpu = time.perf_counter(), time.process_time()
    found = Judged()
    first_us, last_us = await check_reach(connection, from_us, to_us)
    found.covered_us = min(to_us, last_us) - max(from_us, first_us)
    for topic, number in await journal.partitions(connection):
        owned_of = owned_by(number, partitions)
        one = Replay(rules.rule_set, owned_of, exact=exact)
        beyond = 0
        async for kept in journal.read(connection, topic, number, from_us - EARLY_US,
                                       to_us + LATE_US):  # fmt: skip
            if kept.first_us > to_us and one.begun is not None:
                if beyond % _LOOK_EVERY == 0:
                    found.transitions += one.rest()
                    if not go_on(owned_of(one.begun[0].catalogue), found.transitions):
                        break
                beyond += 1
            await rules.learn(connection, kept)
            if one.begun is None and kept.first_us != UNSET:
                found.begin_us = max(found.begin_us or kept.first_us, kept.first_us)
            found.transitions += one.take(kept)
        found.transitions += one.rest()
        if one.begun is not None:
            found.carried += one.carried
            found.partitions += 1
            found.readings += one.readings
            found.astray += one.astray
    found.seconds, found.cpu_s = time.perf_counter() - started, time.process_time() - cpu
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

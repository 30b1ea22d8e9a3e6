"""The sink: takes entries of the log and returns when they are in the database.

The database owns the offset. The sink reads where a partition stands, drops what is below, and
moves the ledger in the transaction of the data. While the database is away it waits, for ever;
when another worker has moved the ledger it reads again and takes only what is left; entries that
the database refuses as data are halved until the refused rows are found and quarantined.

The city may change while it runs: between two stretches the sink takes up the rules for the new
catalogue, and what they remember is read again from the checkpoint. A slot that it does not know
may be newer than its catalogue, so it asks before it judges.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import numpy as np
import structlog
from numpy.typing import NDArray

from devices import Batch, SourceError, record
from devices.partition import owned
from rules import checkpoint, state
from rules.commands import Command
from rules.ruleset import RuleSet
from storage.faults import AwayError, RefusedError
from storage.latest import Newest
from storage.ledger import PackKey, Partition, Progress, ZombieError
from streams.rule_source import RuleSource
from streams.store import Store
from streams.stretch import (
    Decoded,
    Entry,
    Position,
    decode,
    pack_keys,
    prepare,
    rows_of,
    slots_of,
)
from streams.unstorable import Barred

Where = tuple[str, int]
"""Topic and partition number."""

_BACKOFF_MAX_S = 2.0

_LOOK_EVERY_S = 2.0
"""How often it is asked whether the city has changed."""

_log = structlog.get_logger()


class LogChangedError(RuntimeError):
    """The log is another one than when this worker started: start again."""


class Sink:
    """Commits stretches of the log; not for concurrent use."""

    def __init__(
        self,
        rule_set: RuleSet,
        store: Store,
        log: str,
        current_log: Callable[[], Awaitable[str]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rules: RuleSource | None = None,
        partitions: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare.

        Args:
            rule_set: the rules in force.
            store: where stretches go.
            log: id of the log that entries come from (Kafka cluster id).
            current_log: asks the broker for its id now.
            sleep: waits some seconds before the next attempt.
            rules: asked for newer rules, or a newer catalogue; None for a city that never changes.
            partitions: of the topic `observations`; None: each may have any datastream.
            clock: seconds that pass, since any time.
        """
        self._rule_set = rule_set
        self._store = store
        self._log = log
        self._current_log = current_log
        self._sleep = sleep
        self._rules = rules
        self._partitions = partitions
        self._clock = clock
        self._look_due = clock()
        self._commands: dict[int, Command] = {}
        self._positions: dict[Where, Position] = {}
        self._progress: dict[PackKey, Progress] = {}
        self._newest: dict[int, Newest] = {}
        self.counts = {
            "readings": 0, "transitions": 0, "refusals": 0, "commits": 0, "late": 0, "below": 0,
            "retries": 0, "unstorable": 0,
        }  # fmt: skip

    @property
    def catalogue(self) -> str:
        """Digest of the catalogue that entries are judged by."""
        return self._rule_set.catalogue.digest

    @property
    def connected(self) -> bool:
        """Whether the database is there."""
        return self._store.connected

    def forget(self) -> None:
        """Forget where partitions stand, because others may move them from now on."""
        self._positions.clear()
        self._progress.clear()
        self._newest.clear()

    async def store(self, entries: Mapping[Where, Sequence[Entry]]) -> None:
        """Store entries, in ascending order of offset for each partition.

        Returns when they are committed, now or by an earlier call: in one transaction, or in
        several if the database refuses some of them as data. Retries while it is away.

        Raises:
            LogChangedError: the broker is another one; nothing of these entries was stored.
            Exception: a broken assumption; the process must end, before it acknowledges.
        """
        if self._clock() >= self._look_due:
            self._look_due = self._clock() + _LOOK_EVERY_S
            # Away: the stretch itself will wait for the database.
            with contextlib.suppress(SourceError, AwayError):
                await self._take_up()
                await self._listen(max(self._commands, default=0))
        flat = [(where, one) for where in sorted(entries) for one in entries[where]]
        await self._store_all(flat)

    async def _take_up(self) -> bool:
        """Take up the rules for another catalogue, if there is one; return whether there was.

        Never while an attempt holds a position: memory fits only the rules that it was made for.

        Raises:
            devices.SourceError: it is not known whether there is one.
        """
        if self._rules is None or (found := await self._rules.newer(self._rule_set)) is None:
            return False
        self._rule_set = found
        self.forget()
        _log.info("city changed", datastreams=len(found.catalogue.datastreams))
        return True

    async def _listen(self, after: int) -> None:
        """Hear what people told the engine after a command."""
        for one in await self._store.commands(after):
            self._commands[one.id] = one
        had = [one.state.command for one in self._positions.values() if one.state is not None]
        oldest = min(had, default=0)  # the newest one that all have had tells where to go on
        self._commands = {key: one for key, one in self._commands.items() if key >= oldest}

    async def _store_all(self, flat: Sequence[tuple[Where, Entry]]) -> None:
        try:
            await self._retrying(flat, {})
        except RefusedError as error:
            if len(flat) > 1:
                # Any cut leaves each partition's entries in their order.
                middle = len(flat) // 2
                await self._store_all(flat[:middle])
                await self._store_all(flat[middle:])
            else:
                await self._isolate(*flat[0], error)

    async def _isolate(self, where: Where, entry: Entry, error: RefusedError) -> None:
        """Store an entry without what the database refuses of it, which goes to quarantine."""
        rows = rows_of(where[0], entry)
        refused = {} if rows is None else await self._refused(rows, 0)
        if rows is not None and not refused:
            raise error  # not a reading's fault: alerts, ledger or checkpoint are wrong
        self.counts["unstorable"] += max(1, len(refused))
        _log.error(
            "the database refuses data; quarantined", topic=where[0], partition=where[1],
            offset=entry.offset, rows=len(refused), why=str(error),
        )  # fmt: skip
        await self._retrying([(where, entry)], {entry.offset: refused or {-1: str(error)}})

    async def _refused(self, rows: Batch, first: int) -> Barred:
        """Return the rows that the database refuses, numbered from `first`, and why."""
        try:
            await self._patiently(lambda: self._store.probe(rows))
        except RefusedError as error:
            if rows.n == 1:
                return {first: str(error)}
            middle = rows.n // 2
            left = await self._refused(rows.between(0, middle), first)
            return {**left, **await self._refused(rows.between(middle, rows.n), first + middle)}
        return {}

    async def _retrying(
        self, flat: Sequence[tuple[Where, Entry]], barred: Mapping[int, Barred]
    ) -> None:
        entries: dict[Where, list[Entry]] = {}
        for where, one in flat:
            entries.setdefault(where, []).append(one)
        await self._patiently(lambda: self._attempt(entries, barred))

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do some work again until neither the database nor another worker is in the way."""
        attempt = 0
        while True:
            try:
                await work()
            except ZombieError as error:
                _log.warning("ledger was moved by another", error=str(error))
                self.forget()
            except AwayError as error:
                self.counts["retries"] += 1
                _log.warning("database not reachable", error=str(error), attempt=attempt)
                self.forget()
                wait_s = min(0.05 * 2**attempt, _BACKOFF_MAX_S)
                await self._sleep(random.uniform(0, wait_s))  # noqa: S311 jitter, no secret
                attempt = min(attempt + 1, 10)
            else:
                return

    async def _attempt(
        self, entries: Mapping[Where, Sequence[Entry]], barred: Mapping[int, Barred]
    ) -> None:
        parts = await self._decode(entries, barred)
        try:
            # Before anything is quarantined for a slot that a newer catalogue may have.
            while any(decoded.is_newer for _, decoded in parts) and await self._take_up():
                parts = await self._decode(entries, barred)
        except SourceError as error:
            raise AwayError(str(error)) from error
        if parts:
            await self._commit(parts)

    async def _decode(
        self, entries: Mapping[Where, Sequence[Entry]], barred: Mapping[int, Barred]
    ) -> list[tuple[Position, Decoded]]:
        """Return what of some entries is not stored, with the position it goes on from."""
        parts = []
        for where in sorted(entries):
            self._check_writer(where, entries[where])
            position = await self._position(where)
            fresh = [one for one in entries[where] if one.offset >= position.next_offset]
            if len(fresh) < len(entries[where]):
                await self._check_log(where, entries[where][0].offset, position.next_offset)
                self.counts["below"] += len(entries[where]) - len(fresh)
            if fresh:
                parts.append((position, decode(self._rule_set, position.partition, fresh, barred)))
        return parts

    async def _commit(self, parts: Sequence[tuple[Position, Decoded]]) -> None:
        keys = pack_keys([decoded for _, decoded in parts])
        # A copy: a rebalance may call `forget` while the store is asked.
        progress = {key: self._progress[key] for key in keys & self._progress.keys()}
        if missing := sorted(keys - progress.keys()):
            progress |= await self._store.progress(missing)
        slots = slots_of([decoded for _, decoded in parts])
        newest = {slot: self._newest[slot] for slot in slots & self._newest.keys()}
        if unknown := sorted(slots - newest.keys()):
            newest |= await self._store.newest(unknown)
        commands = [self._commands[key] for key in sorted(self._commands)]
        prepared = prepare(self._rule_set, parts, progress, newest, commands)
        await self._store.commit(prepared.stretch)
        self._positions.update(prepared.positions)
        self._progress.update(prepared.progress)
        self._newest.update(prepared.newest)
        for key in keys:
            if key[1].startswith(record.RELEASED):
                del self._progress[
                    key
                ]  # a sequence of its own for each message: they would pile up
        stretch = prepared.stretch
        self.counts["readings"] += stretch.batch.n if stretch.batch else 0
        self.counts["transitions"] += len(stretch.transitions)
        self.counts["refusals"] += len(stretch.refusals)
        self.counts["late"] += prepared.late
        self.counts["commits"] += 1

    async def _position(self, where: Where) -> Position:
        known = self._positions.get(where)
        if known is not None:
            return known
        partition = Partition(self._log, *where)
        next_offset = await self._store.next_offset(partition)
        position = Position(partition, next_offset, None)
        if where[0] == record.TOPIC:
            saved = await self._store.checkpoint(*where)
            mine = self._owned(where[1])
            if saved is None:
                position = Position(partition, next_offset, state.empty(self._rule_set, mine))
            else:
                memory, owed = checkpoint.decode(self._rule_set, saved.state, mine)
                owed += checkpoint.withdrawals(self._rule_set, saved.state, mine)
                position = Position(partition, next_offset, memory, owed, saved.at)
            if position.state is not None:
                await self._listen(position.state.command)
        _log.info("partition taken over", topic=where[0], partition=where[1], at=next_offset)
        self._positions[where] = position
        return position

    def _owned(self, partition: int) -> NDArray[np.bool_] | None:
        if self._partitions is None:
            return None
        return owned(self._rule_set.catalogue, partition, self._partitions)

    def _check_writer(self, where: Where, entries: Sequence[Entry]) -> None:
        """A consumer that was reconnected to another log may go on there as if it were the same."""
        for one in entries:
            if one.log and one.log != self._log:
                raise LogChangedError(
                    f"{where[0]}-{where[1]} offset {one.offset} was written to log {one.log}; "
                    f"this worker began with {self._log}"
                )

    async def _check_log(self, where: Where, offset: int, next_offset: int) -> None:
        """Before anything is dropped as already stored: is this the log it was stored from?"""
        current = await self._current_log()
        if current != self._log:
            raise LogChangedError(
                f"{where[0]}-{where[1]} begins again at {offset} below {next_offset}: the log is "
                f"now {current}, it was {self._log}"
            )

"""Workers and their consumer group: partitions handed over, old owners that have not heard of it.

The sink is real and suspends at every call of its store; a worker may die at any of them, stand
still for long, or find its partitions given to another in the middle of a transaction.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from devices import record, refusal
from streams.sink import LogChangedError, Sink
from streams.stretch import Entry
from tests.simulation.database_session import Session, Step
from tests.simulation.log import LogAwayError, Where

if TYPE_CHECKING:
    from tests.simulation.world import World


class Group:
    """The broker's side: who has which partition."""

    def __init__(self, world: World) -> None:
        """Start without members."""
        self._world = world
        self.generation = 0
        self._members: list[Worker] = []

    def take_in(self, worker: Worker) -> None:
        """Let a worker join."""
        self._members.append(worker)
        self._rebalance()

    def leave_out(self, worker: Worker) -> None:
        """Give a worker's partitions to the others."""
        if worker in self._members:
            self._members.remove(worker)
            self._rebalance()

    def has(self, worker: Worker) -> bool:
        """Whether a worker is a member."""
        return worker in self._members

    def shares(self, worker: Worker) -> dict[Where, int]:
        """Return a worker's partitions, and where the broker says that each begins."""
        world = self._world
        everything = [(record.TOPIC, number) for number in range(world.partitions)]
        everything.append((refusal.TOPIC, 0))
        at, n = self._members.index(worker), len(self._members)
        shares = {}
        for index, where in enumerate(everything):
            if (index + self.generation) % n == at:
                forgotten = world.happens("committed offset forgotten")
                shares[where] = 0 if forgotten else world.log.committed.get(where, 0)
        return shares

    def _rebalance(self) -> None:
        self.generation += 1
        self._world.counts["rebalances"] += 1


class Worker:
    """One process."""

    def __init__(self, world: World, number: int) -> None:
        """Ask which log this is, and join."""
        self._world = world
        self.name = f"worker-{number}"
        self._log = world.log.id
        self._sink = Sink(
            world.rule_set, Session(world), self._log, self._current_log, self._sleep,
            partitions=world.partitions, clock=lambda: world.now_us / 1e6,
        )  # fmt: skip
        self._shares: dict[Where, int] = {}
        self._generation = 0
        self._storing: Coroutine[Any, Any, None] | None = None
        self._hand: dict[Where, list[Entry]] = {}
        self._done: dict[Where, int] = {}
        self.standing_still = 0
        """Steps for which it is stopped (SIGSTOP) or paged out."""
        world.group.take_in(self)

    def crash(self) -> None:
        """End as kill -9 ends a process."""
        if self._storing is not None:
            self._storing.close()

    @property
    def late_to_hear(self) -> bool:
        """Whether the group has moved on without it."""
        return self._generation != self._world.group.generation

    @property
    def storing(self) -> bool:
        """Whether it is in the middle of a call of the sink."""
        return self._storing is not None

    @property
    def committing(self) -> bool:
        """Whether it has not told the broker yet how far it is."""
        return bool(self._done)

    @property
    def taking(self) -> bool:
        """Whether it has nothing in hand and there is something to take."""
        log = self._world.log
        return (
            self._storing is None
            and log.up
            and any(log.end(where) > at for where, at in self._shares.items())
        )

    def hear(self) -> None:
        """Hear of a rebalance, whatever the sink is in the middle of."""
        group = self._world.group
        if not group.has(self):
            group.take_in(self)
        self._generation = group.generation
        self._sink.forget()
        self._shares = group.shares(self)
        self._done = {}
        self._world.note("{} hears of the rebalance: {}", self.name, self._shares)

    def take(self) -> None:
        """Take entries, up to some of each partition, and begin to store them."""
        world = self._world
        limit = world.rng.choice((1, 2, 4, 8))
        self._hand = {}
        for where, at in self._shares.items():
            # Behind a log that was replaced: the consumer begins again (auto.offset.reset).
            at = at if at <= world.log.end(where) else 0
            if entries := world.log.after(where, at, limit):
                self._hand[where] = entries
                self._shares[where] = entries[-1].offset + 1
        if self._hand:
            self._storing = self._sink.store(self._hand)
            world.note(
                "{} takes {}", self.name,
                [(where, [one.offset for one in some]) for where, some in self._hand.items()],
            )  # fmt: skip

    def go_on(self) -> bool:
        """Take the sink to its next call; False if the worker has ended.

        Raises:
            Exception: a broken assumption of the sink.
        """
        assert self._storing is not None
        try:
            self._storing.send(None)
        except StopIteration:
            self._storing = None
            for where, entries in self._hand.items():
                if where in self._shares:
                    self._done[where] = entries[-1].offset + 1
            self._world.note("{} has stored", self.name)
        except (LogChangedError, LogAwayError) as error:
            self._storing = None
            self._world.counts[f"worker ends: {type(error).__name__}"] += 1
            self._world.note("{} ends: {}", self.name, error)
            return False
        return True

    def tell_broker(self) -> None:
        """Commit offsets to the broker, which refuses those of an older generation."""
        if not self.late_to_hear and self._world.log.up and self._log == self._world.log.id:
            self._world.log.committed.update(self._done)
        self._done = {}

    async def _current_log(self) -> str:
        await Step()
        if not self._world.log.up:
            raise LogAwayError("the log is away")
        return self._world.log.id

    async def _sleep(self, _seconds: float) -> None:
        # The sink's jitter is no part of a history: any time is as good.
        await Step()

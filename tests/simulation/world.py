"""The world: who may act next, in which order they do, and what breaks meanwhile."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path

from devices import Catalogue
from ingest.packing import Packer
from ingest.progress import Sent
from rules.ruleset import RuleSet
from tests.simulation import turns
from tests.simulation.collecting_gateway import CollectingGateway
from tests.simulation.database_session import Server
from tests.simulation.faults import CHANCES, CRASHES, EVENTS, Mishaps
from tests.simulation.field_gateways import FieldGateway
from tests.simulation.log import Log
from tests.simulation.messages import GHOST, SLOTS, Author
from tests.simulation.mqtt_broker import Broker
from tests.simulation.workers import Group, Worker

NOON_US = 1_790_000_000_000_000

_REST_STEPS = 6000
"""Far more than any history needs to come to rest (some 500)."""

_TRACE = 60


class ViolationError(AssertionError):
    """Something that must always hold does not."""


class World:
    """One seed's history."""

    partitions = 2
    """With them the bridge and the road share one, the lock has the other."""

    def __init__(
        self, seed: int, folder: Path, catalogue: Catalogue, rule_set: RuleSet, *,
        mishaps: bool = True, trace: int | None = _TRACE,
        after: tuple[int, str] | None = None,
    ) -> None:  # fmt: skip
        """Set up everything, nothing has happened yet.

        Args:
            seed: decides all that happens.
            folder: for the spool's files.
            catalogue: the city.
            rule_set: its rules.
            mishaps: whether anything breaks by itself.
            trace: how many of the last events are kept; None for all.
            after: a step, and which of `faults.CRASHES` comes right after it.
        """
        self.seed = seed
        self.rng = random.Random(seed)
        self.mishaps = Mishaps(self.rng, mishaps)
        self.step_number = 0
        self._after = after
        self.now_us = NOON_US
        self.counts: Counter[str] = Counter()
        self.stores = 0
        """Changes of the database so far."""
        self.promised: set[int] = set()
        """Numbers of messages that somebody was told are safe."""
        self._trace: deque[str] = deque(maxlen=trace)
        self._folder = folder
        self._runs = 0
        self._workers_made = 0
        self.wanted_workers = self.rng.choice((1, 1, 2, 3)) if mishaps else 1
        self.catalogue = catalogue
        self.rule_set = rule_set
        self.fair_rate, self.fair_burst = ((0.02, 1.0), (1e6, 1e6), (0.1, 2.0))[seed % 3]
        self.packer = Packer(catalogue, self.partitions, 60.0)
        self.author = Author(self.rng, catalogue, self.rng.choice((0.0, 0.1, 0.3)))
        self.log = Log(self)
        self.broker = Broker(self)
        self.database = Server(self)
        self.group = Group(self)
        self.workers: list[Worker] = []
        self.gateway: CollectingGateway | None = None
        self.gateways_ended: list[CollectingGateway] = []
        unnumbered = self.rng.choice(("gw-lock", "gw-lock", ""))
        self.field_gateways = {
            name: FieldGateway(self, name, numbered=name != unnumbered) for name in (*SLOTS, GHOST)
        }

    # What parts ask of the world.

    @property
    def spool_path(self) -> Path:
        """The spool's file in this run of the gateway."""
        return self._folder / f"spool-{self._runs}.db"

    def next_spool_path(self) -> Path:
        """Begin another run of the gateway and return where its spool lies."""
        self._runs += 1
        return self.spool_path

    def happens(self, what: str) -> bool:
        """Whether one of `faults.CHANCES` happens now."""
        if not self.mishaps.strikes(CHANCES, what):
            return False
        self.counts[what] += 1
        return True

    def note(self, text: str, *facts: object) -> None:
        """Remember what happened, for people."""
        self._trace.append(f"{self.step_number:5} {text.format(*facts)}")

    def log_grew(self) -> None:
        """Count an entry."""
        self.counts["entries"] += 1

    def store_changed(self) -> None:
        """Count a commit."""
        self.stores += 1

    def progress(self, sent: Sequence[Sent]) -> set[int]:
        """Ask the database as `ioc.progress` does: nothing is known while it is away."""
        return self.database.tables.stored(sent) if self.database.up else set()

    def fail(self, what: str) -> None:
        """Say that something does not hold.

        Raises:
            ViolationError: always.
        """
        where = f"seed {self.seed}, step {self.step_number}"
        raise ViolationError(f"{where}: {what}\n{self.story()}")

    def story(self) -> str:
        """Return what happened, an event a line."""
        return "\n".join(self._trace)

    # History.

    def step(self) -> None:
        """Let one thing happen, if anything can."""
        self.step_number += 1
        self.now_us += self.rng.choice((1000, 50_000, 200_000))
        if event := self.mishaps.next_event():
            EVENTS[event].happen(self)
        elif actions := turns.of(self):
            self._do(self.rng.choice(actions))
        self._crash()

    def rest(self) -> None:
        """Repair everything, and let the world run until nothing is left to do."""
        self.mishaps.stop()
        EVENTS["repair"].happen(self)
        self._settle()
        for _ in range(2):
            # Delays that still run end here: the longest is two minutes.
            self.now_us += 600_000_000
            self._settle()

    def crash_gateway(self) -> None:
        """Kill the collecting gateway."""
        if self.gateway is not None:
            self.gateway.crash()
            self.gateways_ended.append(self.gateway)
            self.gateway = None
            self.counts["gateway crashes"] += 1
            self.note("gateway crashes")

    def crash_worker(self, worker: Worker) -> None:
        """Kill a worker."""
        worker.crash()
        self._bury(worker)
        self.counts["worker crashes"] += 1
        self.note("{} crashes", worker.name)

    def close(self) -> None:
        """Let go of files."""
        if self.gateway is not None:
            self.gateway.spool.close()
        for worker in self.workers:
            worker.crash()

    def _settle(self) -> None:
        quiet = 0
        until = self.step_number + _REST_STEPS
        while quiet < 2:
            if self.step_number > until:
                self.fail("the world does not come to rest")
            self.step_number += 1
            self.now_us += 10_000
            if actions := turns.of(self):
                quiet = 0
                self._do(self.rng.choice(actions))
            else:
                # A publisher's patience is over at last: what it holds, it sends again.
                quiet += 1
                for one in self.field_gateways.values():
                    if one.held:
                        one.connect()
            if self._crash():
                quiet = 0

    def _crash(self) -> bool:
        due = self._after is not None and self._after[0] == self.step_number
        if due:
            CRASHES[self._after[1]](self)
        return due

    def _do(self, action: turns.Action) -> None:
        try:
            action()
        except ViolationError:
            raise
        except Exception as error:
            self.note("{!r}", error)
            try:
                self.fail(f"a broken assumption: {error!r}")
            except ViolationError as violation:
                raise violation from error

    def start_gateway(self) -> None:
        """Start the collecting gateway over what its disk holds."""
        self.gateway = CollectingGateway(self, len(self.gateways_ended) + 1)
        self.note("gateway starts, {} in the spool", self.gateway.spool.size()[0])

    def start_worker(self) -> None:
        """Start one more worker."""
        self._workers_made += 1
        one = Worker(self, self._workers_made)
        self.workers.append(one)
        self.note("{} starts", one.name)

    def go_on(self, worker: Worker) -> None:
        """Take a worker to the next call of its store; it may end there."""
        if not worker.go_on():
            self._bury(worker)

    def _bury(self, worker: Worker) -> None:
        self.workers.remove(worker)
        self.group.leave_out(worker)

"""Judging again what is kept of a partition: the same inputs, the same rules, the same alerts.

What is kept are the engine's inputs, piece by piece, each with the rules and the catalogue that
judged it, and now and then the engine's state before it. A replay begins with such a state. Where
rules or catalogue change between two pieces it does what the sink does: the state is written under
the old and read under the new, and what that ends is told.

Under other rules than those that were in force it is a back-test: the state that it begins with is
read under the other rules, as if they had been put into force then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from devices import Batch, Catalogue
from rules import checkpoint, engine, inputs
from rules.alerts import Severity, Transition
from rules.engine import Input
from rules.ruleset import RuleSet
from rules.state import State

_READINGS: Final = 100_000
"""Readings that are judged in one go: enough that a go costs nothing, few enough for memory."""

_PIECES: Final = 1000
"""Pieces that are judged in one go, however little they hold."""


class Kept(Protocol):
    """A piece of what a partition gave the engine."""

    @property
    def rules(self) -> str:
        """Digest of the rules that judged it."""

    @property
    def catalogue(self) -> str:
        """Digest of the catalogue that they were compiled for."""

    @property
    def inputs(self) -> bytes:
        """As `rules.inputs.encode`."""

    @property
    def state(self) -> bytes | None:
        """Of the engine before it, as `rules.checkpoint.encode`; None where it is not kept."""


RuleSetOf: TypeAlias = Callable[[str, str], RuleSet]
"""From the digests of rules and catalogue to the rules to judge by: those themselves, or others
compiled for that catalogue. Gives the same object for the same digests."""

OwnedOf: TypeAlias = Callable[[Catalogue], NDArray[np.bool_] | None]
"""From a catalogue to the datastreams that come by the partition; as `rules.state.empty`."""


class ReplayError(ValueError):
    """What is kept cannot be judged from where it begins."""


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that a state knows as open."""

    rule: str
    subject: str
    raised_us: int
    severity: Severity


class Replay:
    """Judges the pieces of one partition, one after the other."""

    def __init__(
        self, rule_set_of: RuleSetOf, owned_of: OwnedOf = lambda _: None, *, exact: bool = True
    ) -> None:
        """Prepare.

        Args:
            rule_set_of: which rules to judge by.
            owned_of: which datastreams come by this partition.
            exact: these are the rules that were in force, so that a state that is kept on the way
                must be the one that is reached there.
        """
        self._rule_set_of, self._owned_of, self._exact = rule_set_of, owned_of, exact
        self._rule_set: RuleSet | None = None
        self._state: State | None = None
        self._waiting: list[Input] = []
        self._pieces = self._readings = 0
        self.readings = 0
        """Readings taken so far."""
        self.astray = 0
        """States on the way that were not those that are kept; each was taken from there on."""
        self.carried: tuple[OpenAlert, ...] = ()
        """Alerts that were open in the state that it began with."""

    @property
    def begun(self) -> tuple[RuleSet, State] | None:
        """The rules in force now and the state; None before the first piece.

        The state is that before what is still held back: see `rest`.
        """
        if self._rule_set is None or self._state is None:
            return None
        return self._rule_set, self._state

    def take(self, kept: Kept) -> list[Transition]:
        """Take the next piece; return what was told up to now and not returned yet.

        Pieces are held back so that many are judged in one go, which changes nothing of what is
        told: call `rest` after the last one.

        Raises:
            ReplayError: the first piece has no state.
            rules.inputs.InputsError: these are no inputs.
            rules.checkpoint.CheckpointError: the state is none.
        """
        told: list[Transition] = []
        rule_set = self._rule_set_of(kept.rules, kept.catalogue)
        if rule_set is not self._rule_set:
            told += self._change(rule_set, kept.state)
        if self._exact and kept.state is not None:
            told += self._compare(rule_set, kept.state)
        return told + self.take_inputs(inputs.decode(kept.inputs))

    def take_inputs(self, some: Iterable[Input]) -> list[Transition]:
        """Take inputs that follow the last piece, under its rules."""
        for one in some:
            self._waiting.append(one)
            if isinstance(one, Batch):
                self._readings += one.n
        self._pieces += 1
        if self._readings < _READINGS and self._pieces < _PIECES:
            return []
        return self.rest()

    def rest(self) -> list[Transition]:
        """Judge what is held back and return what it tells."""
        if self._rule_set is None or self._state is None or not self._waiting:
            return []
        outcome = engine.advance(self._rule_set, self._state, inputs.joined(self._waiting))
        self.readings += self._readings
        self._waiting, self._pieces, self._readings = [], 0, 0
        return list(outcome.transitions)

    def _change(self, rule_set: RuleSet, first: bytes | None) -> list[Transition]:
        """Go on under other rules, or begin; return what that ends."""
        told = self.rest()
        if self._rule_set is None or self._state is None:
            if first is None:
                raise ReplayError("the first piece has no state of the engine; begin with one")
            before = first
        else:
            before = checkpoint.encode(self._rule_set, self._state)
        mine = self._owned_of(rule_set.catalogue)
        is_first = self._state is None
        self._state, owed = checkpoint.decode(rule_set, before, mine)
        self._rule_set = rule_set
        if is_first:
            self.carried = open_alerts(rule_set, self._state)
        return [*told, *owed, *checkpoint.withdrawals(rule_set, before, mine)]

    def _compare(self, rule_set: RuleSet, kept: bytes) -> list[Transition]:
        """Hold the state against the one that is kept, which is right where they differ."""
        told = self.rest()
        if self._state is not None and checkpoint.encode(rule_set, self._state) != kept:
            self.astray += 1
            self._state, _ = checkpoint.decode(rule_set, kept, self._owned_of(rule_set.catalogue))
        return told


def replay(pieces: Iterable[Kept], judge: Replay) -> Iterator[Transition]:
    """Yield what all pieces of a partition tell, in the order in which it was told."""
    for kept in pieces:
        yield from judge.take(kept)
    yield from judge.rest()


def open_alerts(rule_set: RuleSet, state: State) -> tuple[OpenAlert, ...]:
    """Return the alerts that a state knows as open."""
    return tuple(
        OpenAlert(
            family.rule_of(row).id,
            family.rule_of(row).subject(int(family.subject[row]), rule_set.catalogue),
            live.raised_us,
            Severity(live.shown),
        )
        for family, memory in zip(rule_set.families, state.families, strict=True)
        for row, live in memory.live.items()
        if live.is_open
    )

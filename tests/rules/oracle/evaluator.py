"""The oracle: what the rules tell of a log, worked out slowly from its whole past.

It shares nothing with the engine but the rules and the contract: plain Python over full histories,
in the order of the specification. `history` is what is judged, `values` what each kind makes of
it, `level` and `row` how that becomes a severity, `alert` what is told, `inhibition` why not; here
is the order in which a log goes through them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

from devices import Catalogue, Tick
from rules.commands import Command, Reset
from rules.ruleset import CompiledRule
from tests.rules.oracle import inhibition
from tests.rules.oracle.alert import Told
from tests.rules.oracle.history import History, Reading
from tests.rules.oracle.row import Row

Input: TypeAlias = Reading | Tick | Command


class Oracle:
    """One partition of the log, read input by input."""

    def __init__(
        self,
        catalogue: Catalogue,
        rules: Sequence[CompiledRule],
        owned: Collection[int] | None = None,
    ) -> None:
        """Begin before the first record.

        Args:
            catalogue: the city.
            rules: what to judge by.
            owned: slots whose readings come here; None: all.
        """
        if owned is None:
            owned = range(len(catalogue.datastreams))
        self.catalogue = catalogue
        self.history = History(catalogue, rules, owned)
        self.commands: list[Command] = []
        self.rows = [
            Row(rule, index, catalogue, self.history)
            for rule in rules
            for index in range(rule.n)
            if int(rule.slots[index]) in owned
        ]

    @property
    def told(self) -> list[Told]:
        """All transitions so far, row by row."""
        return [one for row in self.rows for one in row.alerts.told]

    def take(self, one: Input) -> None:
        """Read the next input of the log."""
        match one:
            case Reading():
                self._read(one)
            case Tick(time_us=time_us):
                self._tick(time_us)
            case _:
                self._obey(one)

    def _read(self, reading: Reading) -> None:
        gates = self.history.take(reading)
        for row in self.rows:
            if row.is_of_readings and row.slot == reading.slot and row.rule.gate in gates:
                row.read()

    def _tick(self, now_us: int) -> None:
        clock_us = self.history.clock_us
        if clock_us is not None and now_us <= clock_us:
            for row in self.rows:
                row.pass_time(now_us)
            return
        if clock_us is None:
            self.history.first_tick(now_us)
        for row in self.rows:
            if row.rule.kind == "fold":
                row.tick(now_us)
        self.history.clock_us = now_us
        self._inhibit(now_us)
        for row in self.rows:
            if row.rule.kind != "fold":
                row.tick(now_us)

    def _obey(self, command: Command) -> None:
        self.commands.append(command)
        clock_us = self.history.clock_us
        if clock_us is None:
            return
        if isinstance(command, Reset):
            for row in self.rows:
                row.alerts.reset(command.alert, clock_us)
        self._inhibit(clock_us)

    def _inhibit(self, now_us: int) -> None:
        reasons = [
            inhibition.reason(row, self.rows, self.commands, self.catalogue, now_us)
            for row in self.rows
        ]
        for row, reason in zip(self.rows, reasons, strict=True):
            row.alerts.inhibit(reason, now_us, row.severity, row.begun_us)


def judge(
    catalogue: Catalogue,
    rules: Sequence[CompiledRule],
    inputs: Iterable[Input],
    owned: Collection[int] | None = None,
) -> list[Told]:
    """Return the transitions of a whole log, those of one alert in order."""
    oracle = Oracle(catalogue, rules, owned)
    for one in inputs:
        oracle.take(one)
    return oracle.told

"""Holding a drill: the engine's journal is followed, and judged by other rules from now on.

Up to now it is judged by the rules that were in force, from then on by the drill's, as if they had
been put into force at that moment: what is open then is real and stays so, what is raised after it
is the drill's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from ioc.judged_rules import JudgedRules
from ioc.judging import owned_by
from ioc.settings import Settings
from rules.alerts import Transition
from rules.replaying import Replay
from rules.ruleset import RuleSet
from storage import drills, journal

_Connection = AsyncConnection[TupleRow]

POLL_S: Final = 1.0
"""Between two looks at the journal: the log's clock ticks as often."""


@dataclass(frozen=True, slots=True)
class About:
    """How long a drill lasts, and who holds it why."""

    for_s: float
    actor: str
    note: str


async def hold(
    connection: _Connection,
    settings: Settings,
    texts: Mapping[str, str],
    about: About,
    stopped: asyncio.Event,
) -> str:
    """Hold a drill to its end, and take its alerts back; return how it ended: `over`, `stopped`.

    Args:
        connection: of the database.
        settings: which city, and how many partitions its log has.
        texts: rules of the drill, checked.
        about: as it stands in the list of drills.
        stopped: ends it when set.

    Raises:
        storage.drills.DrillRunsError: another one runs.
        ioc.judged_rules.TextsError: what judged is not known any more.
        rules.language.RuleError: the rules do not fit a newer catalogue.
        psycopg.Error: the database is away; whoever starts the next drill takes back what is left.
    """
    followed = _Followed(connection, settings, texts)
    await followed.come_to_now()
    drill = await drills.start(connection, about.for_s, texts, about.actor, about.note)
    outcome = "failed"
    try:
        outcome = await _hold(connection, followed, drill, stopped)
    finally:
        if not connection.broken:
            await drills.end(connection, drill, outcome)
    return outcome


async def _hold(
    connection: _Connection, followed: _Followed, drill: str, stopped: asyncio.Event
) -> str:
    while True:
        heart = await drills.beat(connection, drill)
        if heart.is_stopped or stopped.is_set():
            return "stopped"
        if heart.is_over:
            return "over"
        if told := await followed.newer():
            await drills.write(connection, drill, told)
        try:
            await asyncio.wait_for(stopped.wait(), POLL_S)
        except TimeoutError:
            continue


class _Followed:
    """The journal of every partition, from its newest state on."""

    def __init__(
        self, connection: _Connection, settings: Settings, texts: Mapping[str, str]
    ) -> None:
        self._connection = connection
        self._partitions = settings.kafka.partitions
        self._rules = JudgedRules(settings.city)
        self._drilled = JudgedRules(settings.city, texts)
        self._replays: dict[tuple[str, int], Replay] = {}
        self._places: dict[tuple[str, int], int] = {}

    async def come_to_now(self) -> None:
        """Judge by the rules in force up to now; what they tell has been told."""
        await self.newer()
        self._rules = self._drilled

    async def newer(self) -> list[Transition]:
        """Return what is told since the last call."""
        told: list[Transition] = []
        for where in await journal.partitions(self._connection):
            if where in self._replays:
                some = await journal.after(self._connection, *where, self._places[where])
            else:
                owned_of = owned_by(where[1], self._partitions)
                self._replays[where] = Replay(self._rule_set, owned_of, exact=False)
                some = await journal.newest(self._connection, *where)
            for place, kept in some:
                await self._rules.learn(self._connection, kept)
                told += self._replays[where].take(kept)
                self._places[where] = place
            told += self._replays[where].rest()
        return told

    def _rule_set(self, rules: str, of_catalogue: str) -> RuleSet:
        return self._rules.rule_set(rules, of_catalogue)

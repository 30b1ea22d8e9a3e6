"""`ioc backtest`: changed rules over stored inputs, and what they would have changed.

The same engine judges what the journal kept. It begins with the newest state that is an hour
before the time looked at or older, read under the changed rules as if they had been put into force
then; what is raised before the time does not count. `rules.differing` says which alerts are the
same.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ioc.command import asked, instant_of, refusal, show
from ioc.judging import EARLY_US, Judged, Task, judge
from rules import differing
from rules.differing import Change, Episode, Pair
from rules.figures import Figures, measure
from storage import alert_history, journal, rule_versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from ioc.settings import Settings

    _Connection = psycopg.AsyncConnection[TupleRow]

_DAY_US: Final = 86_400_000_000

LIVE: Final = "live"
"""To compare with the alerts as they were."""


@dataclass(frozen=True, slots=True)
class Side:
    """The alerts of a time under some rules."""

    name: str
    alerts: tuple[Episode, ...]
    figures: Figures

    @property
    def flood_min(self) -> float:
        """Minutes in flood."""
        return sum(one.end_us - one.start_us for one in self.figures.floods) / 60e6

    @property
    def per_operator_hour(self) -> float:
        """Alarms per operator and hour."""
        return self.figures.per_ten_minutes * 6


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a back-test found."""

    from_us: int
    """Inclusive."""
    until_us: int
    """Exclusive."""
    before: Side
    after: Side
    pairs: tuple[Pair, ...]
    """By time."""
    judged: Judged
    """Of the changed rules."""

    @property
    def counts(self) -> Counter[Change]:
        """How often what became of an alert."""
        return Counter(one.change for one in self.pairs)


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of a back-test."""

    rules: Path
    since: str | None
    until: str | None
    against: str
    operators: int
    html: Path | None


def command(settings: Settings, options: Asked, limit: int, *, as_json: bool) -> None:
    """Print what changed rules would have changed.

    Args:
        settings: which database.
        options: of the command line.
        limit: how many alerts are named of each kind.
        as_json: print facts for a program.

    Raises:
        typer.Exit: an option or a rule is wrong, or there is nothing to judge; it has been told.
    """
    from ioc import backtest_text as text
    from ioc import catalogue_source, rule_folder
    from ioc.replay_text import moment

    if options.against != LIVE and not options.against.isdecimal():
        raise refusal(
            f"--against: {options.against!r} is neither live nor the number of a rules version"
        )
    from_us = None if options.since is None else instant_of("--from", options.since)
    to_us = None if options.until is None else instant_of("--to", options.until)
    try:
        known = catalogue_source.at_start(settings)
        texts = rule_folder.read(options.rules, known, settings.city)
    except ValueError as error:
        raise refusal(error) from None

    async def ask(connection: _Connection) -> Backtest:
        reach = await journal.reach(connection)
        end_us = to_us
        if end_us is None:
            end_us = reach[1] if reach is not None else time.time_ns() // 1000
        begin_us = from_us if from_us is not None else end_us - _DAY_US
        if begin_us >= end_us:
            begin, end = moment(begin_us), moment(end_us)
            raise refusal(f"--from: {begin} is not before --to {end}; exchange them")
        return await compare(
            connection, settings, texts, begin_us, end_us, options.against, options.operators
        )

    try:
        found = asked(settings, ask)
    except ValueError as error:
        raise refusal(error) from None
    if options.html is not None:
        from ioc import backtest_page

        try:
            options.html.write_text(backtest_page.render(found, known), encoding="utf-8")
        except OSError as error:
            raise refusal(f"--html: {options.html}: {error.strerror}") from None
    show(text.facts(found), text.render(found, limit), as_json)


async def compare(
    connection: _Connection,
    settings: Settings,
    texts: Mapping[str, str],
    from_us: int,
    until_us: int,
    against: str = LIVE,
    operators: int = 1,
) -> Backtest:
    """Judge a time by other rules and hold it against what was.

    Args:
        connection: of the database.
        settings: which city, and how many partitions its log has.
        texts: of the changed rules.
        from_us: begin of the time, inclusive.
        until_us: its end, exclusive.
        against: `LIVE`, or the number of a version of the rules.
        operators: how many people share the alarms.

    Raises:
        ioc.judging.NothingKeptError: nothing is kept of that time.
        ioc.judging.JudgingError: the catalogue of that time is not known any more, or the rules do
            not fit it.
        ValueError: there is no such version, or the time is too short for figures.
    """
    judged = await _judge(connection, settings, texts, from_us, until_us)
    begin_us = from_us if judged.begin_us is None else max(from_us, judged.begin_us)
    after = differing.episodes(judged.transitions, judged.carried)
    if against == LIVE:
        before = await alert_history.episodes(connection, begin_us, until_us)
        name = LIVE
    else:
        others = await rule_versions.texts(connection, int(against))
        if not others:
            now = await rule_versions.current(connection)
            known = f"there are 1 to {now.number}" if now else "there is none yet"
            raise ValueError(f"--against: there is no version {against} of the rules; {known}")
        told = await _judge(connection, settings, others, from_us, until_us)
        before, name = differing.episodes(told.transitions, told.carried), f"version {against}"
    return Backtest(
        begin_us,
        until_us,
        _side(name, before, begin_us, until_us, operators),
        _side("changed", after, begin_us, until_us, operators),
        tuple(differing.compare(before, after, begin_us, until_us)),
        judged,
    )


async def _judge(
    connection: _Connection,
    settings: Settings,
    texts: Mapping[str, str],
    from_us: int,
    until_us: int,
) -> Judged:
    # Beyond its end, for readings that came late.
    task = Task(settings.city, settings.kafka.partitions, from_us, until_us + EARLY_US, texts)
    return await judge(connection, settings, task)


def _side(name: str, alerts: list[Episode], from_us: int, until_us: int, operators: int) -> Side:
    figures = measure(differing.history(alerts), from_us, until_us, operators)
    return Side(name, tuple(alerts), figures)

"""`ioc replay`: a stored time judged again, and held against the alerts of that time.

Like `ioc ledger` for readings it is a proof about the whole line, so it stands beside that one: the
inputs as they were kept, the rules that were in force, the same engine; what it tells must be what
is stored, to the byte.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import msgspec

from ioc.command import asked, instant_of, refusal, show
from storage import alert_history
from storage.alert_history import Step

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from ioc.judging import Judged
    from ioc.settings import Settings
    from rules.alerts import Transition

    _Connection = psycopg.AsyncConnection[TupleRow]

_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A transition that is not the same on both sides."""

    stored: Step | None
    """None: it is not stored."""
    replayed: Step | None
    """None: it is not told again."""

    @property
    def what(self) -> tuple[str, ...]:
        """Names of the fields that differ; none where one side lacks it."""
        if self.stored is None or self.replayed is None:
            return ()
        return tuple(_differing(self.stored, self.replayed))


@dataclass(frozen=True, slots=True)
class Balance:
    """What a comparison found."""

    from_us: int
    to_us: int
    judged: Judged
    same: int
    differences: tuple[Difference, ...]
    """By time."""

    @property
    def is_even(self) -> bool:
        """Whether all is the same."""
        return not self.differences and not self.judged.astray


def command(
    settings: Settings, since: str | None, until: str | None, limit: int, *, as_json: bool
) -> int:
    """Print the balance of a time; return what to exit with: 0 where all is the same.

    Args:
        settings: which database.
        since: `--from`, like 30m, 1h, 2d or an ISO time with offset; None: a day before the end.
        until: `--to`, likewise; None: the newest that is kept.
        limit: how many differences are named.
        as_json: print facts for a program.

    Raises:
        typer.Exit: an option is wrong, or there is nothing to judge by; it has been told.
    """
    from ioc import replay_text as text
    from ioc.judging import JudgingError, NothingKeptError
    from storage import journal

    from_us = None if since is None else instant_of("--from", since)
    to_us = None if until is None else instant_of("--to", until)

    async def ask(connection: _Connection) -> Balance:
        reach = await journal.reach(connection)
        end_us = to_us
        if end_us is None:
            end_us = reach[1] if reach is not None else time.time_ns() // 1000
        begin_us = from_us if from_us is not None else end_us - _DAY_US
        if begin_us > end_us:
            begin, end = text.moment(begin_us), text.moment(end_us)
            raise refusal(f"--from: {begin} is not before --to {end}; exchange them")
        return await balance(connection, settings, begin_us, end_us)

    try:
        found = asked(settings, ask)
    except (NothingKeptError, JudgingError) as error:
        raise refusal(error) from None
    show(text.facts(found, limit), text.render(found, limit), as_json)
    return 0 if found.is_even else 1


async def balance(connection: _Connection, settings: Settings, from_us: int, to_us: int) -> Balance:
    """Judge a time again and hold it against what is stored.

    Args:
        connection: of the database.
        settings: which city, and how many partitions its log has.
        from_us: begin, inclusive: of transitions, by the time that they carry.
        to_us: end, inclusive.

    Raises:
        ioc.judging.NothingKeptError: nothing is kept of that time.
        ioc.judging.JudgingError: the rules that judged are not known any more.
    """
    from ioc.judging import Task, judge

    stored = await alert_history.steps(connection, from_us, to_us)
    wanted = {(one.alert, one.version): one.datastream for one in stored}
    # Late readings tell of a time after its end.
    task = Task(settings.city, settings.kafka.partitions, from_us, to_us, wanted=wanted)
    judged = await judge(connection, settings, task)
    # What was told at the very clock that it begins with was told before it.
    begin_us = from_us if judged.begin_us is None else max(from_us, judged.begin_us + 1)
    replayed = await _as_steps(connection, judged.transitions)
    within = {
        key: one for key, one in replayed.items() if key in wanted or begin_us <= one.at_us <= to_us
    }
    if strangers := within.keys() - wanted.keys():
        # Perhaps they are stored with another time.
        ids = sorted({alert for alert, _ in strangers})
        every = await alert_history.steps(connection, from_us, to_us, ids)
        stored += [one for one in every if (one.alert, one.version) in strangers]
    kept = {(one.alert, one.version): one for one in stored if one.at_us >= begin_us}
    return Balance(begin_us, to_us, judged, *_compared(kept, within))


def _compared(
    stored: dict[tuple[str, int], Step], replayed: dict[tuple[str, int], Step]
) -> tuple[int, tuple[Difference, ...]]:
    found = [
        Difference(stored.get(key), replayed.get(key)) for key in stored.keys() | replayed.keys()
    ]
    different = [one for one in found if one.stored is None or one.replayed is None or one.what]
    different.sort(key=_when)
    return len(found) - len(different), tuple(different)


def _when(one: Difference) -> tuple[int, str, int]:
    step = one.stored or one.replayed
    assert step is not None  # noqa: S101 (one side has it)
    return step.at_us, step.alert, step.version


def _differing(stored: Step, replayed: Step) -> Iterable[str]:
    for one in fields(Step):
        was, now = getattr(stored, one.name), getattr(replayed, one.name)
        if was != now and was is not None and now is not None:
            yield one.name


async def _as_steps(
    connection: _Connection, told: Sequence[Transition]
) -> dict[tuple[str, int], Step]:
    evidence = await alert_history.as_stored(
        connection, [msgspec.json.encode(one.evidence).decode() for one in told]
    )
    return {
        (one.alert, one.version): Step(
            one.alert, one.version, one.kind.value, one.at_us, one.severity.word, text, one.rule,
            one.rule_version, one.subject, one.datastream, one.raised_us,
            one.first_exceeded_us, one.message_zh, one.message_en,
        )
        for one, text in zip(told, evidence, strict=True)
    }  # fmt: skip

"""`ioc rules why-not`: why a rule had no alert on a subject at a time.

The journal is judged again up to that time, under the rules that were in force, and what the
engine then remembers is what it decided by (`rules.explaining`). Beside it stands what came in the
hour before and was not judged.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from devices import Batch, Quality, Tick
from devices.batch import DTYPES
from devices.tables import nearest
from ioc.command import asked, instant_of, refusal, show
from ioc.judged_rules import JudgedRules, TextsError
from ioc.judging import NothingKeptError, check_reach, owned_by
from rules import explaining, inputs
from rules.alerts import alert_id
from rules.engine import Input
from rules.explaining import Explanation
from rules.live import UNSET
from rules.replaying import Replay
from storage import alert_history, journal

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from ioc.settings import Settings
    from rules.ruleset import RuleSet
    from storage.alert_history import Past
    from storage.journal import Judged

    _Connection = psycopg.AsyncConnection[TupleRow]

_HOUR_US: Final = 3_600_000_000
_NOTHING: Final = inputs.encode([])


@dataclass(slots=True)
class Heard:
    """What came of the watched datastreams in the hour before."""

    judged: int = 0
    late: int = 0
    """Not judged because one as new or newer had been."""
    no_number: int = 0
    """Not judged because the result was none."""
    quality: Counter[Quality] = field(default_factory=Counter)
    """Not judged because the rule does not judge that quality."""

    @property
    def total(self) -> int:
        """All that came."""
        return self.judged + self.late + self.no_number + self.quality.total()


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The answer."""

    at_us: int
    explanation: Explanation
    datastreams: tuple[str, ...]
    """By which it is judged."""
    gate: tuple[Quality, ...]
    """Qualities that are judged."""
    heard: Heard
    alert: str | None
    """Id of the alert that was open; None: there was none."""
    last: Past | None
    """The newest alert that was over by then."""


class UnknownError(ValueError):
    """There is no such rule, or it does not watch such a subject."""


def command(settings: Settings, rule: str, subject: str, at: str, *, as_json: bool) -> None:
    """Print why there was no alert.

    Args:
        settings: which database.
        rule: id of the rule.
        subject: id of the datastream, place, device or gateway that it watches.
        at: like 30m, 1h, 2d ago or an ISO time with offset.
        as_json: print facts for a program.

    Raises:
        typer.Exit: a word is not known, or nothing is kept of that time; it has been told.
    """
    from ioc import why_not_text as text

    at_us = instant_of("AT", at)
    try:
        found = asked(settings, lambda connection: ask(connection, settings, rule, subject, at_us))
    except (NothingKeptError, TextsError, UnknownError, inputs.InputsError) as error:
        raise refusal(error) from None
    show(text.facts(found), text.render(found), as_json)


async def ask(
    connection: _Connection, settings: Settings, rule: str, subject: str, at_us: int
) -> WhyNot:
    """Judge up to a time again and ask the engine.

    Raises:
        ioc.judging.NothingKeptError: nothing is kept of that time.
        ioc.judged_rules.TextsError: what judged is not known any more.
        UnknownError: there was no such rule or subject.
    """
    reach = await journal.reach(connection)
    if reach is not None:
        at_us = min(at_us, reach[1])  # what came last still holds
    await check_reach(connection, at_us, at_us)
    rules = JudgedRules(settings.city)
    for topic, number in await journal.partitions(connection):
        pieces = [one async for one in journal.read(connection, topic, number, at_us, at_us)][-1:]
        for kept in pieces:
            await rules.learn(connection, kept)
            rule_set = rules.rule_set(kept.rules, kept.catalogue)
            family, row = _find(rule_set, rule, subject)
            slot = int(rule_set.families[family].slot[row])
            owned_of = owned_by(number, settings.kafka.partitions)
            if owned_of(rule_set.catalogue)[slot]:
                replay = Replay(rules.rule_set, owned_of)
                return await _ask(connection, rules, replay, (topic, number), rule, subject, at_us)
    raise NothingKeptError(f"the journal holds nothing of the partition of {subject} at that time")


async def _ask(
    connection: _Connection,
    rules: JudgedRules,
    replay: Replay,
    where: tuple[str, int],
    rule: str,
    subject: str,
    at_us: int,
) -> WhyNot:
    recent: list[Batch] = []
    newest_us: dict[int, int] | None = None
    async for kept in journal.read(connection, *where, at_us - _HOUR_US, at_us):
        await rules.learn(connection, kept)
        until = _until(kept, at_us)
        replay.take(replace(kept, inputs=_NOTHING))
        if kept.last_us > at_us - _HOUR_US:
            if newest_us is None:
                replay.rest()
                newest_us = _judged_by_then(replay, rule, subject)
            recent += [one for one in until if isinstance(one, Batch)]
        replay.take_inputs(until)
        await asyncio.sleep(0)
    replay.rest()
    assert replay.begun is not None  # noqa: S101 (this partition had pieces a moment ago)
    rule_set, memory = replay.begun
    family, row = _find(rule_set, rule, subject)
    slots = explaining.watched(rule_set, family, row)
    found = explaining.explain(rule_set, memory, family, row)
    gate = rule_set.gates[rule_set.families[family].gate]
    opened = found.open_since_us
    return WhyNot(
        at_us=at_us,
        explanation=found,
        datastreams=tuple(rule_set.catalogue.datastreams[slot].id for slot in slots),
        gate=gate,
        heard=_heard(recent, slots, gate, newest_us or {}),
        alert=None if opened is None else alert_id(rule, subject, opened),
        last=await alert_history.last_over(connection, rule, subject, at_us),
    )


def _find(rule_set: RuleSet, rule: str, subject: str) -> tuple[int, int]:
    """Return family and row.

    Raises:
        UnknownError: there is none; it says what there is.
    """
    found = explaining.find(rule_set, rule, subject)
    if found is not None:
        return found
    of_that_name = [one for one in rule_set.rules if one.id == rule]
    if not of_that_name:
        ids = sorted({one.id for one in rule_set.rules})
        raise UnknownError(f"RULE: there was no rule {rule!r}; {nearest(rule, ids)}")
    subjects = sorted(
        {one.subject(at, rule_set.catalogue) for one in of_that_name for at in range(one.n)}
    )
    raise UnknownError(f"SUBJECT: {rule} did not watch {subject!r}; {_nearest(subject, subjects)}")


def _nearest(word: str, words: Sequence[str]) -> str:
    said = nearest(word, words)
    if said.startswith("there are") and len(words) > _MOST_NAMED:
        return f"it watched {len(words)}, e.g. {', '.join(words[:_MOST_NAMED])}"
    return said


_MOST_NAMED: Final = 5


def _until(kept: Judged, at_us: int) -> list[Input]:
    """Return the inputs of a piece that had come by a time.

    Those before the first later tick, but readings of a later time among them.
    """
    some = inputs.decode(kept.inputs)
    if kept.last_us <= at_us:
        return some
    found: list[Input] = []
    for one in some:
        if isinstance(one, Tick) and one.time_us > at_us:
            break
        found.append(_by(one, at_us) if isinstance(one, Batch) else one)
    return found


def _by(batch: Batch, at_us: int) -> Batch:
    had = np.flatnonzero(batch.phenomenon_time_us <= at_us)
    return Batch(*(getattr(batch, name)[had] for name in DTYPES))


def _judged_by_then(replay: Replay, rule: str, subject: str) -> dict[int, int]:
    """Return when the newest judged reading was of each datastream, before the hour."""
    assert replay.begun is not None  # noqa: S101 (asked before)
    rule_set, memory = replay.begun
    found = explaining.find(rule_set, rule, subject)
    if found is None:  # other rules were in force then
        return {}
    judged_us = memory.judged_us[rule_set.families[found[0]].gate]
    return {slot: int(judged_us[slot]) for slot in explaining.watched(rule_set, *found)}


def _heard(
    recent: Sequence[Batch],
    slots: Sequence[int],
    gate: Sequence[Quality],
    newest_us: dict[int, int],
) -> Heard:
    """Say what became of each reading, as `rules.at_readings` decides it."""
    found = Heard()
    newest = dict(newest_us)
    for batch in recent:
        for at in np.flatnonzero(np.isin(batch.datastream, slots)).tolist():
            slot, time_us = int(batch.datastream[at]), int(batch.phenomenon_time_us[at])
            quality = Quality(int(batch.quality[at]))
            if quality not in gate:
                found.quality[quality] += 1
            elif not math.isfinite(float(batch.result[at])):
                found.no_number += 1
            elif time_us <= newest.get(slot, UNSET):
                found.late += 1
            else:
                newest[slot] = time_us
                found.judged += 1
    return found

"""The numbers of a stretch of time as blocks: what handovers and reports share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from devices.calendar import BEIJING
from dispatch.handover import Activity
from dispatch.handover.activity import Load, by_domain
from dispatch.queue import Priority
from documents.blocks import Bars, Block, Heading, Lang, Paragraph, Series, Table
from documents.words import DOMAINS, STAGES, duration, pick, word
from rules.figures import Targets

COLOURS: Final = {1: "#c62828", 2: "#ef6c00", 3: "#f2b705", 4: "#1565c0"}
"""Of the warning colours, by priority; dark enough for print."""

IN_TIME: Final = "#2e7d62"
LATE: Final = "#c62828"

_TARGETS: Final = Targets()


def moment(time_us: int | None, form: str = "%m-%d %H:%M") -> str:
    """Return a time as people in Beijing write it.

    >>> moment(0)
    '01-01 08:00'
    """
    if time_us is None:
        return "–"
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    return at.astimezone(BEIJING).strftime(form)


def span(from_us: int, until_us: int) -> str:
    """Return a stretch of time, with its day where it is needed."""
    same = moment(from_us, "%Y-%m-%d") == moment(until_us, "%Y-%m-%d")
    until = moment(until_us, "%H:%M" if same else "%Y-%m-%d %H:%M")
    return f"{moment(from_us, '%Y-%m-%d %H:%M')} – {until}"


def share(value: float) -> str:
    """Return a share as per cent; a dash of nothing."""
    return "–" if math.isnan(value) else f"{value * 100:.1f} %"


def priority(number: int, lang: Lang) -> str:
    """Return what people call a priority.

    >>> priority(1, "zh")
    'P1 特别严重'
    """
    one = Priority(number)
    return f"P{number} {pick((one.zh, one.en), lang)}"


def alerts(found: Activity, lang: Lang) -> Iterator[Block]:
    """Yield what changed: counts, waits, load."""
    rows = [
        (priority(one.priority, lang), pick(DOMAINS[one.domain], lang), str(one.raised),
         str(one.cleared), str(one.active))
        for one in found.counts
    ]  # fmt: skip
    total = (word("total", lang), "", str(found.raised), str(found.cleared), str(found.active))
    yield Heading(word("alerts", lang))
    yield Table(
        tuple(word(key, lang) for key in ("priority", "domain", "n_raised", "n_cleared",
                                          "n_active")),
        (*rows, total), (3, 2, 1.5, 1.5, 1.5), frozenset({2, 3, 4}),
    )  # fmt: skip
    if found.suppressed:
        yield Paragraph(word("suppressed", lang, found.suppressed), is_quiet=True)
    yield Heading(word("waits", lang))
    yield Table(
        tuple(word(key, lang) for key in ("priority", "told", "acknowledged", "median", "longest")),
        tuple(
            (priority(one.priority, lang), str(one.told), str(one.acknowledged),
             duration(one.median_s, lang), duration(one.longest_s, lang))
            for one in found.waits
        ),
        (3, 2, 2, 2.4, 2.4), frozenset({1, 2, 3, 4}),
    )  # fmt: skip
    if found.load is not None:
        yield Heading(word("load", lang))
        yield _load(found.load, lang)


def plots(found: Activity, lang: Lang, operators: int) -> Iterator[Block]:
    """Yield alarm load over time, alerts by domain, cases by stage."""
    form = "%m-%d" if found.is_daily else "%H:%M"
    line = "acceptable_line_day" if found.is_daily else "acceptable_line"
    most = (144 if found.is_daily else 6) * operators
    highest = max((sum(one.by_priority) for one in found.bars), default=0)
    if found.bars:
        yield Bars(
            word("plot_days" if found.is_daily else "plot_hours", lang),
            tuple(moment(one.start_us, form) for one in found.bars),
            tuple(
                Series(priority(number, lang), COLOURS[number],
                       tuple(one.by_priority[number - 1] for one in found.bars))
                for number in COLOURS
            ),
            # Far above all columns it would only make them small.
            (word(line, lang), float(most)) if highest * 3 >= most else None,
        )  # fmt: skip
    sums = by_domain(found)
    yield Bars(
        word("plot_domains", lang),
        tuple(pick(DOMAINS[one], lang) for one in sums),
        tuple(
            Series(priority(number, lang), COLOURS[number],
                   tuple(one[number - 1] for one in sums.values()))
            for number in COLOURS
        ),
    )  # fmt: skip
    stages = {one.stage: one for one in found.stages}
    late = tuple(stages[one].late if one in stages else 0 for one in STAGES)
    opened = tuple(stages[one].open if one in stages else 0 for one in STAGES)
    yield Bars(
        word("plot_stages", lang),
        tuple(pick(one, lang) for one in STAGES.values()),
        (
            Series(word("late", lang), LATE, late),
            Series(word("in_time", lang), IN_TIME,
                   tuple(all_ - over for all_, over in zip(opened, late, strict=True))),
        ),
    )  # fmt: skip


def work(found: Activity, lang: Lang) -> Iterator[Block]:
    """Yield what became of cases, incidents and crews."""
    one = found.work
    rows = (
        ("cases_opened", str(one.cases_opened)),
        ("cases_closed", str(one.cases_closed)),
        ("cases_in_time", str(one.cases_in_time)),
        ("incidents_opened", str(one.incidents_opened)),
        ("incidents_closed", str(one.incidents_closed)),
        ("assignments", str(one.assignments)),
        ("accepted", duration(one.accepted_median_s, lang)),
        ("escalations", str(one.escalations)),
    )
    yield Heading(word("work", lang))
    yield Table(
        (word("figure", lang), word("value", lang)),
        tuple((word(key, lang), value) for key, value in rows),
        (5, 1.5), frozenset({1}),
    )  # fmt: skip


def _load(load: Load, lang: Lang) -> Table:
    def most(value: object) -> str:
        return word("at_most", lang, value)

    rows = (
        (word("per_ten", lang), f"{load.per_ten_minutes:.2f}",
         most(f"{_TARGETS.per_ten_minutes:g}")),
        (word("worst_ten", lang), f"{load.most_in_a_period:g}",
         most(f"{_TARGETS.most_in_a_period:g}")),
        (word("acceptable", lang), share(load.acceptable_share), ""),
        (word("floods", lang), str(load.floods), ""),
        (word("flood_share", lang), share(load.flood_share),
         most(f"{_TARGETS.flood_share * 100:g} %")),
        (word("chattering", lang), str(load.chattering), most(_TARGETS.chattering)),
        (word("stale", lang), str(load.stale), ""),
    )  # fmt: skip
    head = tuple(word(key, lang) for key in ("figure", "value", "target"))
    return Table(head, rows, (4, 1.5, 1.5), frozenset({1, 2}))

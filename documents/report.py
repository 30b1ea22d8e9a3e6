"""Reports of a day, a week or a month 日报、周报、月报, as documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from devices.calendar import Calendar
from dispatch.cases.scores import Score, Share
from dispatch.handover import Activity
from documents import numbers
from documents.blocks import Block, Document, Figure, Figures, Heading, Lang, Paragraph, Table
from documents.numbers import moment
from documents.words import pick, word

Kind: TypeAlias = Literal["daily", "weekly", "monthly"]

KINDS: Final[tuple[Kind, ...]] = ("daily", "weekly", "monthly")

_SCORES: Final = ("filing", "on_time", "overdue", "rework", "at_once")


@dataclass(frozen=True, slots=True)
class Period:
    """A day, a week from Monday to Sunday, or a month, in Beijing."""

    kind: Kind
    first: date
    last: date
    """Inclusive."""
    from_us: int
    """Inclusive, µs since 1970."""
    until_us: int
    """Exclusive."""

    @classmethod
    def around(cls, kind: Kind, day: date, calendar: Calendar) -> Period:
        """Return the period that a day lies in.

        >>> from devices.calendar import WEEKDAYS_ONLY
        >>> week = Period.around("weekly", date(2026, 3, 1), WEEKDAYS_ONLY)
        >>> (week.first.isoformat(), week.last.isoformat())
        ('2026-02-23', '2026-03-01')
        """
        first, after = day, day + timedelta(days=1)
        if kind == "weekly":
            first = day - timedelta(days=day.weekday())
            after = first + timedelta(days=7)
        elif kind == "monthly":
            first = day.replace(day=1)
            after = (first + timedelta(days=31)).replace(day=1)
        return cls(
            kind, first, after - timedelta(days=1), calendar.start_us(first),
            calendar.start_us(after),
        )  # fmt: skip

    @property
    def name(self) -> str:
        """Day, days or month.

        >>> from devices.calendar import WEEKDAYS_ONLY
        >>> Period.around("monthly", date(2026, 3, 7), WEEKDAYS_ONLY).name
        '2026-03'
        """
        if self.kind == "monthly":
            return f"{self.first:%Y-%m}"
        if self.kind == "weekly":
            return f"{self.first} – {self.last}"
        return self.first.isoformat()


def report(
    period: Period,
    found: Activity,
    made_us: int,
    city: tuple[str, str],
    lang: Lang,
    operators: int = 1,
    scores: Sequence[Score] = (),
    departments: Mapping[str, tuple[str, str]] | None = None,
) -> Document:
    """Return a report as a document.

    Args:
        period: of what.
        found: what happened in it, or until now where it is not over.
        made_us: now, µs since 1970.
        city: its name, Chinese and English.
        lang: of the document.
        operators: how many people shared the alarms.
        scores: of departments, of a month.
        departments: their names by id.
    """
    title = word(period.kind, lang)
    where = f"{pick(city, lang)}{' ' if lang == 'en' else ''}{word('centre', lang)}"
    return Document(
        lang,
        title,
        f"{where} · {period.name}",
        f"{title} {period.name} · {moment(made_us, '%Y-%m-%d %H:%M')}",
        made_us,
        tuple(_blocks(period, found, lang, operators, scores, departments or {})),
    )


def _blocks(
    period: Period,
    found: Activity,
    lang: Lang,
    operators: int,
    scores: Sequence[Score],
    departments: Mapping[str, tuple[str, str]],
) -> Iterator[Block]:
    if found.until_us < period.until_us:
        yield Paragraph(word("unfinished", lang), is_quiet=True)
    work = found.work
    late = sum(one.late for one in found.stages)
    ten = "–" if found.load is None else f"{found.load.per_ten_minutes:.2f}"
    yield Figures((
        Figure(word("raised", lang), str(found.raised)),
        Figure(word("cleared", lang), str(found.cleared)),
        Figure(word("active", lang), str(found.active)),
        Figure(word("per_ten", lang), ten, found.load is not None
               and found.load.per_ten_minutes > 1),
        Figure(word("incidents_opened", lang), str(work.incidents_opened)),
        Figure(word("cases_opened", lang), str(work.cases_opened)),
        Figure(word("cases_closed", lang), str(work.cases_closed)),
        Figure(word("cases_late", lang), str(late), late > 0),
    ))  # fmt: skip
    yield from numbers.plots(found, lang, operators)
    yield from numbers.alerts(found, lang)
    yield from numbers.work(found, lang)
    if scores:
        yield Heading(word("scores", lang))
        yield Table(
            (word("department", lang), *(word(f"score_{one}", lang) for one in _SCORES)),
            tuple(
                (
                    pick(departments.get(one.department, (one.department,) * 2), lang),
                    *(_share(getattr(one, name)) for name in _SCORES),
                )
                for one in scores
            ),
            (3, 2, 2, 2, 2, 2),
            frozenset(range(1, 6)),
        )
    yield Paragraph(word("source", lang), is_quiet=True)


def _share(one: Share) -> str:
    return "NA" if one.value is None else f"{one.value:.1%} ({one.numerator}/{one.denominator})"

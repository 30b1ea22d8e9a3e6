"""Reports: which days they are of, and what they say."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import msgspec
import pytest

from devices.calendar import WEEKDAYS_ONLY
from dispatch.handover import activity
from documents import Bars, Figures, Period, Table, report
from documents.numbers import span
from documents.words import DOMAINS, STAGES, WORDS
from tests.dispatch.shifts import FULL, NO_WORK, past, us
from tests.documents.sheets import CITY


@pytest.mark.parametrize(
    ("kind", "day", "first", "last"),
    [
        pytest.param("daily", "2026-03-02", "2026-03-02", "2026-03-02", id="day"),
        pytest.param("weekly", "2026-03-02", "2026-03-02", "2026-03-08", id="monday"),
        pytest.param("weekly", "2026-03-08", "2026-03-02", "2026-03-08", id="sunday"),
        pytest.param("weekly", "2026-01-01", "2025-12-29", "2026-01-04", id="over-new-year"),
        pytest.param("monthly", "2026-02-28", "2026-02-01", "2026-02-28", id="february"),
        pytest.param("monthly", "2026-12-31", "2026-12-01", "2026-12-31", id="december"),
    ],
)
def test_periods_are_whole_days_of_beijing(kind, day, first, last):
    found = Period.around(kind, date.fromisoformat(day), WEEKDAYS_ONLY)
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)
    assert found.from_us == us(f"{first}T00:00")
    assert found.until_us == us(f"{last}T00:00") + 86_400_000_000


def made(kind="daily", until=None, lang="zh", alerts=()):
    period = Period.around(kind, date(2026, 3, 2), WEEKDAYS_ONLY)
    until_us = until or period.until_us
    found = activity(alerts, period.from_us, until_us, 1, FULL["activity"].stages, NO_WORK)
    return report(period, found, until_us, CITY, lang)


def test_a_day_has_hours_a_week_and_a_month_have_days():
    for kind, columns in (("daily", 24), ("weekly", 7), ("monthly", 31)):
        plot = next(block for block in made(kind).blocks if isinstance(block, Bars))
        assert len(plot.columns) == columns


def test_plots_and_tables_tell_the_same_numbers():
    alerts = [past(str(n), f"2026-03-02T{n:02d}:30", ("red", "blue")[n % 2]) for n in range(9)]
    one = made(alerts=alerts)
    hours, domains, _ = (block for block in one.blocks if isinstance(block, Bars))
    for plot in (hours, domains):
        assert [sum(series.values) for series in plot.series] == [5, 0, 0, 4]
    figures = next(block for block in one.blocks if isinstance(block, Figures))
    assert figures.figures[0].value == "9"
    table = next(block for block in one.blocks if isinstance(block, Table))
    assert table.rows[-1][2] == "9"


def test_a_report_of_a_period_that_is_not_over_says_so():
    assert any("尚未结束" in text for text in made(until=us("2026-03-02T12:00")).texts())
    assert not any("尚未结束" in text for text in made().texts())


def test_the_line_of_what_is_acceptable_stands_where_it_can_be_seen():
    busy = [past(str(n), f"2026-03-02T09:{n:02d}") for n in range(6)]
    for alerts, has in ((busy, True), ((), False)):
        plot = next(block for block in made(alerts=alerts).blocks if isinstance(block, Bars))
        assert (plot.line is not None) is has


def test_no_word_is_missing_in_a_language_and_none_is_unused():
    source = "".join(
        file.read_text(encoding="utf-8")
        for file in (Path(__file__).parents[2] / "documents").glob("*.py")
        if file.name != "words.py"
    )
    for key, (zh, en) in {**WORDS, **DOMAINS, **STAGES}.items():
        assert re.search("[一-鿿]", zh), key
        assert en, key
        assert not re.search("[一-鿿]", en), key
    indirect = {"minutes", "seconds", "hours", "daily", "weekly", "monthly"}
    unused = [
        key
        for key in WORDS
        if not re.search(f"[\"']{key}[\"']", source) and not key.startswith("score_")
    ]
    assert set(unused) <= indirect


def test_a_span_names_the_second_day_only_where_it_is_another():
    assert span(us("2026-03-02T08:00"), us("2026-03-02T20:00")) == "2026-03-02 08:00 – 20:00"
    assert span(us("2026-03-02T20:00"), us("2026-03-03T08:00")).endswith("2026-03-03 08:00")


def test_english_reports_are_english():
    texts = msgspec.json.encode(list(made("monthly", lang="en").texts())).decode()
    assert not re.search("[一-鿿]", texts)

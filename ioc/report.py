"""`ioc report`: what happened in a day, a week or a month of Beijing, as numbers and documents."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ioc.command import AsJson, Config, asked, refusal, show
from ioc.handover import DocxFile, Language, Operators, PdfFile, language, read, written

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from dispatch.cases.scores import Score
    from dispatch.handover import Activity
    from documents.report import Kind

    _Connection = psycopg.AsyncConnection[TupleRow]

app = typer.Typer(help="日报、周报、月报 · Reports: daily, weekly, monthly.", no_args_is_help=True)

Day = Annotated[
    str | None, typer.Option("--at", help="A day in it, like 2026-10-01; default yesterday.")
]


@app.command()
def daily(
    config: Config = None, at: Day = None, pdf: PdfFile = None, docx: DocxFile = None,
    lang: Language = "zh", operators: Operators = 1, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Report a day."""
    _report("daily", config, at, pdf, docx, lang, operators, as_json=as_json)


@app.command()
def weekly(
    config: Config = None, at: Day = None, pdf: PdfFile = None, docx: DocxFile = None,
    lang: Language = "zh", operators: Operators = 1, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Report a week, from Monday to Sunday."""
    _report("weekly", config, at, pdf, docx, lang, operators, as_json=as_json)


@app.command()
def monthly(
    config: Config = None, at: Day = None, pdf: PdfFile = None, docx: DocxFile = None,
    lang: Language = "zh", operators: Operators = 1, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Report a month, with the scores of departments."""
    _report("monthly", config, at, pdf, docx, lang, operators, as_json=as_json)


def _report(
    kind: Kind,
    config: Path | None,
    at: str | None,
    pdf: Path | None,
    docx: Path | None,
    lang: str,
    operators: int,
    *,
    as_json: bool,
) -> None:
    import documents
    from devices.calendar import DAY_US
    from dispatch.cases.scores import month_of, scores
    from ioc import handover_text as text
    from storage import activities, case_lists

    tongue = language(lang)
    desk = read(config)
    calendar, policy = desk.city.calendar, desk.city.case_policy
    now_us = time.time_ns() // 1000
    period = documents.Period.around(
        kind, calendar.local_day(now_us - DAY_US) if at is None else _day(at), calendar
    )
    if period.from_us >= now_us:
        raise refusal(f"--at: {period.name} has not begun; there is nothing to report yet")
    until_us = min(period.until_us, now_us)

    async def ask(connection: _Connection) -> tuple[Activity, list[Score]]:
        found = await activities.read(connection, period.from_us, until_us, operators)
        if kind != "monthly":
            return found, []
        month = month_of(period.name, calendar)
        cases = await case_lists.of_month(connection, month)
        return found, list(scores(cases, month, until_us))

    found, of_departments = asked(desk.settings, ask)
    document = documents.report(
        period, found, until_us, desk.city.catalogue.name, tongue, operators, of_departments,
        {key: one.name for key, one in policy.departments.items()} if policy else None,
    )  # fmt: skip
    if pdf is not None or docx is not None:
        written(document, pdf, docx, as_json=as_json)
        return
    facts = text.report_facts(kind, str(period.first), str(period.last), found)
    show(facts, text.render(document), as_json)


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise refusal(f"--at: {word!r} is no day; write it like 2026-10-01") from None

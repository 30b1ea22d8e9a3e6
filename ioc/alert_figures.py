"""`ioc alerts figures`: how good the alarms were, by ISA-18.2 and EEMUA 191.

`docs/alarm-figures.md` says what each figure means and what it should be.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from ioc import alert_figures_text as text
from ioc.command import asked, instant_of, refusal, show
from rules.figures import LEAST_DAYS, TEN_MINUTES_US, measure
from storage import alert_history

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from ioc.settings import Settings
    from rules.figures import History

_DAY_US: Final = 86_400_000_000


def command(
    settings: Settings, since: str | None, until: str | None, operators: int, *, as_json: bool
) -> None:
    """Print the figures of a stretch of time.

    Args:
        settings: which database.
        since: `--from`, like 30m, 1h, 2d or an ISO time with offset; None: 30 days before the end,
            or when the first alert was raised, whichever is later.
        until: `--to`, likewise; None: now, or the newest alert where the log's time is ahead.
        operators: how many people share the alarms.
        as_json: print facts for a program.

    Raises:
        typer.Exit: an option is wrong, or the database does not answer; it has been told.
    """
    from_us = None if since is None else instant_of("--from", since)
    to_us = None if until is None else instant_of("--to", until)

    async def ask(
        connection: psycopg.AsyncConnection[TupleRow],
    ) -> tuple[History, int, int]:
        first_us, newest_us = await alert_history.reach(connection) or (None, 0)
        end_us = max(time.time_ns() // 1000, newest_us + 1) if to_us is None else to_us
        begin_us = from_us if from_us is not None else _begin(first_us, end_us)
        return await alert_history.read(connection, begin_us, end_us), begin_us, end_us

    history, begin_us, end_us = asked(settings, ask)
    if begin_us >= end_us:
        begin, end = text.moment(begin_us), text.moment(end_us)
        raise refusal(f"--from: {begin} is not before --to {end}; exchange them")
    try:
        found = measure(history, begin_us, end_us, operators)
    except ValueError as error:
        raise refusal(error) from None
    show(text.facts(found), text.render(found), as_json)


def _begin(first_us: int | None, end_us: int) -> int:
    begin_us = end_us - LEAST_DAYS * _DAY_US
    # Before the first alert nobody was watching yet, as far as is known.
    return begin_us if first_us is None else min(max(begin_us, first_us), end_us - TEN_MINUTES_US)

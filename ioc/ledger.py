"""`ioc ledger`: is everything that was acknowledged there, once, as it was sent?

With the field's journal every id of either side is compared; without it, the publishers' own
numbering tells what is missing. What is under way is waited for, so that a running line balances.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import typer

from ioc import health, ledger_packs, ledger_text
from ioc.ledger_journal import JournalAccount
from ioc.settings import Settings
from simulators.journal import JournalError
from simulators.journal_reader import JournalReader
from storage import audit

_POLL_S = 0.5


def command(
    settings: Settings,
    journal: Path | None,
    limit: int,
    wait_s: float,
    *,
    as_json: bool,
) -> int:
    """Print the account and return the exit code: 0 balanced, 1 not balanced, 2 not compared."""
    try:
        facts = collect(settings, journal or settings.simulator.journal, limit, wait_s)
    except (JournalError, psycopg.Error) as error:
        typer.echo(f"ioc: {str(error).strip()}", err=True)
        return 2
    text = json.dumps(facts, ensure_ascii=False, indent=2) if as_json else ledger_text.render(facts)
    typer.echo(text)
    return 0 if facts["balanced"] else 1


def collect(settings: Settings, journal: Path | None, limit: int, wait_s: float) -> dict[str, Any]:
    """Return the account as plain JSON.

    Args:
        settings: which database, and where the gateway tells how it is.
        journal: what the field sent; None: judge by numbering alone.
        limit: how many ids are named of each kind of finding.
        wait_s: how long what is under way is waited for, seconds.

    Raises:
        simulators.journal.JournalError: the journal cannot be read.
        psycopg.Error: the database cannot be read.
    """
    url = settings.database_url
    if journal is None:
        facts = _settled(
            url, wait_s, ledger_packs.under_way,
            lambda connection: ledger_packs.compare(connection, limit),
        )  # fmt: skip
    else:
        with JournalReader(journal) as reader:
            account = JournalAccount(reader, limit)
            facts = _settled(url, wait_s, account.under_way, account.compare)
    beat = health.read(settings.run_dir, "gateway")
    spooled = beat.facts.get("spool_messages") if beat is not None else None
    return {"journal": None if journal is None else str(journal), **facts, "spooled": spooled}


def _settled(
    url: str,
    wait_s: float,
    under_way: Callable[[audit.Connection], int],
    compare: Callable[[audit.Connection], dict[str, Any]],
) -> dict[str, Any]:
    """Compare once nothing is under way, or when the wait is over: in the snapshot that says so."""
    deadline = time.monotonic() + wait_s
    while True:
        with audit.snapshot(url) as connection:
            left = under_way(connection)
            if not left or time.monotonic() >= deadline:
                return {**compare(connection), "under_way": left}
        time.sleep(_POLL_S)

"""`ioc quarantine`: what was refused, and how it goes through the line again."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ioc.command import AsJson, Config, asked, instant_of, read_settings, refusal, show

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from devices.refusal import Reason

app = typer.Typer(help="What was refused: list, show, replay.", no_args_is_help=True)

_T = TypeVar("_T")

ReasonOption = Annotated[str | None, typer.Option(help="Only this reason, e.g. wrong_unit.")]
Gateway = Annotated[str | None, typer.Option(help="Only of this field gateway.")]


@app.command("list")
def list_rows(
    config: Config = None,
    reason: ReasonOption = None,
    gateway: Gateway = None,
    since: Annotated[
        str | None, typer.Option(help="Received since: 30m, 1h, 2d, or ISO time with offset.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows shown, newest first.")] = 50,
    every: Annotated[
        bool, typer.Option("--all", help="Also rows whose readings were all released.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List quarantined messages, newest first, with totals by reason."""
    from ioc import quarantine_text as text
    from storage import held

    choice = held.Choice(
        _reason(reason),
        gateway,
        None if since is None else instant_of("--since", since),
        resolved=every,
    )

    async def ask(
        connection: psycopg.AsyncConnection[TupleRow],
    ) -> tuple[list[held.Line], dict[str, tuple[int, int]]]:
        return await held.lines(connection, choice, limit), await held.totals(connection, choice)

    lines, totals = asked(read_settings(config), ask)
    show(text.list_facts(lines, totals), text.table(lines, totals), as_json)


@app.command("show")
def show_row(
    row: Annotated[int, typer.Argument(metavar="ID", help="As `ioc quarantine list` shows it.")],
    config: Config = None,
    raw: Annotated[bool, typer.Option("--raw", help="Write the raw bytes, nothing else.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show all that is known of one quarantined message."""
    from ioc import quarantine_text as text
    from storage import held

    found = asked(read_settings(config), lambda connection: held.rows(connection, [row]))
    if not found:
        raise _unknown(row)
    (one,) = found
    if raw:
        typer.echo(one.quarantined.refusal.raw, nl=False)
    else:
        show(text.row_facts(one), text.row(one), as_json)


@app.command()
def replay(
    config: Config = None,
    reason: ReasonOption = None,
    gateway: Gateway = None,
    ids: Annotated[list[int] | None, typer.Option("--id", help="Only this row; repeat it.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge, and send nothing.")] = False,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for a worker that stores nothing.")
    ] = 30.0,
    as_json: AsJson = False,
) -> None:
    """Judge refused readings by today's catalogue and codecs, and store those that pass.

    Idempotent: what was released once is not stored again.
    """
    from ingest.log_writer import LogError, LogWriter
    from ioc import quarantine_text as text
    from ioc.catalogue_source import at_start
    from ioc.replaying import Outcome, Replay, ReplayError
    from storage import held

    settings = read_settings(config)
    try:
        catalogue = at_start(settings)
    except ValueError as error:
        raise refusal(error) from None
    if reason is None and not ids:
        raise refusal("say what to replay: --reason, or --id; `ioc quarantine list` shows both")
    choice = held.Choice(_reason(reason), gateway, ids=ids or ())

    async def work(connection: psycopg.AsyncConnection[TupleRow]) -> Outcome:
        known = {one.id for one in await held.rows(connection, choice.ids)}
        for one in choice.ids:
            if one not in known:
                raise _unknown(one)
        writer = LogWriter(settings.kafka_servers)
        try:
            one_replay = Replay(
                connection, writer, catalogue, partitions=settings.kafka.partitions,
                future_tolerance_s=settings.gateway.future_tolerance_s, patience_s=patience,
            )  # fmt: skip
            return await one_replay.run(choice, dry_run=dry_run)
        finally:
            await writer.close()

    try:
        outcome = asked(settings, work)
    except (ReplayError, LogError) as error:
        typer.echo(f"ioc: {error}", err=True)
        raise typer.Exit(1) from None
    show({**asdict(outcome), "dry_run": dry_run}, text.outcome(outcome, dry_run), as_json)


def _reason(word: str | None) -> Reason | None:
    from devices.refusal import Reason

    if word is None:
        return None
    words = [one.value for one in Reason]
    if word in words:
        return Reason(word)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    right = f"did you mean {near[0]}?" if near else f"there are: {', '.join(words)}"
    raise refusal(f"--reason: {word!r} is no reason; {right}")


def _unknown(row: int) -> typer.Exit:
    return refusal(f"quarantine has no row {row}; `ioc quarantine list --all` shows those it has")

"""`ioc cap`: alerts and incidents as others get them, in the Common Alerting Protocol 1.2."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ioc.command import Config, asked, check_word, read_settings, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import timedelta

    import psycopg
    from psycopg.rows import TupleRow

    from devices import Catalogue
    from dispatch.cap import Message
    from dispatch.cap_told import FeedSettings
    from ioc.settings import Settings

    _Connection = psycopg.AsyncConnection[TupleRow]
    _Finds = Callable[[_Connection, str, Catalogue, FeedSettings], Awaitable[Message | None]]

app = typer.Typer(help="CAP 1.2: show one message, write the feed.", no_args_is_help=True)


@app.command("show")
def show_message(
    name: Annotated[
        str,
        typer.Argument(metavar="ID", help="Of an incident, or an alert; its beginning is enough."),
    ],
    config: Config = None,
) -> None:
    """Show what is told of an incident, an alert, or a drill's alert (by its whole id), as XML."""
    from dispatch import cap

    settings = read_settings(config)
    known = _catalogue(settings)
    found = asked(settings, lambda one: _message(one, name, known, settings))
    typer.echo(cap.xml(found, _zone(settings)).decode())


@app.command()
def feed(
    config: Config = None,
    of: Annotated[str, typer.Option(help="incidents or alerts: what an entry is.")] = "incidents",
    drills: Annotated[
        bool, typer.Option("--drills", help="Tell what drills raise, too, as exercises.")
    ] = False,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: standard output.")
    ] = None,
) -> None:
    """Write the feed: what is open, and what ended in the last 24 h, as Atom with CAP inside."""
    from storage import cap as stored

    check_word("--of", of, ["incidents", "alerts"])
    settings = read_settings(config)
    known, zone = _catalogue(settings), _zone(settings)
    document = asked(
        settings,
        lambda one: stored.feed(
            one, known, settings.feed, zone, of="alerts" if of == "alerts" else "incidents",
            with_drills=drills,
        ),
    )  # fmt: skip
    if to is None:
        sys.stdout.write(f"{document.decode()}\n")
        return
    # Whoever fetches the file meanwhile gets the old one or the new one, never half of one.
    half = to.with_name(f".{to.name}.new")
    try:
        half.write_bytes(document)
        half.replace(to)
    except OSError as error:
        raise refusal(f"--to: {to}: {error.strerror}") from None


async def _message(
    connection: _Connection, word: str, known: Catalogue, settings: Settings
) -> Message:
    """Return the message about what the beginning of an id means.

    Raises:
        typer.Exit: it means nothing, or several things, which has been told.
    """
    from storage import alert_life, incidents
    from storage import cap as stored

    beginning = word.strip().lower()
    if not re.fullmatch(r"[0-9a-f-]{1,36}", beginning):
        raise refusal(f"{word!r} is no id; `ioc incidents list` and `ioc alerts list` show them")
    of: dict[str, _Finds] = {}
    of |= dict.fromkeys(await incidents.ids(connection, beginning), stored.of_incident)
    of |= dict.fromkeys(await alert_life.ids(connection, beginning), stored.of_alert)
    if not of and len(beginning) == 36:  # whole: a drill's alerts are known by it alone
        of[beginning] = stored.of_alert
    if len(of) > 1:
        raise refusal(f"{word} begins several ids, {', '.join(of)} …; say more of it")
    for one, find in of.items():
        if (found := await find(connection, one, known, settings.feed)) is not None:
            return found
    raise refusal(f"there is no incident or alert {word}; `ioc incidents list --all` shows them")


def _catalogue(settings: Settings) -> Catalogue:
    from ioc import catalogue_source

    try:
        return catalogue_source.at_start(settings)
    except ValueError as error:
        raise refusal(error) from None


def _zone(settings: Settings) -> timedelta:
    from ioc import city

    try:
        return city.load(settings.city).calendar.offset
    except ValueError as error:
        raise refusal(error) from None

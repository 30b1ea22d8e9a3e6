"""`ioc alerts`: what goes on, why, and what people do about it."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ioc import alert_maintenance
from ioc.command import (
    AsJson,
    Config,
    asked,
    check_word,
    end_of,
    read_settings,
    refusal,
    show,
)

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

    from storage.alert_life import Done, Stepped
    from storage.handling import Seen
    from storage.queries import AlertRow

    _Connection = psycopg.AsyncConnection[TupleRow]

app = typer.Typer(
    help="Alerts: list, show, why; acknowledge, comment, shelve, reset, judge.",
    no_args_is_help=True,
)
app.add_typer(alert_maintenance.app, name="maintenance")

Id = Annotated[str, typer.Argument(metavar="ID", help="Of an alert; its beginning is enough.")]
Ids = Annotated[
    list[str], typer.Argument(metavar="ID...", help="Of alerts; their beginnings are enough.")
]
Actor = Annotated[str | None, typer.Option(help="Who does it; default the user of this program.")]
Reason = Annotated[str, typer.Option(help="Why.")]

_MANY = 500
"""Alerts listed where nothing else is said."""


@app.command("list")
def list_alerts(
    config: Config = None,
    only_open: Annotated[
        bool,
        typer.Option("--open/--all", help="Only open ones, worst first; or the newest of all."),
    ] = True,
    domain: Annotated[str | None, typer.Option(help="Only of this domain, e.g. water.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most alerts listed.")] = _MANY,
    as_json: AsJson = False,
) -> None:
    """List alerts, those too that are suppressed or shelved."""
    from devices import DOMAINS
    from ioc import alerts_text as text
    from storage import queries

    check_word("--domain", domain, DOMAINS)

    async def ask(connection: _Connection) -> list[AlertRow]:
        if only_open:
            return await queries.open_alerts(connection, limit, domain)
        return await queries.recent_alerts(connection, limit, domain)

    rows = asked(read_settings(config), ask)
    now_us = time.time_ns() // 1000
    show({"alerts": [text.alert_facts(one, now_us) for one in rows]},
         text.alerts(rows, now_us), as_json)  # fmt: skip


@app.command()
def pending(config: Config = None, as_json: AsJson = False) -> None:
    """List what becomes an alert unless it is gone before its on-delay is over."""
    from ioc import alerts_pending

    alerts_pending.command(read_settings(config), as_json=as_json)


@app.command()
def figures(
    config: Config = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from", help="Begin: 30m, 1h, 2d ago, or ISO time with offset; default 30d."
        ),
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="End, likewise; default now.")] = None,
    operators: Annotated[int, typer.Option(min=1, help="How many people share the alarms.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Show how good the alarms were, by ISA-18.2 and EEMUA 191."""
    from ioc import alert_figures

    alert_figures.command(read_settings(config), since, until, operators, as_json=as_json)


@app.command("show")
def show_alert(alert: Id, config: Config = None, as_json: AsJson = False) -> None:
    """Show an alert as it stands, and who deals with it."""
    from ioc import alerts_text as text

    (row,) = asked(read_settings(config), lambda connection: _found(connection, [alert]))
    facts = text.alert_facts(row, time.time_ns() // 1000)
    show(facts, text.alert(facts), as_json)


@app.command()
def why(alert: Id, config: Config = None, as_json: AsJson = False) -> None:
    """Tell an alert's life: what the rule saw at each step, and what people did."""
    from ioc import alerts_text as text
    from storage import alert_life

    async def ask(connection: _Connection) -> tuple[AlertRow, list[Stepped], list[Done]]:
        (row,) = await _found(connection, [alert])
        return (
            row,
            await alert_life.transitions(connection, row.id),
            await alert_life.actions(connection, row.id),
        )

    row, steps, done = asked(read_settings(config), ask)
    facts = text.alert_facts(row, time.time_ns() // 1000)
    life = text.life_facts(steps, done)
    show({**facts, "life": life}, f"{text.head(facts)}\n\n{text.life(life)}", as_json)


@app.command()
def ack(
    alerts: Ids,
    config: Config = None,
    actor: Actor = None,
    comment: Annotated[str, typer.Option(help="Stands in the history.")] = "",
    owner: Annotated[
        str, typer.Option(help="Who deals with it; default whose it is, or else the actor.")
    ] = "",
) -> None:
    """Acknowledge alerts: somebody has taken them."""
    from storage import handling

    _handle(
        config, alerts, "已确认 acknowledged",
        lambda connection, seen: handling.acknowledge(
            connection, seen, _who(actor), owner=owner, comment=comment
        ),
    )  # fmt: skip


@app.command()
def unack(alerts: Ids, config: Config = None, actor: Actor = None, reason: Reason = "") -> None:
    """Undo the newest acknowledgement of alerts."""
    from storage import handling

    _handle(
        config, alerts, "已撤销确认 no longer acknowledged",
        lambda connection, seen: handling.unacknowledge(
            connection, seen, _who(actor), reason=reason
        ),
    )  # fmt: skip


@app.command()
def comment(
    alert: Id,
    text: Annotated[str, typer.Argument(help="What there is to say.")],
    config: Config = None,
    actor: Actor = None,
) -> None:
    """Write a comment to an alert."""
    from storage import handling

    _handle(
        config, [alert], "已备注 commented",
        lambda connection, seen: handling.comment(connection, seen, _who(actor), text),
    )  # fmt: skip


@app.command()
def shelve(
    alerts: Ids,
    reason: Annotated[str, typer.Option(help="Why; needed.")],
    config: Config = None,
    until: Annotated[str | None, typer.Option(help="ISO time with offset.")] = None,
    length: Annotated[str | None, typer.Option("--for", help="Like 30m, 1h.")] = None,
    actor: Actor = None,
) -> None:
    """Take alerts out of sight for a while: red 1 h at most, orange 4 h, yellow 8 h, blue 24 h."""
    from storage import handling

    until_us = end_of(until, length, time.time_ns() // 1000)
    _handle(
        config, alerts, "已搁置 shelved",
        lambda connection, seen: handling.shelve(
            connection, seen, _who(actor), until_us, reason
        ),
    )  # fmt: skip


@app.command()
def unshelve(alerts: Ids, config: Config = None, actor: Actor = None, reason: Reason = "") -> None:
    """Bring shelved alerts back before their time."""
    from storage import handling

    _handle(
        config, alerts, "已取消搁置 no longer shelved",
        lambda connection, seen: handling.unshelve(connection, seen, _who(actor), reason=reason),
    )  # fmt: skip


@app.command()
def reset(alerts: Ids, config: Config = None, actor: Actor = None, reason: Reason = "") -> None:
    """Let latched alerts end whose condition is gone; the worker does it within seconds."""
    from storage import handling

    _handle(
        config, alerts, "已请求复位 reset asked for",
        lambda connection, seen: handling.reset(connection, seen, _who(actor), reason=reason),
    )  # fmt: skip


@app.command()
def verdict(
    alert: Id,
    word: Annotated[str, typer.Argument(metavar="true|false", help="True or false alarm.")],
    reason: Annotated[str, typer.Option(help="Why; needed.")],
    config: Config = None,
    actor: Actor = None,
) -> None:
    """Say whether an alert was true (真警) or false (误报)."""
    from storage import handling

    check_word("VERDICT", word, ("true", "false"))
    _handle(
        config, [alert], "已判定 judged",
        lambda connection, seen: handling.verdict(
            connection, seen, _who(actor), is_true=word == "true", reason=reason
        ),
    )  # fmt: skip


def _handle(
    config: Path | None,
    words: Sequence[str],
    done: str,
    work: Callable[[_Connection, Seen], Awaitable[None]],
) -> None:
    """Do something with alerts as they stand now, and tell it."""
    from ioc.alerts_text import short
    from storage.handling import HandlingError

    async def run(connection: _Connection) -> list[AlertRow]:
        rows = await _found(connection, words)
        await work(connection, {one.id: one.handled for one in rows})
        return rows

    try:
        rows = asked(read_settings(config), run)
    except HandlingError as error:
        raise refusal(error) from None
    typer.echo(f"{done}: {', '.join(short(one.id) for one in rows)}")


async def _found(connection: _Connection, words: Sequence[str]) -> list[AlertRow]:
    """Return the alerts that the beginnings of ids mean, in their order and each once."""
    from storage import alert_life, queries

    found: dict[str, None] = {}
    for word in words:
        beginning = word.strip().lower()
        if not re.fullmatch(r"[0-9a-f-]{1,36}", beginning):
            raise refusal(f"{word!r} is no id of an alert; `ioc alerts list` shows them")
        ids = await alert_life.ids(connection, beginning)
        if not ids:
            raise refusal(
                f"there is no alert {word}; `ioc alerts list --all` shows those there are"
            )
        if len(ids) > 1:
            raise refusal(f"{word} begins several ids, {', '.join(ids)} …; say more of it")
        found[ids[0]] = None
    rows = {one.id: one for one in await queries.alerts_by_id(connection, list(found))}
    return [rows[one] for one in found]


def _who(actor: str | None) -> str:
    from ioc import registry

    return registry.actor() if actor is None else actor

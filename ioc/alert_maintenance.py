"""`ioc alerts maintenance`: announce that somebody works there, so that its alerts are not told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ioc.command import (
    AsJson,
    Config,
    asked,
    check_word,
    end_of,
    moment_of,
    read_settings,
    refusal,
    show,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ioc.settings import Settings

app = typer.Typer(help="Maintenance: add, end, list.", no_args_is_help=True)

Actor = Annotated[str | None, typer.Option(help="Who does it; default the user of this program.")]


@app.command()
def add(
    scope: Annotated[str, typer.Argument(help="datastream, device, gateway, place, town or rule.")],
    subject: Annotated[str, typer.Argument(help="Its id.")],
    reason: Annotated[str, typer.Option(help="Why; needed.")],
    config: Config = None,
    begin: Annotated[
        str | None, typer.Option("--from", help="ISO time with offset; default now.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="ISO time with offset.")] = None,
    length: Annotated[str | None, typer.Option("--for", help="Like 30m, 1h, 2d.")] = None,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Announce maintenance: alerts of it are judged and not told until it is over."""
    from ioc import alerts_text as text
    from ioc import registry
    from rules.commands import SCOPES
    from storage import maintenance
    from storage.handling import HandlingError

    settings = read_settings(config)
    check_word("SCOPE", scope, SCOPES)
    check_word("SUBJECT", subject, list(_subjects(settings, scope)))
    from_us = time.time_ns() // 1000 if begin is None else moment_of("--from", begin)
    until_us = end_of(until, length, from_us)
    if until_us <= time.time_ns() // 1000:
        raise refusal("the end of this maintenance is past; say a time to come")
    who = registry.actor() if actor is None else actor
    try:
        number = asked(
            settings,
            lambda connection: maintenance.announce(
                connection, scope, subject, from_us, until_us, who, reason
            ),
        )
    except HandlingError as error:
        raise refusal(error) from None
    show(
        {"maintenance": number}, text.announced(number, scope, subject, from_us, until_us), as_json
    )


@app.command()
def end(
    maintenance: Annotated[
        int, typer.Argument(metavar="ID", min=1, max=2**63 - 1, help="As `list` shows it.")
    ],
    config: Config = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    actor: Actor = None,
) -> None:
    """End maintenance before its time."""
    from ioc import registry
    from storage import maintenance as stored
    from storage.handling import HandlingError

    who = registry.actor() if actor is None else actor
    try:
        asked(
            read_settings(config),
            lambda connection: stored.end(connection, maintenance, who, reason=reason),
        )
    except HandlingError as error:
        raise refusal(error) from None
    typer.echo(f"检修已结束 maintenance ended: {maintenance}")


@app.command("list")
def list_maintenance(
    config: Config = None,
    every: Annotated[bool, typer.Option("--all", help="Also what is over.")] = False,
    as_json: AsJson = False,
) -> None:
    """List maintenance that goes on or is to come, newest first."""
    from ioc import alerts_text as text
    from storage import maintenance

    now_us = time.time_ns() // 1000
    found = asked(
        read_settings(config),
        lambda connection: maintenance.announced(connection, until_us=0 if every else now_us),
    )
    facts = [text.maintenance_facts(one, now_us) for one in found]
    facts = [one for one in facts if every or one["ended"] is None]
    show({"maintenance": facts}, text.maintenance(facts), as_json)


def _subjects(settings: Settings, scope: str) -> Iterable[str]:
    """Return the ids that there are of a scope, as the city is registered."""
    from devices import catalogue
    from ioc import registry, rule_registry
    from rules.language import parse

    try:
        city = catalogue.build(registry.in_force(settings).texts)
        if scope == "rule":
            return [one.id for one in parse(rule_registry.in_force(settings).texts, city).rules]
    except ValueError as error:
        raise refusal(error) from None
    ids: dict[str, Iterable[str]] = {
        "datastream": city.slot_of, "device": city.devices, "gateway": city.gateways,
        "place": city.places, "town": city.towns,
    }  # fmt: skip
    return ids[scope]

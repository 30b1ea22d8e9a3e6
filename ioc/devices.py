"""`ioc devices`: the registry: what there is, what is wrong with it, and how it changes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ioc import conformance, lobby, revising
from ioc.command import AsJson, Config, asked, check_word, read_settings, refusal, show

if TYPE_CHECKING:
    from devices import Catalogue
    from devices.city import Device
    from ioc.devices_text import Reading
    from ioc.registry import InForce
    from ioc.settings import Settings

app = typer.Typer(
    help="The registry: list, show, check, import, export; and who waits in the lobby.",
    no_args_is_help=True,
)
app.command("lobby")(lobby.list_waiting)
app.command("adopt")(lobby.adopt)
app.command("check")(revising.check)
app.command("import")(revising.import_tables)
app.command("export")(revising.export)
app.command("conformance")(conformance.report)


@app.command("list")
def list_devices(
    config: Config = None,
    town: Annotated[str | None, typer.Option(help="Only in this town.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind, e.g. water_gauge.")] = None,
    gateway: Annotated[str | None, typer.Option(help="Only behind this gateway.")] = None,
    observed: Annotated[
        str | None, typer.Option("--property", help="Only those that observe it, e.g. ph.")
    ] = None,
    retired: Annotated[
        bool, typer.Option("--retired", help="Also those that are no more.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List devices with what they observe."""
    from devices import PROPERTIES
    from ioc import devices_text as text

    settings = read_settings(config)
    catalogue, source = _in_force(settings)
    kinds = {one.kind for one in catalogue.devices.values()}
    for option, word, valid in (
        ("--town", town, catalogue.towns), ("--kind", kind, kinds),
        ("--gateway", gateway, catalogue.gateways), ("--property", observed, PROPERTIES),
    ):  # fmt: skip
        check_word(option, word, list(valid))
    observing = {
        one.device
        for one in catalogue.datastreams
        if one.observed_property == observed and (retired or not one.retired)
    }
    chosen = [
        one
        for one in catalogue.devices.values()
        if (town is None or catalogue.places[one.place].town == town)
        and (kind is None or one.kind == kind)
        and (gateway is None or one.gateway == gateway)
        and (observed is None or one.id in observing)
    ]
    facts = text.devices_facts(catalogue, chosen)
    facts = [one for one in facts if retired or not one["retired"]]
    version = source.version.number if source.version else None
    show({"version": version, "devices": facts}, text.devices_table(facts, str(source)), as_json)


@app.command("show")
def show_device(
    device: Annotated[str, typer.Argument(metavar="ID", help="Of a device or a datastream.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show a device, its datastreams, and the newest value of each with its age."""
    from ioc import devices_text as text

    settings = read_settings(config)
    catalogue, _ = _in_force(settings)
    found = _device(catalogue, device)
    facts = text.device_facts(catalogue, found, _latest(settings), time.time_ns() // 1000)
    show(facts, text.device(facts), as_json)


@app.command()
def history(config: Config = None, as_json: AsJson = False) -> None:
    """List the versions of the registry, newest first: when, by whom and why."""
    from ioc.devices_text import versions, versions_facts
    from storage import registry

    found = asked(read_settings(config), registry.history)
    show(versions_facts(found), versions(found) or "there is no registry yet", as_json)


def _in_force(settings: Settings) -> tuple[Catalogue, InForce]:
    from devices import catalogue
    from ioc import registry

    try:
        source = registry.in_force(settings)
        return catalogue.build(source.texts), source
    except ValueError as error:
        raise refusal(error) from None


def _device(catalogue: Catalogue, name: str) -> Device:
    found = catalogue.devices.get(name) or catalogue.devices.get(name.partition("/")[0])
    if found is None:
        by_field = [one for one in catalogue.devices.values() if one.field_id == name]
        if len(by_field) != 1:
            check_word("ID", name, list(catalogue.devices))
        found = by_field[0]
    return found


def _latest(settings: Settings) -> dict[int, Reading] | None:
    """Return the newest reading by slot; None where the database is away."""
    import asyncio

    import psycopg

    from storage import queries

    async def ask() -> dict[int, Reading]:
        async with await psycopg.AsyncConnection.connect(
            settings.database_url, autocommit=True, connect_timeout=3
        ) as connection:
            found = await queries.latest(connection)
        columns = (found.phenomenon_time_us, found.result, found.quality)
        values = zip(*(one.tolist() for one in columns), strict=True)
        return dict(zip(found.datastream.tolist(), values, strict=True))

    try:
        return asyncio.run(ask())
    except (psycopg.Error, OSError):
        return None

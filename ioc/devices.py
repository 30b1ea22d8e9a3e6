"""`ioc devices`: the registry: what there is, what is wrong with it, and how it changes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ioc import conformance, lobby
from ioc.command import AsJson, Config, asked, read_settings, refusal, show

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from devices import Catalogue
    from devices.city import Device
    from ioc.devices_text import Reading
    from ioc.registry import InForce
    from ioc.settings import Settings
    from ioc.sheets import Given
    from storage.registry import Version

app = typer.Typer(
    help="The registry: list, show, check, import, export; and who waits in the lobby.",
    no_args_is_help=True,
)
app.command("lobby")(lobby.list_waiting)
app.command("adopt")(lobby.adopt)
app.command("conformance")(conformance.report)

Note = Annotated[str, typer.Option(help="Why; it stands in the history.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]


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
        _check(option, word, list(valid))
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
def check(
    source: Annotated[
        Path | None, typer.Argument(help="Folder, table or workbook; default the city's folder.")
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Tell all mistakes of a city's tables at once; exit 0 if there is none."""
    from ioc import registry

    settings = read_settings(config)
    given = _read(source or settings.city)
    try:
        before = registry.in_force(settings).texts if source is not None else {}
    except ValueError:
        before = {}  # nothing is in force that it could contradict
    told = _mistakes(settings, given, before)
    what = source or settings.city
    right = f"{what}: {', '.join(given.texts)}: nothing is wrong"
    show({"ok": not told, "mistakes": told}, "\n".join(told) or right, as_json)
    raise typer.Exit(1 if told else 0)


@app.command("import")
def import_tables(
    source: Annotated[Path, typer.Argument(help="Folder, table (devices.csv …) or workbook.")],
    config: Config = None,
    dry_run: DryRun = False,
    note: Note = "",
    force: Annotated[
        bool, typer.Option("--force", help="Even if that retires or removes something.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put tables into force as the next version; tables that are not given stay as they are.

    All is checked first. A datastream whose slot is empty gets the next free one; one that is left
    out is retired, and its slot is never used again.
    """
    from devices import catalogue, revision
    from ioc import devices_text as text
    from ioc import registry as ours
    from storage import registry

    settings = read_settings(config)
    given = _read(source)
    # The city's own folder: the next start must know that it is in force.
    files = None
    if source.is_dir() and source.resolve() == settings.city.resolve():
        files = catalogue.digest_of(given.texts)

    async def before(
        connection: psycopg.AsyncConnection[TupleRow],
    ) -> tuple[Version | None, dict[str, str]]:
        now = await registry.current(connection)
        return now, await registry.texts(connection, now.number) if now else {}

    now, known = asked(settings, before)
    if told := _mistakes(settings, given, known):
        raise refusal("nothing was imported\n" + "\n".join(told))
    wanted = revision.complete({**known, **given.texts}, known)
    changes = revision.differences(known, wanted)
    facts = {"changes": text.changes_facts(changes), "dry_run": dry_run, "version": None}
    gone = [one for one in changes if one.kind in ("retired", "removed")]
    if dry_run or (not changes and files is None):
        show(facts, text.changes(changes), as_json)
        return
    if gone and now and not force:
        raise refusal(
            f"{text.changes(gone)}\nthese would be no more, and nothing was imported; the registry "
            f"is at version {now.number}, by {now.actor}: {now.note}. Begin with what `ioc devices "
            "export` writes, or say --force if that is meant"
        )

    async def put(connection: psycopg.AsyncConnection[TupleRow]) -> Version:
        if now and not changes:
            await registry.are_the_files(connection, now.number, str(files))
            return now
        why = note or f"import of {source.name}"
        number = now.number if now else 0
        return await registry.put(connection, number, wanted, ours.actor(), why, files)

    try:
        made = asked(settings, put)
    except ValueError as error:
        raise refusal(error) from None
    facts["version"] = made.number
    said = f"{text.changes(changes)}\nregistry version {made.number} is in force; what runs takes "
    show(facts, said + "it up within seconds", as_json)


@app.command()
def export(
    target: Annotated[
        Path | None, typer.Argument(help="Folder for CSV files, or a workbook .xlsx.")
    ] = None,
    config: Config = None,
    table: Annotated[
        str | None, typer.Option("--csv", help="Print this table instead, e.g. devices.")
    ] = None,
) -> None:
    """Write the tables in force where people can edit them; `import` takes them back."""
    from devices.tables import COLUMNS
    from ioc import registry as ours
    from ioc import sheets
    from storage import registry

    settings = read_settings(config)
    try:
        source = ours.in_force(settings)
    except ValueError as error:
        raise refusal(error) from None
    if (target is None) == (table is None):
        raise refusal("say where to: a folder, a file .xlsx, or --csv and a table")
    if target is None:
        names = [name.removesuffix(".csv") for name in COLUMNS]
        _check("--csv", table, names)
        typer.echo(source.texts.get(f"{table}.csv", ",".join(COLUMNS[f"{table}.csv"].required)),
                   nl=False)  # fmt: skip
        return
    try:
        if target.suffix == ".xlsx":
            sheets.write_workbook(target, source.texts)
        else:
            sheets.write_folder(target, source.texts)
    except sheets.SheetError as error:
        raise refusal(error) from None
    version = source.version
    if version is not None and target.resolve() == settings.city.resolve():
        asked(
            settings,
            lambda connection: registry.are_the_files(connection, version.number, version.sha256),
        )
    typer.echo(f"{target}: {source}")


@app.command()
def history(config: Config = None, as_json: AsJson = False) -> None:
    """List the versions of the registry, newest first: when, by whom and why."""
    import msgspec

    from storage import registry
    from storage.instants import instant

    versions = asked(read_settings(config), registry.history)
    lines = [
        f"{one.number:>6}  {instant(one.created_us).astimezone().isoformat(timespec='seconds')}  "
        f"{one.actor:<12}  {one.note}"
        for one in versions
    ]
    show({"versions": [msgspec.structs.asdict(one) for one in versions]},
         "\n".join(lines) or "there is no registry yet", as_json)  # fmt: skip


def _mistakes(settings: Settings, given: Given, before: Mapping[str, str]) -> list[str]:
    """Return what is wrong with tables, with what they leave out as it is in force."""
    from devices import catalogue, revision
    from ioc import city
    from rules.language import RuleError, parse

    texts = {**before, **given.texts}
    whole = revision.complete(texts, before) if "datastreams.csv" in texts else texts
    found = catalogue.examine(whole)
    told = [given.told(one) for one in (*found.found, *revision.contradictions(whole, before))]
    if found.total > len(found.found):
        told.append(f"and {found.total - len(found.found)} more")
    if not told:
        try:
            parse(city.rule_texts(settings.city), catalogue.build(whole))
        except (RuleError, city.CityError) as error:
            told.append(str(error))
    return told


def _read(source: Path) -> Given:
    from devices import CatalogueError
    from ioc import sheets

    try:
        return sheets.read(source)
    except (sheets.SheetError, CatalogueError) as error:
        raise refusal(error) from None


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
            _check("ID", name, list(catalogue.devices))
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


def _check(option: str, word: str | None, valid: Sequence[str]) -> None:
    """Tell a word that is none of the valid ones."""
    from devices.tables import nearest

    if word is not None and word not in valid:
        words = sorted(valid)
        near = nearest(word, words) if len(words) < 200 else nearest(word, words).partition(",")[0]
        raise refusal(f"{option}: {word!r} is not known; {near}")

"""`ioc devices check`, `import` and `export`: the registry as people edit it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ioc.command import AsJson, Config, asked, check_word, read_settings, refusal, show

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from ioc.settings import Settings
    from ioc.sheets import Given
    from storage.registry import Version

Note = Annotated[str, typer.Option(help="Why; it stands in the history.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]


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
        check_word("--csv", table, names)
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


def _mistakes(settings: Settings, given: Given, before: Mapping[str, str]) -> list[str]:
    """Return what is wrong with tables, with what they leave out as it is in force."""
    from devices import catalogue, revision
    from ioc import city, rule_registry
    from rules.language import RuleError, parse

    texts = {**before, **given.texts}
    whole = revision.complete(texts, before) if "datastreams.csv" in texts else texts
    found = catalogue.examine(whole)
    told = [given.told(one) for one in (*found.found, *revision.contradictions(whole, before))]
    if found.total > len(found.found):
        told.append(f"and {found.total - len(found.found)} more")
    if not told:
        try:
            parse(rule_registry.in_force(settings).texts, catalogue.build(whole))
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

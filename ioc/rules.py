"""`ioc rules`: the rules in force, what is wrong with new ones, and how they come into force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ioc.command import AsJson, Config, asked, check_word, read_settings, refusal, show

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import psycopg
    from psycopg.rows import TupleRow

    from devices import Catalogue
    from ioc.in_force import InForce
    from ioc.settings import Settings
    from rules.ruleset import RuleSet
    from storage.versions import Version

app = typer.Typer(help="The rules: list, show, check, activate, roll back.", no_args_is_help=True)

Note = Annotated[str, typer.Option(help="Why; it stands in the history.")]
Actor = Annotated[str | None, typer.Option(help="Who does it; default the user of this program.")]
Folder = Annotated[
    Path | None,
    typer.Argument(
        metavar="DIR", help="City's folder, or one of rule files; default the city's folder."
    ),
]


@app.command("list")
def list_rules(config: Config = None, as_json: AsJson = False) -> None:
    """List the rules in force: what they watch, and from which limits on they tell."""
    from ioc import rules_text as text

    settings = read_settings(config)
    source = _in_force(settings)
    facts = text.rules_facts(_compiled(source.texts, _catalogue(settings)))
    version = source.version.number if source.version else None
    told = f"{text.rules(facts)}\n\n{len(facts)} rules: {source}"
    show({"version": version, "rules": facts}, told, as_json)


@app.command("show")
def show_rule(
    rule: Annotated[str, typer.Argument(metavar="ID", help="As `ioc rules list` shows it.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show a rule in force as it is written, and every subject with its limits."""
    from ioc import rules_text as text

    settings = read_settings(config)
    source = _in_force(settings)
    found = _compiled(source.texts, _catalogue(settings))
    check_word("ID", rule, [one.id for one in found.rules])
    facts = text.rule_facts(found, rule, source.texts)
    show({**facts, "source": str(source)}, f"{text.rule(facts)}\n\n{source}", as_json)


@app.command()
def check(folder: Folder = None, config: Config = None, as_json: AsJson = False) -> None:
    """Say what rules watch in the city as it is registered, or the mistake; exit 0 if none."""
    from ioc import rules_text as text

    settings = read_settings(config)
    texts = _read(settings, folder)
    catalogue = _catalogue(settings)
    try:
        facts = text.rules_facts(_parse(texts, catalogue))
    except ValueError as error:
        show({"ok": False, "mistake": str(error), "rules": []}, str(error), as_json)
        raise typer.Exit(1) from None
    told = f"{text.rules(facts)}\n\n{len(facts)} rules: nothing is wrong"
    show({"ok": True, "mistake": None, "rules": facts}, told, as_json)


@app.command()
def activate(
    folder: Folder = None,
    config: Config = None,
    note: Note = "",
    actor: Actor = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put rules into force as the next version; what runs takes them up within seconds.

    A rule that was changed must have a higher version than the one in force: alerts carry it.
    """
    from ioc import registry, rule_registry
    from ioc import rules_text as text
    from rules import revision
    from rules.digest import digest_of
    from storage import rule_versions

    settings = read_settings(config)
    where = folder or settings.city
    wanted = _read(settings, folder)
    # The city's own folder: the next start must know that it is in force.
    files = digest_of(wanted) if where.resolve() == settings.city.resolve() else None

    async def before(
        connection: psycopg.AsyncConnection[TupleRow],
    ) -> tuple[Version | None, dict[str, str]]:
        now = await rule_versions.current(connection)
        return now, await rule_versions.texts(connection, now.number) if now else {}

    now, known = asked(settings, before)
    try:
        _parse(wanted, _catalogue(settings))
        rule_registry.check_raised(known, wanted)
        changes = revision.differences(known, wanted)
    except ValueError as error:
        raise refusal(f"nothing was activated\n{error}") from None
    facts = {"changes": text.changes_facts(changes), "dry_run": dry_run, "version": None}
    if dry_run or (known == wanted and files is None):
        show(facts, text.changes(changes), as_json)
        return

    async def put(connection: psycopg.AsyncConnection[TupleRow]) -> Version:
        if now and known == wanted:
            await rule_versions.are_the_files(connection, now.number, str(files))
            return now
        return await rule_versions.put(
            connection, now.number if now else 0, wanted, actor or registry.actor(),
            note or f"from {where.name}", files,
        )  # fmt: skip

    made = _put(settings, put)
    facts["version"] = made.number
    show(facts, f"{text.changes(changes)}\n{_is_in_force(made)}", as_json)


@app.command("why-not")
def why_not(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Id of the rule.")],
    subject: Annotated[
        str, typer.Argument(metavar="SUBJECT", help="Datastream, place, device or gateway.")
    ],
    at: Annotated[
        str, typer.Argument(metavar="AT", help="30m, 1h, 2d ago, or ISO time with offset.")
    ],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say why a rule had no alert on a subject at a time."""
    from ioc import why_not as answer

    answer.command(read_settings(config), rule, subject, at, as_json=as_json)


@app.command()
def schema() -> None:
    """Print the JSON Schema of rule files, for editors."""
    import json

    from rules.language import RuleFile

    typer.echo(json.dumps(RuleFile.model_json_schema(), ensure_ascii=False, indent=2))


@app.command()
def history(config: Config = None, as_json: AsJson = False) -> None:
    """List the versions of the rules, newest first: when, by whom and why."""
    from ioc.devices_text import versions, versions_facts
    from storage import rule_versions

    found = asked(read_settings(config), rule_versions.history)
    show(versions_facts(found), versions(found) or "there are no rules yet", as_json)


@app.command()
def rollback(
    version: Annotated[int, typer.Argument(min=1, help="As `ioc rules history` shows it.")],
    config: Config = None,
    note: Note = "",
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Put an old version of the rules into force again, as a new one."""
    from ioc import registry
    from ioc import rules_text as text
    from rules import revision
    from storage import rule_versions

    settings = read_settings(config)

    async def before(
        connection: psycopg.AsyncConnection[TupleRow],
    ) -> tuple[Version | None, dict[str, str], dict[str, str]]:
        now = await rule_versions.current(connection)
        known = await rule_versions.texts(connection, now.number) if now else {}
        return now, known, await rule_versions.texts(connection, version)

    now, known, wanted = asked(settings, before)
    if now is None or version > now.number:
        there = f"there are 1 to {now.number}" if now else "there are none yet"
        raise refusal(f"there is no version {version} of the rules; {there}")
    if known == wanted:
        raise refusal(
            f"version {now.number} of the rules is in force and says what version {version} says"
        )
    try:
        _parse(wanted, _catalogue(settings))
        changes = revision.differences(known, wanted)
    except ValueError as error:
        raise refusal(
            f"version {version} of the rules does not fit the city as it is registered now, and "
            f"nothing was rolled back\n{error}"
        ) from None
    why = f"rollback to version {version}{f': {note}' if note else ''}"
    expected = now.number
    made = _put(
        settings,
        lambda connection: rule_versions.put(
            connection, expected, wanted, actor or registry.actor(), why
        ),
    )
    facts = {"changes": text.changes_facts(changes), "version": made.number}
    show(facts, f"{text.changes(changes)}\n{_is_in_force(made)}", as_json)


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="A city's folder, or a new one.")],
    config: Config = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="Which version; default the one in force.")
    ] = None,
) -> None:
    """Write rules and working calendar into files; `activate` takes them back."""
    from ioc import rule_registry
    from storage import rule_versions

    settings = read_settings(config)
    source = _in_force(settings)
    texts = source.texts
    if version is not None:
        texts = asked(settings, lambda connection: rule_versions.texts(connection, version))
        if not texts:
            raise refusal(f"there is no version {version} of the rules; see `ioc rules history`")
    try:
        rule_registry.write_folder(target, texts)
    except ValueError as error:
        raise refusal(error) from None
    now = source.version
    if now is not None and texts == source.texts and target.resolve() == settings.city.resolve():
        asked(
            settings,
            lambda connection: rule_versions.are_the_files(connection, now.number, now.sha256),
        )
    typer.echo(f"{target}: {f'rules version {version}' if version is not None else source}")


def _put(
    settings: Settings,
    work: Callable[[psycopg.AsyncConnection[TupleRow]], Awaitable[Version]],
) -> Version:
    try:
        return asked(settings, work)
    except ValueError as error:
        raise refusal(error) from None


def _is_in_force(made: Version) -> str:
    return f"rules version {made.number} is in force; what runs takes it up within seconds"


def _in_force(settings: Settings) -> InForce:
    from ioc import rule_registry

    try:
        return rule_registry.in_force(settings)
    except ValueError as error:
        raise refusal(error) from None


def _catalogue(settings: Settings) -> Catalogue:
    from devices import catalogue
    from ioc import registry

    try:
        return catalogue.build(registry.in_force(settings).texts)
    except ValueError as error:
        raise refusal(error) from None


def _read(settings: Settings, folder: Path | None) -> dict[str, str]:
    from ioc import city, rule_registry

    try:
        return rule_registry.read_folder(
            folder or settings.city, lambda: city.rule_texts(settings.city)
        )
    except ValueError as error:
        raise refusal(error) from None


def _parse(texts: dict[str, str], catalogue: Catalogue) -> RuleSet:
    from rules.language import parse

    return parse(texts, catalogue)


def _compiled(texts: dict[str, str], catalogue: Catalogue) -> RuleSet:
    try:
        return _parse(texts, catalogue)
    except ValueError as error:
        raise refusal(error) from None

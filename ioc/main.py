"""The command line. Each command reads the settings, then hands over to the room that does it.

What a command needs is imported inside it, so that `ioc --help` does not wait for Faust and Dash.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ioc import (
    alerts,
    cap,
    cases,
    crews,
    devices,
    drill,
    handover,
    incidents,
    index,
    plans,
    quarantine,
    report,
    response,
    rules,
    users,
    wall_tokens,
)
from ioc.command import (
    AsJson,
    Config,
    read_city,
    read_registered,
    read_settings,
    refusal,
    show,
)

if TYPE_CHECKING:
    from ioc.settings import Settings
    from ioc.stopping import Beat

app = typer.Typer(
    help="城市物联运行中心 · City IoT operations centre.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
database = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(database, name="db")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(devices.app, name="devices")
app.add_typer(rules.app, name="rules")
app.add_typer(alerts.app, name="alerts")
app.add_typer(cases.app, name="cases")
app.add_typer(incidents.app, name="incidents")
app.add_typer(crews.app, name="crews")
app.add_typer(plans.app, name="plans")
app.add_typer(response.app, name="response")
app.add_typer(cap.app, name="cap")
app.add_typer(handover.app, name="handover")
app.add_typer(report.app, name="report")
app.add_typer(index.app, name="index")
app.add_typer(drill.app, name="drill")
app.add_typer(users.app, name="users")
walls = typer.Typer()
app.add_typer(walls, name="wall")
walls.add_typer(wall_tokens.app, name="tokens")

Seed = Annotated[int | None, typer.Option(help="Which of all possible cities; 0 or more.")]
Speed = Annotated[float | None, typer.Option(help="City seconds in a second, 0.01 to 2000.")]
Journal = Annotated[
    Path | None, typer.Option(help="File with all that was sent; default simulator.journal.")
]
Tcp = Annotated[
    list[str] | None,
    typer.Option(metavar="CODEC:PORT", help="Listen for devices too, e.g. hj212:8212; repeatable."),
]
Scenario = Annotated[str | None, typer.Option(help="What happens, e.g. cloudburst.")]


@app.command()
def up(
    config: Config = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return once all is up.")] = False,
    simulator: Annotated[bool, typer.Option(help="Run the simulated city too.")] = True,
    scenario: Scenario = None,
    speed: Speed = None,
    seed: Seed = None,
    tell_token: Annotated[bool, typer.Option(hidden=True)] = True,
) -> None:
    """Start everything on this machine and print the wall's address; Ctrl-C stops it."""
    from ioc import starting

    chosen = {"--scenario": scenario, "--speed": speed, "--seed": seed}
    options = [f"{key}={value}" for key, value in chosen.items() if value is not None]
    settings = read_settings(config, _overrides(scenario, speed, seed))
    read_city(settings)  # a mistake in its files is told before anything starts
    simulate = options if simulator else None
    if detach:
        raise typer.Exit(starting.detached(settings, simulate, typer.echo))
    raise typer.Exit(starting.foreground(settings, simulate, typer.echo, tells_token=tell_token))


@app.command()
def down(config: Config = None) -> None:
    """Stop what `ioc up` started, and wait until it is gone."""
    from ioc import starting

    raise typer.Exit(starting.stop(read_settings(config).run_dir, typer.echo))


@app.command()
def status(config: Config = None, as_json: AsJson = False) -> None:
    """Show the parts, the balance of readings, quarantine and alerts; exit 0 when healthy."""
    import asyncio

    from ioc import status as report

    facts = asyncio.run(report.collect(read_settings(config)))
    show(facts, report.render(facts), as_json)
    raise typer.Exit(0 if facts["healthy"] else 1)


@app.command()
def ledger(
    config: Config = None,
    journal: Journal = None,
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(min=0, help="How many ids are named of each kind.")] = 10,
    wait: Annotated[float, typer.Option(min=0, help="Seconds for what is under way.")] = 10.0,
) -> None:
    """Balance what was sent against what is stored and quarantined, by id; exit 0 if it does."""
    from ioc import ledger as account

    settings = read_settings(config)
    raise typer.Exit(account.command(settings, journal, limit, wait, as_json=as_json))


@app.command()
def replay(
    config: Config = None,
    since: Annotated[
        str | None, typer.Option("--from", help="30m, 1h, 2d ago or an ISO time; a day before.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Likewise; default the newest that is kept.")
    ] = None,
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(min=0, help="How many differences are named.")] = 10,
) -> None:
    """Judge a stored time again by the rules that judged it; exit 0 if the alerts are the same."""
    from ioc import replay as proof

    settings = read_settings(config)
    raise typer.Exit(proof.command(settings, since, until, limit, as_json=as_json))


@app.command()
def backtest(
    rules: Annotated[Path, typer.Option(help="Folder with the changed rules.")],
    config: Config = None,
    since: Annotated[
        str | None, typer.Option("--from", help="30m, 1h, 2d ago or an ISO time; a day before.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Likewise; default the newest that is kept.")
    ] = None,
    against: Annotated[
        str, typer.Option(metavar="live|VERSION", help="With what was, or what would have been.")
    ] = "live",
    operators: Annotated[int, typer.Option(min=1, help="How many share the alarms.")] = 1,
    html: Annotated[Path | None, typer.Option(help="Write a report with charts there.")] = None,
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(min=0, help="How many alerts of each kind.")] = 10,
) -> None:
    """Run changed rules over a stored time, and show what they would have changed."""
    from ioc import backtest as test

    settings = read_settings(config)
    options = test.Asked(rules, since, until, against, operators, html)
    test.command(settings, options, limit, as_json=as_json)


@app.command()
def decode(
    file: Annotated[str, typer.Argument(help="File with a payload; - is standard input.")],
    codec: Annotated[str, typer.Option(help="Format, e.g. hj212, sl651, senml.")],
    edition: Annotated[str, typer.Option(help="Where frames do not tell, e.g. 2005.")] = "",
    topic: Annotated[str, typer.Option(help="MQTT topic it came on; Sparkplug needs it.")] = "",
    by_line: Annotated[bool, typer.Option("--lines", help="Each line is a payload.")] = False,
    as_hex: Annotated[bool, typer.Option("--hex", help="Written in hexadecimal digits.")] = False,
) -> None:
    """Print what a payload says as JSON lines; exit 1 where nothing can be taken from it."""
    from devices.city import EDITIONS
    from ingest.codecs import CODECS
    from ioc import decode as tool

    if codec not in CODECS:
        near = difflib.get_close_matches(codec, CODECS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(CODECS)}"
        raise refusal(f"--codec: {codec!r} is not known; {hint}")
    known = [one.removeprefix(f"{codec}-") for one in EDITIONS if one.startswith(f"{codec}-")]
    named = edition.removeprefix(f"{codec}-")
    if named and named not in known:
        there_are = f"there are {', '.join(known)}" if known else f"{codec} has none, leave it out"
        raise refusal(f"--edition: {edition!r} is not known; {there_are}")
    try:
        usable = tool.run(codec, file, edition, topic, by_line=by_line, as_hex=as_hex)
    except (OSError, ValueError) as error:
        raise refusal(str(error)) from None
    raise typer.Exit(0 if usable else 1)


@app.command()
def doctor(config: Config = None, as_json: AsJson = False) -> None:
    """Check what a start needs, and say what to do where it lacks."""
    from ioc import doctor as checks

    findings = checks.examine(os.environ, config)
    show({"ok": checks.is_well(findings), "checks": checks.facts(findings)},
          checks.render(findings), as_json)  # fmt: skip
    raise typer.Exit(0 if checks.is_well(findings) else 1)


@app.command()
def gateway(config: Config = None, tcp: Tcp = None) -> None:
    """Collect from the MQTT broker and by TCP into the log, in the foreground."""
    settings, beat = _begin("gateway", config, {"IOC_GATEWAY_TCP": ",".join(tcp)} if tcp else None)

    from ingest.gateway import run
    from ioc.catalogue_source import DatabaseCatalogue, at_start
    from ioc.progress import DatabaseProgress

    progress = DatabaseProgress(settings.database_url)
    try:
        known = at_start(settings)
    except ValueError as error:
        raise refusal(error) from None
    run(known, settings.gateway, beat, progress, DatabaseCatalogue(settings))


@app.command()
def edge(
    config: Config = None,
    to: Annotated[str | None, typer.Option(help="The centre's MQTT broker, host:port.")] = None,
    listen: Annotated[str | None, typer.Option(help="Local MQTT broker, host:port.")] = None,
    tcp: Tcp = None,
    name: Annotated[str | None, typer.Option(help="Which field gateway this is.")] = None,
) -> None:
    """Be a field gateway, in the foreground: keep what devices say until the centre has it."""
    chosen = {"TO": to, "LISTEN": listen, "NAME": name, "TCP": ",".join(tcp) if tcp else None}
    given = {f"IOC_EDGE_{key}": value for key, value in chosen.items() if value is not None}
    settings, beat = _begin("edge", config, given)

    from ingest.edge import run

    run(settings.edge, beat)


@app.command()
def worker(config: Config = None) -> None:
    """Judge the log by the rules and store, in the foreground."""
    settings, beat = _begin("worker", config)

    from ioc import incident_keeper, plan_keeper, refusal_alarm
    from ioc.catalogue_source import DatabaseCatalogue, DatabaseRules
    from ioc.plans import read_book
    from rules.language import parse
    from streams.worker import run

    city = read_registered(settings)
    rules = DatabaseRules(settings, DatabaseCatalogue(settings), city.rule_texts)
    watch = refusal_alarm.Watch(settings.database_url, settings.quarantine)
    keeper = incident_keeper.Keeper(
        settings.database_url, city.catalogue, DatabaseCatalogue(settings)
    )
    plan_watch = plan_keeper.PlanKeeper(settings.database_url, read_book(settings))
    watch.start()
    keeper.start()
    plan_watch.start()
    try:
        rule_set = parse(city.rule_texts, city.catalogue)
        run(rule_set, settings.worker, watch.telling(beat), rules=rules)
    finally:
        plan_watch.end()
        keeper.end()
        watch.end()


@walls.callback(invoke_without_command=True)
def wall(context: typer.Context, config: Config = None) -> None:
    """Serve the wall, in the foreground; or see to its display tokens."""
    if context.invoked_subcommand is not None:
        source = context.get_parameter_source("config")
        if source is not None and source.name == "COMMANDLINE":
            raise refusal("--config belongs behind the subcommand: ioc wall tokens … --config FILE")
        return
    settings, beat = _begin("wall", config)

    from ioc import console_advice
    from ioc.catalogue_source import DatabaseCatalogue
    from ioc.city import duty, roster
    from ioc_dashboard.arrangements import Arrangements
    from ioc_dashboard.wall import run

    city = read_registered(settings)
    try:
        known, on_duty = roster(settings.city, city.catalogue), duty(settings.city)
        advisor_of = console_advice.advisor_of(settings.city, city)
    except ValueError as error:
        raise refusal(error) from None
    run(
        city.catalogue,
        city.base_map,
        settings.wall,
        beat,
        DatabaseCatalogue(settings),
        Arrangements(known, city.calendar, city.case_policy, on_duty),
        advisor_of,
    )


@app.command()
def simulate(
    config: Config = None,
    seed: Seed = None,
    speed: Speed = None,
    scenario: Scenario = None,
    journal: Journal = None,
) -> None:
    """Publish a simulated city to the MQTT broker, in the foreground."""
    settings, beat = _begin("simulator", config, _overrides(scenario, speed, seed, journal))

    from simulators.journal import JournalError
    from simulators.publisher import run

    try:
        run(read_city(settings).catalogue, settings.simulator, beat)
    except JournalError as error:
        raise refusal(error) from None


@app.command()
def prepare(config: Config = None) -> None:
    """Make topics and schema on a log and a database that run elsewhere. Idempotent."""
    import asyncio

    import psycopg

    from ioc.parts import PartError, table
    from storage.migrate import MigrationError

    settings = read_settings(config)
    read_city(settings)
    try:
        asyncio.run(table.prepare_engines(settings))
    except (PartError, MigrationError, ValueError, OSError, psycopg.Error) as error:
        raise refusal(error) from None
    where = [name for name, given in (("log", settings.kafka.servers),
                                      ("database", settings.database.url)) if given]  # fmt: skip
    typer.echo(f"prepared: {', '.join(where) or 'nothing, all engines are embedded'}")


@app.command()
def alive(
    part: Annotated[str, typer.Argument(help="gateway, edge, worker, wall or simulator")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Exit 0 if that program's heartbeat in this data folder is fresh; for health checks."""
    import time

    from ioc import health

    beat = health.read(read_settings(config).run_dir, part)
    age_s = beat.age_s(time.time_ns() // 1000) if beat is not None else None
    fresh = age_s is not None and age_s <= health.FRESH_S
    said = "has no heartbeat" if age_s is None else f"heartbeat {age_s:.1f} s old"
    show({"part": part, "alive": fresh, "age_s": age_s}, f"{part}: {said}", as_json)
    raise typer.Exit(0 if fresh else 1)


@database.command()
def migrate(config: Config = None, as_json: AsJson = False) -> None:
    """Bring the database to this version's schema and this city; do it before a new version."""
    from ioc.parts import table
    from storage.migrate import MigrationError

    try:
        applied = table.prepare_database(read_settings(config))
    except (ValueError, MigrationError) as error:
        raise refusal(error) from None
    show({"applied": applied}, f"applied: {', '.join(applied) or 'nothing was missing'}", as_json)


def _overrides(
    scenario: str | None, speed: float | None, seed: int | None, journal: Path | None = None
) -> dict[str, str]:
    """Return options as the settings that they override."""
    chosen = {"SCENARIO": scenario, "SPEED": speed, "SEED": seed, "JOURNAL": journal}
    return {
        f"IOC_SIMULATOR_{key}": str(value) for key, value in chosen.items() if value is not None
    }


def _begin(
    part: str, config: Path | None, overrides: Mapping[str, str] | None = None
) -> tuple[Settings, Beat]:
    """Begin a program that runs in the foreground: its end first, then log and settings.

    What is slow to import comes after it, so that a signal ends that too.
    """
    from ioc import health, logs, stopping

    stopping.guard()
    logs.to_stderr()
    settings = read_settings(config, overrides)
    return settings, stopping.watched(health.writer(settings.run_dir, part))

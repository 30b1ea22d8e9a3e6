"""`ioc drill`: other rules judge live beside those in force, and nobody is sent anywhere.

A process of its own follows the engine's journal (`ioc.drilling`). What it raises stands in a
table of drills and is marked 演练 wherever it is shown; the outbox has none of it. The drill ends
when its time is over, when it is stopped, or with its process.
"""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from ioc.command import AsJson, Config, asked, read_settings, refusal, show

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from ioc.settings import Settings
    from storage.drills import Drill

    _Connection = psycopg.AsyncConnection[TupleRow]

app = typer.Typer(help="演练 · Rules that judge live and dispatch nobody.", no_args_is_help=True)

_LONGEST_S: Final = 24 * 3600.0
_STARTS_WITHIN_S: Final = 60.0
_STOPS_WITHIN_S: Final = 10.0
_UNITS_S: Final = {"s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}

Rules = Annotated[Path, typer.Option(help="Folder with the rules of the drill.")]
For = Annotated[str, typer.Option("--for", help="How long, e.g. 30min, 2h; a day at most.")]
Note = Annotated[str, typer.Option(help="What is rehearsed; it stands in the list of drills.")]


@app.command()
def run(rules: Rules, length: For = "30min", note: Note = "", config: Config = None) -> None:
    """Judge by the rules of a drill until its time is over, in the foreground; Ctrl-C ends it."""
    settings = read_settings(config)
    texts, for_s = _checked(settings, rules, length)
    raise typer.Exit(_run(settings, texts, for_s, note))


@app.command()
def start(rules: Rules, length: For = "30min", note: Note = "", config: Config = None) -> None:
    """Do the same in the background, and return once it judges."""
    from ioc import process
    from ioc.parts import programs

    settings = read_settings(config)
    _, for_s = _checked(settings, rules, length)
    before = asked(settings, _current)
    if before is not None and before.alive:
        raise refusal("a drill runs already; end it with `ioc drill stop`")
    given = ["--config", str(settings.file)] if settings.file is not None else []
    words = ["--rules", str(rules.resolve()), "--for", f"{for_s:g}s", "--note", note]
    launch = programs.ours(["drill", "run", *words, *given])
    file = settings.log_dir / "drill.log"
    with process.open_log(file) as log:
        child = subprocess.Popen(launch.command, **process.options(launch, log))  # noqa: S603 # ourselves
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < deadline and child.poll() is None:
        now = asked(settings, _current)
        if now is not None and now.alive and (before is None or now.id != before.id):
            typer.echo(_told(now))
            typer.echo(f"提前结束 · end it sooner with: ioc drill stop (log: {file})")
            return
        time.sleep(0.2)
    raise refusal(f"the drill did not start; {file} says why")


@app.command()
def stop(config: Config = None) -> None:
    """End the drill that runs, and withdraw its alerts."""
    from storage import drills

    settings = read_settings(config)

    async def ask(connection: _Connection) -> bool:
        name = await drills.ask_stop(connection)
        deadline = time.monotonic() + _STOPS_WITHIN_S
        while name is not None and time.monotonic() < deadline:
            now = await drills.current(connection)
            if now is None or now.id != name or now.ended_us is not None:
                return True
            await asyncio.sleep(0.1)
        if name is not None:
            # Its process does not answer; what it says later finds that it is over.
            await drills.end(connection, name, "died")
        return name is not None

    had = asked(settings, ask)
    typer.echo("演练已结束 · the drill is over" if had else "没有演练 · no drill runs")


@app.command()
def status(config: Config = None, as_json: AsJson = False) -> None:
    """Show the drill that runs, or the last one; exit 0 if one runs."""
    settings = read_settings(config)
    now = asked(settings, _current)
    show(_facts(now), "没有演练 · there was no drill yet" if now is None else _told(now), as_json)
    raise typer.Exit(0 if now is not None and now.alive else 1)


def _run(settings: Settings, texts: Mapping[str, str], for_s: float, note: str) -> int:
    import psycopg

    from ioc import drilling, logs, registry

    logs.to_stderr()

    async def work() -> str:
        stopped = asyncio.Event()
        for one in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(one, stopped.set)
        async with await psycopg.AsyncConnection.connect(
            settings.database_url, autocommit=True, connect_timeout=5,
            application_name="ioc drill",
        ) as connection:  # fmt: skip
            about = drilling.About(for_s, registry.actor(), note)
            return await drilling.hold(connection, settings, texts, about, stopped)

    try:
        outcome = asyncio.run(work())
    except (ValueError, psycopg.Error) as error:
        typer.echo(f"ioc: drill: {str(error).strip()}", err=True)
        return 1
    typer.echo(f"演练已结束 · the drill is over ({outcome})")
    return 0


def _checked(settings: Settings, folder: Path, length: str) -> tuple[dict[str, str], float]:
    """Return the rules and how many seconds.

    Raises:
        typer.Exit: one of them is wrong; it has been told.
    """
    from ioc import catalogue_source, rule_folder

    found = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)(s|min|m|h)", length)
    for_s = float(found[1]) * _UNITS_S[found[2]] if found else 0.0
    if not 0 < for_s <= _LONGEST_S:
        raise refusal(f"--for: {length!r} must be a time of a day at most, like 30min or 2h")
    try:
        return rule_folder.read(folder, catalogue_source.at_start(settings), settings.city), for_s
    except ValueError as error:
        raise refusal(error) from None


async def _current(connection: _Connection) -> Drill | None:
    from storage import drills

    return await drills.current(connection)


def _facts(now: Drill | None) -> dict[str, Any]:
    from storage.instants import instant

    if now is None:
        return {"running": False, "drill": None}
    return {
        "running": now.alive,
        "drill": now.id,
        "started": instant(now.started_us).astimezone().isoformat(),
        "until": instant(now.until_us).astimezone().isoformat(),
        "ended": None if now.ended_us is None else instant(now.ended_us).astimezone().isoformat(),
        "outcome": now.outcome,
        "actor": now.actor,
        "note": now.note,
        "rules": now.sha256,
        "open": now.open,
        "alerts": now.alerts,
    }


def _told(now: Drill) -> str:
    from ioc.replay_text import moment

    rules = f"rules {now.sha256[:12]}, by {now.actor}" + (f": {now.note}" if now.note else "")
    if now.alive:
        return (
            f"演练中 · a drill runs until {moment(now.until_us)}, {now.open} alerts open, "
            f"{now.alerts} in all; {rules}"
        )
    if now.ended_us is None:
        how = "its process died; `ioc drill stop` takes back what it left"
    else:
        how = f"{now.outcome} at {moment(now.ended_us)}"
    return f"演练已结束 · the last drill is over ({how}), {now.alerts} alerts; {rules}"

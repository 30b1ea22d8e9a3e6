"""`ioc up` and `ioc down`: one supervisor for each data folder."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import psycopg

from ioc import first_people, logs, ports, process, run_state
from ioc.parts import PartError, programs, table
from ioc.settings import Settings
from ioc.supervisor import STOP_WITHIN_S, Supervisor

_DETACHED_TIMEOUT_S = 180.0
"""The first start makes a database on a slow disk; later ones take seconds."""

Say = Callable[[str], None]


def foreground(
    settings: Settings, simulate: Sequence[str] | None, say: Say, *, tells_token: bool = True
) -> int:
    """Run everything until a signal; return the exit code.

    Args:
        settings: of the system.
        simulate: options of `ioc simulate`; None leaves the simulator out.
        say: told what happens, in words.
        tells_token: whether it makes the token of the first administrator, once all is up.
    """
    # What is normal is said in words.
    logs.to_stderr(people=sys.stderr.isatty(), least=logging.WARNING)
    try:
        with run_state.exclusive(settings.run_dir):
            run_state.clear_orphans(settings.run_dir)
            return _run(settings, simulate, say, tells_token=tells_token)
    except run_state.AlreadyRunsError:
        say(_already(settings))
        return 0
    except OSError as error:  # a folder that is not ours, a full disk
        say(f"✗ {error}")
        return 1


def _run(settings: Settings, simulate: Sequence[str] | None, say: Say, *, tells_token: bool) -> int:
    parts = table.parts(settings, simulate)
    if taken := ports.busy(parts):
        for sentence in taken:
            say(f"✗ {sentence}")
        return 1
    try:
        asyncio.run(table.prepare_engines(settings))
    except (PartError, ValueError, psycopg.Error) as error:
        say(f"✗ {error}")
        return 1
    supervisor = Supervisor(
        parts, settings.run_dir, settings.log_dir, say, settings.wall_url,
        when_up=(lambda: first_people.tell(settings, say)) if tells_token else None,
    )  # fmt: skip
    return asyncio.run(supervisor.run())


def detached(settings: Settings, simulate: Sequence[str] | None, say: Say) -> int:
    """Start a supervisor in the background; return once all is up or it has failed."""
    if run_state.is_held(settings.run_dir):
        say(_already(settings))
        return 0
    config = ["--config", str(settings.file)] if settings.file is not None else []
    options = ["--no-simulator"] if simulate is None else list(simulate)
    # What it says goes into a file; a token must not.
    launch = programs.ours(["up", "--no-tell-token", *config, *options])
    file = settings.log_dir / "supervisor.log"
    with process.open_log(file) as log:
        begins = log.tell()
        child = subprocess.Popen(launch.command, **process.options(launch, log))  # noqa: S603 # ourselves
    with file.open("rb") as log:
        log.seek(begins)
        deadline = time.monotonic() + _DETACHED_TIMEOUT_S
        while time.monotonic() < deadline:
            ended = child.poll()
            for line in log.read().decode(errors="replace").splitlines():
                say(line)
            if ended is not None:
                return ended
            state = run_state.read(settings.run_dir)
            if state is not None and state.pid == child.pid and state.up_after_s is not None:
                asyncio.run(first_people.tell(settings, say))
                say(f"stop it with: ioc down (log: {file})")
                return 0
            time.sleep(0.1)
    say(f"✗ not up after {_DETACHED_TIMEOUT_S:.0f} s; see `ioc status` and {file}")
    return 1


def stop(run_dir: Path, say: Say) -> int:
    """Stop the supervisor on this folder and wait until all is gone; return the exit code."""
    state = run_state.read(run_dir)
    found = run_state.process_of(state.pid, state.process_started_s) if state else None
    if state is None or found is None:
        run_state.clear_orphans(run_dir)
        say("nothing runs")
        return 0
    children = [run_state.process_of(one.pid, one.process_started_s) for one in state.parts]
    began = time.monotonic()
    with contextlib.suppress(psutil.NoSuchProcess):
        found.terminate()
        if run_state.await_end([found], STOP_WITHIN_S + 1):
            found.kill()  # its parts are on a leash: they end with it
    alive = run_state.await_end(filter(None, children), 10)
    if alive:
        say(f"✗ still there: {', '.join(f'pid {one.pid}' for one in alive)}")
        return 1
    say(f"stopped after {time.monotonic() - began:.1f} s")
    return 0


def _already(settings: Settings) -> str:
    state = run_state.read(settings.run_dir)
    pid = f" (pid {state.pid})" if state else ""
    return f"it runs already{pid}: {state.wall_url if state else settings.wall_url}"

"""Start a child process that cannot outlive its parent.

Each child is the head of its own process group, so that a Ctrl-C at the terminal reaches only the
supervisor, which then stops the parts in order. The kernel signals the child when the parent dies
(PR_SET_PDEATHSIG), so that not even a killed supervisor leaves anything behind.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import psutil

from ioc.parts.part import Launch

_LEASH = """
import ctypes, os, signal, sys
number, parent, user = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
if user:
    import pwd
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
if sys.platform == "linux":
    ctypes.CDLL(None, use_errno=True).prctl(1, number, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
os.execv(sys.argv[4], sys.argv[4:])
"""
# A program of its own, not a preexec_fn: code between fork and exec may deadlock in a process
# with threads, and Python 3.12 warns of it. It changes the user itself, because PR_SET_PDEATHSIG
# (1) is cleared by that, and because that user may not be able to reach this Python (/root/...).
# The comparison covers a parent that died before the call. Costs 15 ms.

_ROTATE_BYTES = 8 * 1024 * 1024
"""A log larger than this becomes `.1` at the next start of its part; an older `.1` goes."""


def arguments(launch: Launch, orphan_signal: signal.Signals) -> list[str]:
    """Return the command line that runs `launch` on a leash held by this process."""
    leash = [sys.executable, "-I", "-S", "-c", _LEASH, str(int(orphan_signal)), str(os.getpid())]
    return [*leash, launch.user or "", *launch.command]


def options(launch: Launch, log: IO[bytes]) -> dict[str, Any]:
    """Return what subprocess and asyncio want beside the command line."""
    return {
        "stdin": subprocess.DEVNULL,
        "stdout": log,
        "stderr": subprocess.STDOUT,
        "env": {**os.environ, **launch.environment},
        "start_new_session": True,
    }


def open_log(path: Path) -> IO[bytes]:
    """Open a part's log for appending; a large one is put aside first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _ROTATE_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def end_group(pid: int, how: signal.Signals) -> None:
    """Signal a child and whatever it started; nothing happens when all of it is gone."""
    try:
        os.killpg(pid, how)
    except (ProcessLookupError, PermissionError):  # gone, or gone and its number taken
        return


def signal_tree(pid: int, how: signal.Signals) -> None:
    """Signal a child that still runs, its group, and all its descendants.

    For a child that may be stopped: the processes of PostgreSQL have a group each and end by
    themselves when their head dies, but not while they are stopped.
    """
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        below = []
    end_group(pid, how)
    for one in below:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            one.send_signal(how)

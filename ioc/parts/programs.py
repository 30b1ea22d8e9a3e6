"""Our own programs as parts: `ioc gateway`, `worker`, `wall` and `simulate`.

Each runs as the command of the same name would run it by hand, with the same settings. It is
ready when its heartbeat says so; one whose links are down (`ok` is false) is not ready yet.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ioc import health
from ioc.parts.part import Launch, Part, Port

_ROOT = Path(__file__).parents[2]
"""Folder of the rooms: handed on, for nothing here is installed."""

_HANGS_AFTER_S = 10.0
"""Without a fresh heartbeat: the last one is 15 s old when the program is killed. It would end
itself after 30 s (`ioc.stopping`), unless it is stopped as a whole."""

KAFKA, MQTT, DATABASE = "kafka", "mqtt", "database"


def ours(command: Sequence[str]) -> Launch:
    """Return what runs `ioc COMMAND...` as this process would."""
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    return Launch(
        [sys.executable, "-m", "ioc", *command], {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    )


def program(
    name: str,
    command: Sequence[str],
    run_dir: Path,
    *,
    needs: Sequence[str],
    stop_turn: int,
    restarts_with: Sequence[str] = (),
    port: Port | None = None,
) -> Part:
    """Return one of our programs as a part.

    Args:
        name: of the part and of its heartbeat.
        command: the words after `ioc`.
        run_dir: where it writes its heartbeat.
        needs: parts that must be ready before.
        stop_turn: see `Part`.
        restarts_with: see `Part`.
        port: where it serves HTTP with a `/healthz`, if it does.
    """

    def launch() -> Launch:
        (run_dir / f"{name}.json").unlink(missing_ok=True)
        return ours(command)

    async def is_ready(pid: int) -> bool:
        beat = health.read(run_dir, name)
        if beat is None or not beat.facts.get("ok", True) or not await is_alive(pid):
            return False
        return port is None or await answers(port)

    async def is_alive(pid: int) -> bool:
        beat = health.read(run_dir, name)
        return (
            beat is not None
            and beat.pid == pid
            and beat.age_s(time.time_ns() // 1000) <= health.FRESH_S
        )

    return Part(
        name=name,
        launch=launch,
        is_ready=is_ready,
        is_alive=is_alive,
        hangs_after_s=_HANGS_AFTER_S,
        sign_of_life="fresh heartbeat",
        needs=tuple(needs),
        restarts_with=tuple(restarts_with),
        port=port,
        stop_turn=stop_turn,
    )


async def answers(port: Port, within_s: float = 2.0) -> bool:
    """Return whether `GET /healthz` there is answered: 200, or 403 where one must be let in."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(port.host, port.host)  # noqa: S104 # compared
    try:
        async with asyncio.timeout(within_s):
            reader, writer = await asyncio.open_connection(host, port.number)
            writer.write(
                f"GET /healthz HTTP/1.1\r\nHost: {host}:{port.number}\r\n"
                "Connection: close\r\n\r\n".encode()
            )
            status = await reader.readline()
            writer.close()
    except OSError:
        return False
    return status.split()[1:2] in ([b"200"], [b"403"])

"""A system of a few real parts under the real supervisor; run as a program by its tests.

Usage: python -m tests.ioc.small_system FOLDER MQTT_PORT KAFKA_PORT [extra ...], where an extra is
stubborn, failing, growing, beating, cut-off, or database:PORT.
"""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from pathlib import Path

from ioc import run_state
from ioc.parts import Launch, Part, Port, kafka, mqtt, postgres
from ioc.parts.programs import program
from ioc.supervisor import Supervisor

_SLEEP = "import time; time.sleep(600)"
_PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_SLEEP!r}])"
_STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {_SLEEP}"
_GROWING = f"held = bytearray(b'x') * (200 << 20); {_SLEEP}"
_BEATING = """
import sys, time
from pathlib import Path
from ioc import health
beat = health.writer(Path(sys.argv[1]), sys.argv[2])
for turn in range(10**9):
    beat({"ok": turn < 10 or sys.argv[2] == "beating"})
    time.sleep(0.1)
"""
_FAILING = "print('the river is dry'); raise SystemExit(3)"


def _python(name: str, code: str, **about) -> Part:
    return Part(name, lambda: Launch([sys.executable, "-c", code]), **about)


def main() -> int:
    folder, extras = Path(sys.argv[1]), sys.argv[4:]
    parts = [
        mqtt.part(Port("127.0.0.1", int(sys.argv[2]), "mqtt.port"), folder / "run"),
        kafka.part(Port("127.0.0.1", int(sys.argv[3]), "kafka.port"), 2),
        # It holds positions in the log, and has a child of its own.
        _python("reader", _PARENT, needs=("kafka",), restarts_with=("kafka",)),
    ]
    if "stubborn" in extras:
        parts.append(_python("stubborn", _STUBBORN, stop_grace_s=0.5))
    if "failing" in extras:
        parts.append(_python("failing", _FAILING, is_ready=_never))
    if "growing" in extras:
        parts.append(_python("growing", _GROWING, memory_limit_mib=100))
    parts += [_beating(one, folder / "run") for one in ("beating", "cut-off") if one in extras]
    for one in extras:
        if one.startswith("database:"):
            port = Port("127.0.0.1", int(one.partition(":")[2]), "database.port")
            parts.append(postgres.part(port, folder))
    # Found out sooner than in earnest: these tests have to wait for it.
    parts = [dataclasses.replace(one, hangs_after_s=2.0) for one in parts]
    with run_state.exclusive(folder / "run"):
        supervisor = Supervisor(parts, folder / "run", folder / "log", print, "http://wall/")
        return asyncio.run(supervisor.run())


def _beating(name: str, run_dir: Path) -> Part:
    """Return a program with a heartbeat; that of `cut-off` soon says that its links are down."""
    code = Launch(
        [sys.executable, "-c", _BEATING, str(run_dir), name], {"PYTHONPATH": str(Path.cwd())}
    )
    part = program(name, [], run_dir, needs=(), stop_turn=0)
    return dataclasses.replace(part, launch=lambda: code)


async def _never(_pid: int) -> bool:
    return False


if __name__ == "__main__":
    sys.exit(main())

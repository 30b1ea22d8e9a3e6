"""A system of a few real parts under the real supervisor; run as a program by its tests.

Usage: python -m tests.ioc.small_system FOLDER MQTT_PORT KAFKA_PORT [stubborn|failing|growing]
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from ioc import run_state
from ioc.parts import Launch, Part, Port, kafka, mqtt
from ioc.supervisor import Supervisor

_SLEEP = "import time; time.sleep(600)"
_PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_SLEEP!r}])"
_STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {_SLEEP}"
_GROWING = f"held = bytearray(b'x') * (200 << 20); {_SLEEP}"
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
    with run_state.exclusive(folder / "run"):
        supervisor = Supervisor(parts, folder / "run", folder / "log", print, "http://wall/")
        return asyncio.run(supervisor.run())


async def _never(_pid: int) -> bool:
    return False


if __name__ == "__main__":
    sys.exit(main())

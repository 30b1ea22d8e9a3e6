"""Debian's mosquitto, with the configuration that `deploy/` gives it.

Its persistence writes every `autosave_interval` seconds: killed, it loses what came since (see
`deploy/mosquitto.conf`). The gateway's spool is what makes a message safe, not the broker.
"""

from __future__ import annotations

import pwd
import re
from os import geteuid
from pathlib import Path

from benchmarks.engines.missing import program
from ioc.parts.part import Launch, Part, Port, accepts_connections

_DEPLOYED = Path(__file__).parents[2] / "deploy" / "mosquitto.conf"


def part(port: Port, data_dir: Path, *, name: str = "mosquitto") -> Part:
    """Return the broker as a part.

    Args:
        port: where it listens.
        data_dir: keeps its sessions and messages, and its configuration; without it the next
            start knows nobody.
        name: of the part.

    Raises:
        EngineMissingError: mosquitto is not on this machine.
    """
    server = program("mosquitto", "mosquitto")
    configuration = data_dir / "mosquitto.conf"

    def launch() -> Launch:
        data_dir.mkdir(parents=True, exist_ok=True)
        configuration.write_text(_configuration(port, data_dir))
        return Launch([str(server), "-c", str(configuration)])

    return Part(
        name=name,
        launch=launch,
        is_ready=lambda _pid: accepts_connections(port.host, port.number),
        port=port,
        stop_turn=9,
    )


def _configuration(port: Port, data_dir: Path) -> str:
    """Return the deployed configuration, moved to this address and folder.

    Raises:
        ValueError: the deployed configuration has not the line that is to be moved.
    """
    text = _DEPLOYED.read_text()
    for setting, value in {
        "listener": f"{port.number} {port.host}",
        "persistence_location": f"{data_dir}/",
    }.items():
        text, found = re.subn(rf"(?m)^{setting} .*$", f"{setting} {value}", text)
        if found != 1:
            raise ValueError(f"{_DEPLOYED} has {found} lines `{setting} …`; it must have one")
    # Started by root it becomes the user `mosquitto`, to whom this folder is closed.
    return f"{text}\nuser {pwd.getpwuid(geteuid()).pw_name}\n"

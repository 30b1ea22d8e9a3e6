"""`ioc up` as an operator uses it: all real parts, killed, looked at, stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import free_port
from tests.ioc.test_supervisor import MARK, marked, wait_until

ROOT = Path(__file__).parents[2]
PARTS = ["mqtt", "kafka", "database", "gateway", "worker", "wall", "simulator"]


class Whole:
    """One data folder with ports of its own, and the command line on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ports = {name: str(free_port().number) for name in ("MQTT", "KAFKA", "DATABASE", "WALL")}
        kept = {key: value for key, value in os.environ.items() if not key.startswith("IOC_")}
        self.environment = {
            **kept,
            **{f"IOC_{name}_PORT": port for name, port in ports.items()},
            "IOC_DATA_DIR": str(folder),
            MARK: str(folder),
        }

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "ioc", *words]

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            cwd=ROOT,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=240,
        )

    def status(self) -> dict[str, Any]:
        return json.loads(self.run("status", "--json").stdout)

    def part(self, name: str) -> dict[str, Any]:
        return next(one for one in self.status()["parts"] if one["name"] == name)


@pytest.fixture(scope="module")
def whole() -> Iterator[Whole]:
    folder = Path(tempfile.mkdtemp(prefix="ioc-whole-"))
    folder.chmod(0o755)
    system = Whole(folder)
    yield system
    system.run("down")
    for process in marked(str(folder)):
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def up(whole: Whole) -> Whole:
    started = whole.run("up", "--detach", "--speed=20")
    assert started.returncode == 0, started.stdout + started.stderr
    return whole


def test_everything_starts_and_the_wall_answers(whole):
    said = whole.run("up", "--detach", "--speed=20").stdout
    url = f"http://127.0.0.1:{whole.environment['IOC_WALL_PORT']}/"
    assert f"wall: {url}" in said
    assert [name for name in PARTS if f"✓ {name}" not in said] == []
    with urllib.request.urlopen(url) as page:
        assert page.status == 200
    # Nobody has an account yet: the first administrator's token, on this terminal and nowhere else.
    address, token = next(one for one in said.splitlines() if "/one-time" in one).split()
    assert address == f"{url}one-time"
    kept = [one for one in (whole.folder / "log").iterdir() if token in one.read_text()]
    assert kept == []
    found = whole.status()
    assert [one["name"] for one in found["parts"]] == PARTS
    assert found["up_after_s"] is not None


def test_second_start_says_where_the_first_one_is(up):
    again = up.run("up")
    assert again.returncode == 0
    assert (
        f"it runs already (pid {up.status()['supervisor_pid']}): http://127.0.0.1:" in again.stdout
    )


def test_every_reading_received_is_accounted_for(up):
    def is_balanced() -> bool:
        found = up.status()
        domains = {"air", "camera", "traffic", "water"}
        return bool(found["healthy"] and found["balanced"] and domains <= set(found["balance"]))

    wait_until(is_balanced, "balance over a closed window in all four domains")
    assert up.run("status").returncode == 0


def test_killed_worker_comes_back_and_status_tells(up):
    before = up.part("worker")
    os.kill(before["pid"], signal.SIGKILL)
    wait_until(
        lambda: (one := up.part("worker"))["healthy"] and one["restarts"] == before["restarts"] + 1,
        "worker started again",
    )
    assert up.part("worker")["last_exit"] == "killed by SIGKILL"


def test_stop_leaves_no_process_and_the_next_start_finds_the_data(up):
    stopped = up.run("down")
    assert stopped.returncode == 0
    assert "stopped after" in stopped.stdout
    assert marked(str(up.folder)) == []
    assert up.run("status").returncode == 1
    assert up.run("down").stdout == "nothing runs\n"

    with subprocess.Popen(
        up.command("up", "--no-simulator"),
        cwd=ROOT,
        env=up.environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        said = []
        for line in started.stdout:
            said.append(line)
            if line.startswith("wall:"):
                started.send_signal(signal.SIGINT)
    assert started.returncode == 0
    assert "simulator" not in "".join(said)
    assert "all stopped after" in said[-1]
    print("second start:", next(line for line in said if line.startswith("all up")))
    wait_until(lambda: marked(str(up.folder)) == [], "all gone")


def test_killed_supervisor_leaves_nothing_and_the_next_one_starts(up):
    psutil.Process(up.status()["supervisor_pid"]).kill()
    wait_until(lambda: marked(str(up.folder)) == [], "all parts gone")
    assert up.run("up", "--detach").returncode == 0
    assert up.run("down").returncode == 0


def test_busy_port_is_told_before_anything_starts(whole):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        number = holder.getsockname()[1]
        refused = whole.run("up", IOC_KAFKA_PORT=str(number))
    assert refused.returncode == 1
    assert f"✗ kafka: port {number} of 127.0.0.1 is taken" in refused.stdout
    assert "kafka.port in ioc.toml, or IOC_KAFKA_PORT" in refused.stdout
    assert "ready" not in refused.stdout


def test_mistake_in_the_settings_is_one_line(whole):
    refused = whole.run("up", "--speed=0")
    assert refused.returncode == 2
    assert refused.stderr == (
        "ioc: IOC_SIMULATOR_SPEED: simulator.speed is 0; it must be 0.01 to 2000\n"
    )


def test_doctor_finds_nothing_wrong_here(whole):
    found = json.loads(whole.run("doctor", "--json").stdout)
    assert [one for one in found["checks"] if not one["ok"] and not one["optional"]] == []
    assert found["ok"]


def test_doctor_says_what_to_do_about_a_missing_city(whole):
    examined = whole.run("doctor", IOC_CITY="nowhere")
    assert examined.returncode == 1
    assert "✗ city: " in examined.stdout
    assert "set city (IOC_CITY) to a folder like cities/jiangyan" in examined.stdout


@pytest.mark.parametrize(
    "command", ["up", "down", "status", "doctor", "gateway", "worker", "wall", "simulate"]
)
def test_command_explains_itself(whole, command):
    asked = whole.run(command, "--help")
    assert asked.returncode == 0
    assert "Usage: ioc " + command in asked.stdout


def test_alive_is_for_health_checks(whole, tmp_path):
    assert whole.run("alive", "gateway", IOC_DATA_DIR=str(tmp_path)).returncode == 1
    (tmp_path / "run").mkdir()
    # A minute ahead: it is still fresh when a busy machine has started the command.
    beat = {"at_us": time.time_ns() // 1000 + 60_000_000, "pid": 1}
    (tmp_path / "run" / "gateway.json").write_text(json.dumps(beat))
    assert whole.run("alive", "gateway", IOC_DATA_DIR=str(tmp_path)).returncode == 0


def test_folder_that_cannot_be_made_is_told(whole, tmp_path):
    (tmp_path / "file").write_text("")
    refused = whole.run("up", IOC_DATA_DIR=str(tmp_path / "file" / "var"))
    assert refused.returncode == 1
    assert refused.stdout.startswith("✗ [Errno 20] Not a directory")
    assert "Traceback" not in refused.stderr

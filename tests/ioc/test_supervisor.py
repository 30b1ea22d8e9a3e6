"""The supervisor brings back what dies, and leaves nothing when it ends, however it ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ioc import health, process, run_state
from ioc.run_state import PartState
from tests.conftest import free_port

PATIENCE_S = 30.0
MARK = "SMALL_SYSTEM"


def marked(mark: str) -> list[psutil.Process]:
    """Return all processes that carry the mark, whoever their parent is by now."""
    found = []
    for one in psutil.process_iter():
        try:
            if one.environ().get(MARK) == mark and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.05)


class Small:
    """A small system in a process of its own."""

    def __init__(self, folder: Path, *extras: str) -> None:
        self.folder = folder
        ports = [str(free_port().number) for _ in range(2)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.ioc.small_system", str(folder), *ports, *extras],
            env={**os.environ, MARK: str(folder)},
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def part(self, name: str) -> PartState:
        state = run_state.read(self.folder / "run")
        found = [one for one in state.parts if one.name == name] if state else []
        return found[0] if found else PartState(name)

    def wait_up(self) -> None:
        def is_up() -> bool:
            assert self.process.poll() is None, self.process.communicate()[0]
            state = run_state.read(self.folder / "run")
            return state is not None and state.up_after_s is not None

        wait_until(is_up, "all up")

    def end(self, how: signal.Signals) -> str:
        self.process.send_signal(how)
        return self.process.communicate(timeout=PATIENCE_S)[0]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Small]]:
    started: list[Small] = []

    def begin(*extras: str) -> Small:
        started.append(Small(tmp_path, *extras))
        return started[-1]

    yield begin
    for one in started:
        one.process.kill()
        one.process.communicate()
    for left in marked(str(tmp_path)):
        left.kill()


@pytest.fixture
def reachable() -> Iterator[Callable[..., Small]]:
    """As `start`, in a folder that the user who runs PostgreSQL can reach."""
    folder = Path(tempfile.mkdtemp(prefix="ioc-small-"))
    folder.chmod(0o755)
    started: list[Small] = []

    def begin(*extras: str) -> Small:
        started.append(Small(folder, *extras))
        return started[-1]

    yield begin
    for one in started:
        one.process.kill()
        one.process.communicate()
    for left in marked(str(folder)):
        left.kill()
    shutil.rmtree(folder, ignore_errors=True)


def test_killed_part_comes_back_and_the_others_stay(start):
    system = start()
    system.wait_up()
    broker, log = system.part("mqtt").pid, system.part("kafka").pid
    os.kill(broker, signal.SIGKILL)
    wait_until(
        lambda: (one := system.part("mqtt")).state == "ready" and one.restarts == 1, "broker back"
    )
    assert system.part("mqtt").last_exit == "killed by SIGKILL"
    assert system.part("mqtt").pid != broker
    assert system.part("kafka").pid == log
    assert "✗ mqtt       killed by SIGKILL; it will be started again" in system.end(signal.SIGTERM)


def test_reader_restarts_with_the_log_it_read(start):
    system = start()
    system.wait_up()
    reader, broker = system.part("reader").pid, system.part("mqtt").pid
    os.kill(system.part("kafka").pid, signal.SIGKILL)
    wait_until(
        lambda: (one := system.part("reader")).state == "ready" and one.pid != reader,
        "reader started again",
    )
    assert system.part("kafka").state == "ready"
    assert system.part("reader").restarts == 1
    assert system.part("mqtt").pid == broker


def test_a_part_that_outgrows_its_memory_is_started_again(start):
    system = start("growing")
    system.wait_up()
    wait_until(lambda: system.part("growing").restarts >= 1, "started again")
    assert re.fullmatch(
        r"ended at \d+ MiB of memory, 100 allowed", system.part("growing").last_exit
    )
    assert system.part("kafka").restarts == 0


@pytest.mark.parametrize(
    ("name", "sign"), [("mqtt", "answer"), ("kafka", "answer"), ("beating", "fresh heartbeat")]
)
def test_a_part_that_stands_still_is_replaced(start, name, sign):
    system = start("beating")
    system.wait_up()
    before = system.part(name).pid
    os.kill(before, signal.SIGSTOP)
    wait_until(
        lambda: (one := system.part(name)).state == "ready" and one.pid != before, "replaced"
    )
    assert re.fullmatch(rf"hung: no {sign} for \d+ s", system.part(name).last_exit)
    assert not psutil.pid_exists(before)


def test_a_database_of_which_every_process_stands_still_is_replaced(reachable):
    system = reachable(f"database:{free_port().number}")
    system.wait_up()
    before = psutil.Process(system.part("database").pid)
    tree = [before, *before.children(recursive=True)]
    assert len(tree) > 1
    process.signal_tree(before.pid, signal.SIGSTOP)
    wait_until(
        lambda: (one := system.part("database")).state == "ready" and one.pid != before.pid,
        "replaced",
    )
    assert system.part("database").last_exit.startswith("hung: no answer for ")
    assert not {one.pid for one in tree} & {one.pid for one in marked(str(system.folder))}


def test_a_program_that_is_cut_off_does_not_hang(start):
    system = start("beating", "cut-off")
    system.wait_up()
    wait_until(
        lambda: health.read(system.folder / "run", "cut-off").facts == {"ok": False}, "cut off"
    )
    for turn in (1, 2):
        os.kill(system.part("beating").pid, signal.SIGSTOP)
        wait_until(
            lambda turn=turn: (
                (one := system.part("beating")).restarts == turn and one.state == "ready"
            ),
            "the one that stands still is replaced",
        )
    assert system.part("cut-off").restarts == 0


def test_told_to_stop_it_ends_parts_that_stand_still(reachable):
    system = reachable("beating", f"database:{free_port().number}")
    system.wait_up()
    for name in ("mqtt", "kafka", "beating", "database"):
        process.signal_tree(system.part(name).pid, signal.SIGSTOP)
    system.end(signal.SIGTERM)
    assert system.process.returncode == 0
    assert marked(str(system.folder)) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_stop_it_leaves_no_process(start, tmp_path, how):
    system = start()
    system.wait_up()
    wait_until(
        lambda: len(marked(str(tmp_path))) == 5, "supervisor, 3 parts and the reader's child"
    )
    said = system.end(how)
    assert system.process.returncode == 0
    assert "all stopped after" in said
    assert marked(str(tmp_path)) == []
    assert {system.part(name).state for name in ("mqtt", "kafka", "reader")} == {"stopped"}


def test_part_that_hangs_is_ended_by_force(start, tmp_path):
    system = start("stubborn")
    system.wait_up()
    system.end(signal.SIGTERM)
    assert marked(str(tmp_path)) == []
    assert system.part("stubborn").last_exit == "killed by SIGKILL"


def test_killed_supervisor_leaves_no_part(start, tmp_path):
    system = start("stubborn")
    system.wait_up()
    parts = {system.part(name).pid for name in ("mqtt", "kafka", "reader", "stubborn")}
    system.end(signal.SIGKILL)
    wait_until(lambda: not parts & {one.pid for one in marked(str(tmp_path))}, "all parts gone")


def test_part_that_never_starts_ends_the_start_with_its_last_words(start, tmp_path):
    system = start("failing")
    said, _ = system.process.communicate(timeout=PATIENCE_S)
    assert system.process.returncode == 1
    assert "✗ failing: exit code 3" in said
    assert "the river is dry" in said
    assert str(tmp_path / "log" / "failing.log") in said
    assert marked(str(tmp_path)) == []


def test_second_supervisor_on_the_same_folder_is_refused(start, tmp_path):
    start().wait_up()
    assert run_state.is_held(tmp_path / "run")
    with pytest.raises(run_state.AlreadyRunsError), run_state.exclusive(tmp_path / "run"):
        pass


def test_next_start_clears_what_a_killed_supervisor_left(tmp_path):
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    another = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    began = psutil.Process(left.pid).create_time()
    (tmp_path / "run").mkdir()
    run_state.RunState(
        pid=1,
        process_started_s=0.0,
        wall_url="",
        parts=[
            PartState("left", "ready", left.pid, began),
            # Its pid belongs to somebody else by now.
            PartState("gone", "ready", another.pid, began - 1000),
        ],
    ).write(tmp_path / "run")
    try:
        run_state.clear_orphans(tmp_path / "run", patience_s=0.1)
        assert left.wait(10) == -signal.SIGKILL
        assert another.poll() is None
    finally:
        for one in (left, another):
            one.kill()
            one.wait()

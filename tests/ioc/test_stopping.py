"""A program that hangs ends by itself and says where; one that was told to stop ends with 0."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

DEADLINE_S = 60
"""Only ends a test that hangs."""

ROOT = Path(__file__).parents[2]


@pytest.fixture
def program(tmp_path):
    """Run code as a program of its own: its standard output is a pipe, its errors are a file."""
    started = []

    def run(code):
        with (tmp_path / "errors").open("wb") as errors:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=errors
                )
            )
        return started[-1]

    yield run
    for one in started:
        one.kill()
        one.communicate()


def ready(process):
    assert process.stdout.readline() == b"ready\n"


GUARDED = "import signal, sys, time; from ioc import stopping; stopping.guard(within_s=0.2)\n"
READY = "print('ready', flush=True)\n"


def test_without_a_handler_a_signal_ends_it_at_once(program, tmp_path):
    process = program(GUARDED + READY + "time.sleep(600)")
    ready(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE_S) == 0
    assert (tmp_path / "errors").read_text() == ""


def test_its_own_handler_may_end_it(program):
    code = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n"
    process = program(GUARDED + code + READY + "while True: time.sleep(0.01)")
    ready(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE_S) == 3


@pytest.mark.parametrize("loop", ["asyncio.run", "uvloop.run"])
def test_a_loop_hears_the_signal(program, loop):
    code = f"""
import asyncio, uvloop
async def main():
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    print('ready', flush=True)
    await told.wait()
{loop}(main())
sys.exit(3)
"""
    process = program(GUARDED + code)
    ready(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE_S) == 3


def test_a_handler_that_never_comes_to_an_end_is_ended_by_force(program, tmp_path):
    code = "signal.signal(signal.SIGTERM, lambda *_: the_river_rises())\n"
    code += "def the_river_rises(): time.sleep(600)\n"
    process = program(GUARDED + code + READY + "while True: time.sleep(0.01)")
    ready(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE_S) == 0
    said = (tmp_path / "errors").read_text()
    assert "not ended 0.2 s after the signal; it ends by force" in said
    assert "in the_river_rises" in said


def test_a_loop_that_hangs_ends_the_program_and_says_where(program, tmp_path):
    code = """
import asyncio
beat = stopping.watched(lambda facts: print(facts, flush=True), within_s=0.5)
async def main():
    for turn in range(3):
        beat(turn)
        await asyncio.sleep(0.01)
    the_gate_is_jammed()
def the_gate_is_jammed():
    time.sleep(600)
asyncio.run(main())
"""
    process = program(GUARDED + code)
    assert process.wait(DEADLINE_S) == 1
    assert process.stdout.read() == b"0\n1\n2\n"
    assert "in the_gate_is_jammed" in (tmp_path / "errors").read_text()


def test_a_loop_that_never_lets_go_of_the_interpreter_ends_too(program, tmp_path):
    # int(str) of that size takes hours in C, without letting any other thread run.
    code = "sys.set_int_max_str_digits(0); digits = '7' * 300_000_000\n"
    code += "stopping.watched(lambda facts: None, within_s=0.5)({}); int(digits)"
    process = program(GUARDED + code)
    assert process.wait(DEADLINE_S) == 1
    assert "most recent call first" in (tmp_path / "errors").read_text()


def test_a_program_that_beats_lives_on(program):
    code = """
beat = stopping.watched(lambda facts: None, within_s=2.0)
for _ in range(300):
    beat({})
    time.sleep(0.01)
"""
    assert program(GUARDED + code).wait(DEADLINE_S) == 0


def test_the_command_line_has_one_thread_when_a_program_begins(program):
    # The guard must come first: a thread that was there before it would get the signal and end
    # the program. numpy brings such threads.
    process = program("import ioc.main, os; print(len(os.listdir('/proc/self/task')))")
    assert process.communicate(timeout=DEADLINE_S)[0] == b"1\n"

"""A skip is a failure in CI, and only there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

WAYS = """
import pytest

def test_by_call():
    pytest.skip("no Java here")

@pytest.mark.skipif(True, reason="no Maven here")
def test_by_mark():
    pass

@pytest.fixture
def broker():
    pytest.skip("no broker here")

def test_by_fixture(broker):
    pass

def test_that_runs():
    pass

@pytest.mark.xfail(strict=True)
def test_that_is_known_to_fail():
    raise AssertionError
"""


@pytest.mark.parametrize(
    ("ci", "status", "progress"),
    [
        # Of these three the first skips in its call, the others before it.
        pytest.param("true", 1, "FEE.x", id="in-ci"),
        pytest.param("", 0, "sss.x", id="elsewhere"),
    ],
)
def test_a_skip_is_a_failure_in_ci(tmp_path, ci, status, progress):
    file = tmp_path / "test_ways.py"
    file.write_text(WAYS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "tests.skips", f"--rootdir={tmp_path}",
         "-c", os.devnull, str(file)],
        cwd=ROOT, env={**os.environ, "CI": ci}, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stdout.startswith(f"{progress} ")
    for why in ("no Java here", "no Maven here", "no broker here"):
        assert why in done.stdout


def test_a_test_without_cases_is_a_mistake(tmp_path):
    """Its empty table would otherwise be one skip, whatever it was to prove."""
    file = tmp_path / "test_empty.py"
    file.write_text(
        "import pytest\n@pytest.mark.parametrize('n', [])\ndef test_n(n):\n    pass\n"
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "pyproject.toml"), str(file)],
        cwd=ROOT, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "Empty parameter set in 'test_n'" in done.stdout

"""Everything that must hold before a change goes in: `make test` runs this, and so does CI.

The checks run one after the other and all of them, so that one run tells everything that is
wrong. The closing line counts the tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent

CHECKS = {
    "ruff check": [str(BIN / "ruff"), "check", "."],
    "ruff format": [str(BIN / "ruff"), "format", "--check", "."],
    "mypy": [str(BIN / "mypy")],
    "import contracts": [str(BIN / "lint-imports")],
}


def main() -> int:
    """Run all checks, then the tests; return 0 when all is well."""
    failed = [name for name, command in CHECKS.items() if not _passes(name, command)]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "tests.xml"
        command = [sys.executable, "-m", "pytest", f"--junit-xml={report}", "-rsfE", "-q"]
        # Many tests wait for brokers; a file stays together, for its module's parts.
        processes = str((os.cpu_count() or 1) + 1)  # most wait; with more, pages get slow
        command += ["-n", processes, "--dist", "loadfile", "--durations=25", *sys.argv[1:]]
        if not _passes("tests", command):
            failed.append("tests")
        counted = _count(report)
    print(f"\n{'FAILED: ' + ', '.join(failed) if failed else 'all checks passed'}; {counted}")
    return 1 if failed else 0


def _passes(name: str, command: list[str]) -> bool:
    print(f"== {name}", flush=True)
    began = time.monotonic()
    passed = subprocess.run(command, cwd=ROOT, check=False).returncode == 0  # noqa: S603 # our tools
    print(
        f"== {name}: {'ok' if passed else 'FAILED'}, {time.monotonic() - began:.0f} s", flush=True
    )
    return passed


def _count(report: Path) -> str:
    if not report.exists():
        return "no tests ran"
    suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314 # pytest's own file
    if suite is None:
        return "no tests ran"
    total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    return f"{total} tests: {total - skipped - bad} passed, {bad} failed, {skipped} skipped"


if __name__ == "__main__":
    sys.exit(main())

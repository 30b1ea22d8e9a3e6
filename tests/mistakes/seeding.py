"""Make one mistake in a copy of the checkout and run the tests that must notice."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_LEFT_OUT = {".git", ".venv", "var", "node_modules", ".mypy_cache", ".ruff_cache", ".hypothesis"}

_FAILED = 1
"""Exit status of pytest when tests failed; others mean that they did not run."""


class NotAppliedError(ValueError):
    """The code is not what the mistake expects: mend the mistake."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One way to break a promise."""

    name: str
    """In a few words, as in the table of docs/reliability.md."""
    promise: str
    """What it breaks."""
    file: str
    old: str
    """Stands in the file exactly once."""
    new: str
    caught_by: str
    """pytest's id of the test that must fail."""
    environment: tuple[tuple[str, str], ...] = ()
    """For that test, e.g. fewer seeds."""

    def apply(self, root: Path) -> None:
        """Make the mistake in a checkout.

        Raises:
            NotAppliedError: `old` is not in the file exactly once.
        """
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise NotAppliedError(
                f"{self.file} has {text.count(self.old)} times, not once, what the mistake "
                f"{self.name!r} replaces: {self.old!r}"
            )
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


def is_caught(mistake: Mistake) -> tuple[bool, str]:
    """Return whether the test fails with the mistake, and what pytest said last."""
    with tempfile.TemporaryDirectory(prefix="ioc-mistake-") as name:
        copy = Path(name) / "checkout"
        shutil.copytree(ROOT, copy, ignore=lambda _, names: _LEFT_OUT & set(names))
        copy.parent.chmod(0o755)
        mistake.apply(copy)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", mistake.caught_by],
            cwd=copy, text=True,
            env={**os.environ, "DEADLINE_S": "15", **dict(mistake.environment)},
            capture_output=True, check=False, timeout=600,
        )  # fmt: skip
        said = [line for line in done.stdout.splitlines() if line.strip()]
        ran = done.returncode == _FAILED and re.search(r"\d+ failed", done.stdout)
        return bool(ran), (said[-1] if said else done.stderr.strip()[-300:])
